//! Answers that are made here, in the words of API Gateway.

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// An answer before it goes over the wire.
pub type Answer = Response<Vec<u8>>;

/// What API Gateway says when a function gave nothing to answer with.
pub fn failed() -> Answer {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

/// API Gateway's own bodies.
pub fn message(status: StatusCode, message: &str) -> Answer {
    json_answer(status, &json!({ "message": message }))
}

pub fn json_answer(status: StatusCode, body: &Value) -> Answer {
    let mut answer = Response::new(body.to_string().into_bytes());
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = status;
    answer
}

/// 405 with the methods there are.
pub fn method_not_allowed(allowed: &'static str) -> Answer {
    let mut answer = message(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}
