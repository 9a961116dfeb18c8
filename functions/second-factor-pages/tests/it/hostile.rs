//! What no form of these pages sends: it is refused, shown to nobody and logged nowhere.

use local::testing::{BOB, Event, Log};
use serde_json::json;
use tracing::level_filters::LevelFilter;

use crate::support::{html, not, says, stack, started};

const SCRIPT: &str = "\"><script>alert('1')</script>&<b>";

#[tokio::test]
async fn one_field_and_no_other_is_taken() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    for body in [
        String::new(),
        "&".to_owned(),
        "other=1".to_owned(),
        "Code=1".to_owned(),
        format!("code={code}&resend=1"),
        format!("code={code}&code={code}"),
        format!("code={code}&other=1"),
        format!("{{\"code\":\"{code}\"}}"),
    ] {
        let answer = test.second_factor_pages(&browser.sent(&body)).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(says(&answer, "This request could not be read."), "{body}");
        assert!(says(&answer, &format!("href=\"{}\"", browser.id)));
        assert!(!says(&answer, &code));
    }
    assert_eq!(test.failures(BOB).await, 0);
    assert_eq!(browser.status().await, "INCOMPLETE");
}

#[tokio::test]
async fn other_types_and_too_much_are_pages_too() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let form = browser.sent("code=1");
    let large = format!("code={}", "1".repeat(256 * 1024));
    for (event, status) in [
        (form.clone().header("content-type", "application/json"), 415),
        (
            form.clone()
                .header("content-type", "multipart/form-data; boundary=x"),
            415,
        ),
        (form.clone().header("content-type", "text/plain"), 415),
        (form.clone().header("content-encoding", "gzip"), 415),
        (form.clone().text(&large), 413),
        (
            form.header(
                "content-type",
                "application/x-www-form-urlencoded; charset=UTF-8",
            ),
            303,
        ),
    ] {
        let answer = test.second_factor_pages(&event).await;
        assert_eq!(answer.status, status);
        assert!(status == 303 || says(&answer, "This request could not be read."));
    }
}

#[tokio::test]
async fn nothing_that_somebody_typed_is_markup() {
    let test = stack(&[&format!("AppName={SCRIPT}")]).await;
    let browser = started(&test, "bob123").await;
    for field in ["code", "backupCode", "mobileNumber", "resend"] {
        let answer = browser.post(field, SCRIPT).await;
        let location = answer.header("location").unwrap_or_default();
        assert!(!location.contains("script"), "{location}");
        assert!(!answer.to_string().contains("<script"), "{field}");
    }
    for (name, value) in [
        ("e", SCRIPT),
        ("t", SCRIPT),
        ("flowId", SCRIPT),
        (SCRIPT, "1"),
    ] {
        let event = browser.shown().query(&[("e", "cooldown"), (name, value)]);
        let page = test.second_factor_pages(&event).await;
        assert_eq!(page.status, 200);
        assert!(!says(&page, "<script") && !says(&page, "<b>"), "{page}");
        // The application's name is shown as it is written.
        assert!(says(&page, "&#60;script&#62;"), "{page}");
    }
    let odd = browser.shown().header("accept-language", SCRIPT);
    let page = test.second_factor_pages(&odd).await;
    assert!(says(&page, "<html lang=\"en\" dir=\"ltr\">"));
}

#[tokio::test]
async fn a_flow_leads_only_where_it_may() {
    let test = stack(&[]).await;
    for url in [
        "https://evil.example/",
        "https://shop.example.com@evil.example/",
        "https://shop.example.com.evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "https://shop.example.com/\r\nLocation: https://evil.example/",
    ] {
        let body = json!({ "user": { "username": "bob123" }, "returnUrl": url });
        let event = Event::shipped("second-factor/initiate").body(&body);
        assert_eq!(test.second_factor(&event).await.status, 400, "{url}");
    }
    assert!(test.sent_to().is_empty());
    // What the browser brings does not change it.
    let browser = started(&test, "bob123").await;
    let event = browser
        .shown()
        .query(&[("returnUrl", "https://evil.example/"), ("flowId", "x")]);
    browser.post("code", &test.code()).await;
    let end = test.second_factor_pages(&event).await;
    assert_eq!(end.header("location"), Some(browser.way_back().as_str()));
}

/// Who reads the log cannot go on with a flow, nor sign in.
#[tokio::test]
async fn no_id_and_no_code_is_in_the_log() {
    let test = stack(&[]).await;
    let log = Log::listen(LevelFilter::TRACE);
    let browser = started(&test, "bob123").await;
    let right = test.code();
    browser.page().await;
    browser.step("code", &not(&right)).await;
    browser.step("backupCode", "aaaaa-bbbbb").await;
    browser.step("resend", "1").await;
    browser.post("mobileNumber", "+60123456789").await;
    browser.post("other", "secret").await;
    browser.step("code", &right).await;
    browser.outcome().await;
    let lines: Vec<String> = log.take().iter().map(ToString::to_string).collect();
    assert!(lines.len() > 3, "{lines:?}");
    for secret in [
        &browser.id[..],
        &right,
        &not(&right),
        "aaaaa",
        "60111111111",
        "60123456789",
        "secret",
    ] {
        let told = lines.iter().find(|line| line.contains(secret));
        assert_eq!(told, None, "{secret}");
    }
    assert!(!html(&browser.page().await).contains(&right));
}
