//! CORS as the HTTP API's configuration has it: preflights are answered by the gateway,
//! and it, not the function, says what a browser's page may read.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::template::Cors;

/// What is added to the answer of a preflight.
pub fn preflight(cors: &Cors, origin: Option<&str>) -> HeaderMap {
    let mut headers = allowed_origin(cors, origin);
    if !headers.is_empty() {
        set(
            &mut headers,
            ACCESS_CONTROL_ALLOW_METHODS,
            &cors.methods.join(","),
        );
        set(
            &mut headers,
            ACCESS_CONTROL_ALLOW_HEADERS,
            &cors.headers.join(","),
        );
        set(
            &mut headers,
            ACCESS_CONTROL_MAX_AGE,
            cors.max_age.as_deref().unwrap_or_default(),
        );
    }
    headers
}

/// Puts the gateway's headers in place of whatever CORS headers the function set.
pub fn apply(cors: &Cors, origin: Option<&str>, answer: &mut HeaderMap) {
    for name in [
        ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_EXPOSE_HEADERS,
        ACCESS_CONTROL_MAX_AGE,
    ] {
        answer.remove(name);
    }
    let mut headers = allowed_origin(cors, origin);
    if !headers.is_empty() {
        set(
            &mut headers,
            ACCESS_CONTROL_EXPOSE_HEADERS,
            &cors.expose.join(","),
        );
    }
    answer.extend(headers);
}

fn allowed_origin(cors: &Cors, origin: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(origin) = origin else {
        return headers;
    };
    let allowed = if cors.origins.iter().any(|one| one == "*") {
        "*"
    } else if cors.origins.iter().any(|one| one == origin) {
        origin
    } else {
        return headers;
    };
    set(&mut headers, ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if cors.credentials {
        set(&mut headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    headers
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if !value.is_empty()
        && let Ok(value) = HeaderValue::from_str(value)
    {
        headers.insert(name, value);
    }
}
