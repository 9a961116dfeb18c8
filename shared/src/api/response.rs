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
    /// HTML, for a browser.
    Page,
}

impl Form {
    fn content_type(self) -> &'static str {
        match self {
            Self::Identity => "application/json",
            Self::Scim => "application/scim+json",
            Self::Page => "text/html; charset=utf-8",
        }
    }
}

/// A response with a body.
pub fn json(status: u16, body: &Value) -> Response<Body> {
    text(status, body.to_string())
}

/// A response whose body is a text of the form's own type, or of the type that the handler sets.
pub fn text(status: u16, body: String) -> Response<Body> {
    let mut response = empty(status);
    *response.body_mut() = Body::Text(body);
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

/// What every answer has: nothing of it may be kept by a cache (RFC 9111 §5.2.2.5), its form, its trace id. A handler
/// that says otherwise, for what is nobody's own, is left to it.
pub(super) fn stamp(mut response: Response<Body>, form: Form, trace_id: &str) -> Response<Body> {
    let has_body = !matches!(response.body(), Body::Empty);
    let headers: &mut HeaderMap = response.headers_mut();
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(CACHE_CONTROL).or_insert(no_store);
    if has_body {
        let content_type = HeaderValue::from_static(form.content_type());
        headers.entry(CONTENT_TYPE).or_insert(content_type);
    }
    insert(&mut response, TRACE_ID, trace_id);
    response
}
