//! The function on the template's settings, and its answers as they come out of Lambda.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::Context;
use local::functions::start;
use local::testing::{Event, TestStack};
use serde_json::Value;

/// An answer after API Gateway has taken it from its JSON.
pub struct Answer {
    pub status: u64,
    headers: Value,
    pub bytes: Vec<u8>,
    /// Whether it went through JSON as base64.
    pub encoded: bool,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers[name].as_str()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }
}

/// What the function answers, with these values for the template's parameters.
pub async fn asked_with(overrides: &[&str], event: &Event) -> Answer {
    let stack = TestStack::with(overrides).await;
    let function = start("pages", &stack.env("pages"), stack.platform()).await;
    let result = function.unwrap();
    let result = result.answer(&event.to_string(), Context::default()).await;
    let result = result.unwrap();
    let body = result["body"].as_str().unwrap_or_default();
    let encoded = result["isBase64Encoded"] == true;
    Answer {
        status: result["statusCode"].as_u64().unwrap(),
        headers: result["headers"].clone(),
        bytes: if encoded {
            STANDARD.decode(body).unwrap()
        } else {
            body.as_bytes().to_vec()
        },
        encoded,
    }
}

pub async fn asked(event: &Event) -> Answer {
    asked_with(&[], event).await
}

/// GET of a file below `/ui/`.
pub fn ui(file: &str) -> Event {
    Event::shipped("pages/ui").parameter("file", file)
}
