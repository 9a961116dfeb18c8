//! Tries, failures, window and lock. Every try counts before anything is compared,
//! and is a failure until it succeeds.

use std::time::Duration;

use insta::assert_snapshot;
use local::testing::{BOB, Event, TestApp};

use crate::support::{NEW, OTHER, claim_list, claim_primary, fail, not, typed};

const MINUTE: Duration = Duration::from_mins(1);

async fn failures(test: &TestApp) -> u64 {
    test.verification(BOB).await["failures"]
        .as_u64()
        .unwrap_or_default()
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
        assert_eq!(
            (&item["tries"], &item["failures"]),
            (&count.into(), &count.into())
        );
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
    assert!((1..=900).contains(&seconds), "{seconds}");
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
async fn the_end_of_the_lock_starts_afresh() {
    let test = TestApp::start().await;
    fail(&test, 10).await;
    test.stack.clock().advance(14 * MINUTE);
    let seconds = wait(&test).await;
    assert!((1..=60).contains(&seconds), "{seconds}");
    test.stack.clock().advance(Duration::from_secs(seconds));
    fail(&test, 1).await;
    assert_eq!(failures(&test).await, 1);
    fail(&test, 9).await;
    wait(&test).await;
}

#[tokio::test]
async fn after_the_lock_a_new_code_succeeds() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    fail(&test, 10).await;
    test.stack.clock().advance(15 * MINUTE);
    assert_eq!(
        test.resend(&Event::shipped("resend-code/me")).await.status,
        201
    );
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn a_lock_outlives_its_window() {
    let test = TestApp::start().await;
    fail(&test, 9).await;
    test.stack.clock().advance(58 * MINUTE);
    fail(&test, 1).await;
    test.stack.clock().advance(14 * MINUTE);
    wait(&test).await;
    test.stack.clock().advance(MINUTE);
    fail(&test, 1).await;
    assert_eq!(failures(&test).await, 1);
}

#[tokio::test]
async fn failures_end_with_their_window() {
    let test = TestApp::start().await;
    fail(&test, 9).await;
    test.stack.clock().advance(60 * MINUTE);
    fail(&test, 1).await;
    assert_eq!(
        failures(&test).await,
        1,
        "counted again, in a window of its own"
    );
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
async fn success_forgets_failures() {
    let test = TestApp::start().await;
    fail(&test, 9).await;
    let code = claim_primary(&test, NEW).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    let item = test.verification(BOB).await;
    for name in ["failures", "windowEnd", "lastFailure"] {
        assert_eq!(item.get(name), None);
    }
    assert_eq!(item["tries"], 10, "tries only grow");
    fail(&test, 9).await;
    let code = claim_primary(&test, OTHER).await;
    assert_eq!(
        test.validate(&typed(&code)).await.status,
        202,
        "nine are no ten"
    );
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
    assert!((1..=60).contains(&wait(&test).await));
    test.stack.clock().advance(MINUTE);
    fail(&test, 1).await;
    test.stack.clock().advance(2 * MINUTE);
    fail(&test, 1).await;
    assert_eq!(failures(&test).await, 1);
}
