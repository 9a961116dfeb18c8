//! The PatchOp message itself.

use crate::scim::patch::message::MAX_OPERATIONS;
use scim_v2::models::errors::ScimType;

use super::*;

fn refused(body: &Value) -> String {
    Patch::parse(body).expect_err(&body.to_string()).to_string()
}

#[test]
fn what_is_no_patch() {
    let op = json!({ "op": "replace", "path": "title", "value": "x" });
    let many = vec![op.clone(); MAX_OPERATIONS + 1];
    let rows = [
        (json!([]), "invalidSyntax: body: must be an object"),
        (
            json!({}),
            "invalidSyntax: Operations: must be an array that is not empty",
        ),
        (
            json!({ "Operations": [] }),
            "invalidSyntax: Operations: must be an array that is not empty",
        ),
        (
            json!({ "Operations": op }),
            "invalidSyntax: Operations: must be an array that is not empty",
        ),
        (
            json!({ "Operations": many }),
            "invalidValue: Operations: has more than 100 operations",
        ),
        (
            json!({ "Operations": [op], "operations": [op] }),
            "invalidSyntax: body: has Operations twice",
        ),
        (
            json!({ "Operations": ["x"] }),
            "invalidSyntax: Operations[0]: must be an object",
        ),
        (
            json!({ "schemas": "x", "Operations": [op] }),
            "invalidSyntax: schemas: must be an array of strings",
        ),
        (
            json!({ "schemas": [1], "Operations": [op] }),
            "invalidSyntax: schemas: must be an array of strings",
        ),
        (
            json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "Operations": [op] }),
            "invalidSyntax: schemas: must contain urn:ietf:params:scim:api:messages:2.0:PatchOp",
        ),
    ];
    for (body, wanted) in rows {
        assert_eq!(refused(&body), wanted, "{body}");
    }
}

#[test]
fn what_is_no_operation() {
    check_refused(&[
        (
            json!([{ "path": "title", "value": "x" }]),
            "invalidSyntax: Operations[0].op: must be add, remove or replace",
        ),
        (
            json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "move", "path": "title" }]),
            "invalidSyntax: Operations[1].op: must be add, remove or replace",
        ),
        (
            json!([{ "op": 1, "path": "title" }]),
            "invalidSyntax: Operations[0].op: must be add, remove or replace",
        ),
        (
            json!([{ "op": "add", "path": 1, "value": "x" }]),
            "invalidPath: Operations[0].path: must be a string",
        ),
        (
            json!([{ "op": "add", "path": "", "value": "x" }]),
            "invalidPath: Operations[0].path: is empty",
        ),
        (
            json!([{ "op": "add", "path": "nope", "value": "x" }]),
            "invalidPath: Operations[0].path: names no known attribute: nope",
        ),
        (
            json!([{ "op": "add", "path": "title" }]),
            "invalidValue: Operations[0].value: is required",
        ),
        (
            json!([{ "op": "replace" }]),
            "invalidValue: Operations[0].value: is required",
        ),
        (
            json!([{ "op": "replace", "value": "x" }]),
            "invalidValue: Operations[0].value: must be an object",
        ),
        (
            json!([{ "op": "replace", "value": [{ "title": "x" }, 1] }]),
            "invalidValue: Operations[0].value[1]: must be an object",
        ),
        (
            json!([{ "op": "remove" }]),
            "noTarget: Operations[0]: remove needs a path",
        ),
        (
            json!([{ "op": "remove", "value": { "title": "x" } }]),
            "noTarget: Operations[0]: remove needs a path",
        ),
    ]);
}

#[test]
fn tolerated_messages() {
    let operation = json!({ "OP": "RePlAcE", "Path": null, "VALUE": { "title": "x" } });
    for body in [
        json!({ "Operations": [operation] }),
        json!({ "schemas": [], "operations": [operation] }),
        json!({ "SCHEMAS": ["URN:ietf:params:scim:api:messages:2.0:patchop", "urn:x"], "OPERATIONS": [operation] }),
    ] {
        let patch = Patch::parse(&body).expect("a patch");
        assert_eq!(patch.apply(&user()).expect("applied")["title"], "x");
    }
}

#[test]
fn an_error_repeats_no_more_than_a_line_of_the_request() {
    let path = format!("a\nb{}", "x".repeat(500));
    let error =
        Patch::parse(&body(&json!([{ "op": "remove", "path": path }]))).expect_err("unknown");
    assert_eq!(error.scim_type, ScimType::InvalidPath);
    assert!(error.detail.len() < 150 && !error.detail.contains('\n'));
}

#[test]
fn a_patch_shows_names_and_no_values() {
    let operations =
        json!([{ "op": "replace", "path": "phoneNumbers[value eq \"+1\"].value", "value": "+2" }]);
    let patch = Patch::parse(&body(&operations)).expect("a patch");
    assert_eq!(format!("{patch:?}"), "[\"phoneNumbers.value\"]");
}

#[test]
fn a_large_request_is_answered_soon() {
    let names = (0..4_000).map(|i| (format!("emails[type eq \"{i}\"].display"), json!("x")));
    let object = Value::Object(names.collect());
    let patch = Patch::parse(&body(&json!([{ "op": "add", "value": object }]))).expect("a patch");
    let error = patch.apply(&user()).expect_err("too many values");
    assert_eq!(error.scim_type, ScimType::InvalidValue);
}
