//! Vonage's SMS API: what it is asked, and what its answers mean; most errors come with status 200.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::stub::{answering, form, header, only_request, pairs, requests, saying};
use crate::support::{BODY, NUMBER, Sender, vonage, with};

fn taken_over() -> Value {
    json!({"message-count": "1", "messages": [{"to": "60123456789", "status": "0"}]})
}

#[tokio::test]
async fn what_is_asked() {
    let stub = saying(200, &taken_over()).await;
    let sender = Sender::new(&vonage(&stub.uri())).await;
    assert_eq!(sender.send_text("Code & more: 1+1=2").await, "sent");
    let request = only_request(&stub).await;
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(
        (request.url.path(), request.url.query()),
        ("/sms/json", None)
    );
    assert_eq!(
        header(&request, "content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let expected = [
        ("from", "ACME"),
        ("to", "60123456789"),
        ("text", "Code & more: 1+1=2"),
        ("api_key", "hidden-key"),
        ("api_secret", "hidden&secret=+"),
    ];
    assert_eq!(form(&request), pairs(&expected));
}

#[tokio::test]
async fn unicode_and_senders() {
    let stub = saying(200, &taken_over()).await;
    let senders = json!({"senders": {"US": "+18005550000"}});
    let sender = Sender::new(&with(vonage(&stub.uri()), &senders)).await;
    for (region, asked, body) in [
        ("MY", None, "Kód \u{1f389}"),
        ("US", None, "@€ {}"),
        ("US", Some("ASKED"), BODY),
    ] {
        assert_eq!(sender.send_as(NUMBER, region, asked, body).await, "sent");
    }
    let of = |request: &_, name: &str| {
        let found = form(request).into_iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value)
    };
    let requests = requests(&stub).await;
    let types: Vec<_> = requests.iter().map(|r| of(r, "type")).collect();
    assert_eq!(types, [Some("unicode".to_owned()), None, None]);
    let from: Vec<_> = requests.iter().filter_map(|r| of(r, "from")).collect();
    assert_eq!(from, ["ACME", "18005550000", "ASKED"]);
    assert_eq!(of(&requests[0], "text").unwrap(), "Kód \u{1f389}");
}

#[tokio::test]
async fn what_its_answers_mean() {
    for (status, body, expected) in [
        (
            200,
            r#"{"messages":[{"status":"0"},{"status":"0"}]}"#,
            "sent",
        ),
        (
            200,
            r#"{"messages":[{"status":"0"},{"status":"9"}]}"#,
            "unknown: status 9 after 0",
        ),
        (
            200,
            r#"{"messages":[{"status":"1"}]}"#,
            "throttled: status 1",
        ),
        (
            200,
            r#"{"messages":[{"status":"4"}]}"#,
            "not authorized: status 4",
        ),
        (200, r#"{"messages":[{"status":"5"}]}"#, "unknown: status 5"),
        (
            200,
            r#"{"messages":[{"status":"6"}]}"#,
            "rejected: status 6",
        ),
        (
            200,
            r#"{"messages":[{"status":"7"}]}"#,
            "the number was refused: status 7",
        ),
        (
            200,
            r#"{"messages":[{"status":"9"}]}"#,
            "rejected: status 9",
        ),
        (200, r#"{"messages":[{}]}"#, "unknown: status none"),
        (
            200,
            r#"{"message-count":"0","messages":[]}"#,
            "unknown: 200 without messages",
        ),
        (200, "<html>", "unknown: 200 without messages"),
        (200, "", "unknown: 200 without messages"),
        (400, "{}", "rejected: 400"),
        (401, "{}", "not authorized: 401"),
        (403, "", "not authorized: 403"),
        (429, "", "throttled: 429"),
        (500, "", "unknown: 500"),
    ] {
        let stub = answering(ResponseTemplate::new(status).set_body_string(body)).await;
        let sender = Sender::new(&vonage(&stub.uri())).await;
        assert_eq!(sender.send().await, expected, "{status} {body}");
        only_request(&stub).await;
    }
}
