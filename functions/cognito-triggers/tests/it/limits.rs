//! Limits are those of all doors; where they stop a sign-in, its client is told why.

use local::testing::{BOB, Event, Fault, Log, TestApp};
use serde_json::json;
use shared::platform::outbox::Outcome;

use crate::support::{Seen, SignIn, challenge, not, wait};

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

fn failed(seen: &Seen) -> &str {
    match seen {
        Seen::Failed(text) => text.split(':').next().unwrap_or_default(),
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn failures_lock_the_account_for_every_door() {
    let test = TestApp::start().await;
    for _ in 0..2 {
        let mut bob = SignIn::of_bob(&test);
        bob.password().await;
        let wrong = not(&test.code());
        for _ in 0..5 {
            bob.answer(&wrong).await;
        }
        wait(&test);
    }
    assert_eq!(test.failures(BOB).await, 10);
    let user = json!({ "user": { "username": "bob123" } });
    let api = Event::shipped("second-factor/initiate").body(&user);
    assert_eq!(test.second_factor(&api).await.gist(), "429 17003");
    assert_eq!(failed(&SignIn::of_bob(&test).password().await), "17003");
}

#[tokio::test]
async fn under_a_lock_the_right_code_is_as_wrong_ones() {
    let test = TestApp::with(&["MaxFailures=5"]).await;
    let mut first = SignIn::of_bob(&test);
    first.password().await;
    wait(&test);
    let mut second = SignIn::of_bob(&test);
    second.password().await;
    let code = test.code();
    for _ in 0..5 {
        first.answer(&not(&code)).await;
    }
    let right = second.answer(&code).await;
    let wrong = second.answer(&not(&code)).await;
    assert_eq!((failed(&right), &right), ("17003", &wrong));
    assert_eq!(
        right,
        Seen::Failed("17003: Too many failed attempts: locked for another 3600 seconds.".into())
    );
}

#[tokio::test]
async fn a_second_sign_in_at_once_is_told_when_to_come_back() {
    let test = TestApp::start().await;
    SignIn::of_bob(&test).password().await;
    let log = Log::of_audit();
    let again = SignIn::of_bob(&test).password().await;
    let told = "VRF-42900: No code can be sent now: try again in 30 seconds.";
    assert_eq!(again, Seen::Failed(told.to_owned()));
    // For the alarm, which is not for this.
    let lines = log.take();
    let refused: Vec<_> = lines
        .iter()
        .filter(|line| line["event"] == "trigger_refused")
        .collect();
    assert_eq!(refused.len(), 1, "{lines:?}");
    assert_eq!(refused[0]["code"], "VRF-42900");
}

#[tokio::test]
async fn caps_hold_here_as_well() {
    let test = TestApp::at_the_hour(&[]).await;
    for _ in 0..10 {
        let seen = SignIn::of_bob(&test).password().await;
        assert_eq!(seen, challenge("OTP *******111"));
        wait(&test);
    }
    assert_eq!(failed(&SignIn::of_bob(&test).password().await), "VRF-42901");
    assert_eq!(test.sent_to().len(), 10);
}

#[tokio::test]
async fn without_storage_nobody_is_let_in() {
    for (operation, at_the_code) in [
        ("BatchGetItem", false),
        ("TransactWriteItems", false),
        ("UpdateItem", true),
        ("TransactWriteItems", true),
        ("GetItem", true),
    ] {
        let test = TestApp::start().await;
        let mut bob = SignIn::of_bob(&test);
        if at_the_code {
            bob.password().await;
        }
        let log = Log::of_audit();
        let faults = test.stack.faults();
        faults.fail(operation, Fault::Throttled, ALWAYS);
        let seen = if at_the_code {
            bob.answer(&test.code()).await
        } else {
            bob.password().await
        };
        let told = "VRF-50300: Storage is not available at the moment; try again.";
        assert_eq!(seen, Seen::Failed(told.to_owned()), "{operation}");
        let lines = log.take();
        let refused = lines.iter().any(|line| line["event"] == "trigger_refused");
        assert!(!refused, "the alarm is for this: {lines:?}");
        faults.clear_faults();
        wait(&test);
        let mut again = SignIn::of_bob(&test);
        again.password().await;
        assert_eq!(
            again.answer(&test.code()).await,
            Seen::Tokens,
            "{operation}"
        );
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_sent() {
    let test = TestApp::start().await;
    for (outcome, code) in [
        (Outcome::Unavailable, "VRF-50200"),
        (Outcome::Refused, "VRF-50201"),
    ] {
        test.stack.outbox().set_outcome(outcome);
        let seen = SignIn::of_bob(&test).password().await;
        assert_eq!(failed(&seen), code);
    }
    test.stack.outbox().set_outcome(Outcome::Delivered);
    assert_eq!(
        SignIn::of_bob(&test).password().await,
        challenge("OTP *******111")
    );
}
