//! What no operation may do, and how the error names it.

use super::*;

#[test]
fn required_and_read_only_attributes() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let read_only = [
        "id",
        "ID",
        "meta",
        "meta.version",
        "schemas",
        "groups",
        "phoneNumbers.verified",
        "phoneNumbers[type eq \"mobile\"].VERIFIED",
        "pendingMobileNumber",
        "phoneVerified",
        "urn:scim:wso2:schema:pendingMobileNumber",
        "URN:scim:WSO2:schema:PHONEVERIFIED",
        "urn:ietf:params:scim:schemas:core:2.0:User:phoneVerified",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:pendingMobileNumber",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
    ];
    for path in read_only {
        for operation in [
            json!({ "op": "add", "path": path, "value": "x" }),
            json!({ "op": "replace", "path": path, "value": null }),
            json!({ "op": "remove", "path": path }),
        ] {
            refused_as_read_only(&operation);
        }
        if path != "schemas" {
            refused_as_read_only(&json!({ "op": "add", "value": { path: "x" } }));
        }
    }
    check_refused(&[
        (
            json!([{ "op": "replace", "value": { "phoneNumbers": [{ "value": "+1", "Verified": true }] } }]),
            "mutability: Operations[0].value: phoneNumbers[0].Verified: is read-only",
        ),
        (
            json!([{ "op": "replace", "path": "urn:scim:wso2:schema", "value": { "phoneVerified": false } }]),
            "mutability: Operations[0]: urn:scim:wso2:schema:phoneVerified: is read-only",
        ),
        // Under any schema's URN.
        (
            json!([{ "op": "replace", "value": { enterprise: { "phoneVerified": false } } }]),
            "mutability: Operations[0].value: urn:scim:wso2:schema:phoneVerified: is read-only",
        ),
        (
            json!([{ "op": "add", "path": "urn:scim:wso2:schema:phoneNumbers[type eq \"mobile\"].verified", "value": true }]),
            "mutability: Operations[0]: phoneNumbers.verified: is read-only",
        ),
        (
            json!([{ "op": "remove", "path": "userName" }]),
            "mutability: Operations[0]: userName: is required",
        ),
        (
            json!([{ "op": "replace", "path": "userName", "value": null }]),
            "mutability: Operations[0]: userName: is required",
        ),
        (
            json!([{ "op": "replace", "value": { "userName": null } }]),
            "mutability: Operations[0].value: userName: is required",
        ),
        (
            json!([{ "op": "remove", "path": "urn:ietf:params:scim:schemas:core:2.0:User" }]),
            "mutability: Operations[0]: userName: is required",
        ),
        (
            json!([{ "op": "replace", "path": "userName", "value": " " }]),
            "invalidValue: Operations[0]: userName: must not be empty",
        ),
    ]);
    let derived = patched(&json!([{ "op": "add", "value": { "schemas": ["x"], "title": "t" } }]))
        .expect("tolerated");
    assert_eq!(derived.resource["schemas"], user()["schemas"]);
    assert!(
        !derived
            .written
            .has("urn:ietf:params:scim:schemas:core:2.0:User", "schemas")
    );
}

fn refused_as_read_only(operation: &Value) {
    let error = patched(&json!([operation])).err().expect("read-only");
    assert!(
        error.starts_with("mutability: Operations[0]") && error.ends_with(": is read-only"),
        "{operation}: {error}"
    );
}

#[test]
fn values_of_the_wrong_kind() {
    let long = "x".repeat(2_049);
    let crowd: Vec<_> = (0..101)
        .map(|i| json!({ "value": i.to_string() }))
        .collect();
    let ninety_nine: Vec<_> = (0..99).map(|i| json!({ "value": i.to_string() })).collect();
    check_refused(&[
        (
            json!([{ "op": "add", "path": "title", "value": 1 }]),
            "invalidValue: Operations[0]: title: must be a string",
        ),
        (
            json!([{ "op": "add", "path": "title", "value": ["x"] }]),
            "invalidValue: Operations[0]: title: must be a string",
        ),
        (
            json!([{ "op": "add", "value": { "title": {} } }]),
            "invalidValue: Operations[0].value: title: must be a string",
        ),
        (
            json!([{ "op": "add", "path": "active", "value": "yes" }]),
            "invalidValue: Operations[0]: active: must be true or false",
        ),
        (
            json!([{ "op": "add", "path": "active", "value": 1 }]),
            "invalidValue: Operations[0]: active: must be true or false",
        ),
        (
            json!([{ "op": "add", "path": "name", "value": "Bob" }]),
            "invalidValue: Operations[0]: name: must be an object",
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": [1] }]),
            "invalidValue: Operations[0]: emails[0]: must be an object",
        ),
        (
            json!([{ "op": "add", "value": { "emails": [{ "value": "a" }, { "value": {} }] } }]),
            "invalidValue: Operations[0].value: emails[1].value: must be a string",
        ),
        (
            json!([{ "op": "add", "value": { "name": { "nope": "x" } } }]),
            "invalidSyntax: Operations[0].value: name.nope: is not a known attribute",
        ),
        (
            json!([{ "op": "add", "value": { "nope": "x" } }]),
            "invalidPath: Operations[0].value: names no known attribute: nope",
        ),
        (
            json!([{ "op": "add", "value": { "urn:x:y": {} } }]),
            "invalidPath: Operations[0].value: names no known attribute: urn:x:y",
        ),
        (
            json!([{ "op": "add", "value": { "title": "a", "Title": "b" } }]),
            "invalidSyntax: Operations[0].value: title: is given twice",
        ),
        (
            json!([{ "op": "add", "value": { "name": { "givenName": "a", "GivenName": "b" } } }]),
            "invalidSyntax: Operations[0].value: name.GivenName: is given twice",
        ),
        (
            json!([{ "op": "add", "path": "title", "value": "a\u{7f}" }]),
            "invalidValue: Operations[0]: title: has a control character",
        ),
        (
            json!([{ "op": "add", "path": "title", "value": "a\nb" }]),
            "invalidValue: Operations[0]: title: has a control character",
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "\u{7f}" }]),
            "invalidValue: Operations[0]: phoneNumbers.value: has a control character",
        ),
        (
            json!([{ "op": "add", "path": "title", "value": long }]),
            "invalidValue: Operations[0]: title: is longer than 2048 characters",
        ),
        (
            json!([{ "op": "add", "path": "x509Certificates", "value": "<pem>" }]),
            "invalidValue: Operations[0]: x509Certificates: must be base64",
        ),
        (
            json!([{ "op": "add", "path": "ims", "value": crowd }]),
            "invalidValue: Operations[0]: ims: has more than 100 values",
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": ninety_nine }]),
            "invalidValue: Operations[0]: emails: would have more than 100 values",
        ),
    ]);
    // RFC 7643 §4.1.2: an address "MAY contain newlines".
    check(&[(
        json!([{ "op": "add", "path": "addresses", "value": { "type": "work", "formatted": "a\nb" } }]),
        "/addresses/0/formatted",
        json!("a\nb"),
    )]);
}
