//! The style sheet: a file of its own, since the pages' policy allows nothing within them.

use std::fmt::Write;

use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::{Body, Request, Response};
use sha2::{Digest, Sha256};
use shared::api::response;
use shared::appearance::Appearance;

/// Five minutes: a page that is opened again asks nobody, and another colour is seen soon.
const SOON_ANOTHER: &str = "public, max-age=300";

/// The sheet of a deployment.
#[derive(Debug)]
pub struct StyleSheet {
    text: String,
    tag: String,
}

impl StyleSheet {
    pub fn new(appearance: &Appearance) -> Self {
        let text = appearance.style() + include_str!("style.css");
        let mut tag = String::from("\"");
        for byte in Sha256::digest(&text).iter().take(16) {
            let _ = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        Self { text, tag }
    }

    /// 304 where the browser has it already.
    pub fn answer(&self, request: &Request) -> Response<Body> {
        let mut response = if self.is_known(request) {
            response::empty(304)
        } else {
            response::text(200, self.text.clone())
        };
        let headers: [(HeaderName, &str); 4] = [
            (CONTENT_TYPE, "text/css; charset=utf-8"),
            (CACHE_CONTROL, SOON_ANOTHER),
            (ETAG, &self.tag),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        for (name, value) in headers {
            response::insert(&mut response, name, value);
        }
        response
    }

    /// `If-None-Match` by weak comparison (RFC 9110 §13.1.2).
    fn is_known(&self, request: &Request) -> bool {
        let values = request.headers().get_all(IF_NONE_MATCH).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        let mut tags = texts.flat_map(|text| text.split(',')).map(str::trim);
        tags.any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.tag)
    }
}
