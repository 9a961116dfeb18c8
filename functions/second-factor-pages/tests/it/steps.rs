//! The way through the pages: each step is a form, a redirect back and a page that says what came of it.

use std::time::Duration;

use local::testing::ALICE;
use serde_json::json;

use crate::support::{NEW, OWN, codes_for, disable, has_field, not, says, stack, started, wait};

#[tokio::test]
async fn the_right_code_leads_back_to_the_application() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let page = browser.page().await;
    assert_eq!(page.status, 200);
    assert!(says(&page, "*******111") && !says(&page, OWN) && !says(&page, "60111"));
    assert!(says(&page, "<h1>Sign in to Example</h1>"));
    assert!(has_field(&page, "code") && has_field(&page, "resend"));
    assert!(has_field(&page, "backupCode") && !has_field(&page, "mobileNumber"));
    assert!(!says(&page, &test.code()));

    let (said, end) = browser.step("code", &test.code()).await;
    assert_eq!((said.as_str(), end.status), ("", 303));
    assert_eq!(end.header("location"), Some(browser.way_back().as_str()));
    assert_eq!(browser.status().await, "SUCCESS_COMPLETED");
}

#[tokio::test]
async fn a_wrong_code_is_told_at_its_field_and_a_reload_tries_nothing() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let right = test.code();
    let mistake = "This code is not right. Check it, or send a new one.";
    assert!(!says(&browser.page().await, mistake));
    let answer = browser.post("code", &not(&right)).await;
    for _ in 0..10 {
        let (said, page) = browser.follow(&answer).await;
        assert_eq!(said, "e=code");
        let told = format!("<p class=\"error\" id=\"code-error\">{mistake}</p>");
        assert!(says(&page, &told), "{page}");
        assert!(says(
            &page,
            "aria-invalid=\"true\" aria-describedby=\"code-error\""
        ));
        assert!(says(&page, "<title>Error: Sign in to Example</title>"));
    }
    assert_eq!(test.failures(local::testing::BOB).await, 1);
    assert_eq!(browser.status().await, "FAIL_INCOMPLETE");
    // As it is pasted, with a blank and full-width digits.
    let digits = right
        .chars()
        .map(|digit| char::from_u32(0xff10 + digit.to_digit(10).unwrap()).unwrap());
    let pasted: String = [' '].into_iter().chain(digits).collect();
    let (_, end) = browser.step("code", &pasted).await;
    assert_eq!(end.status, 303);
}

#[tokio::test]
async fn what_is_no_code_is_no_try() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    for text in ["", "  ", "12345678901", "12-\u{0}34", "\u{ffff}"] {
        let (said, page) = browser.step("code", text).await;
        assert_eq!(said, "e=unreadable", "{text:?}");
        assert!(says(&page, "Enter the code as it stands in the message."));
    }
    assert_eq!(test.failures(local::testing::BOB).await, 0);
    assert_eq!(browser.status().await, "INCOMPLETE");
}

#[tokio::test]
async fn another_code_is_sent_after_a_while_and_ends_the_one_of_before() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let old = test.code();
    test.stack.clock().advance(Duration::from_secs(10));
    let answer = browser.post("resend", "1").await;
    let (said, page) = browser.follow(&answer).await;
    assert!(said.starts_with("e=cooldown&t="), "{said}");
    // In the address a time is whole seconds, of which the last is rounded up.
    let told = |seconds| format!("A code was sent a moment ago. Try again in {seconds} seconds.");
    assert!(says(&page, &told(20)) || says(&page, &told(21)), "{page}");
    assert_eq!(test.sent_to().len(), 1);
    // The same address later: it has become wrong, and so it is not said.
    wait(&test).await;
    let (_, page) = browser.follow(&answer).await;
    assert!(!says(&page, "a moment ago"));

    let (said, page) = browser.step("resend", "1").await;
    assert_eq!(said, "e=resent");
    assert!(says(&page, "role=\"status\">A new code is on its way.</p>"));
    assert!(says(&page, "<title>Sign in to Example</title>"));
    assert_eq!(browser.step("code", &old).await.0, "e=code");
    assert_eq!(browser.step("code", &test.code()).await.1.status, 303);
}

#[tokio::test]
async fn a_number_is_given_given_again_and_proved() {
    let test = stack(&["AllowedRegions=MY"]).await;
    let browser = started(&test, "alice").await;
    let page = browser.page().await;
    assert!(has_field(&page, "mobileNumber") && !has_field(&page, "code"));
    assert!(says(&page, "type=\"tel\"") && says(&page, "autocomplete=\"tel\""));
    for (number, said, text) in [
        ("", "e=number", "This number cannot be used. Check it."),
        ("12", "e=number", "This number cannot be used. Check it."),
        (
            "+4915112345678",
            "e=region",
            "We do not send messages to this country.",
        ),
    ] {
        let (told, page) = browser.step("mobileNumber", number).await;
        assert_eq!(told, said, "{number}");
        assert!(
            says(&page, text) && has_field(&page, "mobileNumber"),
            "{number}"
        );
    }
    let (said, page) = browser.step("mobileNumber", "+60129876543").await;
    assert_eq!(said, "");
    assert!(says(&page, "*******543") && has_field(&page, "code"));
    assert!(says(&page, "<summary>Use another number</summary>"));
    let mistyped = test.code();
    let (_, page) = browser.step("mobileNumber", "+60 12-345 6789").await;
    assert!(says(&page, "*******789"));
    assert_eq!(browser.step("code", &mistyped).await.0, "e=code");
    assert_eq!(browser.step("code", &test.code()).await.1.status, 303);
    assert_eq!(test.user(ALICE).await["primary"], NEW);
    assert_eq!(browser.status().await, "SUCCESS_COMPLETED");
}

#[tokio::test]
async fn a_backup_code_opens_in_place_of_the_message() {
    let test = stack(&[]).await;
    let codes = codes_for(&test, "bob123").await;
    let browser = started(&test, "bob123").await;
    for wrong in ["", "aaaaa-bbbbb", "é"] {
        let (said, page) = browser.step("backupCode", wrong).await;
        assert_eq!(said, "e=backup", "{wrong}");
        assert!(says(&page, "<details open>"), "{page}");
        assert!(says(&page, "aria-describedby=\"backup-hint backup-error\""));
    }
    let typed = codes[0].to_uppercase().replace('-', " ");
    assert_eq!(browser.step("backupCode", &typed).await.1.status, 303);
    let told = browser.outcome().await;
    assert_eq!(told.body["amr"], json!(["otp"]), "{told}");

    // Who wants no messages is asked for one at once.
    disable(&test).await;
    let browser = started(&test, "bob123").await;
    let page = browser.page().await;
    assert!(has_field(&page, "backupCode") && !says(&page, "<details"));
    assert!(!has_field(&page, "code") && !has_field(&page, "resend"));
    assert_eq!(browser.step("backupCode", &codes[0]).await.0, "e=backup");
    assert_eq!(browser.step("backupCode", &codes[1]).await.1.status, 303);
}

/// Whoever is nobody here, and the flow of somebody else, share nothing: a code of one flow is wrong in another.
#[tokio::test]
async fn a_code_is_of_its_own_flow() {
    let test = stack(&["SendOtpDirectlyToMobile=true"]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    let other = started(&test, "nobody").await;
    let page = other.page().await;
    assert!(has_field(&page, "mobileNumber"));
    // Nobody has backup codes.
    assert!(!has_field(&page, "backupCode"));
    assert_eq!(other.step("mobileNumber", NEW).await.0, "");
    assert_eq!(other.step("code", &code).await.0, "e=code");
    assert_eq!(browser.step("code", &test.code()).await.0, "e=code");
    assert_eq!(browser.step("code", &code).await.1.status, 303);
    assert_eq!(other.step("code", &test.code()).await.1.status, 303);
}
