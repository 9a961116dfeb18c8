//! What goes wrong on the way, with every provider on the web alike: it is never taken for a success.

use std::time::Duration;

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::stub::{Broken, Line, answering, calls, saying};
use crate::support::{Sender, custom, twilio, vonage, with};

const PROVIDERS: [fn(&str) -> Value; 3] = [twilio, vonage, custom];

#[tokio::test]
async fn broken_connections() {
    for line in [Line::Reset, Line::Closed] {
        for provider in PROVIDERS {
            let stub = Broken::start(line).await;
            let sender = Sender::new(&provider(&stub.url)).await;
            let said = sender.send().await;
            assert_eq!(said, "unknown: the connection broke", "{line:?}");
            // What was taken over nobody knows: a second message is for the next provider, or the user, to ask for.
            assert_eq!(stub.calls(), 1, "{line:?}");
        }
    }
}

#[tokio::test]
async fn nobody_listens() {
    for provider in PROVIDERS {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let sender = Sender::new(&provider(&url)).await;
        assert_eq!(sender.send().await, "unavailable: no connection");
    }
}

#[tokio::test]
async fn answers_that_do_not_come_to_an_end() {
    for line in [Line::Silent, Line::Stuck] {
        for provider in PROVIDERS {
            let stub = Broken::start(line).await;
            let sender = Sender::new(&provider(&stub.url)).await;
            let said = sender.send_within(Duration::from_millis(200)).await;
            assert_eq!(said, "unknown: no answer in time", "{line:?}");
            assert_eq!(stub.calls(), 1, "{line:?}");
        }
    }
    for provider in PROVIDERS {
        let stub = Broken::start(Line::Endless).await;
        let sender = Sender::new(&provider(&stub.url)).await;
        let said = sender.send().await;
        assert_eq!(said, "unknown: an answer of endless length");
    }
}

/// A refusal is one from its first line on, and a success none before its last.
#[tokio::test]
async fn answers_that_break_off() {
    for provider in PROVIDERS {
        for (line, expected) in [
            (Line::RefusalCut, "not authorized: 403"),
            (Line::SuccessCut, "unknown: the connection broke"),
        ] {
            let stub = Broken::start(line).await;
            let said = Sender::new(&provider(&stub.url)).await.send().await;
            assert_eq!(said, expected, "{line:?}");
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        for provider in PROVIDERS {
            let elsewhere = saying(200, &json!({"messages": [{"status": "0"}]})).await;
            let redirect = ResponseTemplate::new(status);
            let stub = answering(redirect.insert_header("location", elsewhere.uri())).await;
            let sender = Sender::new(&provider(&stub.uri())).await;
            assert_eq!(sender.send().await, format!("rejected: {status}"));
            assert_eq!((calls(&stub).await, calls(&elsewhere).await), (1, 0));
        }
    }
}

#[tokio::test]
async fn pages_instead_of_json() {
    let page = "<!DOCTYPE html>\n<html><body>Maintenance</body></html>";
    for provider in PROVIDERS {
        let page = ResponseTemplate::new(200).set_body_raw(page, "text/html");
        let stub = answering(page).await;
        let said = Sender::new(&provider(&stub.uri())).await.send().await;
        assert!(said.starts_with("unknown: 200"), "{said}");
    }
}

#[tokio::test]
async fn json_that_breaks_off() {
    for (media_type, expected) in [
        (
            "application/json; charset=utf-8",
            "unknown: 200 with broken JSON",
        ),
        ("text/plain", "sent"),
    ] {
        let broken = ResponseTemplate::new(200).set_body_raw("{\"id\":", media_type);
        let stub = answering(broken).await;
        let said = Sender::new(&custom(&stub.uri())).await.send().await;
        assert_eq!(said, expected, "{media_type}");
    }
}

#[tokio::test]
async fn every_gateway_by_http_is_judged_by_its_answer() {
    let only_202 = json!({"expectedStatus": "202"});
    let body = json!({"expectedBody": "*\"accepted\":true*"});
    for (fields, status, answer, expected) in [
        (&json!({}), 200, "", "sent"),
        (&json!({}), 204, "", "sent"),
        (
            &json!({}),
            200,
            r#"{"error":"no credit"}"#,
            "rejected: 200 with an error inside",
        ),
        (&json!({}), 400, "", "rejected: 400"),
        (&json!({}), 401, "", "not authorized: 401"),
        (&json!({}), 403, "", "not authorized: 403"),
        (&json!({}), 404, "", "rejected: 404"),
        (&json!({}), 429, "", "throttled: 429"),
        (&json!({}), 500, "", "unknown: 500"),
        (&only_202, 202, "", "sent"),
        (&only_202, 200, "", "rejected: 200"),
        (&body, 200, "{\n  \"accepted\": true\n}", "sent"),
        (
            &body,
            200,
            r#"{"accepted":false}"#,
            "rejected: 200 with an error inside",
        ),
        (&body, 200, "<html>", "unknown: 200 with a page"),
        (&only_202, 200, "<html>", "unknown: 200 with a page"),
        (&json!({}), 408, "", "unknown: 408"),
    ] {
        let stub = answering(ResponseTemplate::new(status).set_body_string(answer)).await;
        let sender = Sender::new(&with(custom(&stub.uri()), fields)).await;
        assert_eq!(sender.send().await, expected, "{fields} {status} {answer}");
        assert_eq!(calls(&stub).await, 1);
    }
}
