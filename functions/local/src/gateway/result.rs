//! The answer that API Gateway makes of what a function returned.
//! The function's result is JSON by then, as it is on its way through the Lambda service.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderName, HeaderValue, SET_COOKIE};
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use crate::web::response::Answer;

/// The answer for what a function returned; none where API Gateway could make nothing of it.
pub fn answer(result: &Value) -> Option<Answer> {
    let status = result.get("statusCode")?.as_u64()?;
    let status = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in members(result.get("headers")) {
        append(&mut headers, name, value);
    }
    for (name, values) in members(result.get("multiValueHeaders")) {
        for value in values.as_array().into_iter().flatten() {
            append(&mut headers, name, value);
        }
    }
    for cookie in result
        .get("cookies")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        append(&mut headers, SET_COOKIE.as_str(), cookie);
    }
    let body = result
        .get("body")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let body = match result.get("isBase64Encoded").and_then(Value::as_bool) {
        Some(true) => STANDARD.decode(body).ok()?,
        _ => body.as_bytes().to_vec(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Some(response)
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn append(headers: &mut HeaderMap, name: &str, value: &Value) {
    // The gateway's own business: it knows how the answer goes over the wire.
    const OF_THE_CONNECTION: [&str; 4] =
        ["connection", "content-length", "date", "transfer-encoding"];
    if OF_THE_CONNECTION
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
    {
        return;
    }
    let name = HeaderName::from_bytes(name.as_bytes());
    let value = value.as_str().map(HeaderValue::from_str);
    if let (Ok(name), Some(Ok(value))) = (name, value) {
        headers.append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_become_answers() {
        let answered = answer(&json!({
            "statusCode": 200,
            "headers": { "content-type": "text/plain", "content-length": "99", "bad name": "x" },
            "multiValueHeaders": { "x-many": ["1", "2"] },
            "cookies": ["a=1", "b=2"],
            "body": "eHl6",
            "isBase64Encoded": true,
        }))
        .unwrap();
        assert_eq!(answered.body(), b"xyz");
        assert_eq!(answered.headers().get_all("x-many").iter().count(), 2);
        assert_eq!(answered.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(answered.headers().len(), 5);
        for nothing in [
            json!({}),
            json!({"statusCode": "x"}),
            json!({"statusCode": 99}),
            json!(null),
        ] {
            assert!(answer(&nothing).is_none(), "{nothing}");
        }
    }
}
