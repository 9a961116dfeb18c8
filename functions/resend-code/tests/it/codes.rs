//! Another code kills the one before; the claim stays what it was.

use std::time::Duration;

use local::testing::{BOB, TestApp};
use shared::platform::outbox::Outcome;

use crate::support::{
    COOLDOWN, LIST, NEW, OTHER, claim_list, claim_primary, fail, me, me_for, me_for_any, typed,
};

#[tokio::test]
async fn the_shipped_event() {
    let test = TestApp::start().await;
    let old = claim_primary(&test, NEW).await;
    let user = test.user(BOB).await;
    test.stack.clock().advance(COOLDOWN);
    let answer = test.resend(&me()).await;
    assert_eq!((answer.status, answer.body.is_null()), (201, true));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-trace-id"), Some("XNQ215dJjoEEJ8w="));
    assert_eq!(test.sent_to(), [NEW, NEW]);
    assert_eq!(test.user(BOB).await, user);
    assert_eq!(
        test.validate(&typed(&old)).await.gist(),
        "400 18001",
        "the old code is dead"
    );
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(test.user(BOB).await["primary"], NEW);
}

#[tokio::test]
async fn it_works_after_the_codes_end() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    test.stack.clock().advance(Duration::from_hours(23));
    assert_eq!(test.resend(&me()).await.status, 201);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn it_does_not_prolong_the_claim() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    let before = test.pending(BOB).await["primaryClaim"].clone();
    test.stack.clock().advance(Duration::from_mins(24 * 60 - 2));
    assert_eq!(test.resend(&me()).await.status, 201);
    let after = test.pending(BOB).await["primaryClaim"].clone();
    for same in ["number", "region", "started", "expires"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_eq!(
        after["codeExpires"], after["expires"],
        "a code ends with its claim"
    );

    test.stack.clock().advance(Duration::from_mins(2));
    assert_eq!(
        test.validate(&typed(&test.code())).await.gist(),
        "400 18001"
    );
    assert_eq!(test.resend(&me()).await.gist(), "400 UAR-10012");
}

#[tokio::test]
async fn without_a_scenario_the_one_pending_claim_is_meant() {
    let test = TestApp::start().await;
    claim_list(&test, NEW).await;
    test.stack.clock().advance(COOLDOWN);
    assert_eq!(test.resend(&me_for_any()).await.status, 201);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(test.user(BOB).await["verifiedMobileNumbers"][1], NEW);
}

#[tokio::test]
async fn of_two_claims_the_named_one_gets_a_code_and_the_other_keeps_its_own() {
    let test = TestApp::start().await;
    let primary = claim_primary(&test, NEW).await;
    let list = claim_list(&test, OTHER).await;
    test.stack.clock().advance(COOLDOWN);
    assert_eq!(test.resend(&me_for(LIST)).await.status, 201);
    assert_eq!(test.sent_to(), [NEW, OTHER, OTHER]);
    assert_eq!(test.validate(&typed(&list)).await.gist(), "400 18001");
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(test.validate(&typed(&primary)).await.status, 202);
}

#[tokio::test]
async fn another_code_has_its_own_tries_and_forgives_no_failure() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    fail(&test, 5).await;
    test.stack.clock().advance(COOLDOWN);
    assert_eq!(test.resend(&me()).await.status, 201);
    assert_eq!(test.failures(BOB).await, 5);
    fail(&test, 4).await;
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_leaves_the_old_code() {
    for (outcome, told) in [
        (Outcome::Unavailable, "502 VRF-50200"),
        (Outcome::Refused, "502 VRF-50201"),
    ] {
        let test = TestApp::start().await;
        let code = claim_primary(&test, NEW).await;
        test.stack.clock().advance(COOLDOWN);
        let (user, pending) = (test.user(BOB).await, test.pending(BOB).await);
        test.stack.outbox().set_outcome(outcome);
        assert_eq!(test.resend(&me()).await.gist(), told);
        assert_eq!(
            (test.user(BOB).await, test.pending(BOB).await),
            (user, pending)
        );
        assert_eq!(test.validate(&typed(&code)).await.status, 202);
    }
}

#[tokio::test]
async fn what_was_not_sent_is_no_reason_to_wait() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    test.stack.clock().advance(COOLDOWN);
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    assert_eq!(test.resend(&me()).await.status, 502);
    test.stack.outbox().set_outcome(Outcome::Delivered);
    assert_eq!(test.resend(&me()).await.status, 201);
}
