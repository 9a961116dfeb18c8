//! Tries, failures, window and lock. Every try counts before anything is compared,
//! and is a failure until it succeeds.

use std::time::Duration;

use insta::assert_snapshot;
use local::testing::{BOB, Event, TestApp, UNCAPPED};

use crate::support::{NEW, OTHER, claim_list, claim_primary, fail, not, typed};

const MINUTE: Duration = Duration::from_mins(1);

async fn failures(test: &TestApp) -> usize {
    test.failures(BOB).await
}

async fn wait(test: &TestApp) -> u64 {
    let answer = test.validate(&typed("no")).await;
    assert_eq!(answer.gist(), "429 17003");
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_try_counts_also_with_nothing_pending() {
    let test = TestApp::start().await;
    for count in 1..=3 {
        fail(&test, 1).await;
        let item = test.verification(BOB).await;
        assert_eq!(item["tries"], count);
        assert_eq!(failures(&test).await, count);
    }
}

#[tokio::test]
async fn the_fifth_try_is_compared() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    fail(&test, 4).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
}

#[tokio::test]
async fn the_sixth_try_is_not_compared_even_when_right() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    fail(&test, 5).await;
    assert_eq!(test.validate(&typed(&code)).await.gist(), "400 18001");
    assert_eq!(failures(&test).await, 6, "it counts all the same");
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
    test.stack.clock().advance(Duration::from_mins(5));
    assert_eq!(
        test.validate(&typed(&code)).await.gist(),
        "400 18001",
        "nor told to be too late"
    );
}

#[tokio::test]
async fn a_try_counts_for_every_claim() {
    let test = TestApp::start().await;
    let primary = claim_primary(&test, NEW).await;
    fail(&test, 3).await;
    let list = claim_list(&test, OTHER).await;
    fail(&test, 2).await;
    assert_eq!(
        test.validate(&typed(&primary)).await.gist(),
        "400 18001",
        "5 before it"
    );
    assert_eq!(
        test.validate(&typed(&list)).await.status,
        202,
        "3 before it"
    );
}

#[tokio::test]
async fn a_new_code_has_its_own_tries() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    fail(&test, 5).await;
    test.stack.clock().advance(MINUTE);
    let code = claim_primary(&test, NEW).await;
    fail(&test, 4).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
}

#[tokio::test]
async fn the_tenth_failure_locks_and_answers_like_the_others() {
    let test = TestApp::start().await;
    fail(&test, 10).await;
    let answer = test.validate(&typed("no")).await;
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((3590..=3600).contains(&seconds), "{seconds}");
    assert_snapshot!(answer.to_string().replace(&seconds.to_string(), "[seconds]"), @r#"
    429
    retry-after: [seconds]
    {
      "code": "17003",
      "message": "Too Many Requests",
      "description": "Too many failed attempts: locked for another [seconds] seconds.",
      "traceId": "XNQ213dJjoEEJ8w="
    }
    "#);
}

#[tokio::test]
async fn a_locked_account_compares_and_counts_nothing() {
    let test = TestApp::start().await;
    fail(&test, 5).await;
    let code = claim_primary(&test, NEW).await;
    for _ in 0..5 {
        assert_eq!(test.validate(&typed(&not(&code))).await.gist(), "400 18001");
    }
    let before = test.verification(BOB).await;
    assert_eq!(test.validate(&typed(&code)).await.gist(), "429 17003");
    assert_eq!(test.verification(BOB).await, before);
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
}

#[tokio::test]
async fn a_lock_locks_its_own_account_only() {
    let test = TestApp::start().await;
    fail(&test, 10).await;
    let alice = typed("no").by(local::testing::ALICE, "");
    assert_eq!(test.validate(&alice).await.gist(), "400 18001");
}

#[tokio::test]
async fn nothing_is_compared_until_a_failure_has_left_the_hour() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    fail(&test, 5).await;
    test.stack.clock().advance(30 * MINUTE);
    fail(&test, 5).await;
    test.stack.clock().advance(16 * MINUTE);
    let seconds = wait(&test).await;
    assert!(
        (830..=840).contains(&seconds),
        "the lock is over: {seconds}"
    );
    assert_eq!(test.validate(&typed(&code)).await.gist(), "429 17003");
    test.stack.clock().advance(Duration::from_secs(seconds));
    fail(&test, 5).await;
    assert_eq!(
        failures(&test).await,
        10,
        "those of the first half are gone"
    );
    wait(&test).await;
}

#[tokio::test]
async fn after_the_lock_a_new_code_succeeds() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    fail(&test, 10).await;
    let seconds = wait(&test).await;
    test.stack.clock().advance(Duration::from_secs(seconds));
    assert_eq!(
        test.resend(&Event::shipped("resend-code/me")).await.status,
        201
    );
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn locks_grow_while_the_row_lasts() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    let mut first = true;
    // Nine, and the tenth at the end of the hour: what is left to wait is the lock.
    for minutes in [15, 30, 60, 120] {
        if !first {
            test.stack.clock().advance(60 * MINUTE);
        }
        first = false;
        fail(&test, 9).await;
        test.stack.clock().advance(59 * MINUTE);
        fail(&test, 1).await;
        let seconds = wait(&test).await;
        let most = minutes * 60;
        assert!(
            (most - 20..=most).contains(&seconds),
            "{minutes}: {seconds}"
        );
        test.stack.clock().advance(Duration::from_secs(seconds));
    }
    let code = claim_primary(&test, OTHER).await;
    test.stack.clock().advance(60 * MINUTE);
    let resent = test.resend(&Event::shipped("resend-code/me")).await;
    assert_eq!(resent.status, 201, "{code} is over");
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    let item = test.verification(BOB).await;
    assert_ne!(
        item["failed"]["streak"],
        serde_json::json!({}),
        "NEW was never proved"
    );
}

#[tokio::test]
async fn a_success_on_the_number_ends_the_row() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    fail(&test, 4).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    let item = test.verification(BOB).await;
    assert_eq!(item["failed"]["streak"], serde_json::json!({}));
    assert_eq!(failures(&test).await, 4, "the hour's count stays");
    fail(&test, 6).await;
    wait(&test).await;
}

/// Before, whoever validated an own number in between had nineteen guesses in three minutes.
#[tokio::test]
async fn a_success_in_between_gives_no_more_guesses() {
    let test = TestApp::start().await;
    fail(&test, 9).await;
    let code = claim_primary(&test, NEW).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    assert_eq!(test.verification(BOB).await["tries"], 10, "tries only grow");
    claim_primary(&test, OTHER).await;
    fail(&test, 1).await;
    wait(&test).await;
}

#[tokio::test]
async fn a_double_click_is_no_failure() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    for _ in 0..15 {
        assert_eq!(test.validate(&typed(&code)).await.gist(), "400 18001");
    }
    assert_eq!(failures(&test).await, 0);
    test.stack.clock().advance(5 * MINUTE);
    fail(&test, 0).await;
    assert_eq!(test.validate(&typed(&code)).await.gist(), "400 18001");
    assert_eq!(failures(&test).await, 1, "it would have expired");
    fail(&test, 9).await;
    assert_eq!(test.validate(&typed(&code)).await.gist(), "429 17003");
}

#[tokio::test]
async fn a_hundred_in_a_row_end_with_an_administrator_only() {
    let test = TestApp::uncapped().await;
    for _ in 0..10 {
        claim_primary(&test, NEW).await;
        fail(&test, 9).await;
        test.stack.clock().advance(Duration::from_hours(25));
    }
    claim_primary(&test, NEW).await;
    fail(&test, 9).await;
    assert_eq!(
        test.validate(&typed("no")).await.gist(),
        "400 18001",
        "the hundredth"
    );
    assert_eq!(wait(&test).await, 86_400);
    // Nor does DynamoDB end it: what has failed in a row is kept.
    test.stack.clock().advance(Duration::from_hours(1000));
    test.stack.sweep().await;
    assert_eq!(wait(&test).await, 86_400);
    let unlock = serde_json::json!({ "urn:scim:wso2:schema": { "verificationLocked": false } });
    let by = |event: &str, scope: &str| Event::shipped(event).replacing(&unlock).by(BOB, scope);
    let own = test.patch(&by("scim-patch/patch-me", "")).await;
    assert_eq!(own.gist(), "403 VRF-40300");
    let shown = test.users(&Event::shipped("scim-users/get-me")).await;
    assert_eq!(
        shown.body["urn:scim:wso2:schema"]["verificationLocked"],
        true
    );
    let event = Event::shipped("scim-patch/patch-user").replacing(&unlock);
    let answer = test.patch(&event).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert!(answer.body["urn:scim:wso2:schema"]["verificationLocked"].is_null());
    fail(&test, 1).await;
    assert_eq!(failures(&test).await, 1);
}

/// Nothing but an administrator ends it, not even the table's clean-up; and tries that are spread out do not pass it.
#[tokio::test]
async fn a_hundred_in_a_row_are_exact_and_stay() {
    let test = TestApp::with(&[&UNCAPPED[..], &["MaxFailures=9"]].concat()).await;
    let mut compared = 0;
    while compared < 100 {
        claim_primary(&test, NEW).await;
        for _ in 0..9 {
            if test.validate(&typed("no")).await.gist() == "400 18001" {
                compared += 1;
            }
        }
        test.stack.clock().advance(Duration::from_hours(25));
    }
    assert_eq!(compared, 100);
    assert_eq!(wait(&test).await, 86_400);
    for active in [false, true] {
        let active = serde_json::json!({ "active": active });
        let event = Event::shipped("scim-patch/patch-user").replacing(&active);
        assert_eq!(test.patch(&event).await.status, 200);
    }
    test.stack.clock().advance(Duration::from_hours(24 * 365));
    test.stack.sweep().await;
    assert_eq!(wait(&test).await, 86_400);
}

#[tokio::test]
async fn nobody_is_locked_by_a_request() {
    let test = TestApp::start().await;
    let lock = serde_json::json!({ "urn:scim:wso2:schema": { "verificationLocked": true } });
    let event = Event::shipped("scim-patch/patch-user").replacing(&lock);
    assert_eq!(test.patch(&event).await.gist(), "400 invalidValue");
}

#[tokio::test]
async fn failures_leave_the_hour_one_by_one() {
    let test = TestApp::start().await;
    fail(&test, 9).await;
    test.stack.clock().advance(60 * MINUTE);
    fail(&test, 1).await;
    test.stack.clock().advance(59 * MINUTE);
    fail(&test, 9).await;
    wait(&test).await;
}

#[tokio::test]
async fn a_right_code_after_the_windows_end_succeeds() {
    let test = TestApp::start().await;
    fail(&test, 9).await;
    test.stack.clock().advance(60 * MINUTE);
    let code = claim_primary(&test, NEW).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
}

#[tokio::test]
async fn the_limits_are_the_templates() {
    let limits = [
        "MaxTriesPerCode=1",
        "MaxFailures=2",
        "LockMinutes=1",
        "FailureWindowMinutes=2",
    ];
    let test = TestApp::with(&limits).await;
    let code = claim_primary(&test, NEW).await;
    fail(&test, 1).await;
    assert_eq!(
        test.validate(&typed(&code)).await.gist(),
        "400 18001",
        "past its one try"
    );
    assert!((100..=120).contains(&wait(&test).await));
    test.stack.clock().advance(2 * MINUTE);
    fail(&test, 1).await;
}
