//! Requests that many tests make.
//! +60111111111 is Bob's verified number, +60123456789 the new one.

use std::time::Duration;

use local::testing::{Event, TestApp};
use serde_json::{Value, json};

pub const NEW: &str = "+60123456789";
pub const OTHER: &str = "+60129876543";
pub const LIST: &str = "MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE";
pub const COOLDOWN: Duration = Duration::from_mins(1);

/// Bob asks for another code for the primary.
pub fn me() -> Event {
    Event::shipped("resend-code/me")
}

/// Bob asks for another code for a scenario.
pub fn me_for(scenario: &str) -> Event {
    me().body(&json!({ "properties": [{ "key": "RecoveryScenario", "value": scenario }] }))
}

/// Bob asks for another code and names no scenario.
pub fn me_for_any() -> Event {
    me().body(&json!({ "properties": [] }))
}

/// Bob types a code.
pub fn typed(code: &str) -> Event {
    Event::shipped("validate-code/me").body(&json!({ "code": code }))
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

async fn claim(test: &TestApp, numbers: &Value) -> String {
    let before = test.sent_to().len();
    let event = Event::shipped("scim-patch/patch-me").replacing(numbers);
    assert_eq!(test.patch(&event).await.status, 200);
    assert_eq!(test.sent_to().len(), before + 1);
    test.code()
}

/// Bob types wrong codes.
pub async fn fail(test: &TestApp, times: usize) {
    for _ in 0..times {
        assert_eq!(test.validate(&typed("no")).await.gist(), "400 18001");
    }
}
