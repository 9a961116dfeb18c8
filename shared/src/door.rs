//! What every request passes on its way in and every response on its way out:
//! route, size, content type, JSON; trace id, caching, content type.

use std::net::IpAddr;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt};
use serde_json::{Map, Value};

use crate::error::{Error, Form};
use crate::otp::Code;

/// Bytes of a body that are read.
const LARGEST_BODY: usize = 256 * 1024;

/// Levels of arrays and objects in a body.
const DEEPEST_BODY: usize = 64;

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// The request's id: in logs, in errors and as `X-Trace-Id`.
pub fn trace_id(request: &Request) -> String {
    context(request, |context| context.request_id.clone()).unwrap_or_default()
}

/// The route that API Gateway chose, such as `PATCH /scim2/Users/{id}`. Never the path: lambda_http normalises it.
pub fn route(request: &Request) -> String {
    context(request, |context| context.route_key.clone()).unwrap_or_default()
}

/// A parameter of the route's path, decoded.
pub fn path_parameter(request: &Request, name: &str) -> Option<String> {
    request
        .path_parameters_ref()?
        .first(name)
        .map(str::to_owned)
}

/// The address that the request came from, as API Gateway saw it.
pub fn source_address(request: &Request) -> Option<IpAddr> {
    context(request, |context| context.http.source_ip.clone())?
        .parse()
        .ok()
}

/// A parameter of the query by its name in any case, decoded. One that is given twice is refused: which is meant?
pub fn query_parameter(request: &Request, name: &str) -> Result<Option<String>, Error> {
    let Some(query) = request.query_string_parameters_ref() else {
        return Ok(None);
    };
    let mut values = query
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value);
    let first = values.next();
    if values.next().is_some() {
        let what = format!("{name}: is given twice");
        return Err(Error::Scim("invalidValue".into(), what));
    }
    Ok(first.map(str::to_owned))
}

/// Where this API is: scheme, host and stage, without a slash at the end.
pub fn base_url(request: &Request) -> String {
    let scheme = request.headers().get("x-forwarded-proto");
    let scheme = match scheme.and_then(|scheme| scheme.to_str().ok()) {
        Some("http") => "http",
        _ => "https",
    };
    let host = context(request, |context| context.domain_name.clone()).unwrap_or_default();
    match context(request, |context| context.stage.clone()) {
        Some(stage) if stage != "$default" && !stage.is_empty() => {
            format!("{scheme}://{host}/{stage}")
        }
        _ => format!("{scheme}://{host}"),
    }
}

fn context<T>(
    request: &Request,
    part: impl FnOnce(
        &lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext,
    ) -> Option<T>,
) -> Option<T> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => part(context),
        _ => None,
    }
}

/// The body as a JSON object.
pub fn json_object(request: &Request) -> Result<Map<String, Value>, Error> {
    let bytes: &[u8] = match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    };
    if bytes.len() > LARGEST_BODY {
        return Err(Error::TooLarge);
    }
    if bytes.is_empty() {
        return Err(Error::BadRequest(
            "The body is empty; a JSON object is expected.".into(),
        ));
    }
    let content_type = request.headers().get(CONTENT_TYPE);
    if !content_type
        .and_then(|v| v.to_str().ok())
        .is_some_and(is_json)
    {
        return Err(Error::UnsupportedMediaType);
    }
    if depth(bytes) > DEEPEST_BODY {
        return Err(Error::BadRequest(format!(
            "The body is nested more than {DEEPEST_BODY} levels deep."
        )));
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::BadRequest("The body must be a JSON object.".into())),
        Err(error) => Err(Error::BadRequest(format!(
            "The body is not JSON: line {}, column {}.",
            error.line(),
            error.column()
        ))),
    }
}

/// A member of the body that must be a text, where it is there.
pub fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Error> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::BadRequest(format!("{name} must be a text."))),
    }
}

/// A member of the body that must be there and a text.
pub fn required_text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    text(body, name)?.ok_or_else(|| Error::BadRequest(format!("{name} is missing.")))
}

/// A member of the body that is a code as somebody typed it.
pub fn code(body: &Map<String, Value>, name: &str) -> Result<Code, Error> {
    Code::parse(required_text(body, name)?).ok_or_else(|| {
        Error::BadRequest(format!("{name} must be 1 to 10 ASCII letters or digits."))
    })
}

/// `application/json` or `application/scim+json`, with no charset but UTF-8 (RFC 8259 §8.1).
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let known = ["application/json", "application/scim+json"];
    known
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// How deep arrays and objects are nested, whether or not the rest is JSON.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        content_type: Option<&str>,
        body: impl Into<Body>,
    ) -> Result<Map<String, Value>, Error> {
        let mut request = Request::new(body.into());
        if let Some(content_type) = content_type {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        json_object(&request)
    }

    #[test]
    fn bodies_that_are_read() {
        for content_type in [
            "application/json",
            "application/scim+json; charset=UTF-8",
            "Application/JSON;charset=\"utf-8\"",
        ] {
            assert!(
                read(Some(content_type), r#"{"a":1}"#).is_ok(),
                "{content_type}"
            );
        }
        assert!(read(Some("application/json"), b"{}".to_vec()).is_ok());
    }

    #[test]
    fn bodies_that_are_refused() {
        let json = Some("application/json");
        let nested = |n| "[".repeat(n) + &"]".repeat(n);
        assert!(matches!(read(json, ""), Err(Error::BadRequest(_))));
        assert!(matches!(read(json, "[]"), Err(Error::BadRequest(_))));
        assert!(matches!(read(json, "{\"a\":"), Err(Error::BadRequest(_))));
        assert!(matches!(
            read(json, b"{\"a\":\"\xff\"}".to_vec()),
            Err(Error::BadRequest(_))
        ));
        assert!(matches!(
            read(json, format!("{{\"a\":{}}}", nested(64))),
            Err(Error::BadRequest(_))
        ));
        assert!(matches!(read(json, nested(200_000)), Err(Error::TooLarge)));
        assert!(matches!(
            read(json, " ".repeat(LARGEST_BODY + 1)),
            Err(Error::TooLarge)
        ));
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/json; charset=latin1"),
            Some("application/jsonp"),
        ] {
            assert!(
                matches!(read(content_type, "{}"), Err(Error::UnsupportedMediaType)),
                "{content_type:?}"
            );
        }
    }

    #[test]
    fn brackets_in_texts_are_no_nesting() {
        assert_eq!(depth(br#"{"a":"[[[\"[["}"#), 1);
        assert_eq!(depth(br#"{"a":[{}]}"#), 3);
        assert_eq!(depth(b"]]]["), 1);
    }
}
