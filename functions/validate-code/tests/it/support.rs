//! Requests that many tests make.
//! +60111111111 is Bob's verified number, +60123456789 the new one.

use local::testing::{Desk, Event};
use serde_json::{Value, json};

pub const NEW: &str = "+60123456789";
pub const OTHER: &str = "+60129876543";
pub const LIST: &str = "MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE";
pub const PRIMARY: &str = "MOBILE_VERIFICATION_ON_UPDATE";

/// Bob types a code.
pub fn typed(code: &str) -> Event {
    Event::shipped("validate-code/me").body(&json!({ "code": code, "properties": [] }))
}

/// Bob types a code for a scenario.
pub fn typed_for(code: &str, scenario: &str) -> Event {
    Event::shipped("validate-code/me").body(&json!({
        "code": code,
        "properties": [{ "key": "RecoveryScenario", "value": scenario }],
    }))
}

/// A privileged caller types a code; `user` as in the API, or null for none.
pub fn typed_by_admin(code: &str, user: &Value) -> Event {
    let mut body = json!({ "code": code });
    if !user.is_null() {
        body["user"] = user.clone();
    }
    Event::shipped("validate-code/privileged").body(&body)
}

/// What is counted of the one caller who is no user; it does not tell whom.
pub async fn counted_of_caller(desk: &Desk) -> Value {
    let keys = desk.verification_keys().await;
    let mut callers = keys.iter().filter(|key| key.starts_with("USER#subject#"));
    let (Some(key), None) = (callers.next(), callers.next()) else {
        unreachable!("{keys:?}");
    };
    desk.verification(&key["USER#".len()..]).await
}

/// Bob writes a primary number and is sent a code.
pub async fn claim_primary(desk: &Desk, number: &str) -> String {
    let numbers = json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
    claim(desk, &numbers).await
}

/// Bob adds a number to the verified list and is sent a code.
pub async fn claim_list(desk: &Desk, number: &str) -> String {
    let list = ["+60111111111", number];
    let numbers = json!({ "urn:scim:wso2:schema": { "verifiedMobileNumbers": list } });
    claim(desk, &numbers).await
}

/// Whoever the subject is writes a primary number and is sent a code.
pub async fn claim_of(desk: &Desk, subject: &str, number: &str) -> String {
    let numbers = json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
    let event = Event::shipped("scim-patch/patch-me").replacing(&numbers);
    sent(desk, &event.by(subject, "")).await
}

async fn claim(desk: &Desk, numbers: &Value) -> String {
    sent(
        desk,
        &Event::shipped("scim-patch/patch-me").replacing(numbers),
    )
    .await
}

async fn sent(desk: &Desk, event: &Event) -> String {
    let before = desk.sent_to().len();
    assert_eq!(desk.patch(event).await.status, 200);
    assert_eq!(desk.sent_to().len(), before + 1);
    desk.code()
}

/// A code of the same form that is not this one.
pub fn not(code: &str) -> String {
    let other = if code.starts_with('1') { "2" } else { "1" };
    format!("{other}{}", &code[1..])
}

/// Bob types wrong codes.
pub async fn fail(desk: &Desk, times: usize) {
    for _ in 0..times {
        let answer = desk.validate(&typed("no")).await;
        assert_eq!(answer.gist(), "400 18001");
    }
}
