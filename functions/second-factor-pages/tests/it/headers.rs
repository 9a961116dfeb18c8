//! What keeps a page to itself: its headers, on every answer.

use local::testing::{Answer, Event};

use crate::support::{html, stack, started, without_way_back};

fn policy(form_action: &str) -> String {
    format!(
        "default-src 'none'; style-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn kept_to_itself(answer: &Answer) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}: {answer}");
    }
    assert_eq!(answer.header("set-cookie"), None);
    assert!(answer.header("x-trace-id").is_some_and(|id| !id.is_empty()));
}

#[tokio::test]
async fn every_answer_is_kept_to_itself() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let page = browser.page().await;
    let posted = browser.post("code", "1").await;
    let refused = browser.post("other", "1").await;
    let unknown = test
        .second_factor_pages(&browser.shown().parameter("flowId", "x"))
        .await;
    for answer in [&page, &posted, &refused, &unknown] {
        kept_to_itself(answer);
    }
    assert_eq!(posted.header("content-type"), None);
    // Chromium and WebKit apply it to the redirects behind a form: the application's origin must be in it.
    let at_shop = policy("'self' https://shop.example.com");
    assert_eq!(
        page.header("content-security-policy"),
        Some(at_shop.as_str())
    );
    let without_forms = policy("'none'");
    for answer in [&refused, &unknown] {
        let told = answer.header("content-security-policy");
        assert_eq!(told, Some(without_forms.as_str()));
    }
    let elsewhere = without_way_back(&test, "alice").await;
    let own = policy("'self'");
    let told = elsewhere.page().await;
    assert_eq!(told.header("content-security-policy"), Some(own.as_str()));
    // Nothing that the policy would stop.
    for forbidden in ["<script", "<style", "style=", "onclick", "<img", "http"] {
        assert!(!html(&page).contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn the_style_sheet_is_kept_by_caches() {
    let test = stack(&["AccentColor=#ffd400"]).await;
    let style = Event::shipped("second-factor-pages/style");
    let answer = test.second_factor_pages(&style).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let rules = answer.body.as_str().unwrap();
    // Yellow can be read on dark, and not on white.
    assert!(rules.starts_with(":root{--mv-accent:#"), "{rules}");
    assert!(rules.contains("dark){:root{--mv-accent:#ffd400;--mv-on-accent:#000000}}"));
    assert!(!rules.contains("url(") && !rules.contains("@import"));
    let tag = answer.header("etag").unwrap();
    for (known, status) in [
        (tag.to_owned(), 304),
        (format!("\"x\", W/{tag}"), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
    ] {
        let event = style.clone().header("if-none-match", &known);
        let answer = test.second_factor_pages(&event).await;
        assert_eq!(answer.status, status, "{known}");
        assert_eq!(answer.header("etag"), Some(tag));
    }
    let other = stack(&[]).await;
    let other = other.second_factor_pages(&style).await;
    assert_ne!(other.header("etag"), Some(tag));
}
