//! The limits of the API hold here, too; a page says what to do about them.

use local::testing::{BOB, Fault, Log};
use shared::platform::outbox::Outcome;
use tracing::level_filters::LevelFilter;

use crate::support::{NEW, at_the_hour, has_field, not, says, stack, started, wait};

#[tokio::test]
async fn a_locked_account_is_told_for_how_long() {
    let test = stack(&["MaxFailures=3", "MaxTriesPerCode=10"]).await;
    let browser = started(&test, "bob123").await;
    let right = test.code();
    for _ in 0..3 {
        assert_eq!(browser.step("code", &not(&right)).await.0, "e=code");
    }
    for code in [&right, &not(&right)] {
        let (said, page) = browser.step("code", code).await;
        assert!(said.starts_with("e=locked&t="), "{said}");
        let told = "Too many wrong codes: codes are locked. Try again in ";
        assert!(says(&page, &format!("role=\"alert\">{told}")), "{page}");
    }
    wait(&test).await;
    assert!(browser.step("resend", "1").await.0.starts_with("e=locked"));
    assert_eq!(test.failures(BOB).await, 3);
}

#[tokio::test]
async fn the_address_of_the_browser_counts_and_the_back_ends_does_not() {
    let test = at_the_hour(&["MaxSendsPerIpPerHour=1"]).await;
    let browser = started(&test, "bob123").await;
    wait(&test).await;
    assert_eq!(browser.step("resend", "1").await.0, "e=resent");
    wait(&test).await;
    let (said, page) = browser.step("resend", "1").await;
    assert!(said.starts_with("e=network&t="), "{said}");
    assert!(says(
        &page,
        "Too many codes were asked for from your network."
    ));
    let elsewhere = browser.sent("resend=1").from_address("198.51.100.7");
    let answer = test.second_factor_pages(&elsewhere).await;
    assert_eq!(browser.follow(&answer).await.0, "e=resent");
    assert_eq!(test.sent_to().len(), 3);
}

/// Behind a proxy everybody would be one.
#[tokio::test]
async fn the_address_is_the_one_that_the_proxy_tells() {
    let test = stack(&["MaxSendsPerIpPerHour=1", "ClientAddressHeader=X-Real-Ip"]).await;
    let browser = started(&test, "bob123").await;
    for address in ["198.51.100.1", "198.51.100.2"] {
        wait(&test).await;
        let event = browser.sent("resend=1").header("x-real-ip", address);
        let answer = test.second_factor_pages(&event).await;
        assert_eq!(browser.follow(&answer).await.0, "e=resent");
    }
}

#[tokio::test]
async fn caps_of_users_and_of_the_deployment() {
    let test = at_the_hour(&["MaxSendsPerHourInAll=2"]).await;
    let browser = started(&test, "bob123").await;
    wait(&test).await;
    assert_eq!(browser.step("resend", "1").await.0, "e=resent");
    wait(&test).await;
    let (said, page) = browser.step("resend", "1").await;
    assert!(said.starts_with("e=all&t="), "{said}");
    assert!(says(&page, "No more messages can be sent for now."));

    let test = at_the_hour(&["FlowMinutes=60"]).await;
    let browser = started(&test, "bob123").await;
    for _ in 0..9 {
        wait(&test).await;
        assert_eq!(browser.step("resend", "1").await.0, "e=resent");
    }
    wait(&test).await;
    let (said, page) = browser.step("resend", "1").await;
    assert!(
        said.starts_with("e=user&t=") || said.starts_with("e=sends&t="),
        "{said}"
    );
    assert!(says(&page, "role=\"alert\""));
}

#[tokio::test]
async fn a_message_that_did_not_go_out_changes_nothing() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    wait(&test).await;
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    let (said, page) = browser.step("resend", "1").await;
    assert_eq!(said, "e=gateway");
    assert!(says(
        &page,
        "The message could not be sent, and nothing was changed."
    ));
    let number = started(&test, "alice").await;
    test.stack.outbox().set_outcome(Outcome::Refused);
    let (said, page) = number.step("mobileNumber", NEW).await;
    assert_eq!(said, "e=unreachable");
    assert!(says(&page, "This number cannot be reached.") && has_field(&page, "mobileNumber"));
    assert_eq!(browser.step("code", &code).await.1.status, 303);
}

#[tokio::test]
async fn storage_that_is_away_is_a_page_and_a_time() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    let log = Log::listen(LevelFilter::WARN);
    for answer in [
        {
            test.stack.faults().fail("GetItem", Fault::Throttled, 100);
            browser.page().await
        },
        {
            test.stack
                .faults()
                .fail("UpdateItem", Fault::Throttled, 100);
            browser.post("code", &code).await
        },
    ] {
        assert_eq!(answer.status, 503, "{answer}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(says(
            &answer,
            "The service is not available. Try again later."
        ));
        assert!(says(&answer, &format!("href=\"{}\"", browser.id)));
    }
    assert!(!log.take().is_empty());
    test.stack.faults().clear_faults();
    assert_eq!(browser.step("code", &code).await.1.status, 303);
}
