//! How a flow ends for a browser, whatever it does again: double clicks, reloads, the back button, an old page.

use std::time::Duration;

use local::testing::Event;
use tokio::join;

use crate::support::{has_field, html, not, says, stack, started, wait, without_way_back};

const UNKNOWN: &str =
    "This sign-in is over, or there never was one. Return to Example and start again.";
const SUCCEEDED: &str = "You have confirmed that it is you.";

#[tokio::test]
async fn a_second_click_ends_as_the_first() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    let (one, other) = join!(browser.post("code", &code), browser.post("code", &code));
    for answer in [one, other, browser.post("code", &code).await] {
        let (said, end) = browser.follow(&answer).await;
        assert_eq!((said.as_str(), end.status), ("", 303), "{answer}");
        assert_eq!(end.header("location"), Some(browser.way_back().as_str()));
    }
    assert_eq!(browser.status().await, "SUCCESS_COMPLETED");
    assert_eq!(test.failures(local::testing::BOB).await, 0);
}

#[tokio::test]
async fn pages_do_not_use_the_success_up_and_say_it_after_it_was_told() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    browser.post("code", &code).await;
    for _ in 0..3 {
        let again = browser.page().await;
        assert_eq!(again.header("location"), Some(browser.way_back().as_str()));
    }
    assert_eq!(browser.status().await, "SUCCESS_COMPLETED");
    // The back button, behind the application: that would not know what for, and so is not sent there by itself.
    assert_eq!(browser.outcome().await.status, 404);
    let (_, page) = browser.step("code", &code).await;
    assert_eq!(page.status, 200);
    assert!(says(&page, SUCCEEDED), "{page}");
    let link = browser.way_back().replace('&', "&amp;");
    let link = link.replace("&amp;", "&#38;");
    assert!(says(&page, &format!("href=\"{link}\"")), "{page}");
    assert!(!has_field(&page, "code"));
    // Nor does any form do anything.
    for field in ["resend", "mobileNumber", "backupCode"] {
        let (said, page) = browser.step(field, "1").await;
        assert_eq!(
            (said.as_str(), says(&page, SUCCEEDED)),
            ("", true),
            "{field}"
        );
    }
    assert_eq!(test.sent_to().len(), 1);
}

#[tokio::test]
async fn without_a_way_back_the_page_says_how_it_ended() {
    let test = stack(&["RetryEnable=false"]).await;
    let browser = without_way_back(&test, "bob123").await;
    let (_, page) = browser.step("code", &test.code()).await;
    assert_eq!(page.status, 200);
    assert!(says(&page, SUCCEEDED) && !says(&page, "<a "), "{page}");
    wait(&test).await;
    let browser = without_way_back(&test, "bob123").await;
    let (said, page) = browser.step("code", &not(&test.code())).await;
    assert_eq!((said.as_str(), page.status), ("", 200));
    assert!(says(&page, "You could not be signed in. Return to Example"));
    assert_eq!(browser.status().await, "FAIL_COMPLETED");
}

#[tokio::test]
async fn a_failure_leads_back_too() {
    let test = stack(&["RetryEnable=false"]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    let (_, end) = browser.step("code", &not(&code)).await;
    assert_eq!(end.header("location"), Some(browser.way_back().as_str()));
    // The right one comes too late.
    let (_, end) = browser.step("code", &code).await;
    assert_eq!(end.header("location"), Some(browser.way_back().as_str()));
    assert_eq!(browser.status().await, "FAIL_COMPLETED");
}

#[tokio::test]
async fn a_flow_that_never_was_or_is_over_is_404() {
    let test = stack(&["FlowMinutes=1"]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    test.stack.clock().advance(Duration::from_mins(1));
    for answer in [browser.page().await, browser.post("code", &code).await] {
        assert_eq!(answer.status, 404);
        assert!(says(&answer, UNKNOWN), "{answer}");
        assert!(!has_field(&answer, "code"));
    }
    for case in ["page", "code"] {
        let shipped = Event::shipped(&format!("second-factor-pages/{case}"));
        let english = shipped.header("accept-language", "en");
        for id in ["", "x", "%00", "../me", &"a".repeat(32), &"a".repeat(3000)] {
            let event = english.clone().parameter("flowId", id);
            let answer = test.second_factor_pages(&event).await;
            assert_eq!(answer.status, 404, "{id}");
            assert!(html(&answer).contains(UNKNOWN));
        }
    }
}

#[tokio::test]
async fn a_code_that_is_dead_is_asked_for_no_more() {
    let test = stack(&["FlowMinutes=20", "OtpValidityMinutes=2"]).await;
    let browser = started(&test, "bob123").await;
    let right = test.code();
    for _ in 0..5 {
        browser.post("code", &not(&right)).await;
    }
    let page = browser.page().await;
    assert!(says(
        &page,
        "This code was tried too often. Send a new one."
    ));
    assert!(!has_field(&page, "code") && !has_field(&page, "backupCode"));
    assert!(says(&page, "value=\"1\" class=\"main\">Send a new code"));
    wait(&test).await;
    let (_, page) = browser.step("resend", "1").await;
    assert!(has_field(&page, "code") && has_field(&page, "backupCode"));
    test.stack.clock().advance(Duration::from_mins(2));
    let late = browser.post("code", &test.code()).await;
    let (_, page) = browser.follow(&late).await;
    assert!(says(&page, "This code has expired. Send a new one."));
    assert!(!has_field(&page, "code") && has_field(&page, "backupCode"));
    browser.post("resend", "1").await;
    assert_eq!(browser.step("code", &test.code()).await.1.status, 303);
}
