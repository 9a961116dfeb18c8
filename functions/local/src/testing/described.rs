//! Every answer that a function gives in its tests is one that `/openapi.json` describes: its status and its code, or in
//! SCIM its `scimType`. What is described nowhere fails the test that brought it about.

use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use crate::testing::{Answer, Event};

/// # Panics
/// Where the answer is not described.
pub fn check(event: &Event, answer: &Answer) {
    let route = event.route_key().replace("+}", "}");
    let Some((method, path)) = route.split_once(' ') else {
        panic!("no route: {route}")
    };
    // A handler's own answer to a route that there is not.
    let Some(call) = member(&document()["paths"][path], &method.to_ascii_lowercase()) else {
        return;
    };
    let status = answer.status.to_string();
    let Some(response) = member(&call["responses"], &status) else {
        panic!(
            "{route} is not described to answer {status}: {}",
            answer.body
        )
    };
    if answer.status < 400 {
        return;
    }
    let told = resolved(response).to_string();
    let scim_type = answer.body["scimType"].as_str();
    for word in [answer.code(), scim_type].into_iter().flatten() {
        let described = told.contains(&format!("\"{word}\""))
            || told.contains(&format!("{word}|"))
            || told.contains(&format!("{word})"));
        assert!(
            described,
            "{route} is not described to answer {status} {word}: {}",
            answer.body
        );
    }
}

fn member<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    of.as_object()?.get(name)
}

fn resolved(response: &'static Value) -> &'static Value {
    let pointer = response["$ref"].as_str();
    let found = pointer.and_then(|pointer| document().pointer(pointer.trim_start_matches('#')));
    found.unwrap_or(response)
}

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let path = "../pages/documents/openapi.json";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let text = std::fs::read_to_string(&path);
        match text.map(|text| text.parse()) {
            Ok(Ok(document)) => document,
            _ => panic!("{} cannot be read", path.display()),
        }
    })
}
