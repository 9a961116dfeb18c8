//! What Entra ID, Okta and WSO2's documents send.

use super::*;

const ENTERPRISE: &str = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const WSO2: &str = "/urn:scim:wso2:schema";

#[test]
fn entra_id() {
    let department = format!("{ENTERPRISE}/department");
    let manager = format!("{ENTERPRISE}/manager");
    check(&[
        (
            json!([{ "op": "Replace", "path": "active", "value": "False" }]),
            "/active",
            json!(false),
        ),
        (
            json!([{ "op": "Add", "path": "active", "value": "TRUE" }]),
            "/active",
            json!(true),
        ),
        (
            json!([{ "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "m2" }]),
            &manager,
            json!({ "value": "m2", "displayName": "Boss" }),
        ),
        (
            json!([{ "op": "Replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": { "$ref": null, "value": "m2" } }]),
            &manager,
            json!({ "value": "m2", "displayName": "Boss" }),
        ),
        (
            json!([{ "op": "Add", "path": "emails[type eq \"other\"].value", "value": "o@x" }]),
            "/emails/2",
            json!({ "type": "other", "value": "o@x" }),
        ),
        (
            json!([{ "op": "Replace", "path": "phoneNumbers[type eq \"fax\"].value", "value": "+9" }]),
            "/phoneNumbers/2",
            json!({ "type": "fax", "value": "+9" }),
        ),
        (
            json!([{ "op": "Add", "path": "addresses[type eq \"work\" and primary eq \"True\"].formatted", "value": "x" }]),
            "/addresses",
            json!([{ "type": "work", "primary": true, "formatted": "x" }]),
        ),
        (
            json!([{ "op": "Add", "path": "addresses[type eq \"work\"]", "value": { "locality": "x" } }]),
            "/addresses",
            json!([{ "type": "work", "locality": "x" }]),
        ),
        (
            json!([{ "op": "Replace", "path": "emails[primary eq \"True\"].value", "value": "p@x" }]),
            "/emails/0/value",
            json!("p@x"),
        ),
        (
            json!([{ "op": "Remove", "path": "phoneNumbers[type eq \"mobile\"].value" }]),
            "/phoneNumbers",
            json!([{ "type": "work", "value": "+2" }]),
        ),
        (
            json!([{ "op": "Add", "value": {
            "name.givenName": "Rob",
            "emails[type eq \"home\"].value": "h@x",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "C",
        } }]),
            &department,
            json!("C"),
        ),
        (
            json!([{ "op": "Add", "value": { "name.givenName": "Rob", "name.familyName": "S" } }]),
            "/name",
            json!({ "givenName": "Rob", "familyName": "S" }),
        ),
        (
            json!([{ "op": "Add", "value": { "emails[type eq \"home\"].value": "h@x" } }]),
            "/emails/1/value",
            json!("h@x"),
        ),
    ]);
}

#[test]
fn okta() {
    check(&[
        (
            json!([{ "op": "replace", "value": { "active": false } }]),
            "/active",
            json!(false),
        ),
        (
            json!([{ "op": "replace", "value": { "name": { "givenName": "Rob", "familyName": "S" }, "emails": [
            { "primary": true, "value": "n@x", "type": "work", "display": "N" },
        ] } }]),
            "/emails",
            json!([{ "primary": true, "value": "n@x", "type": "work", "display": "N" }]),
        ),
    ]);
}

#[test]
fn the_sample_requests_of_wso2() {
    let verified = format!("{WSO2}/verifiedMobileNumbers");
    let mobile = json!([{ "type": "mobile", "value": "0123456789" }]);
    check(&[
        (
            json!([{ "op": "replace", "value": { "phoneNumbers": mobile } }]),
            "/phoneNumbers",
            mobile.clone(),
        ),
        (
            json!([{ "op": "replace", "value": { "urn:scim:wso2:schema": { "verifiedMobileNumbers": "0111111111,0123456789" } } }]),
            &verified,
            json!(["0111111111", "0123456789"]),
        ),
        (
            json!([{ "op": "replace", "value": { "mobileNumbers": mobile } }]),
            "/phoneNumbers/0",
            json!({ "type": "mobile", "value": "0123456789", "verified": true }),
        ),
    ]);
    let without_schemas_urn = json!({ "schemas": [], "Operations": [{ "op": "replace", "value": { "phoneNumbers": mobile } }] });
    assert!(Patch::parse(&without_schemas_urn).is_ok());
}

/// `scim2-client` says of an extension, too, which schema it is.
#[test]
fn an_extension_with_schemas() {
    let urn = ENTERPRISE.trim_start_matches('/');
    let extension = json!({ "schemas": [urn], "department": "B" });
    for operation in [
        json!({ "op": "add", "path": urn, "value": extension }),
        json!({ "op": "replace", "value": { urn: extension } }),
    ] {
        check(&[(
            json!([operation]),
            ENTERPRISE,
            json!({ "department": "B", "manager": { "value": "m1", "displayName": "Boss" } }),
        )]);
    }
}

#[test]
fn emails_as_plain_strings() {
    check(&[
        (
            json!([{ "op": "replace", "path": "emails", "value": ["a@x", "b@x"] }]),
            "/emails",
            json!([{ "value": "a@x" }, { "value": "b@x" }]),
        ),
        (
            json!([{ "op": "add", "value": { "emails": "c@x" } }]),
            "/emails/2",
            json!({ "value": "c@x" }),
        ),
        (
            json!([{ "op": "add", "path": "phoneNumbers", "value": "+5" }]),
            "/phoneNumbers/2",
            json!({ "value": "+5" }),
        ),
    ]);
}
