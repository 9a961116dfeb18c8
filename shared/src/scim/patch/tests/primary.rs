//! RFC 7644 §3.5.2: a value that becomes primary makes the others stop being it.

use super::*;

#[test]
fn one_value_is_primary() {
    check(&[
        (
            json!([{ "op": "add", "path": "emails[type eq \"other\" and primary eq true].value", "value": "n@x" }]),
            "/emails/0/primary",
            json!(false),
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": ["bob@work.test", { "value": "n@x", "primary": true }] }]),
            "/emails/0/primary",
            json!(false),
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": [{ "value": "n@x", "primary": true }] }]),
            "/emails/0/primary",
            json!(false),
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": [{ "value": "n@x", "primary": true }] }]),
            "/emails/2/primary",
            json!(true),
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": "True" }]),
            "/emails/0/primary",
            json!(false),
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"home\"]", "value": { "primary": true } }]),
            "/emails/0/primary",
            json!(false),
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": false }]),
            "/emails/0/primary",
            json!(true),
        ),
        (
            json!([{ "op": "add", "path": "addresses", "value": [{ "type": "work", "primary": true }] }]),
            "/addresses/0/primary",
            json!(true),
        ),
    ]);
    check_refused(&[
        (
            json!([{ "op": "replace", "path": "emails", "value": [{ "value": "a", "primary": true }, { "value": "b", "primary": true }] }]),
            "invalidValue: Operations[0]: emails: has more than one primary value",
        ),
        (
            json!([{ "op": "replace", "path": "emails[type pr].primary", "value": true }]),
            "invalidValue: Operations[0]: emails.primary: would make more than one value primary",
        ),
    ]);
}
