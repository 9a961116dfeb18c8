//! E-mails through a gateway: the same engine, failover and rules as of text messages, with places of their own.

use serde_json::{Value, json};

use crate::stub::{calls, form, header, json as sent_json, only_request, saying};
use crate::support::{
    BODY, CODE, HTML, SUBJECT, Sender, custom_email, refused, refused_emails, with,
};

#[tokio::test]
async fn every_place_is_filled() {
    let stub = saying(200, &json!({})).await;
    let sender = Sender::emails(&custom_email(&stub.uri())).await;
    assert_eq!(sender.send().await, "sent");
    let request = only_request(&stub).await;
    assert_eq!(header(&request, "x-key"), Some("hidden-key"));
    assert_eq!(
        sent_json(&request),
        json!({
            "from": "\"ACME, Inc.\" <no-reply@acme.example>",
            "by": "no-reply@acme.example",
            "to": "Bob+x@abc.com",
            "subject": SUBJECT,
            "text": BODY,
            "html": HTML,
            "code": CODE,
        })
    );
}

#[tokio::test]
async fn forms_and_headers_hold_them_too() {
    let stub = saying(200, &json!({})).await;
    let fields = json!({
        "url": format!("{}/send?to={{{{to}}}}", stub.uri()),
        "contentType": "FORM",
        "payloadTemplate": "html={{html}}&from={{from}}",
        "headers": {"X-Subject": "{{subject}}"},
    });
    let sender = Sender::emails(&with(custom_email(&stub.uri()), &fields)).await;
    assert_eq!(sender.send().await, "sent");
    let request = only_request(&stub).await;
    assert_eq!(request.url.query(), Some("to=Bob%2Bx%40abc.com"));
    assert_eq!(header(&request, "x-subject"), Some(SUBJECT));
    assert_eq!(form(&request)[0].1, HTML);
}

#[tokio::test]
async fn an_email_without_a_code_needs_a_text() {
    let stub = saying(200, &json!({})).await;
    let code_alone = json!({"payloadTemplate": r#"{"to": {{to}}, "code": $ctx.otp}"#});
    let sender = Sender::emails(&with(custom_email(&stub.uri()), &code_alone)).await;
    assert_eq!(sender.send().await, "sent");
    assert_eq!(
        sender.send_notice(BODY).await,
        "rejected: its templates have the code alone, and this message has none"
    );
    assert_eq!(calls(&stub).await, 1);
    let html_alone = json!({"payloadTemplate": r#"{"to": {{to}}, "html": {{html}}}"#});
    let sender = Sender::emails(&with(custom_email(&stub.uri()), &html_alone)).await;
    assert_eq!(sender.send_notice(BODY).await, "sent");
}

#[tokio::test]
async fn what_an_answer_means_is_the_same() {
    for (status, body, expected) in [
        (200, json!({"id": "1"}), "sent"),
        (
            200,
            json!({"success": false}),
            "rejected: 200 with an error inside",
        ),
        (400, json!({}), "rejected: 400"),
        (401, json!({}), "not authorized: 401"),
        (429, json!({}), "throttled: 429"),
        (503, json!({}), "unknown: 503"),
    ] {
        let stub = saying(status, &body).await;
        let sender = Sender::emails(&custom_email(&stub.uri())).await;
        assert_eq!(sender.send().await, expected);
    }
}

#[tokio::test]
async fn credentials_are_read_again_and_the_next_provider_is_tried() {
    let (first, second) = (saying(401, &json!({})).await, saying(200, &json!({})).await);
    let both = json!([custom_email(&first.uri()), custom_email(&second.uri())]);
    let sender = Sender::emails(&both).await;
    assert_eq!(sender.send().await, "sent");
    sender.change(&custom_email(&second.uri()));
    assert_eq!(sender.send().await, "sent");
    assert_eq!((calls(&first).await, calls(&second).await), (2, 2));
}

#[tokio::test]
async fn what_cannot_work_stops_the_start() {
    let url = "https://api.example.com/v1";
    let good = "to={{to}}&text={{body}}";
    for (fields, expected) in [
        (json!({}), "url is missing"),
        (
            json!({"url": url, "payloadTemplate": "to={{to}}"}),
            "payloadTemplate has no {{body}}, nor has the URL",
        ),
        (
            json!({"url": url, "payloadTemplate": "text={{body}}"}),
            "payloadTemplate has no {{to}}, nor has the URL",
        ),
        (
            json!({"url": url, "payloadTemplate": "to={{mobile}}&text={{body}}"}),
            "payloadTemplate has an unknown placeholder",
        ),
        (
            json!({"url": url, "payloadTemplate": "to=$ctx.num&text={{body}}"}),
            "payloadTemplate has an unknown placeholder",
        ),
        (
            json!({"url": url, "payloadTemplate": good, "headers": {"X-Text": "{{body}}"}}),
            "headers.X-Text cannot hold a text, which may have several lines",
        ),
        (
            json!({"url": url, "payloadTemplate": good, "headers": "X-Text: a {{html}}"}),
            "headers.X-Text cannot hold a text, which may have several lines",
        ),
        (
            json!({"url": url, "payloadTemplate": good, "numberFormat": "e164"}),
            "numberFormat is not known",
        ),
        (
            json!({"url": url, "payloadTemplate": good, "senders": {"US": "hidden"}}),
            "senders is not known",
        ),
        (
            json!({"url": url, "payloadTemplate": good, "sender": "hidden"}),
            "sender is not known",
        ),
        (
            json!({"url": "https://{{to}}.example.com/", "payloadTemplate": good}),
            "url must not have a placeholder in its host",
        ),
    ] {
        let mut provider = fields.clone();
        provider["provider"] = "custom".into();
        assert_eq!(
            refused_emails(&provider.to_string()).await,
            expected,
            "{fields}"
        );
        let second = json!([{"provider": "ses"}, provider]).to_string();
        assert_eq!(refused_emails(&second).await, format!("[1].{expected}"));
    }
    for (secret, expected) in [
        (json!({"provider": "sns"}), "provider must be ses or custom"),
        (
            json!({"provider": "ses", "region": "hidden"}),
            "region is not known",
        ),
        (json!([]), "the secret names no provider"),
    ] {
        assert_eq!(refused_emails(&secret.to_string()).await, expected);
    }
}

/// Each channel has places of its own.
#[tokio::test]
async fn text_messages_have_no_places_of_emails() {
    for place in ["to", "from", "fromAddress", "subject", "html"] {
        let payload = format!("to={{{{mobile}}}}&text={{{{body}}}}&x={{{{{place}}}}}");
        let secret: Value = json!({"provider": "custom", "url": "https://api.example.com/", "payloadTemplate": payload});
        let reason = refused(&secret.to_string()).await;
        assert_eq!(
            reason, "payloadTemplate has an unknown placeholder",
            "{place}"
        );
    }
}
