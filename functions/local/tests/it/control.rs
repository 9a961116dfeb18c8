//! The control API's shapes and refusals.

use http::{Method, StatusCode};
use serde_json::json;
use shared::clock::Timestamp;
use shared::platform::outbox::{EmailParts, Outcome};

use crate::client::{call, get, post, raw, server};

#[tokio::test]
async fn messages_are_listed_and_emptied() {
    let server = server(&[]).await;
    let messages = format!("{}/_local/messages", server.url());
    assert_eq!(get(&messages).send().await.json(), json!({"messages": []}));
    let sent = Timestamp::from_millis(1_795_262_290_123);
    server
        .outbox()
        .deliver("+60123456789", "Code : 1", "ACME", sent);
    server.outbox().deliver("+60111111111", "two", "ACME", sent);
    server
        .outbox()
        .deliver("+60123456789", "three", "ACME", sent);
    let all = get(&messages).send().await.json();
    assert_eq!(all["messages"].as_array().unwrap().len(), 3);
    let one = json!({
        "id": "1",
        "channel": "sms",
        "to": "+60123456789",
        "body": "Code : 1",
        "sender": "ACME",
        "sentAt": "2026-11-21T11:58:10.123Z",
    });
    for query in ["?to=%2B60123456789", "?to=+60123456789"] {
        let listed = get(&format!("{messages}{query}")).send().await.json();
        assert_eq!(listed["messages"].as_array().unwrap().len(), 2);
        assert_eq!(listed["messages"][0], one);
    }
    assert_eq!(
        get(&format!("{messages}?to=%2B1")).send().await.json(),
        json!({"messages": []})
    );
    let emptied = call(Method::DELETE, &messages).send().await;
    assert_eq!(
        (emptied.status, emptied.body.len()),
        (StatusCode::NO_CONTENT, 0)
    );
    assert_eq!(get(&messages).send().await.json(), json!({"messages": []}));
}

/// Before, the inbox knew text messages alone.
#[tokio::test]
async fn emails_are_listed_with_subject_and_html() {
    let server = server(&[]).await;
    let messages = format!("{}/_local/messages", server.url());
    let now = Timestamp::from_millis(1_795_262_290_123);
    let outbox = server.outbox();
    outbox.deliver("+60123456789", "Code : 1", "ACME", now);
    let email = EmailParts {
        subject: "Verify".to_owned(),
        html: "<p>Code : 2</p>".to_owned(),
    };
    let to = "Bob+x@xn--bcher-kva.example";
    outbox.deliver_email(to, "Code : 2", email, "ACME <a@acme.example>", now);
    let expected = json!({
        "id": "2",
        "channel": "email",
        "to": "Bob+x@xn--bcher-kva.example",
        "body": "Code : 2",
        "sender": "ACME <a@acme.example>",
        "sentAt": "2026-11-21T11:58:10.123Z",
        "subject": "Verify",
        "html": "<p>Code : 2</p>",
    });
    for query in [
        "?to=Bob%2Bx%40xn--bcher-kva.example",
        "?to=bob+x@xn--bcher-kva.example",
        "?to=bob%2Bx%40b%C3%BCcher.example",
    ] {
        let listed = get(&format!("{messages}{query}")).send().await.json();
        assert_eq!(listed, json!({"messages": [expected]}), "{query}");
    }
    let other = get(&format!("{messages}?to=bob@xn--bcher-kva.example"));
    assert_eq!(other.send().await.json(), json!({"messages": []}));
    let all = get(&messages).send().await.json();
    assert_eq!(all["messages"].as_array().unwrap().len(), 2);
}

/// What one channel answers is nothing to the other.
#[tokio::test]
async fn emails_go_as_told() {
    let server = server(&[]).await;
    let path = format!("{}/_local/email", server.url());
    let now = server.clock().now();
    for (outcome, expected) in [
        ("refused", Outcome::Refused),
        ("unavailable", Outcome::Unavailable),
        ("delivered", Outcome::Delivered),
    ] {
        let told = call(Method::PUT, &path).json(&json!({"outcome": outcome}));
        assert_eq!(told.send().await.status, StatusCode::NO_CONTENT);
        let email = EmailParts {
            subject: String::new(),
            html: String::new(),
        };
        let outbox = server.outbox();
        let said = outbox.deliver_email("a@b.example", "x", email, "y", now);
        assert_eq!(said, expected);
        assert_eq!(outbox.deliver("+1", "x", "y", now), Outcome::Delivered);
    }
    let wrong = call(Method::PUT, &path).json(&json!({"outcome": "lost"}));
    assert_eq!(wrong.send().await.status, StatusCode::BAD_REQUEST);
    let get = get(&path).send().await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn sending_goes_as_told() {
    let server = server(&[]).await;
    let sms = format!("{}/_local/sms", server.url());
    for (outcome, expected) in [
        ("refused", Outcome::Refused),
        ("unavailable", Outcome::Unavailable),
        ("delivered", Outcome::Delivered),
    ] {
        let answer = call(Method::PUT, &sms)
            .json(&json!({"outcome": outcome}))
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.body.len()),
            (StatusCode::NO_CONTENT, 0)
        );
        assert_eq!(
            server
                .outbox()
                .deliver("+1", "x", "y", server.clock().now()),
            expected
        );
    }
    for wrong in [
        json!({"outcome": "lost"}),
        json!({"outcome": 1}),
        json!({}),
        json!([]),
    ] {
        let answer = call(Method::PUT, &sms).json(&wrong).send().await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn the_clock_goes_forward_only() {
    let server = server(&[]).await;
    let clock = format!("{}/_local/clock", server.url());
    let before = server.clock().now();
    let answer = post(&clock, &json!({"advanceSeconds": 301})).send().await;
    assert_eq!(answer.status, StatusCode::OK);
    let after = server.clock().now();
    assert!((301_000..310_000).contains(&(after.millis() - before.millis())));
    let now = answer.json()["now"].as_str().unwrap().to_owned();
    assert!(before.rfc3339() < now && now <= after.rfc3339(), "{now}");
    assert_eq!(
        post(&clock, &json!({"advanceSeconds": 0}))
            .send()
            .await
            .status,
        StatusCode::OK
    );
    for wrong in [
        json!({"advanceSeconds": -1}),
        json!({"advanceSeconds": 1.5}),
        json!({"advanceSeconds": "301"}),
        json!({"advanceSeconds": null}),
        json!({"advanceSeconds": 9_007_199_254_740_993_u64}),
        json!({}),
        json!(301),
    ] {
        let answer = post(&clock, &wrong).send().await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(answer.json()["message"].is_string());
    }
    assert!(server.clock().now().millis() - after.millis() < 60_000);
}

#[tokio::test]
async fn the_clock_takes_expired_items_with_it() {
    let server = server(&[]).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&server.platform().aws);
    let table = server.stack().functions[0].environment["VERIFICATIONS_TABLE"].clone();
    let attribute = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let number = |value: i64| aws_sdk_dynamodb::types::AttributeValue::N(value.to_string());
    let now = server.clock().now().seconds();
    for (pk, ttl) in [("soon", now + 100), ("later", now + 1000)] {
        dynamodb
            .put_item()
            .table_name(&table)
            .item("pk", attribute(pk))
            .item("ttl", number(ttl))
            .send()
            .await
            .unwrap();
    }
    dynamodb
        .put_item()
        .table_name(&table)
        .item("pk", attribute("never"))
        .send()
        .await
        .unwrap();
    post(
        &format!("{}/_local/clock", server.url()),
        &json!({"advanceSeconds": 101}),
    )
    .send()
    .await;
    let left = dynamodb.scan().table_name(&table).send().await.unwrap();
    let mut left: Vec<String> = left
        .items()
        .iter()
        .map(|item| item["pk"].as_s().unwrap().clone())
        .collect();
    left.sort();
    assert_eq!(left, ["later", "never"]);
}

#[tokio::test]
async fn tokens_are_refused_by_field() {
    let server = server(&[]).await;
    let token = format!("{}/_local/token", server.url());
    for (body, field) in [
        (json!({}), "user"),
        (json!({"user": ""}), "user"),
        (json!({"user": 1}), "user"),
        (json!({"user": null}), "user"),
        (json!({"user": "bob123", "scope": ["a"]}), "scope"),
        (json!("bob123"), "body"),
    ] {
        let answer = post(&token, &body).send().await;
        let (status, message) = answer.message();
        assert_eq!(status, 400, "{body}");
        assert!(message.contains(field), "{body}: {message}");
    }
    let answer = call(Method::POST, &token).body("{").send().await;
    assert_eq!(answer.message(), (400, "the body is not JSON".to_owned()));
    // As `curl -d` sends it.
    let answer = call(Method::POST, &token)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(r#"{"user":"bob123"}"#)
        .send()
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let server = server(&["AllowedOrigins="]).await;
    for (path, allowed) in [
        ("/_local/token", "POST"),
        ("/_local/messages", "GET, DELETE"),
        ("/_local/clock", "POST"),
        ("/_local/sms", "PUT"),
        ("/_local/audit", "GET"),
        ("/_local/health", "GET"),
        ("/.well-known/jwks.json", "GET"),
    ] {
        for method in [Method::PATCH, Method::OPTIONS] {
            let answer = call(method, &format!("{}{path}", server.url()))
                .send()
                .await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert_eq!(answer.header("allow"), Some(allowed));
        }
    }
    assert_eq!(
        get(&format!("{}/_local/health", server.url()))
            .send()
            .await
            .json(),
        json!({"status": "ok"})
    );
    assert_eq!(
        get(&format!("{}/_local/", server.url()))
            .send()
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn strange_pages_do_not_steer_it() {
    let server = server(&["AllowedOrigins=https://app.example.com"]).await;
    let token = format!("{}/_local/token", server.url());
    let from = |origin: &'static str| {
        post(&token, &json!({"user": "bob123"}))
            .header("origin", origin)
            .send()
    };
    for origin in [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
        "http://203.0.113.1",
    ] {
        assert_eq!(from(origin).await.status, StatusCode::FORBIDDEN, "{origin}");
    }
    for origin in [
        "http://localhost:5173",
        "http://127.0.0.1:8080",
        "http://[::1]",
        "https://app.example.com",
    ] {
        assert_eq!(from(origin).await.status, StatusCode::OK, "{origin}");
    }
    let rebound =
        "GET /_local/messages HTTP/1.1\r\nhost: evil.example:3000\r\nconnection: close\r\n\r\n";
    assert!(
        raw(server.url(), rebound)
            .await
            .starts_with("HTTP/1.1 403 ")
    );
    let by_name =
        "GET /_local/messages HTTP/1.1\r\nhost: localhost:3000\r\nconnection: close\r\n\r\n";
    assert!(
        raw(server.url(), by_name)
            .await
            .starts_with("HTTP/1.1 200 ")
    );
}

#[tokio::test]
async fn the_page_shows_the_journey() {
    let server = server(&[]).await;
    let page = get(&format!("{}/", server.url())).send().await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains("default-src 'none'")
    );
    let text = String::from_utf8(page.body).unwrap();
    assert!(text.contains(&format!("API={}", server.url())));
    assert!(text.contains("&quot;user&quot;"));
    assert!(!text.contains("{{"));
    assert!(!text.contains("src=\"http") && !text.contains("href=\"http"));
    // What it stands on is served here, too, as its policy has it.
    for (file, content_type) in [
        ("/_local/page.css", "text/css; charset=utf-8"),
        ("/_local/page.js", "text/javascript; charset=utf-8"),
    ] {
        assert!(text.contains(&format!("\"{file}\"")));
        let file = get(&format!("{}{file}", server.url())).send().await;
        assert_eq!(file.status, 200);
        assert_eq!(file.header("content-type"), Some(content_type));
    }
}
