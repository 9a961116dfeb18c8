//! Vonage's SMS API (formerly Nexmo).
//! <https://developer.vonage.com/en/api/sms>, <https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms>

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::address::Channel;
use crate::messaging::http_client::{Answer, HttpClient, Request};
use crate::messaging::message::{SendError, Text};
use crate::messaging::secret::{FieldError, Fields};
use crate::messaging::sms::segments::is_gsm7;
use crate::messaging::sms::senders::{Senders, is_number};

const BASE: &str = "https://rest.nexmo.com";

#[derive(Clone)]
pub struct Vonage {
    http: HttpClient,
    url: Url,
    key: String,
    secret: String,
    senders: Senders,
}

impl Vonage {
    pub fn new(mut fields: Fields, http: &HttpClient) -> Result<Self, FieldError> {
        let key = fields.text("apiKey")?;
        let secret = fields.text("apiSecret")?;
        let sender = fields.text("sender")?;
        let senders = Senders::of(&mut fields, Some(sender))?;
        let base = fields.optional_text("baseUrl")?;
        let base = base.as_deref().unwrap_or(BASE).trim_end_matches('/');
        let url = http
            .address(&format!("{base}/sms/json"))
            .map_err(|reason| fields.wrong("baseUrl", reason))?;
        fields.done()?;
        Ok(Self {
            http: http.clone(),
            url,
            key,
            secret,
            senders,
        })
    }

    pub async fn send(&self, text: &Text<'_>) -> Result<(), SendError> {
        let mut request = Request::new(Method::POST, self.url.clone());
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form_type);
        *request.body_mut() = Some(self.form(text));
        outcome(&self.http.call(request).await?)
    }

    fn form(&self, text: &Text<'_>) -> String {
        let sender = self.senders.pick(text.sender, text.region);
        let sender = sender.unwrap_or_default();
        // Vonage writes numbers without the plus sign.
        let from = if is_number(sender) {
            sender.trim_start_matches('+')
        } else {
            sender
        };
        let mut form = Serializer::new(String::new());
        form.append_pair("from", from)
            .append_pair("to", text.to.as_e164().trim_start_matches('+'))
            .append_pair("text", text.body)
            .append_pair("api_key", &self.key)
            .append_pair("api_secret", &self.secret);
        if !is_gsm7(text.body) {
            form.append_pair("type", "unicode");
        }
        form.finish()
    }
}

/// Every part of the message has a status of its own; all must be `0`.
fn outcome(answer: &Answer) -> Result<(), SendError> {
    if !answer.status.is_success() {
        let said = answer.status.as_u16().to_string();
        return Err(SendError::of_status(answer.status, said));
    }
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let parts = body.get("messages").and_then(Value::as_array);
    let Some(parts) = parts.filter(|parts| !parts.is_empty()) else {
        return Err(SendError::Unknown("200 without messages".into()));
    };
    let statuses = parts.iter().map(|part| match part.get("status") {
        Some(Value::String(status)) => status.clone(),
        Some(status) => status.to_string(),
        None => "none".into(),
    });
    let (taken, not_taken): (Vec<_>, Vec<_>) = statuses.partition(|status| status == "0");
    let Some(status) = not_taken.first() else {
        return Ok(());
    };
    let said = format!("status {}", status.chars().take(4).collect::<String>());
    Err(match status.as_str() {
        // Some of the message is on its way.
        _ if !taken.is_empty() => SendError::Unknown(format!("{said} after 0")),
        "1" => SendError::Throttled(said),
        "4" | "14" => SendError::Unauthorized(said),
        // An error of the platform while it worked on the message.
        "5" | "none" => SendError::Unknown(said),
        // The number is barred, or no longer in use.
        "7" | "33" => SendError::Refused(Channel::Sms, said),
        _ => SendError::Rejected(said),
    })
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    #[test]
    fn what_an_answer_means() {
        for (status, body, expected) in [
            (200, r#"{"messages":[{"status":"0"}]}"#, "Ok"),
            (200, r#"{"messages":[{"status":"0"},{"status":"0"}]}"#, "Ok"),
            (
                200,
                r#"{"messages":[{"status":"0"},{"status":"5"}]}"#,
                "Err(Unknown",
            ),
            (200, r#"{"messages":[{"status":"1"}]}"#, "Err(Throttled"),
            (200, r#"{"messages":[{"status":"4"}]}"#, "Err(Unauthorized"),
            (200, r#"{"messages":[{"status":"7"}]}"#, "Err(Refused"),
            (200, r#"{"messages":[{"status":"15"}]}"#, "Err(Rejected"),
            (200, r#"{"messages":[{"status":"5"}]}"#, "Err(Unknown"),
            (200, r#"{"messages":[{}]}"#, "Err(Unknown"),
            (200, r#"{"messages":[]}"#, "Err(Unknown"),
            (200, "ok", "Err(Unknown"),
            (401, "", "Err(Unauthorized"),
            (502, "", "Err(Unknown"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let outcome = outcome(&Answer {
                status,
                says_json: true,
                body: body.to_owned(),
            });
            assert!(
                format!("{outcome:?}").starts_with(expected),
                "{body} {outcome:?}"
            );
        }
    }
}
