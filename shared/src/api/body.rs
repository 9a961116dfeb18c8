//! The body of a request: its size, its content type, JSON, and members of it by type.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use lambda_http::{Body, Request};
use serde_json::{Map, Value};

use crate::api::error::Error;
use crate::json;
use crate::otp::{Alphabet, Code};

/// Bytes of a body that are read.
const LARGEST_BODY: usize = 256 * 1024;

/// Levels of arrays and objects in a body.
const DEEPEST_BODY: usize = 64;

/// The body as a JSON object.
pub fn json_object(request: &Request) -> Result<Map<String, Value>, Error> {
    let bytes = bytes(request)?;
    if bytes.is_empty() {
        return Err(Error::BadRequest(
            "The body is empty; a JSON object is expected.".into(),
        ));
    }
    check_type(request, &["application/json", "application/scim+json"])?;
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

/// The fields of a form as a browser sends it, in their order. What is no UTF-8 has replacement characters.
#[cfg(feature = "sms")]
pub fn form(request: &Request) -> Result<Vec<(String, String)>, Error> {
    let bytes = bytes(request)?;
    check_type(request, &["application/x-www-form-urlencoded"])?;
    Ok(url::form_urlencoded::parse(bytes).into_owned().collect())
}

fn bytes(request: &Request) -> Result<&[u8], Error> {
    let bytes: &[u8] = match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    };
    if bytes.len() > LARGEST_BODY {
        return Err(Error::TooLarge);
    }
    Ok(bytes)
}

/// Refuses a body that is of none of these types, or compressed.
fn check_type(request: &Request, types: &[&str]) -> Result<(), Error> {
    let headers = request.headers();
    let content_type = headers.get(CONTENT_TYPE);
    let is_known = content_type
        .and_then(|v| v.to_str().ok())
        .is_some_and(|content_type| is_one_of(types, content_type));
    if !is_known || headers.get(CONTENT_ENCODING).is_some_and(is_coded) {
        return Err(Error::UnsupportedMediaType);
    }
    Ok(())
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
pub fn code(body: &Map<String, Value>, name: &str, alphabet: &Alphabet) -> Result<Code, Error> {
    alphabet.read(required_text(body, name)?).ok_or_else(|| {
        Error::BadRequest(format!("{name} must be 1 to 10 ASCII letters or digits."))
    })
}

/// The same where links' tokens are taken as well.
pub fn code_or_token(
    body: &Map<String, Value>,
    name: &str,
    alphabet: &Alphabet,
) -> Result<Code, Error> {
    let code = alphabet.read_or_token(required_text(body, name)?);
    code.ok_or_else(|| {
        Error::BadRequest(format!("{name} must be 1 to 64 ASCII letters or digits."))
    })
}

/// One of the types, with no charset but UTF-8 (RFC 8259 §8.1).
/// A comma comes from several headers, which are joined: none of them says what the body is.
fn is_one_of(types: &[&str], content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    types
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
