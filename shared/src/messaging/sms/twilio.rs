//! Twilio's Messages resource.
//! <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message>

use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::address::Channel;
use crate::messaging::http_client::{Answer, HttpClient, Request, basic};
use crate::messaging::message::{SendError, Text};
use crate::messaging::secret::{FieldError, Fields};
use crate::messaging::sms::senders::Senders;

const BASE: &str = "https://api.twilio.com";

/// Codes that speak of the number: invalid, no mobile, opted out, unknown, a landline.
/// <https://www.twilio.com/docs/api/errors>
const REFUSED: [i64; 8] = [21211, 21214, 21217, 21610, 21614, 30003, 30005, 30006];

#[derive(Clone)]
pub struct Twilio {
    http: HttpClient,
    url: Url,
    authorization: HeaderValue,
    senders: Senders,
}

impl Twilio {
    pub fn new(mut fields: Fields, http: &HttpClient) -> Result<Self, FieldError> {
        let account = fields.text("accountSid")?;
        if !account.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(fields.wrong("accountSid", "must be letters and digits"));
        }
        let token = fields.text("authToken")?;
        let sender = fields.text("sender")?;
        let senders = Senders::of(&mut fields, Some(sender))?;
        let base = fields.optional_text("baseUrl")?;
        let base = base.as_deref().unwrap_or(BASE).trim_end_matches('/');
        let url = format!("{base}/2010-04-01/Accounts/{account}/Messages.json");
        let url = http
            .address(&url)
            .map_err(|reason| fields.wrong("baseUrl", reason))?;
        let authorization = basic(&account, &token)
            .ok_or_else(|| fields.wrong("authToken", "cannot be sent in a header"))?;
        fields.done()?;
        Ok(Self {
            http: http.clone(),
            url,
            authorization,
            senders,
        })
    }

    pub async fn send(&self, text: &Text<'_>) -> Result<(), SendError> {
        let sender = self.senders.pick(text.sender, text.region);
        let form = Serializer::new(String::new())
            .append_pair("To", text.to.as_e164())
            .append_pair("From", sender.unwrap_or_default())
            .append_pair("Body", text.body)
            .finish();
        let mut request = Request::new(Method::POST, self.url.clone());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form_type);
        *request.body_mut() = Some(form);
        outcome(&self.http.call(request).await?)
    }
}

fn outcome(answer: &Answer) -> Result<(), SendError> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let number = |field: &str| body.get(field).and_then(Value::as_i64);
    let code = number("code").or_else(|| number("error_code"));
    let said = match code {
        Some(code) => format!("{} {code}", answer.status.as_u16()),
        None => answer.status.as_u16().to_string(),
    };
    if code.is_some_and(|code| REFUSED.contains(&code)) {
        return Err(SendError::Refused(Channel::Sms, said));
    }
    if !answer.status.is_success() {
        return Err(SendError::of_status(answer.status, said));
    }
    let status = body.get("status").and_then(Value::as_str);
    match status {
        _ if !body.is_object() => Err(SendError::Unknown(format!("{said} without JSON"))),
        Some(status @ ("failed" | "undelivered" | "canceled")) => {
            Err(SendError::Rejected(format!("{said} {status}")))
        }
        _ if code.is_some() => Err(SendError::Rejected(said)),
        // Every message that was taken over has one.
        _ if !body.get("sid").is_some_and(Value::is_string) => {
            Err(SendError::Unknown(format!("{said} without sid")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    #[test]
    fn what_an_answer_means() {
        for (status, body, expected) in [
            (
                201,
                r#"{"sid":"SM1","status":"queued","error_code":null}"#,
                "Ok",
            ),
            (200, r#"{"sid":"SM1"}"#, "Ok"),
            (200, "<html>", "Unknown"),
            (201, r#"{"status":"queued"}"#, "Unknown"),
            (408, "", "Unknown"),
            (201, r#"{"status":"failed"}"#, "Rejected"),
            (
                201,
                r#"{"status":"undelivered","error_code":30006}"#,
                "Refused",
            ),
            (400, r#"{"code":21610,"message":"opted out"}"#, "Refused"),
            (400, r#"{"code":21211}"#, "Refused"),
            (400, r#"{"code":21408}"#, "Rejected"),
            (401, r#"{"code":20003}"#, "Unauthorized"),
            (429, r#"{"code":20429}"#, "Throttled"),
            (503, "", "Unknown"),
            (302, "", "Rejected"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let outcome = outcome(&Answer {
                status,
                says_json: true,
                body: body.to_owned(),
            });
            assert!(
                format!("{outcome:?}").starts_with(&match expected {
                    "Ok" => "Ok".to_owned(),
                    kind => format!("Err({kind}"),
                }),
                "{status} {outcome:?}"
            );
        }
    }
}
