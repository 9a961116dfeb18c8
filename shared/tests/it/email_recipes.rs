//! The shipped recipes of `events/email-secrets` against stubs that answer as those services do.

use serde_json::json;
use shared::address::Channel;
use wiremock::Request;

use crate::recipes::{proved_of, shipped};
use crate::stub::{form, header, json as sent_json, pairs};
use crate::support::{HTML, SUBJECT};

const TEXT: &str = "Your code : 012345 & \"more\"";
const FROM: &str = "\"ACME, Inc.\" <no-reply@acme.example>";
const TO: &str = "Bob+x@abc.com";

async fn proved(name: &str, good: (u16, &str), failures: &[(u16, &str, &str)]) -> Request {
    proved_of(Channel::Email, name, good, failures).await
}

#[tokio::test]
async fn every_recipe_is_proved() {
    let proved = ["mailgun", "postmark", "resend", "sendgrid"];
    let names = proved.map(|name| format!("{name}.json"));
    assert_eq!(shipped(Channel::Email), names);
}

/// <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>
#[tokio::test]
async fn sendgrid() {
    let bad = r#"{"errors":[{"message":"Does not contain a valid address.","field":"personalizations.0.to.0.email","help":null}]}"#;
    let failures = [
        (400, bad, "rejected: 400"),
        (401, bad, "not authorized: 401"),
        (403, bad, "not authorized: 403"),
        (429, bad, "throttled: 429"),
        (500, "", "unknown: 500"),
        (200, "", "rejected: 200"),
    ];
    let request = proved("sendgrid", (202, ""), &failures).await;
    assert_eq!(request.url.path(), "/v3/mail/send");
    assert_eq!(
        header(&request, "authorization"),
        Some("Bearer YOUR_API_KEY")
    );
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    assert_eq!(
        sent_json(&request),
        json!({
            "personalizations": [{"to": [{"email": TO}]}],
            "from": {"email": "no-reply@acme.example"},
            "subject": SUBJECT,
            "content": [
                {"type": "text/plain", "value": TEXT},
                {"type": "text/html", "value": HTML},
            ],
            "tracking_settings": {
                "click_tracking": {"enable": false, "enable_text": false},
                "open_tracking": {"enable": false},
            },
        })
    );
}

/// <https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages/post-v3--domain-name--messages>
#[tokio::test]
async fn mailgun() {
    let good = r#"{"id":"<20260115120000.1.ABC@mg.acme.example>","message":"Queued. Thank you."}"#;
    let bad = r#"{"message":"to parameter is not a valid address. please check documentation"}"#;
    let failures = [
        (400, bad, "rejected: 400"),
        (401, "Forbidden", "not authorized: 401"),
        (404, r#"{"message":"Domain not found"}"#, "rejected: 404"),
        (429, r#"{"message":"Too many requests"}"#, "throttled: 429"),
        (502, "<html>", "unknown: 502"),
    ];
    let request = proved("mailgun", (200, good), &failures).await;
    assert_eq!(request.url.path(), "/v3/YOUR_DOMAIN/messages");
    // `api` and the key, by RFC 7617.
    let basic = "Basic YXBpOllPVVJfQVBJX0tFWQ==";
    assert_eq!(header(&request, "authorization"), Some(basic));
    let expected = [
        ("from", FROM),
        ("to", TO),
        ("subject", SUBJECT),
        ("text", TEXT),
        ("html", HTML),
        ("o:tracking", "no"),
        ("o:tracking-clicks", "no"),
        ("o:tracking-opens", "no"),
    ];
    assert_eq!(form(&request), pairs(&expected));
}

/// <https://postmarkapp.com/developer/api/email-api#send-a-single-email>
#[tokio::test]
async fn postmark() {
    let good = r#"{"To":"Bob+x@abc.com","SubmittedAt":"2026-01-15T12:00:00.000-05:00","MessageID":"0a129aee","ErrorCode":0,"Message":"OK"}"#;
    let inactive = r#"{"ErrorCode":406,"Message":"You tried to send to a recipient that has been marked as inactive."}"#;
    let failures = [
        (422, inactive, "rejected: 422"),
        (200, inactive, "rejected: 200 with an error inside"),
        (
            401,
            r#"{"ErrorCode":10,"Message":"Bad or missing API token."}"#,
            "not authorized: 401",
        ),
        (
            429,
            r#"{"ErrorCode":429,"Message":"Rate limit exceeded."}"#,
            "throttled: 429",
        ),
        (500, "", "unknown: 500"),
    ];
    let request = proved("postmark", (200, good), &failures).await;
    assert_eq!(request.url.path(), "/email");
    assert_eq!(
        header(&request, "x-postmark-server-token"),
        Some("YOUR_SERVER_TOKEN")
    );
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(
        sent_json(&request),
        json!({
            "From": FROM,
            "To": TO,
            "Subject": SUBJECT,
            "TextBody": TEXT,
            "HtmlBody": HTML,
            "TrackOpens": false,
            "TrackLinks": "None",
            "MessageStream": "outbound",
        })
    );
}

/// <https://resend.com/docs/api-reference/emails/send-email>
#[tokio::test]
async fn resend() {
    let good = r#"{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}"#;
    let failures = [
        (
            422,
            r#"{"statusCode":422,"message":"Invalid `to` field.","name":"validation_error"}"#,
            "rejected: 422",
        ),
        (
            403,
            r#"{"statusCode":403,"message":"The domain is not verified.","name":"validation_error"}"#,
            "not authorized: 403",
        ),
        (
            429,
            r#"{"statusCode":429,"message":"Too many requests.","name":"rate_limit_exceeded"}"#,
            "throttled: 429",
        ),
        (200, "{}", "rejected: 200 with an error inside"),
        (500, "", "unknown: 500"),
    ];
    let request = proved("resend", (200, good), &failures).await;
    assert_eq!(request.url.path(), "/emails");
    assert_eq!(
        header(&request, "authorization"),
        Some("Bearer YOUR_API_KEY")
    );
    // Without one it is 403 (<https://resend.com/docs/api-reference/introduction>).
    assert_eq!(header(&request, "user-agent"), Some("verification"));
    assert_eq!(
        sent_json(&request),
        json!({
            "from": FROM,
            "to": [TO],
            "subject": SUBJECT,
            "text": TEXT,
            "html": HTML,
        })
    );
}
