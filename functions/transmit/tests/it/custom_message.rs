//! The message and the sender that a request may ask for.

use insta::assert_snapshot;
use local::testing::{Event, TestApp};
use serde_json::{Value, json};

use crate::support::{COOLDOWN, NEW, refused, send_body};

fn worded(message: impl Into<Value>) -> Event {
    let message: Value = message.into();
    send_body(&json!({ "phone_number": NEW, "custom_message": message }))
}

fn from(sender: impl Into<Value>) -> Event {
    let sender: Value = sender.into();
    send_body(&json!({ "phone_number": NEW, "sender_id": sender }))
}

/// What is told of each request, none of which is read to its end.
async fn told(test: &TestApp, events: Vec<Event>) -> String {
    let mut told = Vec::new();
    for event in events {
        let answer = refused(test, &event).await;
        let description = answer.body["description"].as_str().unwrap().to_owned();
        told.push(format!("{}: {description}", answer.gist()));
    }
    assert!(test.stack.faults().take_calls().is_empty());
    told.join("\n")
}

#[tokio::test]
async fn messages_that_are_not_sent() {
    let test = TestApp::start().await;
    let messages = [
        json!(null),
        json!(7),
        json!(["{otp} {app}"]),
        json!(""),
        json!("Your code is {otp}"),
        json!("Welcome to {app}"),
        json!("{ otp } {app}"),
        json!("{otp} {app} {otp}"),
        json!("{otp} {app} {link}"),
        json!("{otp}\n{app}"),
        json!("{otp} {app}\u{200b}"),
        json!(format!("{{otp}} {{app}} {}", "x".repeat(129))),
        json!("{app} {otp} https://evil.example"),
        json!("{app} {otp} evil.com"),
        json!("{app} {otp} ｅｖｉｌ．ｃｏｍ"),
        json!("{app} {otp} bob@evil"),
        json!("{app} {otp} call +60 12-345 6789"),
        json!("{app} {otp} text ٥٤٣٢١"),
    ];
    let told = told(&test, messages.into_iter().map(worded).collect()).await;
    assert_snapshot!(told, @r"
    400 VRF-40000: custom_message must be a text.
    400 VRF-40000: custom_message must be a text.
    400 VRF-40000: custom_message must be a text.
    400 VRF-40000: custom_message must hold {otp} and {app}.
    400 VRF-40000: custom_message must hold {otp} and {app}.
    400 VRF-40000: custom_message must hold {otp} and {app}.
    400 VRF-40000: custom_message must hold {otp} and {app}.
    400 VRF-40000: custom_message must hold {otp} once, and no other braces than those of {otp} and {app}.
    400 VRF-40000: custom_message must hold {otp} once, and no other braces than those of {otp} and {app}.
    400 VRF-40000: custom_message must be one line, without control or invisible characters.
    400 VRF-40000: custom_message must be one line, without control or invisible characters.
    400 VRF-40000: custom_message must have at most 140 characters.
    400 VRF-40000: custom_message must not hold anything like a link, an address or a number to call.
    400 VRF-40000: custom_message must not hold anything like a link, an address or a number to call.
    400 VRF-40000: custom_message must not hold anything like a link, an address or a number to call.
    400 VRF-40000: custom_message must not hold anything like a link, an address or a number to call.
    400 VRF-40000: custom_message must not hold anything like a link, an address or a number to call.
    400 VRF-40000: custom_message must not hold anything like a link, an address or a number to call.
    ");
}

#[tokio::test]
async fn messages_that_cost_too_much() {
    let name = "x".repeat(64);
    let app = format!("AppName={name}");
    let test = TestApp::with(&[&app, "MaxSmsSegments=2"]).await;
    let repeated = format!("{{otp}}{}", "{app}".repeat(27));
    let unicode = |length: usize| format!("{{otp}}{{app}}{}", "ж".repeat(length));
    let asked = vec![worded(repeated), worded(unicode(67))];
    assert_snapshot!(told(&test, asked).await, @r"
    400 VRF-40000: custom_message fills more than 2 SMS with its code, the app's name and the last line: one SMS holds 160 characters of GSM-7, or 70 where another is among them.
    400 VRF-40000: custom_message fills more than 2 SMS with its code, the app's name and the last line: one SMS holds 160 characters of GSM-7, or 70 where another is among them.
    ");
    assert_eq!(test.transmit(&worded(unicode(64))).await.status, 200);
}

/// However long the names that the deployment puts into it.
#[tokio::test]
async fn a_plain_message_of_140_characters_is_always_taken() {
    let app = format!("AppName={}", "x".repeat(64));
    let longest_code = "OtpLength=10";
    let plain = format!("{{otp}} {{app}} {}", "x".repeat(128));
    for parameters in [
        &[][..],
        &[app.as_str(), longest_code],
        &[app.as_str(), longest_code, "OriginDomain=example.com"],
        &["AppName=Жук"],
    ] {
        let test = TestApp::with(parameters).await;
        let answer = test.transmit(&worded(plain.as_str())).await;
        assert_eq!(answer.status, 200, "{parameters:?} {answer}");
    }
}

#[tokio::test]
async fn senders_that_are_not_taken() {
    let test = TestApp::start().await;
    let senders = [
        json!(null),
        json!(7),
        json!(""),
        json!("acme"),
        json!("ACME "),
        json!("BANK"),
        json!("A-B"),
        json!("ACMEACMEACME"),
        json!("+60123456789"),
        json!("+0123"),
    ];
    let told = told(&test, senders.into_iter().map(from).collect()).await;
    assert_snapshot!(told, @r"
    400 VRF-40000: sender_id must be a text.
    400 VRF-40000: sender_id must be a text.
    400 VRF-40000: sender_id must be 1 to 11 letters (A-Z, a-z) and digits, or an E.164 number.
    400 VRF-40000: sender_id is not among the senders that are allowed.
    400 VRF-40000: sender_id must be 1 to 11 letters (A-Z, a-z) and digits, or an E.164 number.
    400 VRF-40000: sender_id is not among the senders that are allowed.
    400 VRF-40000: sender_id must be 1 to 11 letters (A-Z, a-z) and digits, or an E.164 number.
    400 VRF-40000: sender_id must be 1 to 11 letters (A-Z, a-z) and digits, or an E.164 number.
    400 VRF-40000: sender_id is not among the senders that are allowed.
    400 VRF-40000: sender_id must be 1 to 11 letters (A-Z, a-z) and digits, or an E.164 number.
    ");
}

#[tokio::test]
async fn messages_as_they_arrive() {
    let test = TestApp::with(&["AppName=Bank 24/7", "OriginDomain=example.com"]).await;
    for message in [
        "{app}: {otp}",
        "{otp} is your {app} code, {app}",
        "您的{app}验证码是{otp}。请勿泄露给他人。",
        &format!("{{otp}} {{app}} {}", "x".repeat(128)),
    ] {
        test.stack.outbox().clear();
        let answer = test.transmit(&worded(message)).await;
        assert_eq!(answer.status, 200, "{message}: {answer}");
        let [sent] = test.stack.outbox().messages(None).try_into().ok().unwrap();
        let code = sent.body.rsplit('#').next().unwrap();
        let filled = message.replace("{otp}", code).replace("{app}", "Bank 24/7");
        assert_eq!(sent.body, format!("{filled}\n@example.com #{code}"));
        assert!(!answer.to_string().contains(code));
        test.stack.clock().advance(COOLDOWN);
    }
}

#[tokio::test]
async fn senders_from_the_list() {
    let test = TestApp::with(&["AllowedSenderIds=ACME,+15005550006", "SmsSenderId=Usual"]).await;
    let usual = send_body(&json!({ "phone_number": NEW }));
    for (event, sender) in [
        (from("ACME"), "ACME"),
        (from("+15005550006"), "+15005550006"),
        (usual, "Usual"),
    ] {
        assert_eq!(test.transmit(&event).await.status, 200);
        assert_eq!(
            test.stack.outbox().messages(None).last().unwrap().sender,
            sender
        );
        test.stack.clock().advance(COOLDOWN);
    }
}

#[tokio::test]
async fn by_default_no_sender_may_be_asked_for() {
    let test = TestApp::with(&["AllowedSenderIds="]).await;
    assert_eq!(refused(&test, &from("ACME")).await.gist(), "400 VRF-40000");
}

#[tokio::test]
async fn only_messages_of_the_list() {
    let list = "CustomMessages={app}: {otp}\nYour {app} verification code is: {otp}";
    let test = TestApp::with(&[list]).await;
    let strange = ["{app}: {otp}.", "{otp} {app}", "{app}: {otp}\n", "any"];
    let told = told(&test, strange.into_iter().map(worded).collect()).await;
    assert_snapshot!(told, @r"
    400 VRF-40000: custom_message is not among the messages that are allowed.
    400 VRF-40000: custom_message is not among the messages that are allowed.
    400 VRF-40000: custom_message is not among the messages that are allowed.
    400 VRF-40000: custom_message is not among the messages that are allowed.
    ");
    let answer = test
        .transmit(&worded("Your {app} verification code is: {otp}"))
        .await;
    assert_eq!(answer.status, 200, "{answer}");
    let body = test.stack.outbox().messages(None).remove(0).body;
    let expected = format!("Your local verification code is: {}", test.code());
    assert_eq!(body, expected);
}

/// As a deployment has it that says nothing about them.
#[tokio::test]
async fn own_messages_are_off_unless_configured() {
    let test = TestApp::with(&["CustomMessages=off"]).await;
    let asked = vec![worded("{app}: {otp}")];
    assert_snapshot!(told(&test, asked).await, @"400 VRF-40000: custom_message is switched off: leave it out.");
    assert_eq!(
        test.transmit(&from("ACME")).await.status,
        200,
        "senders are from their list"
    );
}

#[tokio::test]
async fn what_is_not_known_is_ignored() {
    let test = TestApp::start().await;
    let body = json!({ "phone_number": NEW, "redirect_uri": "https://example.com", "locale": 1 });
    assert_eq!(test.transmit(&send_body(&body)).await.status, 200);
}
