//! The claims of a token, as API Gateway passes them on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use shared::api::caller::{Caller, TokenPolicy, UPDATE};
use shared::api::sign_in::SignInPolicy;
use shared::clock::Timestamp;

fuzz_target!(|input: (&str, Vec<(u8, &str)>)| {
    let (prefix, claims) = input;
    let names = ["sub", "scope", "scp", "username", "auth_time"];
    let named = |name: u8| names[usize::from(name) % names.len()].to_owned();
    let claims: Map<String, Value> = claims
        .iter()
        .map(|(name, value)| (named(*name), Value::from(*value)))
        .collect();
    let request = shared_fuzz::request("PATCH /scim2/Me", Some(Value::Object(claims.clone())));
    let policy = TokenPolicy::from_env(&|variable: &str| {
        (variable == "SCOPE_PREFIX").then(|| prefix.to_owned())
    })
    .unwrap();
    let sign_in = SignInPolicy::from_env(&|variable: &str| {
        (variable == "MAX_AUTHENTICATION_AGE_MINUTES").then(|| "5".to_owned())
    })
    .unwrap();
    let subject = claims
        .get("sub")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match Caller::from_request(&request, &policy) {
        Err(_) => assert!(subject.is_empty() || subject.len() > 255),
        Ok(caller) => {
            assert!(!subject.is_empty());
            let signed_in = claims.get("auth_time").and_then(Value::as_str);
            let signed_in = signed_in.and_then(|time| time.parse::<i64>().ok());
            if sign_in
                .check(&caller, Timestamp::from_millis(1_795_262_798_000))
                .is_ok()
            {
                assert!(signed_in.is_some_and(|time| time > 1_795_262_498));
            }
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
