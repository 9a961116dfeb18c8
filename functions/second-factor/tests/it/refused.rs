//! What is no request of a back end.

use local::testing::{Event, TestApp};
use serde_json::{Value, json};

use crate::support::{started, told};

#[tokio::test]
async fn without_the_scope() {
    let test = TestApp::start().await;
    for case in [
        "initiate",
        "verify",
        "verify-backup-code",
        "resend",
        "mobile",
        "outcome",
        "backup-codes",
    ] {
        let event = Event::shipped(&format!("second-factor/{case}"));
        let plain = event.clone().by("bob123", "internal_user_mgt_update");
        assert_eq!(
            test.second_factor(&plain).await.gist(),
            "403 VRF-40300",
            "{case}"
        );
        let none = event.without_token();
        assert_eq!(
            test.second_factor(&none).await.gist(),
            "401 VRF-40100",
            "{case}"
        );
    }
    assert!(test.sent_to().is_empty() && test.verification_keys().await.is_empty());
}

#[tokio::test]
async fn bodies_that_are_wrong() {
    let test = TestApp::start().await;
    let event = |body: &Value| Event::shipped("second-factor/initiate").body(body);
    let bob = json!({ "username": "bob123" });
    for body in [
        json!({}),
        json!([]),
        json!({ "user": null }),
        json!({ "user": "bob123" }),
        json!({ "user": { "username": 1 } }),
        json!({ "user": { "username": "" } }),
        json!({ "user": { "username": "bob\u{0}" } }),
        json!({ "user": bob, "returnUrl": 1 }),
        json!({ "user": bob, "returnUrl": null }),
        json!({ "user": bob, "returnUrl": "https://app.example.com/" }),
    ] {
        let answer = test.second_factor(&event(&body)).await;
        assert_eq!(answer.gist(), "400 VRF-40000", "{body}");
    }
    assert!(test.sent_to().is_empty());
    let flow = started(&test, "bob123").await;
    let code = test.code();
    for body in [
        json!({}),
        json!({ "code": null }),
        json!({ "code": 123_456 }),
        json!({ "code": "" }),
        json!({ "code": "12345678901" }),
        json!({ "code": "é" }),
        json!({ "code": code, "backupCode": "1234567" }),
        json!({ "backupCode": 1 }),
        json!({ "backupCode": "" }),
        json!({ "backupCode": "é" }),
    ] {
        let answer = test.second_factor(&flow.event("verify", Some(&body))).await;
        assert_eq!(answer.gist(), "400 VRF-40000", "{body}");
    }
    for body in [
        json!({}),
        json!({ "mobileNumber": 1 }),
        json!({ "mobileNumber": null }),
    ] {
        let answer = test.second_factor(&flow.event("mobile", Some(&body))).await;
        assert_eq!(answer.gist(), "400 VRF-40000", "{body}");
    }
    assert_eq!(
        told(&flow.verify(&code).await),
        "SUCCESS_COMPLETED - sms",
        "nothing was counted"
    );
}

#[tokio::test]
async fn ids_that_no_flow_has() {
    let test = TestApp::start().await;
    for id in [
        "",
        "x",
        "../../Users",
        "%00",
        &"a".repeat(32),
        &"é".repeat(16),
        &"a".repeat(4000),
    ] {
        for case in ["verify", "resend", "mobile", "outcome"] {
            let event = Event::shipped(&format!("second-factor/{case}")).parameter("flowId", id);
            assert_eq!(
                test.second_factor(&event).await.gist(),
                "404 VRF-40400",
                "{id}"
            );
        }
    }
}

#[tokio::test]
async fn addresses_to_return_to() {
    let test = TestApp::with(&["AllowedReturnUrls=https://app.example.com/in"]).await;
    let event = |url: &str| {
        let body = json!({ "user": { "username": "alice" }, "returnUrl": url });
        Event::shipped("second-factor/initiate").body(&body)
    };
    for (url, gist) in [
        ("https://app.example.com/in/here?a=b", "SUCCESS_COMPLETED -"),
        ("https://app.example.com/inside", "400 VRF-40000"),
        ("https://evil.example/in", "400 VRF-40000"),
        ("javascript:alert(1)", "400 VRF-40000"),
        ("", "400 VRF-40000"),
    ] {
        assert_eq!(told(&test.second_factor(&event(url)).await), gist, "{url}");
    }
}
