//! Twilio's Messages resource: what it is asked, and what its answers mean.

use serde_json::json;
use wiremock::ResponseTemplate;

use crate::stub::{answering, form, header, only_request, pairs, requests, saying};
use crate::support::{BODY, NUMBER, Sender, twilio, with};

#[tokio::test]
async fn what_is_asked() {
    let queued = json!({"sid": "SM1", "status": "queued", "error_code": null});
    let stub = saying(201, &queued).await;
    let sender = Sender::new(&twilio(&stub.uri())).await;
    assert_eq!(
        sender.send_text("Code & more: 1+1=2 \u{1f389}\n").await,
        "sent"
    );
    let request = only_request(&stub).await;
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(
        request.url.path(),
        "/2010-04-01/Accounts/AC0123456789abcdef/Messages.json"
    );
    assert_eq!(request.url.query(), None);
    assert_eq!(
        header(&request, "content-type"),
        Some("application/x-www-form-urlencoded")
    );
    // AC0123456789abcdef:hidden-token
    assert_eq!(
        header(&request, "authorization"),
        Some("Basic QUMwMTIzNDU2Nzg5YWJjZGVmOmhpZGRlbi10b2tlbg==")
    );
    let expected = [
        ("To", NUMBER),
        ("From", "+15005550006"),
        ("Body", "Code & more: 1+1=2 \u{1f389}\n"),
    ];
    assert_eq!(form(&request), pairs(&expected));
}

#[tokio::test]
async fn whom_a_message_is_from() {
    let stub = saying(201, &json!({"sid": "SM1"})).await;
    let senders = json!({"senders": {"GB": "ACME", "US": "+18005550000"}});
    let sender = Sender::new(&with(twilio(&stub.uri()), &senders)).await;
    for (region, asked) in [
        ("MY", None),
        ("GB", None),
        ("US", None),
        ("US", Some("ASKED")),
    ] {
        assert_eq!(sender.send_as(NUMBER, region, asked, BODY).await, "sent");
    }
    let from = |request| form(request).remove(1).1;
    let from: Vec<String> = requests(&stub).await.iter().map(from).collect();
    assert_eq!(from, ["+15005550006", "ACME", "+18005550000", "ASKED"]);
}

#[tokio::test]
async fn what_its_answers_mean() {
    for (status, body, expected) in [
        (201, r#"{"sid":"SM1","status":"accepted"}"#, "sent"),
        (
            201,
            r#"{"status":"failed","error_code":30008}"#,
            "rejected: 201 30008 failed",
        ),
        (
            201,
            r#"{"status":"undelivered"}"#,
            "rejected: 201 undelivered",
        ),
        (
            200,
            "<!doctype html><title>Twilio</title>",
            "unknown: 200 without JSON",
        ),
        (200, "", "unknown: 200 without JSON"),
        (201, r#"{"status":"queued"}"#, "unknown: 201 without sid"),
        (408, "", "unknown: 408"),
        (
            400,
            r#"{"code":21610,"status":400}"#,
            "the number was refused: 400 21610",
        ),
        (
            400,
            r#"{"code":21211,"status":400}"#,
            "the number was refused: 400 21211",
        ),
        (400, r#"{"code":21606,"status":400}"#, "rejected: 400 21606"),
        (
            401,
            r#"{"code":20003,"status":401}"#,
            "not authorized: 401 20003",
        ),
        (
            403,
            r#"{"code":20006,"status":403}"#,
            "not authorized: 403 20006",
        ),
        (404, r#"{"code":20404,"status":404}"#, "rejected: 404 20404"),
        (
            429,
            r#"{"code":20429,"status":429}"#,
            "throttled: 429 20429",
        ),
        (500, "oh dear", "unknown: 500"),
        (503, r#"{"code":20503}"#, "unknown: 503 20503"),
    ] {
        let stub = answering(ResponseTemplate::new(status).set_body_string(body)).await;
        let sender = Sender::new(&twilio(&stub.uri())).await;
        assert_eq!(sender.send().await, expected, "{status} {body}");
        only_request(&stub).await;
    }
}
