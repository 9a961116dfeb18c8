//! Many at once: a flow ends once, a backup code works once, no more guesses are compared than may be.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use local::testing::{BOB, TestApp};

use crate::support::{codes_for, initiate, not, started, told, wait};

fn tally(answers: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer).or_insert(0) += 1;
    }
    tally
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_is_finished_once_and_its_success_told_once() {
    for _ in 0..10 {
        let test = Arc::new(TestApp::start().await);
        let flow = started(&test, "bob123").await;
        let code = test.code();
        let answers = join_all((0..5).map(|_| flow.verify(&code))).await;
        let tally_of = tally(answers.iter().map(told));
        assert_eq!(tally_of["SUCCESS_COMPLETED - sms"], 1, "{tally_of:?}");
        assert!(tally_of.len() <= 2, "{tally_of:?}");
        let answers = join_all((0..20).map(|_| flow.outcome())).await;
        let tally_of = tally(answers.iter().map(told));
        assert_eq!(tally_of["SUCCESS_COMPLETED - sms"], 1, "{tally_of:?}");
        assert_eq!(tally_of["404 VRF-40400"], 19, "{tally_of:?}");
        assert_eq!(test.failures(BOB).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_code_works_once_in_twenty_flows_at_once() {
    let test = Arc::new(TestApp::with(&["MaxFailures=100"]).await);
    let codes = codes_for(&test, "bob123", 2).await;
    let mut flows = Vec::new();
    for _ in 0..10 {
        flows.push(started(&test, "bob123").await);
        wait(&test).await;
    }
    let tries = flows
        .iter()
        .chain(&flows)
        .map(|flow| flow.backup_code(&codes[0]));
    let answers = join_all(tries).await;
    let tally_of = tally(answers.iter().map(told));
    assert_eq!(tally_of["SUCCESS_COMPLETED - otp"], 1, "{tally_of:?}");
    let left = test.user(BOB).await["backupCodes"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(left, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_guesses_ten_are_counted() {
    let test = Arc::new(TestApp::start().await);
    let flow = started(&test, "bob123").await;
    let code = test.code();
    let wrong = not(&code);
    let answers = join_all((0..50).map(|_| flow.verify(&wrong))).await;
    let tally_of = tally(answers.iter().map(told));
    assert_eq!(tally_of["FAIL_INCOMPLETE OTP"], 10, "{tally_of:?}");
    assert_eq!(tally_of["429 17003"], 40, "{tally_of:?}");
    assert_eq!(told(&flow.verify(&code).await), "429 17003");
}

/// The right code among wrong ones of several flows: where it is not among the first ten, it is refused like them.
#[tokio::test(flavor = "multi_thread")]
async fn the_right_code_among_many() {
    for round in 0..10 {
        let test = Arc::new(TestApp::with(&["MaxTriesPerCode=10"]).await);
        let flow = started(&test, "bob123").await;
        let code = test.code();
        let wrong = not(&code);
        let guess = |n| if n == round * 3 { &code } else { &wrong };
        let answers = join_all((0..30).map(|n| flow.verify(guess(n)))).await;
        let tally_of = tally(answers.iter().map(told));
        let right = tally_of
            .get("SUCCESS_COMPLETED - sms")
            .copied()
            .unwrap_or(0);
        let failed = tally_of.get("FAIL_INCOMPLETE OTP").copied().unwrap_or(0);
        assert!(right <= 1 && failed <= 10, "{tally_of:?}");
        assert!(test.failures(BOB).await <= 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_starts_at_once_one_sends() {
    let test = Arc::new(TestApp::start().await);
    let answers =
        join_all((0..10).map(|_| async { test.second_factor(&initiate("bob123")).await }));
    let tally_of = tally(answers.await.iter().map(told));
    assert_eq!(tally_of["INCOMPLETE OTP"], 1, "{tally_of:?}");
    assert_eq!(test.sent_to().len(), 1);
}

/// One of them wins whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_used_or_renewed() {
    for _ in 0..10 {
        let test = Arc::new(TestApp::start().await);
        let flow = started(&test, "bob123").await;
        let code = test.code();
        wait(&test).await;
        let (verified, resent) = tokio::join!(flow.verify(&code), flow.resend());
        let both = (told(&verified), told(&resent));
        match (both.0.as_str(), both.1.as_str()) {
            ("SUCCESS_COMPLETED - sms", "404 VRF-40400") => assert_eq!(test.sent_to().len(), 1),
            ("INCOMPLETE OTP" | "FAIL_INCOMPLETE OTP", "201") => {
                assert_eq!(
                    told(&flow.verify(&test.code()).await),
                    "SUCCESS_COMPLETED - sms"
                );
            }
            other => unreachable!("{other:?}"),
        }
    }
}

/// Clicks follow each other faster than a flow ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_sent_many_times_is_right_once() {
    for (settings, at_once) in [
        (&["RetryEnable=false"][..], 2),
        (&[], 30),
        (&["RetryEnable=false"], 6),
    ] {
        for _ in 0..5 {
            let test = Arc::new(TestApp::with(settings).await);
            let flow = started(&test, "bob123").await;
            let code = test.code();
            let answers = join_all((0..at_once).map(|_| flow.verify(&code))).await;
            let tally_of = tally(answers.iter().map(told));
            let right = tally_of.get("SUCCESS_COMPLETED - sms");
            assert_eq!(right, Some(&1), "{settings:?} {tally_of:?}");
            assert_eq!(told(&flow.outcome().await), "SUCCESS_COMPLETED - sms");
        }
    }
}
