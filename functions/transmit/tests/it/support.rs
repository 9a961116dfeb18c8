//! Requests that many tests make.
//! +60111111111 is Bob's verified number, the others are new.

use std::time::Duration;

use local::testing::{Answer, BOB, Event, TestApp};
use serde_json::{Value, json};

pub const OWN: &str = "+60111111111";
pub const NEW: &str = "+60123456789";
pub const OTHER: &str = "+60129876543";
pub const COOLDOWN: Duration = Duration::from_mins(1);

/// Bob asks for a passcode.
pub fn send(number: &str) -> Event {
    send_body(&json!({ "phone_number": number }))
}

pub fn send_body(body: &Value) -> Event {
    Event::shipped("transmit/send").body(body)
}

/// Bob types a passcode.
pub fn validate(number: &str, passcode: &str) -> Event {
    let body = json!({ "phone_number": number, "passcode": passcode });
    Event::shipped("transmit/validate").body(&body)
}

/// Bob is sent a passcode.
pub async fn sent(test: &TestApp, number: &str) -> String {
    let before = test.sent_to().len();
    assert_eq!(test.transmit(&send(number)).await.status, 200);
    assert_eq!(test.sent_to().len(), before + 1);
    test.code()
}

/// Bob changes his numbers in SCIM's way.
pub async fn patch(test: &TestApp, numbers: &Value) {
    let event = Event::shipped("scim-patch/patch-me").replacing(numbers);
    assert_eq!(test.patch(&event).await.status, 200);
}

pub fn primary(number: &str) -> Value {
    json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] })
}

/// A code of the same form that is not this one.
pub fn not(code: &str) -> String {
    let other = if code.starts_with('1') { "2" } else { "1" };
    format!("{other}{}", &code[1..])
}

/// Bob types wrong passcodes.
pub async fn fail(test: &TestApp, times: usize) {
    for _ in 0..times {
        let answer = test.transmit(&validate(NEW, "no")).await;
        assert_eq!(answer.gist(), "400 18001");
    }
}

/// Refused, and nothing about Bob written, nothing sent.
pub async fn refused(test: &TestApp, event: &Event) -> Answer {
    let looked = async || {
        (
            test.user(BOB).await,
            test.verification(BOB).await,
            test.sent_to(),
        )
    };
    let before = looked().await;
    let answer = test.transmit(event).await;
    assert!(answer.status >= 400, "{answer}");
    assert_eq!(looked().await, before);
    answer
}

/// The seconds that a refusal tells to wait.
pub fn wait(answer: &Answer) -> u64 {
    answer.header("retry-after").unwrap().parse().unwrap()
}
