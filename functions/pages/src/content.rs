//! What is answered: a file or a document with its headers, preconditions and methods (RFC 9110 §13.1.2, RFC 9111).

use std::borrow::Cow;
use std::fmt::Write;

use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use lambda_http::Body;
use sha2::{Digest, Sha256};

use crate::coding::weight;
use crate::files::{File, Representation};

/// Five minutes: a new deployment is seen soon, and a page that is opened again asks nobody.
const SOON_ANOTHER: &str = "public, max-age=300";
/// A year, as long as caches are asked to keep anything (RFC 8246).
const NEVER_ANOTHER: &str = "public, max-age=31536000, immutable";

/// The gateway says per origin who may read an answer (CORS): a cache in front must keep those apart, too.
const VARIES: &str = "Accept-Encoding, Origin";

/// A file or a document in the coding and the language that a request wants.
#[derive(Debug)]
pub struct Content {
    tag: Cow<'static, str>,
    bytes: Cow<'static, [u8]>,
    headers: HeaderMap,
}

impl Content {
    /// A file in the coding that the request likes best, the smallest of those.
    pub fn file(file: &'static File, headers: &HeaderMap) -> Self {
        let accepted = accepted_codings(headers);
        let wanted = |one: &&Representation| weight(accepted.as_deref(), one.coding);
        let best = file.representations.iter().rev().max_by_key(wanted);
        // What nobody wants is better than nothing: the last is the file as it is.
        let best = best.filter(|best| wanted(best) > 0);
        let chosen = best.or(file.representations.last());
        let (tag, bytes, coding) = chosen.map_or(("", &[][..], None), |one| {
            (one.tag, one.bytes, one.coding.name())
        });
        let cache = if file.immutable {
            NEVER_ANOTHER
        } else {
            SOON_ANOTHER
        };
        let mut content = Self::new(tag.into(), bytes.into(), file.media_type);
        content.set(CACHE_CONTROL, cache);
        if let Some(coding) = coding {
            content.set(CONTENT_ENCODING, coding);
        }
        content
    }

    /// A document of settings.
    pub fn json(text: &str) -> Self {
        Self::made(text, "application/json")
    }

    /// A page in a language, with the policy that its parts obey.
    pub fn page(html: &str, language: &str, policy: &str) -> Self {
        let mut content = Self::made(html, "text/html; charset=utf-8");
        content.set(CONTENT_LANGUAGE, language);
        content.set(VARY, "Accept-Language");
        content.set(CONTENT_SECURITY_POLICY, policy);
        // A link that a person follows from here must not tell where it was.
        content.set(REFERRER_POLICY, "no-referrer");
        content
    }

    fn made(text: &str, media_type: &'static str) -> Self {
        let tag = format!("\"{}\"", hash(text));
        let bytes = text.as_bytes().to_vec();
        Self::new(tag.into(), bytes.into(), media_type)
    }

    fn new(tag: Cow<'static, str>, bytes: Cow<'static, [u8]>, media_type: &str) -> Self {
        let headers = HeaderMap::new();
        let mut content = Self {
            tag,
            bytes,
            headers,
        };
        content.set(CONTENT_TYPE, media_type);
        content.set(CACHE_CONTROL, SOON_ANOTHER);
        content.set(VARY, VARIES);
        content.set(X_CONTENT_TYPE_OPTIONS, "nosniff");
        content
    }

    fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = value.parse() {
            self.headers.insert(name, value);
        }
    }

    /// The answer: 304 where the client has this already, no body to HEAD.
    pub fn answer(mut self, method: &Method, request: &HeaderMap) -> Response<Body> {
        let tag = self.tag.clone();
        self.set(ETAG, &tag);
        let mut response = Response::new(Body::Empty);
        if matches(request, &self.tag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            // Of a file that the client has nothing else is told again (RFC 9110 §15.4.5).
            for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE] {
                self.headers.remove(name);
            }
        } else if method != Method::HEAD {
            *response.body_mut() = body(self.bytes, self.headers.contains_key(CONTENT_ENCODING));
        }
        *response.headers_mut() = self.headers;
        response
    }
}

/// As text where it is: Lambda's answers are JSON, in which only that is as it stands.
fn body(bytes: Cow<'static, [u8]>, encoded: bool) -> Body {
    match String::from_utf8(bytes.into_owned()) {
        Ok(text) if !encoded => Body::Text(text),
        Ok(text) => Body::Binary(text.into_bytes()),
        Err(error) => Body::Binary(error.into_bytes()),
    }
}

/// There is nothing, in the words of API Gateway.
pub fn nowhere() -> Response<Body> {
    let mut response = Response::new(Body::from(r#"{"message":"Not Found"}"#));
    *response.status_mut() = StatusCode::NOT_FOUND;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

fn accepted_codings(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// Whether `If-None-Match` names the tag, weakly compared (RFC 9110 §13.1.2), or is `*`.
fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter();
    let mut named = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    named.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn hash(text: &str) -> String {
    let mut hash = String::new();
    for byte in Sha256::digest(text.as_bytes()).iter().take(16) {
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}
