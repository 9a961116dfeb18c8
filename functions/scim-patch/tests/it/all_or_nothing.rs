//! Whatever fails, the user and what was pending are as before.
//! The count of writes in the verification item moves on; what it says does not.

use local::testing::{BOB, Event, Fault, TestApp};
use serde_json::json;
use shared::platform::outbox::Outcome;

use crate::support::{NEW, OTHER, fail, mobile, number_and_nick_name, primary, typed};

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

const EVENTS: [&str; 2] = ["scim-patch/patch-me", "scim-patch/patch-verified-list"];

#[tokio::test]
async fn a_message_that_cannot_be_sent_leaves_nothing_behind() {
    for event in EVENTS {
        for (outcome, words) in [
            (
                Outcome::Unavailable,
                "VRF-50200: The message could not be sent; nothing was changed.",
            ),
            (
                Outcome::Refused,
                "VRF-50201: The message could not be sent because the number or e-mail address cannot be reached; nothing was changed.",
            ),
        ] {
            let test = TestApp::start().await;
            let user = test.user(BOB).await;
            test.stack.outbox().set_outcome(outcome);
            let answer = test.patch(&Event::shipped(event)).await;
            assert_eq!(
                (answer.status, answer.body["detail"].as_str()),
                (502, Some(words))
            );
            assert_eq!(test.user(BOB).await, user);
            assert_eq!(
                test.pending(BOB).await.len(),
                0,
                "{:?}",
                test.pending(BOB).await
            );

            test.stack.outbox().set_outcome(Outcome::Delivered);
            let again = test.patch(&Event::shipped(event)).await;
            assert_eq!(again.status, 200, "what was not sent is no reason to wait");
            assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
        }
    }
}

#[tokio::test]
async fn the_claim_that_was_pending_is_back_with_its_code() {
    for (outcome, told) in [
        (Outcome::Unavailable, "502 VRF-50200"),
        (Outcome::Refused, "502 VRF-50201"),
    ] {
        let test = TestApp::start().await;
        test.patch(&primary(NEW)).await;
        let (user, pending) = (test.user(BOB).await, test.pending(BOB).await);
        test.stack.outbox().set_outcome(outcome);
        assert_eq!(test.patch(&primary(OTHER)).await.gist(), told);
        assert_eq!(
            (test.user(BOB).await, test.pending(BOB).await),
            (user, pending)
        );
        assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
        assert_eq!(test.user(BOB).await["primary"], NEW);
    }
}

#[tokio::test]
async fn the_other_scenarios_claim_is_not_touched() {
    let test = TestApp::start().await;
    test.patch(&primary(OTHER)).await;
    let pending = test.pending(BOB).await;
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    let list = Event::shipped("scim-patch/patch-verified-list");
    assert_eq!(test.patch(&list).await.gist(), "502 VRF-50200");
    assert_eq!(test.pending(BOB).await, pending);
}

/// Before, the lock was gone although the administrator was told that nothing was changed.
#[tokio::test]
async fn a_lock_outlives_a_message_that_cannot_be_sent() {
    let test = TestApp::start().await;
    test.patch(&primary(OTHER)).await;
    fail(&test, 10).await;
    let pending = test.pending(BOB).await;
    let mut unlock = mobile(NEW);
    unlock["urn:scim:wso2:schema"] = json!({ "verificationLocked": false });
    let unlock = Event::shipped("scim-patch/patch-user").replacing(&unlock);
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    assert_eq!(test.patch(&unlock).await.gist(), "502 VRF-50200");
    assert_eq!(test.pending(BOB).await, pending);
    assert_eq!(
        test.validate(&typed(&test.code())).await.gist(),
        "429 17003"
    );

    test.stack.outbox().set_outcome(Outcome::Delivered);
    assert_eq!(test.patch(&unlock).await.status, 200);
    assert_eq!(test.failures(BOB).await, 0);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn other_attributes_wait_for_the_message() {
    let test = TestApp::start().await;
    let user = test.user(BOB).await;
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    assert_eq!(
        test.patch(&number_and_nick_name()).await.gist(),
        "502 VRF-50200"
    );
    assert_eq!(test.user(BOB).await, user);
    assert!(
        !test
            .stack
            .faults()
            .take_calls()
            .contains(&"PutItem".to_owned())
    );
}

#[tokio::test]
async fn a_user_that_cannot_be_written_takes_the_claim_back() {
    for fault in [
        Fault::Throttled,
        Fault::Unreachable,
        Fault::TransactionConflict,
    ] {
        let test = TestApp::start().await;
        let user = test.user(BOB).await;
        test.stack.faults().fail("PutItem", fault, ALWAYS);
        let answer = test.patch(&number_and_nick_name()).await;
        assert_eq!(answer.status, 503, "{fault:?}");
        assert!(answer.header("retry-after").is_some());
        assert_eq!(test.user(BOB).await, user);
        assert_eq!(test.pending(BOB).await.get("primaryClaim"), None);
        assert_eq!(test.sent_to(), [NEW], "the message had gone by then");
        assert_eq!(
            test.validate(&typed(&test.code())).await.gist(),
            "400 18001",
            "its code is dead"
        );
    }
}

#[tokio::test]
async fn a_message_that_had_gone_counts_though_its_claim_was_taken_back() {
    let test = TestApp::start().await;
    test.stack
        .faults()
        .fail("PutItem", Fault::Throttled, ALWAYS);
    assert_eq!(test.patch(&number_and_nick_name()).await.status, 503);
    assert_eq!(test.patch(&primary(NEW)).await.gist(), "429 VRF-42900");
    assert_eq!(test.sent_to(), [NEW]);
}

#[tokio::test]
async fn a_user_that_cannot_be_written_brings_back_the_earlier_claim() {
    let test = TestApp::start().await;
    test.patch(&primary(OTHER)).await;
    let (code, claim) = (test.code(), test.pending(BOB).await["primaryClaim"].clone());
    test.stack
        .faults()
        .fail("PutItem", Fault::Throttled, ALWAYS);
    assert_eq!(test.patch(&number_and_nick_name()).await.status, 503);
    assert_eq!(test.pending(BOB).await["primaryClaim"], claim);
    test.stack.faults().clear_faults();
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    assert_eq!(test.user(BOB).await["primary"], OTHER);
}

#[tokio::test]
async fn storage_that_cannot_be_reached_means_no_message() {
    for operation in ["BatchGetItem", "UpdateItem"] {
        let test = TestApp::start().await;
        test.stack
            .faults()
            .fail(operation, Fault::Throttled, ALWAYS);
        let answer = test.patch(&primary(NEW)).await;
        assert_eq!(answer.status, 503, "{operation}");
        assert!(answer.header("retry-after").is_some());
        assert_eq!(test.sent_to().len(), 0);
        assert!(test.verification(BOB).await.is_null());
    }
}
