//! Answers: their form, their content type; nothing of them may be kept by a cache.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use lambda_http::Body;
use serde_json::Value;

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// A response with a body.
pub fn json_response(
    status: StatusCode,
    form: Form,
    body: &Value,
    trace_id: &str,
) -> Response<Body> {
    let mut response = empty_response(status, trace_id);
    let content_type = match form {
        Form::Identity => "application/json",
        Form::Scim => "application/scim+json",
    };
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.body_mut() = Body::Text(body.to_string());
    response
}

/// A response without a body. Nothing here may be kept by a cache.
pub fn empty_response(status: StatusCode, trace_id: &str) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(trace_id) = trace_id.parse() {
        headers.insert(TRACE_ID, trace_id);
    }
    response
}

/// Which protocol the answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `/api/identity/...`: `{"code","message","description","traceId"}`.
    Identity,
    /// RFC 7644 §3.12.
    Scim,
}
