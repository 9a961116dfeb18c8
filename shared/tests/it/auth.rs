//! How a gateway knows us: nothing, a header, or a token by client credentials.

use std::time::Duration;

use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::stub::{
    Broken, Line, answering, calls, first_then, form, header, only_request, pairs, requests, saying,
};
use crate::support::{NOW, Sender, custom, refused, with};

async fn gateway() -> MockServer {
    answering(ResponseTemplate::new(200)).await
}

/// Gives out `hidden-1`, and `hidden-2` from then on.
async fn tokens() -> MockServer {
    let token = |value: &str| {
        let body = json!({"access_token": value, "token_type": "Bearer", "expires_in": 3600});
        ResponseTemplate::new(200).set_body_json(body)
    };
    first_then(token("hidden-1"), token("hidden-2")).await
}

fn client(gateway: &MockServer, tokens: &str) -> Value {
    let auth = json!({
        "type": "clientCredentials",
        "tokenUrl": format!("{tokens}/oauth2/token?a=b"),
        "clientId": "my-client.id_1",
        "clientSecret": "hidden:/+ é",
        "scope": "sms.send sms.read",
    });
    with(custom(&gateway.uri()), &json!({"auth": auth}))
}

async fn authorizations(gateway: &MockServer) -> Vec<String> {
    let requests = requests(gateway).await;
    let of = |request| header(request, "authorization").unwrap().to_owned();
    requests.iter().map(of).collect()
}

#[tokio::test]
async fn headers_that_say_who_we_are() {
    for (auth, name, value) in [
        (
            json!({"type": "basic", "username": "me", "password": "hidden:é"}),
            "authorization",
            Some("Basic bWU6aGlkZGVuOsOp"),
        ),
        (
            json!({"type": "bearer", "token": "hidden.a-b_c"}),
            "authorization",
            Some("Bearer hidden.a-b_c"),
        ),
        (
            json!({"type": "apiKey", "header": "X-Api-Key", "value": "hidden=="}),
            "x-api-key",
            Some("hidden=="),
        ),
        (
            json!({"type": "apiKey", "header": "Authorization", "value": "App hidden"}),
            "authorization",
            Some("App hidden"),
        ),
        (json!({"type": "none"}), "authorization", None),
        (Value::Null, "authorization", None),
    ] {
        let gateway = gateway().await;
        let provider = with(custom(&gateway.uri()), &json!({ "auth": auth }));
        assert_eq!(Sender::new(&provider).await.send().await, "sent");
        let request = only_request(&gateway).await;
        assert_eq!(header(&request, name), value, "{auth}");
    }
}

#[tokio::test]
async fn how_a_token_is_asked_for() {
    let (gateway, tokens) = (gateway().await, tokens().await);
    let sender = Sender::new(&client(&gateway, &tokens.uri())).await;
    assert_eq!(sender.send().await, "sent");
    let request = only_request(&tokens).await;
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(request.url.path(), "/oauth2/token");
    assert_eq!(request.url.query(), Some("a=b"));
    // Encoded as in a form before they are joined: my-client.id_1:hidden%3A%2F%2B+%C3%A9
    assert_eq!(
        header(&request, "authorization"),
        Some("Basic bXktY2xpZW50LmlkXzE6aGlkZGVuJTNBJTJGJTJCKyVDMyVBOQ==")
    );
    assert_eq!(header(&request, "accept"), Some("application/json"));
    let expected = [
        ("grant_type", "client_credentials"),
        ("scope", "sms.send sms.read"),
    ];
    assert_eq!(form(&request), pairs(&expected));
    assert_eq!(authorizations(&gateway).await, ["Bearer hidden-1"]);
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end() {
    let (gateway, tokens) = (gateway().await, tokens().await);
    let sender = Sender::new(&client(&gateway, &tokens.uri())).await;
    for (seconds, expected) in [(0, 1), (3569, 1), (3570, 2), (7139, 2)] {
        let now = NOW + Duration::from_secs(seconds);
        assert_eq!(sender.send_at(now).await, "sent");
        assert_eq!(calls(&tokens).await, expected, "{seconds}");
    }
    assert_eq!(
        authorizations(&gateway).await,
        [
            "Bearer hidden-1",
            "Bearer hidden-1",
            "Bearer hidden-2",
            "Bearer hidden-2"
        ]
    );
}

#[tokio::test]
async fn tokens_of_strange_lives() {
    for (life, kept) in [
        (json!("120"), 89),
        (Value::Null, 269),
        (json!(-1), 269),
        (json!(u64::MAX), 1_000_000),
    ] {
        let body = json!({"access_token": "hidden", "expires_in": life});
        let (gateway, tokens) = (gateway().await, saying(200, &body).await);
        let sender = Sender::new(&client(&gateway, &tokens.uri())).await;
        for seconds in [0, kept] {
            let now = NOW + Duration::from_secs(seconds);
            assert_eq!(sender.send_at(now).await, "sent");
        }
        assert_eq!(calls(&tokens).await, 1, "{life}");
    }
    let body = json!({"access_token": "hidden", "expires_in": 0});
    let (gateway, tokens) = (gateway().await, saying(200, &body).await);
    let sender = Sender::new(&client(&gateway, &tokens.uri())).await;
    assert_eq!(
        (sender.send().await, sender.send().await),
        ("sent".into(), "sent".into())
    );
    assert_eq!(calls(&tokens).await, 2);
}

#[tokio::test]
async fn a_token_that_is_not_known_is_renewed_once() {
    let unknown = ResponseTemplate::new(401);
    let (gateway, tokens) = (
        first_then(unknown, ResponseTemplate::new(200)).await,
        tokens().await,
    );
    let sender = Sender::new(&client(&gateway, &tokens.uri())).await;
    assert_eq!(sender.send().await, "sent");
    assert_eq!(sender.send().await, "sent");
    assert_eq!(
        authorizations(&gateway).await,
        ["Bearer hidden-1", "Bearer hidden-2", "Bearer hidden-2"]
    );
    assert_eq!(calls(&tokens).await, 2);
}

#[tokio::test]
async fn a_client_that_may_not_send_is_not_tried_for_ever() {
    for (status, expected) in [(401, 2), (403, 1)] {
        let gateway = answering(ResponseTemplate::new(status)).await;
        let tokens = tokens().await;
        let sender = Sender::new(&client(&gateway, &tokens.uri())).await;
        assert_eq!(sender.send().await, format!("not authorized: {status}"));
        let counts = (calls(&gateway).await, calls(&tokens).await);
        assert_eq!(counts, (expected, expected));
    }
}

#[tokio::test]
async fn where_there_is_no_token_nothing_is_sent() {
    let token = |value: &str| json!({"access_token": value}).to_string();
    for (status, body, expected) in [
        (
            400,
            r#"{"error":"invalid_client"}"#.to_owned(),
            "not authorized: token: 400",
        ),
        (401, String::new(), "not authorized: token: 401"),
        (429, String::new(), "throttled: token: 429"),
        (302, String::new(), "rejected: token: 302"),
        (500, String::new(), "unavailable: token: 500"),
        (
            200,
            "<html>".to_owned(),
            "unavailable: token: none in the answer",
        ),
        (
            200,
            token("a\r\nb"),
            "unavailable: token: none in the answer",
        ),
        (
            200,
            r#"{"access_token":5}"#.to_owned(),
            "unavailable: token: none in the answer",
        ),
    ] {
        let gateway = gateway().await;
        let tokens = answering(ResponseTemplate::new(status).set_body_string(body)).await;
        let sender = Sender::new(&client(&gateway, &tokens.uri())).await;
        assert_eq!(sender.send().await, expected);
        assert_eq!((calls(&gateway).await, calls(&tokens).await), (0, 1));
    }
    for (line, expected) in [
        (Line::Reset, "unavailable: the connection broke"),
        // Whoever waits cannot tell which of the two requests did not come to an end.
        (Line::Silent, "unknown: no answer in time"),
        (Line::Endless, "unavailable: an answer of endless length"),
    ] {
        let (gateway, tokens) = (gateway().await, Broken::start(line).await);
        let sender = Sender::new(&client(&gateway, &tokens.url)).await;
        let said = sender.send_within(Duration::from_millis(500)).await;
        assert_eq!(said, expected, "{line:?}");
        assert_eq!((calls(&gateway).await, tokens.calls()), (0, 1));
    }
}

#[tokio::test]
async fn another_provider_or_another_secret_help() {
    let (first, second) = (gateway().await, gateway().await);
    let tokens = first_then(
        ResponseTemplate::new(401),
        ResponseTemplate::new(200).set_body_json(json!({"access_token": "hidden"})),
    );
    let tokens = tokens.await;
    let provider = client(&first, &tokens.uri());
    let sender = Sender::new(&json!([provider, custom(&second.uri())])).await;
    assert_eq!(sender.send().await, "sent");
    assert_eq!((calls(&first).await, calls(&second).await), (0, 1));
    let one_refused = answering(ResponseTemplate::new(401)).await;
    let sender = Sender::new(&client(&first, &one_refused.uri())).await;
    sender.change(&provider);
    assert_eq!(sender.send().await, "sent");
    assert_eq!((calls(&first).await, calls(&one_refused).await), (1, 1));
}

#[tokio::test]
async fn what_cannot_work_stops_the_start_by_name() {
    for (auth, expected) in [
        (json!("hidden"), "auth must be an object"),
        (json!({}), "auth.type is missing"),
        (
            json!({"type": "hidden"}),
            "auth.type must be none, basic, bearer, apiKey or clientCredentials",
        ),
        (
            json!({"type": "none", "token": "hidden"}),
            "auth.token is not known",
        ),
        (
            json!({"type": "basic", "username": "me"}),
            "auth.password is missing",
        ),
        (
            json!({"type": "basic", "username": "me:hidden", "password": "hidden"}),
            "auth.username must not contain a colon",
        ),
        (json!({"type": "bearer"}), "auth.token is missing"),
        (
            json!({"type": "bearer", "token": "hidden\r\nX: y"}),
            "auth.token must not contain control characters",
        ),
        (
            json!({"type": "apiKey", "header": "X"}),
            "auth.value is missing",
        ),
        (
            json!({"type": "apiKey", "header": "X Y", "value": "hidden"}),
            "auth.header must be the name of a header",
        ),
        (
            json!({"type": "apiKey", "header": "Host", "value": "hidden"}),
            "auth.header belongs to the connection",
        ),
        (
            json!({"type": "clientCredentials", "tokenUrl": "https://10.0.0.1/", "clientId": "a", "clientSecret": "b"}),
            "auth.tokenUrl must not lead to a private, loopback or link-local address",
        ),
        (
            json!({"type": "clientCredentials", "tokenUrl": "https://a.example/", "clientId": "a"}),
            "auth.clientSecret is missing",
        ),
    ] {
        let provider = with(custom("https://api.example.com"), &json!({ "auth": auth }));
        assert_eq!(refused(&provider.to_string()).await, expected);
    }
}

#[tokio::test]
async fn one_header_is_not_set_twice() {
    let basic = json!({"type": "basic", "username": "me", "password": "hidden"});
    let key = json!({"type": "apiKey", "header": "X-Key", "value": "hidden"});
    let token = json!({"type": "clientCredentials", "tokenUrl": "https://a.example/", "clientId": "a", "clientSecret": "hidden"});
    let named = "headers.authorization is what auth is to set";
    for (auth, headers, expected) in [
        (&basic, "Authorization: hidden", Some(named)),
        (
            &json!({"type": "bearer", "token": "hidden"}),
            "AUTHORIZATION: hidden",
            Some(named),
        ),
        (&token, "authorization: hidden", Some(named)),
        (
            &key,
            "x-key: hidden",
            Some("headers.x-key is what auth is to set"),
        ),
        (&key, "Authorization: hidden", None),
        (&json!({"type": "none"}), "Authorization: hidden", None),
        (&Value::Null, "Authorization: hidden", None),
    ] {
        let fields = json!({ "auth": auth, "headers": headers });
        let provider = with(custom("https://api.example.com"), &fields).to_string();
        match expected {
            Some(expected) => assert_eq!(refused(&provider).await, expected),
            None => assert!(Sender::start(&provider, false).await.is_ok(), "{auth}"),
        }
    }
}
