//! Requests that are not read, callers that are nobody, providers that do not send.

use insta::assert_snapshot;
use local::testing::{BOB, Event, TestApp};
use serde_json::json;
use shared::platform::outbox::Outcome;

use crate::support::{COOLDOWN, NEW, OTHER, refused, send, send_body, sent, validate};

#[tokio::test]
async fn bodies_that_are_not_read_name_the_field_and_cost_no_try() {
    let test = TestApp::start().await;
    let typed = |body| Event::shipped("transmit/validate").body(&body);
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
        let answer = refused(&test, &event).await;
        let description = answer.body["description"].as_str().unwrap().to_owned();
        told.push(format!("{}: {description}", answer.gist()));
    }
    assert_snapshot!(told.join("\n"), @r"
    400 VRF-40000: phone_number is missing.
    400 VRF-40000: phone_number must be a text.
    400 VRF-40000: phone_number must be a text.
    400 VRF-40000: phone_number must be a text.
    400 VRF-40000: phone_number is missing.
    400 VRF-40000: passcode is missing.
    400 VRF-40000: phone_number is missing.
    400 VRF-40000: passcode must be a text.
    400 VRF-40000: passcode must be a text.
    400 VRF-40000: passcode must be 1 to 10 ASCII letters or digits.
    400 VRF-40000: passcode must be 1 to 10 ASCII letters or digits.
    400 VRF-40000: passcode must be 1 to 10 ASCII letters or digits.
    ");
    for shipped in ["transmit/send", "transmit/validate"] {
        let event = || Event::shipped(shipped);
        for (event, gist) in [
            (event().text(&" ".repeat(256 * 1024 + 1)), "413 VRF-41300"),
            (
                event().header("content-type", "text/plain"),
                "415 VRF-41500",
            ),
            (event().text(""), "400 VRF-40000"),
            (event().text("[]"), "400 VRF-40000"),
            (event().text(&"[".repeat(100)), "400 VRF-40000"),
            (event().without_token(), "401 VRF-40100"),
        ] {
            assert_eq!(refused(&test, &event).await.gist(), gist);
        }
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}

#[tokio::test]
async fn a_caller_that_is_no_user() {
    let test = TestApp::start().await;
    let answer = test.transmit(&send(NEW).by("nobody", "")).await;
    assert_snapshot!(answer, @r#"
    404
    {
      "code": "VRF-40400",
      "message": "Not Found",
      "description": "There is no such resource.",
      "traceId": "XNQ217dJjoEEJ8w="
    }
    "#);
    assert!(test.sent_to().is_empty());
    assert!(test.verification("nobody").await.is_null());

    let typed = validate(NEW, "123456").by("nobody", "");
    for _ in 0..10 {
        assert_eq!(test.transmit(&typed).await.gist(), "400 18001");
    }
    assert_eq!(test.transmit(&typed).await.gist(), "429 17003");
    assert!(test.user("nobody").await.is_null());
}

#[tokio::test]
async fn no_provider_takes_the_message_over() {
    for (outcome, unreachable) in [(Outcome::Unavailable, false), (Outcome::Refused, true)] {
        let test = TestApp::start().await;
        let user = test.user(BOB).await;
        test.stack.outbox().set_outcome(outcome);
        let answer = test.transmit(&send(NEW)).await;
        let code = if unreachable {
            "VRF-50201"
        } else {
            "VRF-50200"
        };
        assert_eq!(answer.gist(), format!("502 {code}"));
        let description = answer.body["description"].as_str().unwrap();
        assert_eq!(description.contains("cannot be reached"), unreachable);
        assert_eq!(test.user(BOB).await, user);
        assert!(test.pending(BOB).await.is_empty());

        test.stack.outbox().set_outcome(Outcome::Delivered);
        let code = sent(&test, NEW).await;
        assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    }
}

#[tokio::test]
async fn what_was_pending_before_a_failed_send_is_pending_after_it() {
    let test = TestApp::start().await;
    let code = sent(&test, NEW).await;
    let pending = test.pending(BOB).await;
    test.stack.clock().advance(COOLDOWN);
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    for number in [NEW, OTHER] {
        assert_eq!(test.transmit(&send(number)).await.gist(), "502 VRF-50200");
        assert_eq!(test.pending(BOB).await, pending);
    }
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
}
