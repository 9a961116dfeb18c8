//! Requests that many tests make.
//! +60111111111 is Bob's verified number, +60123456789 the new one.

use local::testing::{Event, TestApp};
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
pub async fn counted_of_caller(test: &TestApp) -> Value {
    let keys = test.verification_keys().await;
    let mut callers = keys.iter().filter(|key| key.starts_with("USER#subject#"));
    let (Some(key), None) = (callers.next(), callers.next()) else {
        unreachable!("{keys:?}");
    };
    test.verification(&key["USER#".len()..]).await
}

/// Bob writes a primary number and is sent a code.
pub async fn claim_primary(test: &TestApp, number: &str) -> String {
    let numbers = json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
    claim(test, &numbers).await
}

/// Bob adds a number to the verified list and is sent a code.
pub async fn claim_list(test: &TestApp, number: &str) -> String {
    let list = ["+60111111111", number];
    let numbers = json!({ "urn:scim:wso2:schema": { "verifiedMobileNumbers": list } });
    claim(test, &numbers).await
}

/// Whoever the subject is writes a primary number and is sent a code.
pub async fn claim_of(test: &TestApp, subject: &str, number: &str) -> String {
    let numbers = json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
    let event = Event::shipped("scim-patch/patch-me").replacing(&numbers);
    sent(test, &event.by(subject, "")).await
}

async fn claim(test: &TestApp, numbers: &Value) -> String {
    sent(
        test,
        &Event::shipped("scim-patch/patch-me").replacing(numbers),
    )
    .await
}

async fn sent(test: &TestApp, event: &Event) -> String {
    let before = test.sent_to().len();
    assert_eq!(test.patch(event).await.status, 200);
    assert_eq!(test.sent_to().len(), before + 1);
    test.code()
}

/// A code of the same form that is not this one.
pub fn not(code: &str) -> String {
    let other = if code.starts_with('1') { "2" } else { "1" };
    format!("{other}{}", &code[1..])
}

/// Bob types wrong codes.
pub async fn fail(test: &TestApp, times: usize) {
    for _ in 0..times {
        let answer = test.validate(&typed("no")).await;
        assert_eq!(answer.gist(), "400 18001");
    }
}
