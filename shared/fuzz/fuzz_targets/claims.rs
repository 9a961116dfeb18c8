//! The claims of a token, as API Gateway passes them on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use shared::caller::{Caller, TokenPolicy, UPDATE};

fuzz_target!(|input: (&str, Vec<(u8, &str)>)| {
    let (prefix, claims) = input;
    let names = ["sub", "scope", "scp", "username"];
    let named = |name: u8| names[usize::from(name) % names.len()].to_owned();
    let claims: Map<String, Value> = claims
        .iter()
        .map(|(name, value)| (named(*name), Value::from(*value)))
        .collect();
    let request = shared_fuzz::request("PATCH /scim2/Me", Some(Value::Object(claims.clone())));
    let policy = TokenPolicy::from_env(&|variable: &str| {
        (variable == "SCOPE_PREFIX").then(|| prefix.to_owned())
    });
    let subject = claims
        .get("sub")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match Caller::from_request(&request, &policy) {
        Err(_) => assert!(subject.is_empty() || subject.len() > 255),
        Ok(caller) => {
            assert_eq!(caller.id, subject);
            assert!(!caller.has(""));
            let whole = format!("{prefix}{UPDATE}");
            let texts = ["scope", "scp"]
                .iter()
                .filter_map(|name| claims.get(*name)?.as_str());
            if caller.require(UPDATE).is_ok() {
                assert!(texts.into_iter().any(|text| text.contains(&whole)));
            }
        }
    }
});
