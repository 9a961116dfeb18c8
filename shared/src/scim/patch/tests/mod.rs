//! PATCH from the message to the resource: a table a subject, each row a request and what comes of it.
//! `user()` is what the rows start from.

mod clients;
mod dialects;
mod every;
mod message;
mod numbers;
mod primary;
mod properties;
mod refused;
mod semantics;

use serde_json::{Map, Value, json};

use super::*;
use crate::scim::patch::written::Written;

fn user() -> Map<String, Value> {
    map(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "1",
        "userName": "bob",
        "name": { "givenName": "Bob", "familyName": "Smith" },
        "active": true,
        "emails": [
            { "value": "bob@work.test", "type": "work", "primary": true },
            { "value": "bob@home.test", "type": "home" },
        ],
        "phoneNumbers": [
            { "type": "mobile", "value": "+1", "verified": true },
            { "type": "work", "value": "+2" },
        ],
        "roles": [{ "type": "default", "value": "Internal/everyone" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "A",
            "manager": { "value": "m1", "displayName": "Boss" },
        },
        "urn:scim:wso2:schema": {
            "mobileNumbers": ["+1", "+3"],
            "verifiedMobileNumbers": ["+1"],
            "phoneVerified": true,
        },
        "meta": { "resourceType": "User", "version": "W/\"1\"" },
    }))
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => panic!("an object"),
    }
}

/// Numbers as these tests write them: `00` for `+`.
fn normalise(number: &str) -> Option<String> {
    match number.strip_prefix("00") {
        Some(rest) => Some(format!("+{rest}")),
        None => number.starts_with('+').then(|| number.to_owned()),
    }
}

fn body(operations: &Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    })
}

fn patched(operations: &Value) -> Result<Applied, String> {
    Patch::parse(&body(operations))
        .and_then(|patch| patch.apply_with(&user(), &user, &normalise))
        .map_err(|error| error.to_string())
}

/// Each row: operations, a JSON pointer, what is there afterwards (null: nothing).
fn check(rows: &[(Value, &str, Value)]) {
    for (operations, pointer, wanted) in rows {
        let applied = patched(operations).unwrap_or_else(|e| panic!("{operations}: {e}"));
        let resource = Value::Object(applied.resource);
        let found = resource.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(found, *wanted, "{operations}");
    }
}

/// Each row: operations and the error.
fn check_refused(rows: &[(Value, &str)]) {
    for (operations, wanted) in rows {
        match patched(operations) {
            Ok(applied) => panic!("{operations} gave {:?}", applied.resource),
            Err(error) => assert_eq!(error, *wanted, "{operations}"),
        }
    }
}
