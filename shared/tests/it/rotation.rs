//! Credentials that were changed while a sender is in use: the secret is read again, once.

use serde_json::{Value, json};
use wiremock::matchers::{any, body_string_contains, header, header_exists};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::stub::{calls, requests};
use crate::support::{Sender, custom, twilio, vonage, with};

/// A provider by its URL, and the same with other credentials.
type Rotation = (fn(&str) -> Value, fn(Value) -> Value);

const PROVIDERS: [Rotation; 3] = [
    (twilio, |old| {
        with(old, &json!({"authToken": "newer-hidden"}))
    }),
    (vonage, |old| {
        with(old, &json!({"apiSecret": "newer-hidden"}))
    }),
    (custom, |old| {
        with(old, &json!({"headers": "x-key: newer-hidden"}))
    }),
];

/// Takes messages over from whoever has the newer credentials.
async fn stub(status: u16) -> MockServer {
    let server = MockServer::start().await;
    let taken_over = json!({"sid": "SM1", "messages": [{"status": "0"}]});
    let taken_over = ResponseTemplate::new(200).set_body_json(taken_over);
    // AC0123456789abcdef:newer-hidden
    let basic = "Basic QUMwMTIzNDU2Nzg5YWJjZGVmOm5ld2VyLWhpZGRlbg==";
    for known in [
        Mock::given(header("authorization", basic)),
        Mock::given(header_exists("x-key")).and(header("x-key", "newer-hidden")),
        Mock::given(body_string_contains("api_secret=newer-hidden")),
    ] {
        known.respond_with(taken_over.clone()).mount(&server).await;
    }
    let unknown = ResponseTemplate::new(status);
    Mock::given(any())
        .respond_with(unknown)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_changed_secret_is_used_at_once() {
    for status in [401, 403] {
        for (provider, rotated) in PROVIDERS {
            let stub = stub(status).await;
            let old = provider(&stub.uri());
            let sender = Sender::new(&old).await;
            let refused = format!("not authorized: {status}");
            assert_eq!(sender.send().await, refused);
            // The same secret is not tried twice.
            assert_eq!(calls(&stub).await, 1);

            sender.change(&rotated(old));
            assert_eq!(sender.send().await, "sent");
            assert_eq!(calls(&stub).await, 3);
            // And kept.
            assert_eq!(sender.send().await, "sent");
            assert_eq!(calls(&stub).await, 4);
        }
    }
}

#[tokio::test]
async fn a_changed_secret_that_is_refused_too_is_tried_once() {
    let stub = stub(401).await;
    let sender = Sender::new(&twilio(&stub.uri())).await;
    sender.change(&with(
        twilio(&stub.uri()),
        &json!({"authToken": "hidden-too"}),
    ));
    assert_eq!(sender.send().await, "not authorized: 401");
    assert_eq!(calls(&stub).await, 2);
    let authorizations = requests(&stub).await;
    let authorization = |n: usize| &authorizations[n].headers["authorization"];
    assert_ne!(authorization(0), authorization(1));
}

#[tokio::test]
async fn a_changed_secret_that_cannot_be_used_leaves_the_old_one() {
    let stub = stub(401).await;
    let sender = Sender::new(&twilio(&stub.uri())).await;
    for unusable in [json!("hidden"), json!([]), json!({"provider": "twilio"})] {
        sender.change(&unusable);
        assert_eq!(sender.send().await, "not authorized: 401");
    }
    assert_eq!(calls(&stub).await, 3);
}

#[tokio::test]
async fn a_changed_secret_is_not_looked_for_after_other_failures() {
    let stub = stub(500).await;
    let sender = Sender::new(&twilio(&stub.uri())).await;
    let newer = with(twilio(&stub.uri()), &json!({"authToken": "newer-hidden"}));
    sender.change(&newer);
    assert_eq!(sender.send().await, "unknown: 500");
    assert_eq!(calls(&stub).await, 1);
}
