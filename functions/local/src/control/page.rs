//! The page at `/`: the journey to paste and the inbox, which it reads again every two seconds.
//! One document without anything from elsewhere; the policy it comes with allows nothing else.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue};
use shared::platform::random::Random;

use crate::control::journey::{Messages, journey};
use crate::random;
use crate::web::response::{Answer, failed};

const PAGE: &str = include_str!("page.html");

pub fn page(url: &str, messages: Messages, random: Random) -> Answer {
    let Ok(nonce) = random::hex(random, 16) else {
        return failed();
    };
    let body = PAGE
        .replace("{{nonce}}", &nonce)
        .replace("{{note}}", &escaped(messages.note()))
        .replace("{{journey}}", &escaped(&journey(url, messages)));
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut answer = Answer::new(body.into_bytes());
    set(
        answer.headers_mut(),
        CONTENT_TYPE,
        "text/html; charset=utf-8",
    );
    set(answer.headers_mut(), CACHE_CONTROL, "no-store");
    set(answer.headers_mut(), CONTENT_SECURITY_POLICY, &policy);
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
