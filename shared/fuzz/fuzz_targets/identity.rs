//! What validate-code and resend-code read before they do anything.

#![no_main]

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use lambda_http::Body;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use shared::api::caller::{Caller, TokenPolicy};
use shared::api::{body, identity_api};
use shared::verification::scenario::Scenarios;

fuzz_target!(|input: (bool, Option<&[u8]>, Option<&[u8]>, &[u8])| {
    let (privileged, content_type, coding, body) = input;
    let path = if privileged { "" } else { "me/" };
    let route = format!("POST /api/identity/user/v1.0/{path}validate-code");
    let claims = json!({ "sub": "u", "scope": "internal_user_code_mgt_create" });
    let mut request = shared_fuzz::request(&route, Some(claims));
    // Without headers of its own, the usual ones: most of what follows is behind them.
    let content_type = content_type.unwrap_or(b"application/json");
    for (name, value) in [
        (CONTENT_TYPE, Some(content_type)),
        (CONTENT_ENCODING, coding),
    ] {
        if let Some(Ok(value)) = value.map(HeaderValue::from_bytes) {
            request.headers_mut().insert(name, value);
        }
    }
    *request.body_mut() = Body::Binary(body.to_vec());
    let Ok(object) = body::json_object(&request) else {
        return;
    };
    let same: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(Value::Object(object.clone()), same);
    let tokens = TokenPolicy::from_env(&|_: &str| None).unwrap();
    let caller = Caller::from_request(&request, &tokens).unwrap();
    let policy = identity_api::PrivilegedPolicy::from_env(&|_: &str| None).unwrap();
    for email in [false, true] {
        let _ = identity_api::scenario(&object, Scenarios { email });
    }
    let _ = policy.about(&request, &caller, &object);
});
