//! Another code on behalf of another user, named by name or id.

use insta::assert_snapshot;
use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::{Value, json};

use crate::support::{COOLDOWN, NEW, claim_primary, me, typed};

fn shipped() -> Event {
    Event::shipped("resend-code/privileged")
}

fn for_user(user: &Value) -> Event {
    shipped().body(&json!({ "user": user, "properties": [] }))
}

/// Bob has a claim whose cooldown is over.
async fn test_with(overrides: &[&str]) -> TestApp {
    let test = TestApp::with(overrides).await;
    claim_primary(&test, NEW).await;
    test.stack.clock().advance(COOLDOWN);
    test.stack.faults().take_calls();
    test
}

#[tokio::test]
async fn the_shipped_event() {
    let test = test_with(&[]).await;
    let answer = test.resend(&shipped()).await;
    assert_eq!((answer.status, answer.body.is_null()), (201, true));
    assert_eq!(test.sent_to(), [NEW, NEW]);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn a_user_is_named_by_name_in_any_case_or_by_id() {
    for user in [json!({ "username": "BOB123" }), json!({ "userId": BOB })] {
        let test = test_with(&[]).await;
        assert_eq!(test.resend(&for_user(&user)).await.status, 201, "{user}");
    }
}

#[tokio::test]
async fn an_unknown_user_is_told() {
    let test = test_with(&[]).await;
    for user in [
        json!({ "username": "nobody" }),
        json!({ "userId": "nobody" }),
    ] {
        assert_eq!(
            test.resend(&for_user(&user)).await.gist(),
            "400 18003",
            "{user}"
        );
    }
    let other = for_user(&json!({ "username": "alice" }));
    assert_eq!(test.resend(&other).await.gist(), "400 UAR-10012");
    assert_eq!(test.sent_to().len(), 1);
}

#[tokio::test]
async fn a_user_must_be_named() {
    let test = test_with(&[]).await;
    assert_snapshot!(test.resend(&shipped().body(&json!({ "properties": [] }))).await, @r#"
    400
    {
      "code": "VRF-40000",
      "message": "Bad Request",
      "description": "user is missing: name a username or a userId.",
      "traceId": "XNQ216dJjoEEJ8w="
    }
    "#);
    for user in [
        json!(null),
        json!({}),
        json!({ "realm": "PRIMARY" }),
        json!({ "username": " " }),
    ] {
        let answer = test.resend(&for_user(&user)).await;
        assert_eq!(answer.gist(), "400 VRF-40000", "{user}");
        assert!(
            answer.body["description"]
                .as_str()
                .unwrap()
                .starts_with("user")
        );
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}

#[tokio::test]
async fn only_with_the_scope() {
    let test = test_with(&[]).await;
    for subject in [ALICE, BOB, "admin"] {
        let event = shipped().by(subject, "internal_user_mgt_update");
        assert_eq!(
            test.resend(&event).await.gist(),
            "403 VRF-40300",
            "{subject}"
        );
    }
    assert_eq!(
        test.resend(&shipped().without_token()).await.gist(),
        "401 VRF-40100"
    );
    assert_eq!(test.stack.faults().take_calls().len(), 0, "no read");
    assert_eq!(test.sent_to().len(), 1, "no message");
}

#[tokio::test]
async fn switched_off_it_is_for_nobody() {
    let test = test_with(&["VerificationByPrivilegedUser=false"]).await;
    assert_eq!(test.resend(&shipped()).await.gist(), "403 17007");
    assert_eq!(test.stack.faults().take_calls().len(), 0);
    assert_eq!(test.resend(&me()).await.status, 201, "the own door is open");
}

#[tokio::test]
async fn a_number_has_one_cooldown_whoever_asks() {
    let test = test_with(&[]).await;
    assert_eq!(test.resend(&shipped()).await.status, 201);
    assert_eq!(test.resend(&me()).await.gist(), "429 VRF-42900");
    assert_eq!(test.resend(&shipped()).await.gist(), "429 VRF-42900");
}
