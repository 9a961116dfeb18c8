//! Cooldown, tries and lock: the same as at every other door, and counted together with them.

use std::time::Duration;

use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::json;

use crate::support::{
    COOLDOWN, NEW, OTHER, fail, not, patch, primary, refused, send, sent, validate, wait,
};

#[tokio::test]
async fn one_number_gets_one_message_a_minute() {
    let test = TestApp::start().await;
    let old = sent(&test, NEW).await;
    let answer = refused(&test, &send(NEW)).await;
    assert_eq!(answer.gist(), "429 VRF-42900");
    let seconds = wait(&answer);
    assert!((1..=60).contains(&seconds), "{seconds}");
    test.stack.clock().advance(Duration::from_secs(seconds));
    let new = sent(&test, NEW).await;
    assert_eq!(
        test.transmit(&validate(NEW, &old)).await.gist(),
        "400 18001",
        "dead"
    );
    assert_eq!(test.transmit(&validate(NEW, &new)).await.status, 200);
}

#[tokio::test]
async fn a_refused_send_leaves_the_old_code() {
    let test = TestApp::start().await;
    let code = sent(&test, NEW).await;
    assert_eq!(refused(&test, &send(NEW)).await.gist(), "429 VRF-42900");
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn a_corrected_number_need_not_wait() {
    let test = TestApp::start().await;
    sent(&test, NEW).await;
    let code = sent(&test, OTHER).await;
    assert_eq!(
        refused(&test, &send(NEW)).await.gist(),
        "429 VRF-42900",
        "also where it is not pending any more"
    );
    assert_eq!(test.transmit(&validate(OTHER, &code)).await.status, 200);
}

#[tokio::test]
async fn the_cooldown_is_the_one_of_every_door() {
    let test = TestApp::start().await;
    patch(&test, &primary(NEW)).await;
    assert_eq!(refused(&test, &send(NEW)).await.gist(), "429 VRF-42900");
    test.stack.clock().advance(COOLDOWN);
    sent(&test, NEW).await;
    let resend = Event::shipped("resend-code/me");
    assert_eq!(test.resend(&resend).await.gist(), "429 VRF-42900");
}

#[tokio::test]
async fn the_caps_of_every_door_hold() {
    for (cap, second, code) in [
        ("MaxSendsPerHour=1", send(OTHER), "VRF-42901"),
        (
            "MaxSendsPerIpPerHour=1",
            send(OTHER).by(ALICE, ""),
            "VRF-42903",
        ),
        (
            "MaxSendsPerHourInAll=1",
            send(OTHER).by(ALICE, ""),
            "VRF-42904",
        ),
    ] {
        let test = TestApp::at_the_hour(&[cap]).await;
        sent(&test, NEW).await;
        let answer = refused(&test, &second).await;
        assert_eq!(answer.gist(), format!("429 {code}"), "{cap}");
        assert!(wait(&answer) > 0);
    }
}

#[tokio::test]
async fn messages_go_to_allowed_regions_only() {
    let test = TestApp::with(&["DeniedRegions=MY"]).await;
    let answer = refused(&test, &send(NEW)).await;
    assert_eq!(answer.gist(), "400 VRF-40000");
    assert_eq!(
        answer.body["description"],
        "phone_number is a number of a region that is not allowed here."
    );
}

#[tokio::test]
async fn a_send_needs_a_fresh_sign_in_where_one_is_asked_for() {
    let test = TestApp::with(&["MaxAuthenticationAgeMinutes=5"]).await;
    // The shipped event's sign-in is long ago.
    let answer = refused(&test, &send(NEW)).await;
    assert_eq!(answer.gist(), "401 VRF-40101");
    let asked = answer.header("www-authenticate").unwrap();
    assert!(
        asked.contains("insufficient_user_authentication"),
        "{asked}"
    );
    assert!(test.stack.faults().take_calls().is_empty(), "no read");
    let typed = test.transmit(&validate(NEW, "123456")).await;
    assert_eq!(
        typed.gist(),
        "400 18001",
        "a passcode may be typed any time"
    );
}

#[tokio::test]
async fn a_passcode_expires() {
    let test = TestApp::start().await;
    let code = sent(&test, NEW).await;
    test.stack.clock().advance(Duration::from_mins(5));
    let wrong = test.transmit(&validate(NEW, &not(&code))).await;
    assert_eq!(wrong.gist(), "400 18001");
    let expired = test.transmit(&validate(NEW, &code)).await;
    assert_eq!(expired.gist(), "400 18002");
    assert!(!expired.to_string().contains(&code));
    let elsewhere = test.transmit(&validate(OTHER, &code)).await;
    assert_eq!(elsewhere.gist(), "400 18001", "not told of another number");
    test.stack.clock().advance(Duration::from_hours(24));
    assert_eq!(
        test.transmit(&validate(NEW, &code)).await.gist(),
        "400 18001"
    );
}

#[tokio::test]
async fn the_sixth_try_is_not_compared_even_when_right() {
    let test = TestApp::start().await;
    let code = sent(&test, NEW).await;
    fail(&test, 4).await;
    assert_eq!(test.verification(BOB).await["tries"], 4);
    assert_eq!(
        test.transmit(&validate(OTHER, &code)).await.gist(),
        "400 18001",
        "a try like any other"
    );
    assert_eq!(
        test.transmit(&validate(NEW, &code)).await.gist(),
        "400 18001"
    );
    test.stack.clock().advance(COOLDOWN);
    let code = sent(&test, NEW).await;
    fail(&test, 3).await;
    assert_eq!(
        test.transmit(&validate(NEW, &code)).await.status,
        200,
        "a new code has its own tries"
    );
    assert_eq!(test.failures(BOB).await, 9, "a success forgets none");
}

#[tokio::test]
async fn ten_failures_at_any_door_lock_every_door() {
    let test = TestApp::start().await;
    fail(&test, 5).await;
    let code = sent(&test, NEW).await;
    let typed = |code: &str| Event::shipped("validate-code/me").body(&json!({ "code": code }));
    for _ in 0..4 {
        assert_eq!(test.validate(&typed("no")).await.gist(), "400 18001");
    }
    fail(&test, 1).await;
    let right = validate(NEW, &code);
    for event in [&right, &send(NEW), &send(OTHER)] {
        let answer = refused(&test, event).await;
        assert_eq!(answer.gist(), "429 17003");
        let seconds = wait(&answer);
        assert!((3500..=3600).contains(&seconds), "{seconds}");
    }
    assert_eq!(test.validate(&typed(&code)).await.gist(), "429 17003");
    test.stack.clock().advance(Duration::from_hours(1));
    let code = sent(&test, NEW).await;
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn settings_hold_here_too() {
    let limits = [
        "MaxTriesPerCode=1",
        "MaxFailures=2",
        "LockMinutes=1",
        "ResendCooldownSeconds=0",
    ];
    let test = TestApp::with(&limits).await;
    let code = sent(&test, NEW).await;
    fail(&test, 1).await;
    assert_eq!(
        test.transmit(&validate(NEW, &code)).await.gist(),
        "400 18001"
    );
    assert_eq!(refused(&test, &send(NEW)).await.gist(), "429 17003");
    test.stack.clock().advance(Duration::from_hours(1));
    sent(&test, NEW).await;
    let code = sent(&test, NEW).await;
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn a_claim_ends() {
    let test = TestApp::with(&["PendingValidityHours=1"]).await;
    sent(&test, NEW).await;
    let me = || Event::shipped("scim-users/get-me");
    let shown = test.users(&me()).await.body;
    assert_eq!(shown["urn:scim:wso2:schema"]["pendingMobileNumber"], NEW);
    test.stack.clock().advance(Duration::from_hours(1));
    let shown = test.users(&me()).await.body;
    assert!(
        shown["urn:scim:wso2:schema"]
            .get("pendingMobileNumber")
            .is_none()
    );
}
