//! Requests that are not read, callers that are nobody, providers that do not send.

use insta::assert_snapshot;
use local::testing::{BOB, Desk, Event};
use serde_json::json;
use shared::platform::outbox::Outcome;

use crate::support::{COOLDOWN, NEW, OTHER, refused, send, send_body, sent, validate};

#[tokio::test]
async fn bodies_that_are_not_read_name_the_field_and_cost_no_try() {
    let desk = Desk::start().await;
    let typed = |body| Event::shipped("sms-otp/validate").body(&body);
    let mut told = Vec::new();
    for event in [
        send_body(&json!({})),
        send_body(&json!({ "phone_number": null })),
        send_body(&json!({ "phone_number": 60_123_456_789_u64 })),
        send_body(&json!({ "phone_number": [NEW] })),
        typed(json!({})),
        typed(json!({ "phone_number": NEW })),
        typed(json!({ "passcode": "123456" })),
        typed(json!({ "phone_number": NEW, "passcode": null })),
        typed(json!({ "phone_number": NEW, "passcode": 123_456 })),
        typed(json!({ "phone_number": NEW, "passcode": "" })),
        typed(json!({ "phone_number": NEW, "passcode": "12345678901" })),
        typed(json!({ "phone_number": NEW, "passcode": "12345\u{661}" })),
    ] {
        let answer = refused(&desk, &event).await;
        let description = answer.body["description"].as_str().unwrap().to_owned();
        told.push(format!("{}: {description}", answer.gist()));
    }
    assert_snapshot!(told.join("\n"), @r"
    400 UMV-10000: phone_number is missing.
    400 UMV-10000: phone_number must be a text.
    400 UMV-10000: phone_number must be a text.
    400 UMV-10000: phone_number must be a text.
    400 UMV-10000: phone_number is missing.
    400 UMV-10000: passcode is missing.
    400 UMV-10000: phone_number is missing.
    400 UMV-10000: passcode must be a text.
    400 UMV-10000: passcode must be a text.
    400 UMV-10000: passcode must be 1 to 10 ASCII letters or digits.
    400 UMV-10000: passcode must be 1 to 10 ASCII letters or digits.
    400 UMV-10000: passcode must be 1 to 10 ASCII letters or digits.
    ");
    for shipped in ["sms-otp/send", "sms-otp/validate"] {
        let event = || Event::shipped(shipped);
        for (event, gist) in [
            (event().text(&" ".repeat(256 * 1024 + 1)), "413 UMV-10000"),
            (
                event().header("content-type", "text/plain"),
                "415 UMV-10000",
            ),
            (event().text(""), "400 UMV-10000"),
            (event().text("[]"), "400 UMV-10000"),
            (event().text(&"[".repeat(100)), "400 UMV-10000"),
            (event().without_token(), "401 UMV-10003"),
        ] {
            assert_eq!(refused(&desk, &event).await.gist(), gist);
        }
    }
    assert_eq!(desk.bench.tap().take_calls().len(), 0);
}

#[tokio::test]
async fn a_caller_that_is_no_user() {
    let desk = Desk::start().await;
    let answer = desk.sms_otp(&send(NEW).by("nobody", "")).await;
    assert_snapshot!(answer, @r#"
    404
    {
      "code": "UMV-10000",
      "message": "Not Found",
      "description": "There is no such resource.",
      "traceId": "XNQ217dJjoEEJ8w="
    }
    "#);
    assert!(desk.sent_to().is_empty());
    assert!(desk.verification("nobody").await.is_null());

    let typed = validate(NEW, "123456").by("nobody", "");
    for _ in 0..10 {
        assert_eq!(desk.sms_otp(&typed).await.gist(), "400 18001");
    }
    assert_eq!(desk.sms_otp(&typed).await.gist(), "429 17003");
    assert!(desk.user("nobody").await.is_null());
}

#[tokio::test]
async fn no_provider_takes_the_message_over() {
    for (outcome, unreachable) in [(Outcome::Unavailable, false), (Outcome::Refused, true)] {
        let desk = Desk::start().await;
        let user = desk.user(BOB).await;
        desk.bench.outbox().set_outcome(outcome);
        let answer = desk.sms_otp(&send(NEW)).await;
        assert_eq!(answer.gist(), "502 UMV-10005");
        let description = answer.body["description"].as_str().unwrap();
        assert_eq!(description.contains("cannot be reached"), unreachable);
        assert_eq!(desk.user(BOB).await, user);
        assert!(desk.pending(BOB).await.is_empty());

        desk.bench.outbox().set_outcome(Outcome::Delivered);
        let code = sent(&desk, NEW).await;
        assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
    }
}

#[tokio::test]
async fn what_was_pending_before_a_failed_send_is_pending_after_it() {
    let desk = Desk::start().await;
    let code = sent(&desk, NEW).await;
    let pending = desk.pending(BOB).await;
    desk.bench.clock().advance(COOLDOWN);
    desk.bench.outbox().set_outcome(Outcome::Unavailable);
    for number in [NEW, OTHER] {
        assert_eq!(desk.sms_otp(&send(number)).await.gist(), "502 UMV-10005");
        assert_eq!(desk.pending(BOB).await, pending);
    }
    assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
}
