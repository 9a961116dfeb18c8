//! Cooldown and lock, as a PATCH meets them: refused before anything is written or sent.
//! What needs no message goes on working.

use std::time::Duration;

use local::testing::{BOB, TestApp};

use crate::support::{NEW, OTHER, fail, primary, typed};

fn seconds(header: Option<&str>) -> u64 {
    header.unwrap().parse().unwrap()
}

/// Bob's own verified number again: whatever was pending ends.
async fn cancel(test: &TestApp) {
    assert_eq!(test.patch(&primary("+60111111111")).await.status, 200);
    assert_eq!(test.pending(BOB).await.get("primaryClaim"), None);
}

#[tokio::test]
async fn one_number_gets_one_message_a_minute() {
    let test = TestApp::start().await;
    test.patch(&primary(NEW)).await;
    cancel(&test).await;
    let (user, pending) = (test.user(BOB).await, test.pending(BOB).await);

    let refused = test.patch(&primary(NEW)).await;
    assert_eq!(refused.gist(), "429 VRF-42900");
    let wait = seconds(refused.header("retry-after"));
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(
        (test.user(BOB).await, test.pending(BOB).await),
        (user, pending)
    );

    test.stack.clock().advance(Duration::from_secs(wait));
    assert_eq!(test.patch(&primary(NEW)).await.status, 200);
    assert_eq!(test.sent_to(), [NEW, NEW]);
}

#[tokio::test]
async fn a_corrected_number_need_not_wait() {
    let test = TestApp::start().await;
    test.patch(&primary(NEW)).await;
    let first = test.code();
    assert_eq!(test.patch(&primary(OTHER)).await.status, 200);
    assert_eq!(test.sent_to(), [NEW, OTHER]);
    assert_eq!(
        test.validate(&typed(&first)).await.gist(),
        "400 18001",
        "the old code is dead"
    );
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn a_refused_send_leaves_the_claim_that_was_pending() {
    let test = TestApp::start().await;
    test.patch(&primary(NEW)).await;
    test.patch(&primary(OTHER)).await;
    let pending = test.pending(BOB).await;
    assert_eq!(test.patch(&primary(NEW)).await.gist(), "429 VRF-42900");
    assert_eq!(test.pending(BOB).await, pending);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(test.user(BOB).await["primary"], OTHER);
}

#[tokio::test]
async fn other_attributes_of_a_refused_request_are_not_written() {
    let test = TestApp::start().await;
    test.patch(&primary(NEW)).await;
    cancel(&test).await;
    let user = test.user(BOB).await;
    let refused = test.patch(&crate::support::number_and_nick_name()).await;
    assert_eq!(refused.gist(), "429 VRF-42900");
    assert_eq!(test.user(BOB).await, user);
}

#[tokio::test]
async fn a_new_claim_forgives_no_failure() {
    let test = TestApp::start().await;
    test.patch(&primary(NEW)).await;
    fail(&test, 9).await;
    test.patch(&primary(OTHER)).await;
    fail(&test, 1).await;
    let right = test.validate(&typed(&test.code())).await;
    assert_eq!(right.gist(), "429 17003");
}
