//! What several targets start from: a user with something in every corner, a request as Lambda hands it over, and what
//! a function runs on.

pub mod mail;

use std::sync::Arc;

use lambda_http::Request;
use serde_json::{Map, Value, json};
use shared::address::email::EmailAddress;
use shared::address::phone_number::PhoneNumber;
use shared::clock::{Clock, Timestamp};
use shared::platform::Platform;
use shared::platform::random::Random;
use shared::platform::secrets::Secrets;
use shared::scim::show;
use shared::user::User;
use shared::user::backup_codes::BackupCodes;
use shared::user::emails::{EmailPolicy, Emails};
use shared::user::numbers::Numbers;

/// A user as PATCH and filters see it.
pub fn user() -> Map<String, Value> {
    let number = |e164| PhoneNumber::from_e164(e164).unwrap();
    let profile = json!({
        "name": { "givenName": "Bob", "familyName": "Smith" },
        "active": true,
        "emails": [
            { "value": "bob@work.test", "type": "work", "primary": true },
            { "value": "bob@home.test", "type": "home" },
        ],
        "phoneNumbers": [{ "type": "work", "value": "+60322345678" }],
        "addresses": [{ "type": "work", "formatted": "a\nb", "primary": false }],
        "x509Certificates": [{ "value": "aGVsbG8=" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "A",
            "manager": { "value": "m1" },
        },
    });
    let Value::Object(profile) = profile else {
        unreachable!("an object")
    };
    let work = EmailAddress::from_stored("bob@work.test");
    let user = User {
        id: "1".into(),
        version: 1,
        created: Timestamp::from_millis(0),
        last_modified: Timestamp::from_millis(1),
        user_name: "bob".into(),
        profile,
        numbers: Numbers {
            primary: Some(number("+60123456789")),
            primary_verified: true,
            listed: vec![number("+60123456789"), number("+60129876543")],
            verified: vec![number("+60123456789")],
        },
        emails: Some(Emails {
            primary: Some(work.clone()),
            primary_verified: true,
            listed: vec![work.clone(), EmailAddress::from_stored("bob@list.test")],
            verified: vec![work],
        }),
        own_changes: Vec::new(),
        backup_codes: BackupCodes::default(),
        sign_ins_ended: None,
    };
    let on = |name: &str| (name == "ENABLE_EMAIL_VERIFICATION").then(|| "true".to_owned());
    let emails = EmailPolicy::from_env(&on).unwrap();
    show::resource(&user, true, &emails)
}

/// Without secrets, and with nothing to send through.
pub fn platform() -> Platform {
    Platform {
        clock: Clock::system(),
        aws: shared::platform::aws::loopback("http://127.0.0.1:9"),
        secrets: Secrets::Local(Arc::default()),
        random: Random::system(),
        outbox: None,
    }
}

/// A request with these claims, if there are any; then its headers and its body can be put.
pub fn request(route: &str, claims: Option<Value>) -> Request {
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": "/x",
        "rawQueryString": "",
        "headers": { "host": "api.example.com" },
        "requestContext": {
            "routeKey": route,
            "stage": "$default",
            "domainName": "api.example.com",
            "http": { "method": "POST", "path": "/x", "sourceIp": "192.0.2.1" },
            "timeEpoch": 0,
        },
        "isBase64Encoded": false,
    });
    if let Some(claims) = claims {
        event["requestContext"]["authorizer"] =
            json!({ "jwt": { "claims": claims, "scopes": null } });
    }
    lambda_http::request::from_str(&event.to_string()).unwrap()
}
