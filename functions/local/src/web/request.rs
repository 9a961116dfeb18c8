//! A request as it came over the wire, after the checks that API Gateway makes before anything else:
//! a usable Host and target, headers and body within the limits.

use std::net::SocketAddr;

use axum::body::Body;
use http::header::HOST;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;

use crate::web::response::{Answer, message};

/// API Gateway's limit for a body.
const MOST_BODY: usize = 10 * 1024 * 1024;
/// How much of a body that is too large is read on, so that the client gets to see the answer.
const MOST_DRAINED: usize = 64 * 1024 * 1024;
/// API Gateway's limit for request line and headers together.
const MOST_HEAD: usize = 10_240;

/// A request that the gateway looks at.
#[derive(Debug)]
pub struct Incoming {
    pub method: String,
    /// Percent-decoded.
    pub path: String,
    /// As it came, without the question mark.
    pub query: String,
    pub version: String,
    pub host: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub peer: SocketAddr,
}

/// What does not get that far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Malformed,
    HeadTooLarge,
    BodyTooLarge,
}

impl Refused {
    pub fn answer(self) -> Answer {
        match self {
            Self::Malformed => message(StatusCode::BAD_REQUEST, "Bad Request"),
            Self::HeadTooLarge => message(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "Request Header Fields Too Large",
            ),
            Self::BodyTooLarge => {
                message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
            }
        }
    }
}

impl Incoming {
    pub async fn read(request: Request<Body>, peer: SocketAddr) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query();
        let raw_path = target.map_or("", http::uri::PathAndQuery::path);
        let query = target
            .and_then(http::uri::PathAndQuery::query)
            .unwrap_or("");
        let head: usize = parts
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if head + raw_path.len() + query.len() > MOST_HEAD {
            return Err(Refused::HeadTooLarge);
        }
        if !raw_path.starts_with('/') || !well_formed(raw_path) || !well_formed(query) {
            return Err(Refused::Malformed);
        }
        let path = percent_decode_str(raw_path)
            .decode_utf8()
            .map_err(|_| Refused::Malformed)?
            .into_owned();
        Ok(Self {
            method: parts.method.as_str().to_owned(),
            host: host(&parts.headers).ok_or(Refused::Malformed)?,
            path,
            query: query.to_owned(),
            version: format!("{:?}", parts.version),
            body: read(body).await?,
            headers: parts.headers,
            peer,
        })
    }

    /// The value of a header that came once; none where it is missing, repeated or no text.
    pub fn sole_header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }

    /// The first value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The first value of a query parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        parameters(&self.query)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

/// The parameters of a query, decoded.
pub fn parameters(query: &str) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned()
}

/// Only what RFC 3986 allows in a path or a query, and brackets, which browsers leave as they are.
/// Anything else would make `lambda_http` panic on some character or other.
fn well_formed(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let allowed = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+'
            | b',' | b';' | b'=' | b':' | b'@' | b'/' | b'?' | b'[' | b']' => true,
            other => other.is_ascii_alphanumeric(),
        };
        if !allowed {
            return false;
        }
    }
    true
}

/// The one Host, if a URL can be made with it.
fn host(headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return None;
    };
    let host = host.to_str().ok()?;
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
    };
    if host.is_empty() || !host.bytes().all(plain) {
        return None;
    }
    host.parse::<http::uri::Authority>().ok()?;
    url::Url::parse(&format!("http://{host}/")).ok()?;
    Some(host.to_owned())
}

async fn read(mut body: Body) -> Result<Vec<u8>, Refused> {
    let mut content = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refused::Malformed)?.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= MOST_BODY {
            content.extend_from_slice(&data);
        } else if seen > MOST_DRAINED {
            break;
        }
    }
    if seen <= MOST_BODY {
        Ok(content)
    } else {
        Err(Refused::BodyTooLarge)
    }
}
