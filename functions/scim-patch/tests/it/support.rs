//! Requests that many tests make, and what they look at.
//! The numbers are the seeds': +60111111111 is verified, +60123456789 is new.

use local::testing::{BOB, Event, TestApp};
use serde_json::{Value, json};

pub const NEW: &str = "+60123456789";
pub const OTHER: &str = "+60129876543";

/// Bob writes a primary number.
pub fn primary(number: &str) -> Event {
    Event::shipped("scim-patch/patch-me").replacing(&mobile(number))
}

pub fn mobile(number: &str) -> Value {
    json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] })
}

/// Bob writes a number and an attribute of another kind.
pub fn number_and_nick_name() -> Event {
    Event::shipped("scim-patch/patch-me").replacing(&json!({
        "nickName": "Bobby",
        "phoneNumbers": [{ "type": "mobile", "value": NEW }],
    }))
}

/// Bob writes something that has nothing to do with numbers.
pub fn title(title: &str) -> Event {
    Event::shipped("scim-patch/patch-me").replacing(&json!({ "title": title }))
}

/// Bob types a code.
pub fn typed(code: &str) -> Event {
    Event::shipped("validate-code/me").body(&json!({ "code": code, "properties": [] }))
}

/// A code that is not this one.
pub fn not(code: &str) -> String {
    let other = if code.starts_with('1') { "2" } else { "1" };
    format!("{other}{}", &code[1..])
}

/// Bob types wrong codes until the count is that much higher.
pub async fn fail(test: &TestApp, times: usize) {
    for _ in 0..times {
        let answer = test.validate(&typed(&not(&test.code()))).await;
        assert_eq!(answer.gist(), "400 18001");
    }
}

/// Bob's stored profile.
pub async fn profile(test: &TestApp) -> Value {
    let user = test.user(BOB).await;
    serde_json::from_str(user["profile"].as_str().unwrap()).unwrap()
}
