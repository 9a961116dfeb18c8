//! The gateway's rules over real HTTP: who is let in, what is refused before any function sees it, CORS.

use http::{Method, StatusCode};
use serde_json::json;

use crate::client::{BOB, call, get, post, raw, server, token};

#[tokio::test]
async fn a_token_is_wanted() {
    let server = server(&[]).await;
    let me = format!("{}/scim2/Me", server.url());
    let answer = get(&me).send().await;
    assert_eq!(answer.message(), (401, "Unauthorized".to_owned()));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    let answer = get(&me)
        .header("authorization", "Bearer nonsense")
        .send()
        .await;
    assert_eq!(answer.message(), (401, "Unauthorized".to_owned()));
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    let bob = token(server.url(), "bob123", None).await;
    for header in [
        format!("Bearer {bob}"),
        format!("bearer  {bob}"),
        bob.clone(),
    ] {
        let answer = get(&me).header("authorization", &header).send().await;
        assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{header}");
    }
    let twice = get(&me).token(&bob).token(&bob).send().await;
    assert_eq!(twice.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn one_of_the_routes_scopes_is_wanted() {
    let server = server(&["ScopePrefix=users/"]).await;
    let user = format!("{}/scim2/Users/{BOB}", server.url());
    for scope in [
        None,
        Some("users/internal_user_mgt_list openid"),
        Some("users/xinternal_user_mgt_view"),
        Some("internal_user_mgt_view"),
    ] {
        let token = token(server.url(), "admin", scope).await;
        let answer = get(&user).token(&token).send().await;
        assert_eq!(answer.message(), (403, "Forbidden".to_owned()));
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.contains("scope=\"users/internal_user_mgt_view\""),
            "{challenge}"
        );
        assert!(
            challenge.contains("error=\"insufficient_scope\""),
            "{challenge}"
        );
    }
    let token = token(
        server.url(),
        "admin",
        Some("openid users/internal_user_mgt_view"),
    )
    .await;
    assert_ne!(
        get(&user).token(&token).send().await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn unknown_routes_are_not_found() {
    let server = server(&[]).await;
    let bob = token(server.url(), "bob123", None).await;
    for (method, path) in [
        (Method::GET, "/nowhere"),
        (Method::POST, "/"),
        (Method::GET, "/scim2"),
        (Method::GET, "/api/identity/user/v1.0/me/validate-code"),
        (Method::GET, "/_local/nowhere"),
        (Method::GET, "/%5Flocal/nowhere"),
    ] {
        let answer = call(method, &format!("{}{path}", server.url()))
            .token(&bob)
            .send()
            .await;
        assert_eq!(answer.message(), (404, "Not Found".to_owned()), "{path}");
    }
    let head = call(Method::HEAD, &format!("{}/scim2/Me", server.url()))
        .token(&bob)
        .send()
        .await;
    assert_eq!(head.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_lambda_http_would_fall_over_is_refused() {
    let server = server(&[]).await;
    let host = server.url().strip_prefix("http://").unwrap();
    let close = "connection: close\r\n\r\n";
    for request in [
        format!("GET /scim2/Me HTTP/1.1\r\n{close}"),
        format!("GET /scim2/Me HTTP/1.1\r\nhost: \r\n{close}"),
        format!("GET /scim2/Me HTTP/1.1\r\nhost: a b\r\n{close}"),
        format!("GET /scim2/Me HTTP/1.1\r\nhost: a\"b\r\n{close}"),
        format!("GET /scim2/Me HTTP/1.1\r\nhost: a/../b\r\n{close}"),
        format!("GET /scim2/Me HTTP/1.1\r\nhost: user@b\r\n{close}"),
        format!("GET /scim2/Me HTTP/1.1\r\nhost: 1.2.3.999\r\n{close}"),
        format!("GET /scim2/Me HTTP/1.1\r\nhost: b:99999\r\n{close}"),
        format!("GET /scim2/Me HTTP/1.1\r\nhost: [::1\r\n{close}"),
        format!("GET /scim2/Me HTTP/1.1\r\nhost: a\r\nhost: b\r\n{close}"),
        format!("GET /scim2/Me?a=\"b\" HTTP/1.1\r\nhost: {host}\r\n{close}"),
        format!("GET /scim2/Me?a={{b}} HTTP/1.1\r\nhost: {host}\r\n{close}"),
        format!("GET /scim2/Me?a=b|c HTTP/1.1\r\nhost: {host}\r\n{close}"),
        format!("GET /scim2/Me?a=b\\c HTTP/1.1\r\nhost: {host}\r\n{close}"),
        format!("GET /scim2/Me?a=\u{e9} HTTP/1.1\r\nhost: {host}\r\n{close}"),
        format!("GET /scim2/Me?a=%zz HTTP/1.1\r\nhost: {host}\r\n{close}"),
        format!("GET /scim2/Me?a=%4 HTTP/1.1\r\nhost: {host}\r\n{close}"),
        format!("GET /scim2/Users/%ff HTTP/1.1\r\nhost: {host}\r\n{close}"),
        format!("GET /scim2/Us\"ers HTTP/1.1\r\nhost: {host}\r\n{close}"),
        format!("OPTIONS * HTTP/1.1\r\nhost: {host}\r\n{close}"),
    ] {
        let answer = raw(server.url(), &request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{request}\n{answer}");
        // What is no request target at all is refused by the HTTP library, without a body.
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(
            ["", r#"{"message":"Bad Request"}"#].contains(&body),
            "{request}\n{answer}"
        );
    }
    let bar = format!("GET /scim2/Me?a=b|c HTTP/1.1\r\nhost: {host}\r\n{close}");
    assert!(
        raw(server.url(), &bar)
            .await
            .ends_with(r#"{"message":"Bad Request"}"#)
    );
    let fine = format!("GET /scim2/Me?a=%22b%22&c[d]=e HTTP/1.1\r\nhost: {host}\r\n{close}");
    assert!(raw(server.url(), &fine).await.starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn sizes_are_limited() {
    let server = server(&[]).await;
    let url = format!("{}/scim2/Users", server.url());
    for (bytes, status) in [(7 << 20, 413), (11 << 20, 413)] {
        let token = token(server.url(), "admin", Some("internal_user_mgt_create")).await;
        let answer = call(Method::POST, &url)
            .token(&token)
            .header("content-type", "application/json")
            .body(vec![b' '; bytes])
            .send()
            .await;
        assert_eq!(
            answer.message(),
            (status, "Request Entity Too Large".to_owned())
        );
    }
    let answer = get(&url).header("x-long", &"x".repeat(11_000)).send().await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn preflights_are_answered() {
    let server = server(&["AllowedOrigins=https://app.example.com,http://localhost:5173"]).await;
    let preflight = |origin: &'static str| {
        call(Method::OPTIONS, &format!("{}/scim2/Me", server.url()))
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .send()
    };
    let answer = preflight("http://localhost:5173").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("http://localhost:5173")
    );
    assert!(
        answer
            .header("access-control-allow-methods")
            .unwrap()
            .contains("PATCH")
    );
    assert!(
        answer
            .header("access-control-allow-headers")
            .unwrap()
            .contains("authorization")
    );
    assert_eq!(answer.header("access-control-max-age"), Some("3600"));
    let answer = preflight("https://evil.example").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("access-control-allow-methods"), None);
}

#[tokio::test]
async fn allowed_origins_may_read_answers() {
    let url = "/nowhere";
    let open = server(&[]).await;
    let answer = get(&format!("{}{url}", open.url()))
        .header("origin", "https://any.example")
        .send()
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(
        answer
            .header("access-control-expose-headers")
            .unwrap()
            .contains("Retry-After")
    );
    for path in ["/scim2/Me", "/nowhere", "/_local/health"] {
        let answer = get(&format!("{}{path}", open.url()))
            .header("origin", "http://localhost:5173")
            .send()
            .await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "{path}"
        );
        let answer = get(&format!("{}{path}", open.url())).send().await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
    let closed = server(&["AllowedOrigins="]).await;
    let answer = get(&format!("{}{url}", closed.url()))
        .header("origin", "https://any.example")
        .send()
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let answer = call(Method::OPTIONS, &format!("{}/scim2/Me", closed.url()))
        .header("origin", "https://any.example")
        .send()
        .await;
    assert_eq!(answer.message(), (404, "Not Found".to_owned()));
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let server = server(&[]).await;
    let one = get(&format!("{}/nowhere", server.url())).send().await;
    let other = post(
        &format!("{}/_local/token", server.url()),
        &json!({"user": "x"}),
    )
    .send()
    .await;
    let (one, other) = (
        one.header("apigw-requestid"),
        other.header("apigw-requestid"),
    );
    assert!(one.is_some() && other.is_some() && one != other);
}

/// A slash at the end leads to the resource, where the token is looked at; without one no further.
#[tokio::test]
async fn a_slash_too_many_leads_on() {
    let server = server(&[]).await;
    let url = server.url();
    let bob = token(url, "bob123", None).await;
    let answer = get(&format!("{url}/scim2/Me/?attributes=userName"))
        .token(&bob)
        .send()
        .await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    let location = answer.header("location").unwrap();
    assert_eq!(location, format!("{url}/scim2/Me?attributes=userName"));
    let me = get(location).token(&bob).send().await;
    assert_eq!(
        (me.status.as_u16(), &me.json()["userName"]),
        (200, &json!("bob123"))
    );
    assert_eq!(get(location).send().await.status, StatusCode::UNAUTHORIZED);

    let list = format!("{url}/scim2/Users/");
    assert_eq!(get(&list).send().await.status, StatusCode::UNAUTHORIZED);
    let answer = get(&list).token(&bob).send().await;
    let location = answer.header("location").unwrap();
    assert_eq!(location, format!("{url}/scim2/Users"));
    assert_eq!(
        get(location).token(&bob).send().await.status,
        StatusCode::FORBIDDEN
    );

    let answer = get(&format!("{url}/scim2/ServiceProviderConfig/"))
        .send()
        .await;
    let location = answer.header("location").unwrap();
    assert_eq!(get(location).send().await.status, StatusCode::OK);
    let posted = post(&format!("{url}/scim2/Users/"), &json!({ "userName": "x" }));
    assert_eq!(
        posted.token(&bob).send().await.status,
        StatusCode::NOT_FOUND
    );
}
