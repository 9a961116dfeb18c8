//! Cooldown, tries and lock: the same as at every other door, and counted together with them.

use std::time::Duration;

use local::testing::{ALICE, BOB, Desk, Event};
use serde_json::json;

use crate::support::{
    COOLDOWN, NEW, OTHER, fail, not, patch, primary, refused, send, sent, validate, wait,
};

#[tokio::test]
async fn one_number_gets_one_message_a_minute() {
    let desk = Desk::start().await;
    let old = sent(&desk, NEW).await;
    let answer = refused(&desk, &send(NEW)).await;
    assert_eq!(answer.gist(), "429 UMV-10004");
    let seconds = wait(&answer);
    assert!((1..=60).contains(&seconds), "{seconds}");
    desk.bench.clock().advance(Duration::from_secs(seconds));
    let new = sent(&desk, NEW).await;
    assert_eq!(
        desk.sms_otp(&validate(NEW, &old)).await.gist(),
        "400 18001",
        "dead"
    );
    assert_eq!(desk.sms_otp(&validate(NEW, &new)).await.status, 200);
}

#[tokio::test]
async fn a_refused_send_leaves_the_old_code() {
    let desk = Desk::start().await;
    let code = sent(&desk, NEW).await;
    assert_eq!(refused(&desk, &send(NEW)).await.gist(), "429 UMV-10004");
    assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn a_corrected_number_need_not_wait() {
    let desk = Desk::start().await;
    sent(&desk, NEW).await;
    let code = sent(&desk, OTHER).await;
    assert_eq!(
        refused(&desk, &send(NEW)).await.gist(),
        "429 UMV-10004",
        "also where it is not pending any more"
    );
    assert_eq!(desk.sms_otp(&validate(OTHER, &code)).await.status, 200);
}

#[tokio::test]
async fn the_cooldown_is_the_one_of_every_door() {
    let desk = Desk::start().await;
    patch(&desk, &primary(NEW)).await;
    assert_eq!(refused(&desk, &send(NEW)).await.gist(), "429 UMV-10004");
    desk.bench.clock().advance(COOLDOWN);
    sent(&desk, NEW).await;
    let resend = Event::shipped("resend-code/me");
    assert_eq!(desk.resend(&resend).await.gist(), "429 UMV-10004");
}

#[tokio::test]
async fn the_caps_of_every_door_hold() {
    for (cap, second) in [
        ("MaxSendsPerHour=1", send(OTHER)),
        ("MaxSendsPerIpPerHour=1", send(OTHER).by(ALICE, "")),
        ("MaxSendsPerHourInAll=1", send(OTHER).by(ALICE, "")),
    ] {
        let desk = Desk::at_the_hour(&[cap]).await;
        sent(&desk, NEW).await;
        let answer = refused(&desk, &second).await;
        assert_eq!(answer.gist(), "429 UMV-10004", "{cap}");
        assert!(wait(&answer) > 0);
    }
}

#[tokio::test]
async fn messages_go_to_allowed_regions_only() {
    let desk = Desk::with(&["DeniedRegions=MY"]).await;
    let answer = refused(&desk, &send(NEW)).await;
    assert_eq!(answer.gist(), "400 UMV-10000");
    assert_eq!(
        answer.body["description"],
        "phone_number is a number of a region that is not allowed here."
    );
}

#[tokio::test]
async fn a_send_needs_a_fresh_sign_in_where_one_is_asked_for() {
    let desk = Desk::with(&["MaxAuthenticationAgeMinutes=5"]).await;
    // The shipped event's sign-in is long ago.
    let answer = refused(&desk, &send(NEW)).await;
    assert_eq!(answer.gist(), "401 UMV-10003");
    let asked = answer.header("www-authenticate").unwrap();
    assert!(
        asked.contains("insufficient_user_authentication"),
        "{asked}"
    );
    assert!(desk.bench.tap().take_calls().is_empty(), "no read");
    let typed = desk.sms_otp(&validate(NEW, "123456")).await;
    assert_eq!(
        typed.gist(),
        "400 18001",
        "a passcode may be typed any time"
    );
}

#[tokio::test]
async fn a_passcode_expires() {
    let desk = Desk::start().await;
    let code = sent(&desk, NEW).await;
    desk.bench.clock().advance(Duration::from_mins(5));
    let wrong = desk.sms_otp(&validate(NEW, &not(&code))).await;
    assert_eq!(wrong.gist(), "400 18001");
    let expired = desk.sms_otp(&validate(NEW, &code)).await;
    assert_eq!(expired.gist(), "400 18002");
    assert!(!expired.to_string().contains(&code));
    let elsewhere = desk.sms_otp(&validate(OTHER, &code)).await;
    assert_eq!(elsewhere.gist(), "400 18001", "not told of another number");
    desk.bench.clock().advance(Duration::from_hours(24));
    assert_eq!(
        desk.sms_otp(&validate(NEW, &code)).await.gist(),
        "400 18001"
    );
}

#[tokio::test]
async fn the_sixth_try_is_not_compared_even_when_right() {
    let desk = Desk::start().await;
    let code = sent(&desk, NEW).await;
    fail(&desk, 4).await;
    assert_eq!(desk.verification(BOB).await["tries"], 4);
    assert_eq!(
        desk.sms_otp(&validate(OTHER, &code)).await.gist(),
        "400 18001",
        "a try like any other"
    );
    assert_eq!(
        desk.sms_otp(&validate(NEW, &code)).await.gist(),
        "400 18001"
    );
    desk.bench.clock().advance(COOLDOWN);
    let code = sent(&desk, NEW).await;
    fail(&desk, 3).await;
    assert_eq!(
        desk.sms_otp(&validate(NEW, &code)).await.status,
        200,
        "a new code has its own tries"
    );
    assert!(
        desk.verification(BOB).await.get("failures").is_none(),
        "forgotten"
    );
}

#[tokio::test]
async fn ten_failures_at_any_door_lock_every_door() {
    let desk = Desk::start().await;
    fail(&desk, 5).await;
    let code = sent(&desk, NEW).await;
    let typed = |code: &str| Event::shipped("validate-code/me").body(&json!({ "code": code }));
    for _ in 0..4 {
        assert_eq!(desk.validate(&typed("no")).await.gist(), "400 18001");
    }
    fail(&desk, 1).await;
    let right = validate(NEW, &code);
    for event in [&right, &send(NEW), &send(OTHER)] {
        let answer = refused(&desk, event).await;
        assert_eq!(answer.gist(), "429 17003");
        let seconds = wait(&answer);
        assert!((840..=900).contains(&seconds), "{seconds}");
    }
    assert_eq!(desk.validate(&typed(&code)).await.gist(), "429 17003");
    desk.bench.clock().advance(Duration::from_mins(15));
    let code = sent(&desk, NEW).await;
    assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn settings_hold_here_too() {
    let limits = [
        "MaxTriesPerCode=1",
        "MaxFailures=2",
        "LockMinutes=1",
        "ResendCooldownSeconds=0",
    ];
    let desk = Desk::with(&limits).await;
    let code = sent(&desk, NEW).await;
    fail(&desk, 1).await;
    assert_eq!(
        desk.sms_otp(&validate(NEW, &code)).await.gist(),
        "400 18001"
    );
    assert_eq!(refused(&desk, &send(NEW)).await.gist(), "429 17003");
    desk.bench.clock().advance(Duration::from_mins(1));
    sent(&desk, NEW).await;
    let code = sent(&desk, NEW).await;
    assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn a_claim_ends() {
    let desk = Desk::with(&["PendingValidityHours=1"]).await;
    sent(&desk, NEW).await;
    let me = || Event::shipped("scim-users/get-me");
    let shown = desk.users(&me()).await.body;
    assert_eq!(shown["urn:scim:wso2:schema"]["pendingMobileNumber"], NEW);
    desk.bench.clock().advance(Duration::from_hours(1));
    let shown = desk.users(&me()).await.body;
    assert!(
        shown["urn:scim:wso2:schema"]
            .get("pendingMobileNumber")
            .is_none()
    );
}
