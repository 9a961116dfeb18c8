//! The description of the API is what the code says: routes, codes, examples.

use std::collections::BTreeSet;

use jsonschema::Validator;
use local::template::Route;
use local::testing::TestStack;
use serde_json::{Value, json};
use shared::api::catalogue::CATALOGUE;

use crate::description::{self, CALLS, exchanges, key, rows};
use crate::files::source;

async fn routes() -> Vec<Route> {
    TestStack::start().await.template().routes.clone()
}

fn document() -> Value {
    serde_json::from_slice(&source("documents/openapi.json")).unwrap()
}

#[tokio::test]
async fn the_files_are_what_is_made_of_the_code() {
    for (name, text) in description::documents().await {
        let there = String::from_utf8(source(&format!("documents/{name}"))).unwrap();
        let same = there == text;
        assert!(
            same,
            "{name} is another: cargo run -p pages --example describe"
        );
    }
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    let there: BTreeSet<String> = routes().await.iter().map(key).collect();
    let told: BTreeSet<String> = CALLS.iter().map(|call| call.route.to_owned()).collect();
    assert_eq!(told, there);
    assert_eq!(told.len(), CALLS.len(), "a call is there twice");
    let mut paths = BTreeSet::new();
    for (path, operations) in document()["paths"].as_object().unwrap() {
        let methods = operations.as_object().unwrap().keys();
        paths.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let there = there.iter().map(|route| description::plain_path(route));
    assert_eq!(paths, there.collect());
}

/// Each call's token and scopes are those that the gateway asks for.
#[tokio::test]
async fn scopes_are_the_templates() {
    let document = document();
    for route in routes().await {
        let path = description::plain_path(&route.path);
        let method = key(&route).split(' ').next().unwrap().to_lowercase();
        let security = &document["paths"][&path][&method]["security"];
        let wanted = if route.authorized {
            json!([{ "token": route.scopes }])
        } else {
            json!([])
        };
        assert_eq!(*security, wanted, "{method} {path}");
    }
}

#[test]
fn every_code_belongs_to_a_call() {
    let told: BTreeSet<&str> = CALLS.iter().flat_map(rows).map(|row| row.code).collect();
    let there: BTreeSet<&str> = CATALOGUE.iter().map(|row| row.code).collect();
    assert_eq!(told, there);
    for call in CALLS {
        for code in call.errors.iter().copied().flatten() {
            assert!(there.contains(code), "{}: no such code: {code}", call.route);
        }
    }
}

/// A schema of the document, with the others that it names.
fn validator(document: &Value, schema: &Value) -> Validator {
    let whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [schema],
        "components": document["components"],
    });
    jsonschema::options().build(&whole).unwrap()
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(pointer) => document.pointer(pointer.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// All contents of the document: where they are, and what they are.
fn contents(document: &Value) -> Vec<(String, Value)> {
    let mut contents = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let bodies = [("request".to_owned(), operation["requestBody"].clone())];
            let responses = operation["responses"].as_object().unwrap();
            let responses = responses
                .iter()
                .map(|(status, one)| (status.clone(), resolved(document, one).clone()));
            for (status, body) in bodies.into_iter().chain(responses) {
                for (media_type, content) in body["content"].as_object().into_iter().flatten() {
                    let at = format!("{method} {path} {status} {media_type}");
                    contents.push((at, content.clone()));
                }
            }
        }
    }
    contents
}

#[test]
fn every_example_is_what_its_schema_says() {
    let document = document();
    let mut seen = 0;
    for (at, content) in contents(&document) {
        let validator = validator(&document, &content["schema"]);
        let single = content.get("example").into_iter();
        let named = content["examples"].as_object().into_iter().flatten();
        let named = named.map(|(_, example)| &resolved(&document, example)["value"]);
        for example in single.chain(named) {
            seen += 1;
            let wrong: Vec<String> = validator
                .iter_errors(example)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(wrong, Vec::<String>::new(), "{at}: {example:#}");
        }
    }
    assert!(seen > 200, "only {seen} examples");
}

/// Every call with a body has an example of it, and each answer with a body; files are what they are.
#[test]
fn every_call_has_its_example() {
    let document = document();
    for (at, content) in contents(&document) {
        let is_json = at.ends_with(" application/json");
        let request = at.contains(" request ") && is_json;
        let success = at.split(' ').nth(2).unwrap().starts_with('2');
        let file = ["/openapi.json", "/llms.txt", "/sms-otp/style.css"]
            .iter()
            .any(|path| at.contains(path));
        if request || success && !file {
            assert!(content.get("example").is_some(), "{at}");
        }
    }
}

/// The examples are not only well formed: it is how the functions answer.
#[tokio::test]
async fn examples_are_successes() {
    let exchanges = exchanges().await;
    for call in CALLS.iter().filter(|call| !call.event.is_empty()) {
        let answered = exchanges[call.id].status;
        assert_eq!(answered, u64::from(call.success.status), "{}", call.route);
    }
}

/// A schema that says nothing would hold everything true.
#[test]
fn schemas_refuse_what_is_not_described() {
    let document = document();
    let content = |path: &str, method: &str, status: &str, media_type: &str| {
        let response = &document["paths"][path][method]["responses"][status];
        let schema = &response["content"][media_type]["schema"];
        assert!(schema.is_object(), "{path} {status}");
        validator(&document, schema)
    };
    let error = |code: &str| json!({ "code": code, "message": "Bad Request", "description": "x", "traceId": "x" });
    let identity = "/api/identity/user/v1.0/me/validate-code";
    let validator = content(identity, "post", "400", "application/json");
    assert!(validator.is_valid(&error("18001")));
    assert!(
        !validator.is_valid(&error("18003")),
        "not a code of this call"
    );
    assert!(!validator.is_valid(&error("VRF-40999")));
    assert!(!validator.is_valid(&json!({ "code": "18001" })));
    let scim = |detail: &str, scim_type: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "400",
            "scimType": scim_type,
            "detail": detail,
        })
    };
    let validator = content("/scim2/Me", "patch", "400", "application/scim+json");
    assert!(validator.is_valid(&scim("UMV-10002: Unable", "invalidValue")));
    assert!(validator.is_valid(&scim("userName: must", "invalidValue")));
    assert!(!validator.is_valid(&scim("18001: Invalid", "invalidValue")));
    assert!(!validator.is_valid(&scim("userName: must", "invalidCursor")));
    let validator = content("/scim2/Me", "get", "200", "application/scim+json");
    assert!(!validator.is_valid(&json!({ "schemas": [], "id": "x", "unknown": true })));
}
