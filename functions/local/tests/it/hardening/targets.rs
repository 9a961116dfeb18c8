//! Where a request goes: paths, methods, hosts, queries and headers that would have it mean something else.

use http::Method;
use serde_json::Value;

use super::Target;
use crate::client::{BOB, call};

const ANOTHER: &str = r#"{"Operations":[{"op":"add","path":"phoneNumbers","value":{"type":"mobile","value":"0123456789"}}]}"#;

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

#[tokio::test]
async fn a_path_means_what_it_says() {
    let target = Target::start().await;
    let long = format!("/scim2/Users/{}", "x".repeat(4_000));
    for path in [
        "/scim2/Users/../Me",
        "/scim2/Users/%2e%2e/Me",
        "/scim2/Users/..%2fMe",
        "/scim2/./Me",
        "/scim2/%2e/Me",
        "//scim2/Me",
        "/scim2//Me",
        "/scim2/Me/",
        "/scim2/Me/.",
        "/scim2/Me//",
        "/scim2/Me;x=1",
        "/scim2;x=1/Me",
        "/scim2/Me%00",
        "/scim2/Me%20",
        "/scim2/Me%3fa=b",
        "/scim2/Me%23",
        "/scim2/Me%0d%0a",
        "/scim2/me",
        "/SCIM2/Me",
        "/scim2/%252e%252e/Me",
        "/scim2/%5c..%5cMe",
        "/scim2/Me.json",
        "/v1/scim2/Me",
        "/x/../scim2/Me",
        "/api/identity/user/v1.0/me/../../../../../scim2/Me",
        "/scim2/Users/%2F",
        "/scim2/Users/",
        "/scim2/%55sers//",
        "/scim2/Users/%7b%7d%22%3c%7c%5e%60",
        "/scim2/Users/%F0%9F%8E%89/%0a",
    ] {
        for method in ["GET", "PATCH", "DELETE"] {
            let line = format!("{method} {path}");
            let length = ANOTHER.len();
            let rest = format!(
                "content-type: application/json\r\ncontent-length: {length}\r\n\r\n{ANOTHER}"
            );
            let answer = target.raw(&line, &rest).await;
            // A GET with a slash too many is told to come back with a token, or led on.
            let led = method == "GET" && ["308", "401"].contains(&status(&answer));
            assert!(
                led || ["403", "404", "405"].contains(&status(&answer)),
                "{line}\n{answer}"
            );
            target.unharmed(&line).await;
        }
    }
    for id in [
        format!("/scim2/Users/{BOB}/"),
        format!("/scim2/Users/{BOB}%2f"),
        format!("/scim2/Users/{BOB}%00"),
        format!("/scim2/Users/{BOB}%20"),
        format!("/scim2/Users/%20{BOB}"),
        format!("/scim2/Users/{BOB};v=1"),
        format!("/scim2/Users/{}", BOB.to_uppercase()),
        format!("/scim2/Users/{BOB}%2f..%2f{BOB}"),
        format!("/scim2/Users/USER%23{BOB}"),
        "/scim2/Users/%00".to_owned(),
        "/scim2/Users/%20".to_owned(),
        "/scim2/Users/..".to_owned(),
        "/scim2/Users/%2e%2e".to_owned(),
        "/scim2/Users/Me".to_owned(),
        "/scim2/Users/*".to_owned(),
        "/scim2/Users/%25".to_owned(),
        "/scim2/Users/%3f%23%5b%5d%22%5c".to_owned(),
        "/scim2/Users/%F0%9F%8E%89".to_owned(),
        long,
    ] {
        for method in [Method::GET, Method::PATCH, Method::PUT, Method::DELETE] {
            let call = call(method.clone(), &target.api.url(&id)).token(&target.api.admin);
            let body = match method {
                Method::PUT => r#"{"userName":"bob123"}"#,
                _ => ANOTHER,
            };
            let call = call.header("content-type", "application/json").body(body);
            let what = format!("{method} {id}");
            // A slash too many is led on, and changes nothing.
            if method == Method::GET && (id.ends_with('/') || id.ends_with("%2f")) {
                assert_eq!(call.send().await.status, 308, "{what}");
                continue;
            }
            let (status, words) = target.refused(call, &what).await;
            assert_eq!(status, 404, "{what}: {words}");
        }
        target.unharmed(&id).await;
    }
    // One letter written with its number is that letter.
    assert_eq!(status(&target.raw("GET /scim2/%4de", "\r\n").await), "200");
}

#[tokio::test]
async fn the_method_is_the_request_lines() {
    let target = Target::start().await;
    let length = ANOTHER.len();
    let body =
        format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{ANOTHER}");
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
        "_method",
    ] {
        for (line, expected) in [("GET /scim2/Me", "200"), ("POST /scim2/Me", "405")] {
            for method in ["PATCH", "DELETE", "PUT"] {
                let line = format!("{line}?_method={method}");
                let answer = target
                    .raw(&line, &format!("{name}: {method}\r\n{body}"))
                    .await;
                assert_eq!(status(&answer), expected, "{line} {name}\n{answer}");
                target.unharmed(name).await;
            }
        }
    }
    for (method, expected) in [
        ("HEAD", "404"),
        ("TRACE", "404"),
        ("PROPFIND", "404"),
        ("patch", "404"),
        ("Patch", "404"),
        ("PATCHX", "404"),
        ("POST", "405"),
        ("DELETE", "405"),
        // A preflight, whatever else it says.
        ("OPTIONS", "204"),
    ] {
        let answer = target.raw(&format!("{method} /scim2/Me"), &body).await;
        assert_eq!(status(&answer), expected, "{method}\n{answer}");
        assert!(!answer.contains("Bearer "), "{method}\n{answer}");
        target.unharmed(method).await;
    }
    for path in [
        "validate-code",
        "me/validate-code",
        "resend-code",
        "me/resend-code",
    ] {
        for method in ["GET", "PUT", "PATCH", "DELETE", "HEAD"] {
            let line = format!("{method} /api/identity/user/v1.0/{path}?code=123456");
            assert_eq!(status(&target.raw(&line, &body).await), "404", "{line}");
        }
    }
}

#[tokio::test]
async fn where_the_api_is_says_the_host_alone() {
    let target = Target::start().await;
    let rest = "x-forwarded-host: evil.example\r\nforwarded: host=evil.example;proto=https\r\n\
                x-forwarded-proto: javascript\r\nx-forwarded-port: 1\r\nx-original-url: /scim2/Users\r\n\
                x-rewrite-url: /scim2/Users\r\nx-forwarded-prefix: /evil\r\n\r\n";
    let answer = target.raw("GET /scim2/Me", rest).await;
    assert_eq!(status(&answer), "200", "{answer}");
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body, target.before);
    let location = body["meta"]["location"].as_str().unwrap();
    assert!(location.starts_with(target.server.url()), "{location}");
}

#[tokio::test]
async fn queries_and_headers_have_limits_and_no_meaning_of_their_own() {
    let target = Target::start().await;
    let many = |n: usize| {
        let headers: Vec<String> = (0..n).map(|i| format!("x-{i}: {i}\r\n")).collect();
        headers.concat()
    };
    let parameters = |n: usize| {
        let parameters: Vec<String> = (0..n).map(|i| format!("a{i}[]=%00")).collect();
        parameters.join("&")
    };
    for (line, rest, expected) in [
        (
            format!("GET /scim2/Me?{}", parameters(500)),
            String::new(),
            "200",
        ),
        (
            format!("GET /scim2/Me?{}", "a".repeat(8_000)),
            String::new(),
            "200",
        ),
        (
            format!("GET /scim2/Me?{}", "a".repeat(10_240)),
            String::new(),
            "431",
        ),
        (
            "GET /scim2/Me?&&=&=%ff&a=%F0%9F%8E%89&user=alice&id=1".into(),
            String::new(),
            "200",
        ),
        ("GET /scim2/Me".into(), many(90), "200"),
        ("GET /scim2/Me".into(), many(200), "431"),
        (
            "GET /scim2/Me".into(),
            format!("x: {}\r\n", "y".repeat(10_240)),
            "431",
        ),
        (
            "GET /scim2/Me".into(),
            "cookie: a=b;;;=;\"\r\ncookie: c\r\n".into(),
            "200",
        ),
        ("GET /scim2/Me".into(), "x: \u{e9}\u{fe}\r\n".into(), "200"),
        ("GET /scim2/Me".into(), "x: a\u{0}b\r\n".into(), "400"),
        ("GET /scim2/Me".into(), "x y: a\r\n".into(), "400"),
        ("GET /scim2/Me".into(), "x : a\r\n".into(), "400"),
        (
            "GET /scim2/Me".into(),
            "authorization: Bearer x\r\n".into(),
            "401",
        ),
    ] {
        let answer = target.raw(&line, &format!("{rest}\r\n")).await;
        let what = line.get(..40).unwrap_or(&line);
        assert_eq!(
            status(&answer),
            expected,
            "{what} {:?}\n{answer}",
            rest.get(..40)
        );
        target.unharmed(what).await;
    }
}
