//! The PatchOp message itself.

use scim_v2::models::errors::ScimType;

use super::*;
use crate::scim::patch::message::MAX_OPERATIONS;

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
            "tooMany: Operations: has more than 100 operations",
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
    let names = (0..500).map(|i| (format!("emails[type eq \"{i}\"].value"), json!("x")));
    let object = Value::Object(names.collect());
    let patch = Patch::parse(&body(&json!([{ "op": "add", "value": object }]))).expect("a patch");
    let error = patch.apply(&user()).expect_err("too many values");
    assert_eq!(error.scim_type, ScimType::InvalidValue);
}

/// RFC 7644 §3.12's tooMany, before anything is done: in whichever way a request is filled.
#[test]
fn more_changes_than_one_request_may_ask_for() {
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    let members = |n: usize| -> Value {
        let names = (0..n).map(|i| (format!("emails[type eq \"{i}\"].value"), json!("x")));
        Value::Object(names.collect())
    };
    for operations in [
        json!([{ "op": "add", "value": members(501) }]),
        json!([{ "op": "add", "value": { core: members(501) } }]),
        json!([{ "op": "add", "path": core, "value": members(501) }]),
        json!([{ "op": "add", "value": [members(251), members(250)] }]),
        json!([
            { "op": "add", "value": members(300) },
            { "op": "add", "path": "title", "value": "x" },
            { "op": "add", "value": members(200) },
        ]),
    ] {
        let error = refused(&body(&operations));
        assert_eq!(error, "tooMany: Operations: has more than 500 changes");
    }
}

/// Filter terms times values, and values given times values there.
#[test]
fn more_comparisons_than_one_request_may_ask_for() {
    let values = |n: usize| -> Vec<Value> {
        (0..n)
            .map(|i| json!({ "value": format!("{i}@x.test") }))
            .collect()
    };
    let filter = ["value eq \"x\""; 10].join(" or ");
    let path = format!("emails[{filter}].display");
    let named = |times: usize| -> Value {
        let mut members = serde_json::Map::new();
        for i in 0..times {
            let path = path.replacen("\"x\"", &format!("\"{i}\""), 1);
            members.insert(path, Value::Null);
        }
        members.into()
    };
    let filled = json!({ "op": "replace", "path": "emails", "value": values(98) });
    let told = |operations: Value| patched(&operations).map(|_| ()).map_err(|e| e.clone());
    let few = json!([filled, { "op": "replace", "value": named(100) }]);
    assert_eq!(told(few), Ok(()));
    let wanted = Err("tooMany: Operations: asks for more than 100000 comparisons".to_owned());
    let many = json!([filled, { "op": "replace", "value": named(103) }]);
    assert_eq!(told(many), wanted);
    let again = json!({ "op": "add", "path": "emails", "value": values(98) });
    let mut many = vec![filled];
    many.extend(vec![again; 11]);
    assert_eq!(told(many.into()), wanted);
}
