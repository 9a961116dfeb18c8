//! Answers as handlers make them; what every answer has beside (`serve`) is stamped on when it goes out.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use lambda_http::Body;
use serde_json::Value;

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// Which protocol the answers of a function belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `/api/identity/...`: `{"code","message","description","traceId"}`.
    Identity,
    /// RFC 7644 §3.12.
    Scim,
}

/// A response with a body.
pub fn json(status: u16, body: &Value) -> Response<Body> {
    let mut response = empty(status);
    *response.body_mut() = Body::Text(body.to_string());
    response
}

/// A response without a body.
pub fn empty(status: u16) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// Sets a header whose value is ours.
pub fn insert(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

/// What every answer has: nothing of it may be kept by a cache (RFC 9111 §5.2.2.5), its form, its trace id.
pub(super) fn stamp(mut response: Response<Body>, form: Form, trace_id: &str) -> Response<Body> {
    let has_body = !matches!(response.body(), Body::Empty);
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if has_body {
        let content_type = match form {
            Form::Identity => "application/json",
            Form::Scim => "application/scim+json",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    insert(&mut response, TRACE_ID, trace_id);
    response
}
