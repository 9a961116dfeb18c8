//! Requests that many tests make: the back end signs a user in.
//! +60111111111 is Bob's verified number; Alice has none.

use std::time::Duration;

use local::testing::{Answer, BOB, Event, TestApp};
use serde_json::{Value, json};

pub const OWN: &str = "+60111111111";
pub const NEW: &str = "+60123456789";
pub const OTHER: &str = "+60129876543";
pub const COOLDOWN: Duration = Duration::from_secs(30);

/// A flow as the back end goes on with it.
pub struct Flow<'a> {
    pub test: &'a TestApp,
    pub id: String,
    pub first: Value,
}

/// What starts a flow.
pub fn initiate(user: &str) -> Event {
    Event::shipped("second-factor/initiate").body(&json!({ "user": { "username": user } }))
}

/// Starts a flow of whoever has this name.
pub async fn started<'a>(test: &'a TestApp, user: &str) -> Flow<'a> {
    let answer = test.second_factor(&initiate(user)).await;
    assert_eq!(answer.status, 200, "{answer}");
    let id = answer.body["flowId"].as_str().unwrap().to_owned();
    Flow {
        test,
        id,
        first: answer.body,
    }
}

impl Flow<'_> {
    pub fn event(&self, case: &str, body: Option<&Value>) -> Event {
        let event = Event::shipped(&format!("second-factor/{case}")).parameter("flowId", &self.id);
        match body {
            Some(body) => event.body(body),
            None => event,
        }
    }

    pub async fn verify(&self, code: &str) -> Answer {
        let event = self.event("verify", Some(&json!({ "code": code })));
        self.test.second_factor(&event).await
    }

    pub async fn backup_code(&self, code: &str) -> Answer {
        let event = self.event("verify", Some(&json!({ "backupCode": code })));
        self.test.second_factor(&event).await
    }

    pub async fn resend(&self) -> Answer {
        self.test.second_factor(&self.event("resend", None)).await
    }

    pub async fn mobile(&self, number: &str) -> Answer {
        let event = self.event("mobile", Some(&json!({ "mobileNumber": number })));
        self.test.second_factor(&event).await
    }

    pub async fn outcome(&self) -> Answer {
        self.test.second_factor(&self.event("outcome", None)).await
    }
}

/// `INCOMPLETE OTP`: status and prompt, with what proved it.
pub fn gist(flow: &Value) -> String {
    let status = flow["flowStatus"].as_str().unwrap_or("no flow");
    let prompt = flow["nextStep"]["prompt"].as_str().unwrap_or("-");
    let amr = flow["amr"].as_array().cloned().unwrap_or_default();
    match amr.first() {
        Some(method) => format!("{status} {prompt} {}", method.as_str().unwrap()),
        None => format!("{status} {prompt}"),
    }
}

/// The same of an answer; the code where it is an error.
pub fn told(answer: &Answer) -> String {
    if answer.status == 200 {
        gist(&answer.body)
    } else {
        answer.gist()
    }
}

/// A code of the same form that is not this one.
pub fn not(code: &str) -> String {
    let other = if code.starts_with('1') { "2" } else { "1" };
    format!("{other}{}", &code[1..])
}

/// New backup codes of whoever has this name.
pub async fn codes_for(test: &TestApp, user: &str, count: usize) -> Vec<String> {
    let body = json!({ "user": { "username": user }, "count": count });
    let event = Event::shipped("second-factor/backup-codes").body(&body);
    let answer = test.second_factor(&event).await;
    assert_eq!(answer.status, 200, "{answer}");
    let codes = answer.body["codes"].as_array().unwrap().iter();
    codes
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

/// An administrator writes these attributes of Bob.
pub async fn write_bob(test: &TestApp, attributes: &Value) {
    let event = Event::shipped("scim-patch/patch-user").replacing(attributes);
    let answer = test.patch(&event).await;
    assert_eq!(answer.status, 200, "{answer}");
}

/// Bob's number is verified no more.
pub async fn unverified(test: &TestApp) {
    let mut user = test.user(BOB).await;
    user["phoneVerified"] = false.into();
    user["mobileNumbers"] = json!([]);
    user["verifiedMobileNumbers"] = json!([]);
    test.put_user_item(&user).await;
}

pub fn disabled(yes: bool) -> Value {
    json!({ "urn:scim:wso2:schema": { "smsOtpDisabled": yes } })
}

pub fn primary(number: &str) -> Value {
    json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] })
}

pub async fn wait(test: &TestApp) {
    test.stack.clock().advance(COOLDOWN);
}
