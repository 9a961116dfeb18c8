//! What every request passes on its way in and every response on its way out:
//! route, size, content type, JSON; time, trace id, caching, content type.

pub(crate) mod json;

use std::net::IpAddr;
use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt};
use serde_json::{Map, Value};

use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Form};
use crate::otp::Code;
use crate::telemetry;

/// Bytes of a body that are read.
const LARGEST_BODY: usize = 256 * 1024;

/// Levels of arrays and objects in a body.
const DEEPEST_BODY: usize = 64;

/// What is left of a function's time when it gives up, so that the client is answered by it and not for it.
const TO_ANSWER: Duration = Duration::from_millis(250);

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// Serves a request: its log lines carry its trace id, its failures have the API's form, and where storage is so slow
/// that the function's time would be over first, that is said with 503. What was under way then is carried out or not,
/// as if the function had been stopped: no order of work depends on its end.
pub async fn serve(
    form: Form,
    (request, trace_id): (&Request, &str),
    clock: &Clock,
    work: impl Future<Output = Result<Response<Body>, Error>>,
) -> Response<Body> {
    let answer = async {
        let result = match time_left(request, clock.now()) {
            Some(left) => tokio::time::timeout(left, work)
                .await
                .unwrap_or_else(|_| Err(Error::Unavailable("the function's time is over".into()))),
            None => work.await,
        };
        result.unwrap_or_else(|error| error.into_response(form, trace_id))
    };
    telemetry::traced(trace_id, answer).await
}

/// For the work on a request; none where nobody says when the function is stopped.
fn time_left(request: &Request, now: Timestamp) -> Option<Duration> {
    let deadline = i64::try_from(request.lambda_context_ref()?.deadline).ok()?;
    let left = u64::try_from(deadline.saturating_sub(now.millis())).unwrap_or_default();
    (deadline > 0).then(|| Duration::from_millis(left).saturating_sub(TO_ANSWER))
}

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
    let headers = request.headers();
    let content_type = headers.get(CONTENT_TYPE);
    let is_json = content_type
        .and_then(|v| v.to_str().ok())
        .is_some_and(is_json);
    if !is_json || headers.get(CONTENT_ENCODING).is_some_and(is_coded) {
        return Err(Error::UnsupportedMediaType);
    }
    match json::parse(bytes, DEEPEST_BODY) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::BadRequest("The body must be a JSON object.".into())),
        Err(error) if error.is_data() => Err(Error::BadRequest(format!("The body {error}."))),
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
/// A comma comes from several headers, which are joined: none of them says what the body is.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let known = ["application/json", "application/scim+json"];
    known
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
        && !content_type.contains(',')
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// Compressed bodies are not unpacked: their size is known only afterwards.
fn is_coded(content_encoding: &HeaderValue) -> bool {
    let coding = content_encoding.as_bytes().trim_ascii();
    !(coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
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
    fn compressed_bodies_are_not_unpacked() {
        for (coding, read) in [
            ("gzip", false),
            ("GZIP", false),
            ("br", false),
            ("identity, gzip", false),
            ("identity", true),
            ("", true),
        ] {
            let mut request = Request::new("{}".into());
            let headers = request.headers_mut();
            headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
            headers.insert(CONTENT_ENCODING, coding.parse().unwrap());
            let result = json_object(&request);
            assert_eq!(result.is_ok(), read, "{coding}");
            assert!(
                read || matches!(result, Err(Error::UnsupportedMediaType)),
                "{coding}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
        for (body, told) in [
            ("{\"a\":\n1e999}", "The body is not JSON: line 2, column 5."),
            (
                "{\"code\":\"1\",\"code\":\"2\"}",
                "The body has \"code\" twice at line 1 column 18.",
            ),
            (
                &deep,
                "The body is nested more than 64 levels deep at line 1 column 70.",
            ),
        ] {
            let Err(Error::BadRequest(what)) = read(Some("application/json"), body) else {
                panic!("{body}")
            };
            assert_eq!(what, told);
        }
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
            Some("application/json,application/json"),
            Some("application/json; a=b, text/plain"),
            Some("application/json; charset=utf-16"),
            Some("application/json; charset=utf-8; charset=latin1"),
            Some("application/json+json"),
            Some(";"),
        ] {
            assert!(
                matches!(read(content_type, "{}"), Err(Error::UnsupportedMediaType)),
                "{content_type:?}"
            );
        }
    }
}
