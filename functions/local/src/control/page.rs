//! The page at `/`: the web components against this server, the inbox, the clock, and the journey to paste.
//! It stands on nothing from elsewhere; the policy it comes with allows nothing else.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue};

use crate::control::journey::{Messages, journey};
use crate::web::response::Answer;

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

pub fn page(url: &str, messages: Messages) -> Answer {
    let body = PAGE
        .replace("{{note}}", &escaped(messages.note()))
        .replace("{{journey}}", &escaped(&journey(url, messages)));
    let mut answer = file(body, "text/html; charset=utf-8");
    set(answer.headers_mut(), CONTENT_SECURITY_POLICY, POLICY);
    answer
}

pub fn style() -> Answer {
    file(STYLE.to_owned(), "text/css; charset=utf-8")
}

pub fn script() -> Answer {
    file(SCRIPT.to_owned(), "text/javascript; charset=utf-8")
}

fn file(body: String, content_type: &str) -> Answer {
    let mut answer = Answer::new(body.into_bytes());
    set(answer.headers_mut(), CONTENT_TYPE, content_type);
    set(answer.headers_mut(), CACHE_CONTROL, "no-store");
    answer
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
