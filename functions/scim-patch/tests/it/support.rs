//! Requests that many tests make, and what they look at.
//! The numbers are the seeds': +60111111111 is verified, +60123456789 is new.

use local::testing::{Answer, BOB, Event, TestApp};
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

/// A whole Bob with these attributes.
pub fn put(event: &str, attributes: &Value) -> Event {
    let mut body = attributes.clone();
    body["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User", WSO2]);
    body["userName"] = json!("bob123");
    Event::shipped(event).body(&body)
}

pub const WSO2: &str = "urn:scim:wso2:schema";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A kind of address, as it is written and shown: what holds for both is tested once, for each.
#[derive(Clone, Copy)]
pub struct Kind {
    pub attribute: &'static str,
    /// What stands beside the value of a primary address.
    label: Option<&'static str>,
    /// Bob's verified primary, and two that are new.
    pub old: &'static str,
    pub new: &'static str,
    pub other: &'static str,
    pub listed: &'static str,
    pub verified_list: &'static str,
    pub verified: &'static str,
    pub verify: &'static str,
    pub pending: &'static str,
    pub code_minutes: u64,
    /// The setting of how many there may be.
    pub most: &'static str,
}

pub const NUMBERS: Kind = Kind {
    attribute: "phoneNumbers",
    label: Some("mobile"),
    old: "+60111111111",
    new: NEW,
    other: OTHER,
    listed: "mobileNumbers",
    verified_list: "verifiedMobileNumbers",
    verified: "phoneVerified",
    verify: "verifyMobile",
    pending: "pendingMobileNumber",
    code_minutes: 5,
    most: "MaxMobileNumbers",
};

pub const EMAILS: Kind = Kind {
    attribute: "emails",
    label: None,
    old: "bobsmith@abc.com",
    new: "new@abc.com",
    other: "third@abc.com",
    listed: "emailAddresses",
    verified_list: "verifiedEmailAddresses",
    verified: "emailVerified",
    verify: "verifyEmail",
    pending: "pendingEmails",
    code_minutes: 15,
    most: "MaxEmailAddresses",
};

/// What is shown of Bob's addresses of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub primary: Option<String>,
    pub verified: bool,
    pub listed: Vec<String>,
    pub verified_list: Vec<String>,
    pub pending: Option<String>,
}

impl Kind {
    /// Bob has the old address verified, and in both lists.
    pub async fn start(&self, overrides: &[&str]) -> TestApp {
        let on = [
            "EnableEmailVerification=true",
            "EmailTemplate=Code {{confirmation-code}}",
        ];
        let test = TestApp::with(&[&on[..], overrides].concat()).await;
        if self.attribute == EMAILS.attribute {
            let mut user = test.user(BOB).await;
            user["emails"] = json!({ "primary": self.old, "verified": true,
                "addresses": [self.old], "verifiedAddresses": [self.old] });
            test.put_user_item(&user).await;
        }
        test
    }

    /// The attribute that makes an address the primary one.
    pub fn primary(&self, address: &str) -> Value {
        let value = match self.label {
            Some(label) => json!({ "value": address, "type": label }),
            None => json!({ "value": address }),
        };
        json!({ self.attribute: [value] })
    }

    /// The attribute that writes the verified list.
    pub fn list(&self, addresses: &[&str]) -> Value {
        json!({ WSO2: { self.verified_list: addresses } })
    }

    pub fn removes_primary(&self) -> Event {
        Event::shipped("scim-patch/patch-me")
            .operations(&json!([{ "op": "remove", "path": self.attribute }]))
    }

    /// As Bob is at first.
    pub fn at_first(&self) -> Shown {
        let old = || self.old.to_owned();
        Shown {
            primary: Some(old()),
            verified: true,
            listed: vec![old()],
            verified_list: vec![old()],
            pending: None,
        }
    }

    /// What is shown in an answer. What waits is shown in two places alike.
    pub fn shown(&self, answer: &Answer) -> Shown {
        assert_eq!(answer.status, 200, "{answer}");
        let extension = &answer.body[WSO2];
        let waits = &extension[self.pending];
        assert_eq!(*waits, answer.body[ENTERPRISE][self.pending]);
        let values = answer.body[self.attribute].as_array().into_iter().flatten();
        let mut values = values.filter(|value| {
            let label = value["type"].as_str();
            self.label.is_none() || label == self.label
        });
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = |name: &str| {
            let list = extension[name].as_array().into_iter().flatten();
            list.filter_map(text).collect()
        };
        Shown {
            primary: values.next().and_then(|value| text(&value["value"])),
            verified: extension[self.verified] == true,
            listed: list(self.listed),
            verified_list: list(self.verified_list),
            pending: text(waits).or_else(|| text(&waits[0]["value"])),
        }
    }

    /// What is shown of Bob now.
    pub async fn now(&self, test: &TestApp) -> Shown {
        self.shown(&test.users(&Event::shipped("scim-users/get-me")).await)
    }
}

/// Bob's e-mail address, and another.
pub const OLD_EMAIL: &str = "bobsmith@abc.com";
pub const NEW_EMAIL: &str = "new@abc.com";

/// With e-mail verification, and e-mails that end with their code.
pub async fn with_emails(overrides: &[&str]) -> TestApp {
    let settings = [
        "EnableEmailVerification=true",
        "EmailTemplate=Code {{confirmation-code}}",
        "AllowedRegions=*",
    ];
    TestApp::bare_with(&[&settings[..], overrides].concat()).await
}
