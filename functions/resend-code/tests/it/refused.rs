//! When there is no other code, and that nothing is sent or changed then.

use std::time::Duration;

use insta::assert_snapshot;
use local::testing::{ALICE, Answer, BOB, Event, TestApp};
use serde_json::json;

use crate::support::{
    COOLDOWN, LIST, NEW, OTHER, claim_list, claim_primary, fail, me, me_for, me_for_any, typed,
};

/// Refused, and nothing written or sent.
async fn refused(test: &TestApp, event: &Event) -> Answer {
    let before = (test.verification(BOB).await, test.sent_to());
    let answer = test.resend(event).await;
    assert!((400..500).contains(&answer.status), "{answer}");
    assert_eq!((test.verification(BOB).await, test.sent_to()), before);
    answer
}

#[tokio::test]
async fn nothing_is_pending() {
    let test = TestApp::start().await;
    assert_snapshot!(refused(&test, &me()).await, @r#"
    400
    {
      "code": "UAR-10012",
      "message": "Bad Request",
      "description": "No verification is pending.",
      "traceId": "XNQ215dJjoEEJ8w="
    }
    "#);
    assert_eq!(refused(&test, &me_for_any()).await.gist(), "400 UAR-10012");
    claim_primary(&test, NEW).await;
    assert_eq!(
        refused(&test, &me_for(LIST)).await.gist(),
        "400 UAR-10012",
        "not in that scenario"
    );
    let alice = me().by(ALICE, "");
    assert_eq!(
        refused(&test, &alice).await.gist(),
        "400 UAR-10012",
        "not for others"
    );
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(
        refused(&test, &me()).await.gist(),
        "400 UAR-10012",
        "not any more"
    );
}

#[tokio::test]
async fn the_claim_is_over() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    test.stack.clock().advance(Duration::from_hours(24));
    assert_eq!(refused(&test, &me()).await.gist(), "400 UAR-10012");
}

#[tokio::test]
async fn two_are_pending_and_none_is_named() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    claim_list(&test, OTHER).await;
    test.stack.clock().advance(COOLDOWN);
    assert_snapshot!(refused(&test, &me_for_any()).await, @r#"
    400
    {
      "code": "UAR-10011",
      "message": "Bad Request",
      "description": "Name the scenario: the property RecoveryScenario with MOBILE_VERIFICATION_ON_UPDATE or MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE.",
      "traceId": "XNQ215dJjoEEJ8w="
    }
    "#);
    assert_eq!(
        refused(&test, &me().body(&json!({}))).await.gist(),
        "400 UAR-10011"
    );
}

#[tokio::test]
async fn one_number_gets_one_message_a_minute() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    let answer = refused(&test, &me()).await;
    assert_eq!(answer.gist(), "429 VRF-42900");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    test.stack.clock().advance(Duration::from_secs(wait));
    assert_eq!(test.resend(&me()).await.status, 201);
    assert_eq!(
        refused(&test, &me()).await.gist(),
        "429 VRF-42900",
        "each message anew"
    );
    assert_ne!(test.code(), code);
}

#[tokio::test]
async fn a_refused_resend_leaves_the_old_code() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    assert_eq!(refused(&test, &me()).await.gist(), "429 VRF-42900");
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
}

#[tokio::test]
async fn the_account_is_locked() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    fail(&test, 10).await;
    test.stack.clock().advance(COOLDOWN);
    for event in [me(), me_for_any(), me_for(LIST)] {
        let answer = refused(&test, &event).await;
        assert_eq!(answer.gist(), "429 17003");
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((3500..=3540).contains(&wait), "{wait}");
    }
    test.stack.clock().advance(Duration::from_mins(59));
    assert_eq!(test.resend(&me()).await.status, 201);
}

#[tokio::test]
async fn bodies_that_are_not_read() {
    let test = TestApp::start().await;
    for (event, gist) in [
        (me().text(&" ".repeat(256 * 1024 + 1)), "413 VRF-41300"),
        (me().header("content-type", "text/plain"), "415 VRF-41500"),
        (me().text(""), "400 VRF-40000"),
        (me().text("[]"), "400 VRF-40000"),
        (me().body(&json!({ "properties": {} })), "400 VRF-40000"),
        (
            me().body(&json!({ "properties": [{ "key": "RecoveryScenario" }] })),
            "400 VRF-40000",
        ),
        (me_for("EMAIL_VERIFICATION_ON_UPDATE"), "400 UAR-10011"),
        (me().without_token(), "401 VRF-40100"),
    ] {
        assert_eq!(refused(&test, &event).await.gist(), gist);
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}
