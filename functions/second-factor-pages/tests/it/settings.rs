//! Each switch in both positions, as far as pages show it.

use local::testing::{Event, TestApp};

use crate::support::{has_field, html, not, says, stack, started, without_way_back};

#[tokio::test]
async fn off_there_is_nothing() {
    let test = stack(&["HostedPages=false"]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    let style = Event::shipped("second-factor-pages/style");
    for answer in [
        browser.page().await,
        browser.post("code", &code).await,
        test.second_factor_pages(&style).await,
    ] {
        assert_eq!(answer.status, 404);
        assert_eq!(answer.body["message"], "Not Found");
    }
    assert_eq!(browser.status().await, "INCOMPLETE");
}

#[tokio::test]
async fn what_is_switched_off_is_not_offered_and_not_done() {
    let test = stack(&["ResendEnable=false", "BackupCode=false"]).await;
    let browser = started(&test, "bob123").await;
    let page = browser.page().await;
    assert!(has_field(&page, "code"));
    assert!(!has_field(&page, "resend") && !has_field(&page, "backupCode"));
    for field in ["resend", "backupCode"] {
        let answer = browser.post(field, "1").await;
        assert_eq!(answer.status, 403, "{field}");
        assert!(says(&answer, "This is switched off. Ask support for help."));
    }
    // No text speaks of what cannot be had.
    let wrong = not(&test.code());
    let (said, page) = browser.step("code", &wrong).await;
    assert_eq!(said, "e=code");
    assert!(!says(&page, "send a new one"), "{page}");
    for _ in 0..4 {
        browser.post("code", &wrong).await;
    }
    let page = browser.page().await;
    assert!(says(
        &page,
        "Too many wrong codes. Return to Example and start again."
    ));
    assert!(!says(&page, "<form"));
    let link = browser.way_back().replace('&', "&#38;");
    assert!(says(&page, &format!("href=\"{link}\"")));
    assert_eq!(test.sent_to().len(), 1);
}

/// Where a stored number is asked for nothing, none is taken.
#[tokio::test]
async fn a_stored_number_is_not_replaced() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    let answer = browser.post("mobileNumber", "+60123456789").await;
    assert_eq!(answer.status, 400);
    assert_eq!(test.sent_to().len(), 1);
}

#[tokio::test]
async fn own_pages_take_the_place_of_the_hosted_ones() {
    let test = stack(&[
        "SmsOtpAuthenticationEndpointUrl=https://own.example.com/code?x=1",
        "MobileNumberRegPage=https://own.example.com/number",
        "SmsOtpAuthenticationEndpointErrorPage=https://errors.example.com/",
        "RetryEnable=false",
    ])
    .await;
    let leads_to = |answer: local::testing::Answer| {
        assert_eq!(answer.status, 303, "{answer}");
        answer.header("location").unwrap().to_owned()
    };
    let browser = without_way_back(&test, "bob123").await;
    let id = browser.id.clone();
    let at = leads_to(browser.page().await);
    assert_eq!(at, format!("https://own.example.com/code?x=1&flowId={id}"));
    // A form may still be sent from there or from an old page.
    let (_, end) = browser.step("code", &not(&test.code())).await;
    assert_eq!(
        leads_to(end),
        format!("https://errors.example.com/?flowId={id}")
    );
    let number = without_way_back(&test, "alice").await;
    let at = leads_to(number.page().await);
    assert_eq!(
        at,
        format!("https://own.example.com/number?flowId={}", number.id)
    );
    // Where the flow has a way back, that is where it ends.
    crate::support::wait(&test).await;
    let browser = started(&test, "bob123").await;
    let (_, end) = browser.step("code", &not(&test.code())).await;
    assert_eq!(leads_to(end), browser.way_back());
}

/// The hosted page of the number leads on to the own page of the code: the policy must let the form's redirect go there.
#[tokio::test]
async fn the_policy_lets_forms_lead_on_to_own_pages() {
    let test = stack(&["SmsOtpAuthenticationEndpointUrl=https://own.example.com/code"]).await;
    let browser = started(&test, "alice").await;
    let page = browser.page().await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("form-action 'self' https://own.example.com https://shop.example.com;"),
        "{policy}"
    );
}

#[tokio::test]
async fn multi_option_shows_the_form_of_before() {
    let test = stack(&["RedirectToMultiOptionPageOnFailure=true"]).await;
    let browser = started(&test, "bob123").await;
    let code = test.code();
    let (said, page) = browser.step("code", &not(&code)).await;
    assert_eq!(said, "e=code");
    assert!(has_field(&page, "code"));
    let told = browser.outcome().await;
    assert_eq!(told.body["nextStep"]["prompt"], "MULTI_OPTION");
    assert_eq!(browser.step("code", &code).await.1.status, 303);
}

async fn code_field(test: &TestApp) -> String {
    let browser = started(test, "bob123").await;
    let page = browser.page().await;
    let field = html(&page).split("<input id=\"code\"").nth(1).unwrap();
    field.split('>').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_keyboard_is_that_of_the_alphabet() {
    for (setting, input, capitals) in [
        ("OtpCharacters=numeric", "numeric", "characters"),
        ("OtpCharacters=numeric,uppercase", "text", "characters"),
        ("OtpCharacters=lowercase", "text", "none"),
    ] {
        let field = code_field(&stack(&[setting]).await).await;
        assert!(field.contains("autocomplete=\"one-time-code\""), "{field}");
        assert!(field.contains(&format!("inputmode=\"{input}\"")), "{field}");
        assert!(field.contains(&format!("autocapitalize=\"{capitals}\"")));
    }
}

#[tokio::test]
async fn help_and_hints_are_where_there_are_any() {
    for (settings, help, hint) in [
        (["SupportUrl=", "DefaultRegion=MY"], false, false),
        (
            ["SupportUrl=https://help.example.com/?a&b", "DefaultRegion="],
            true,
            true,
        ),
    ] {
        let test = stack(&settings).await;
        let page = started(&test, "alice").await.page().await;
        let link = "<a href=\"https://help.example.com/?a&#38;b\" rel=\"noopener noreferrer\">Get help</a>";
        assert_eq!(says(&page, link), help, "{page}");
        assert_eq!(says(&page, "Begin with + and the country code."), hint);
        assert_eq!(says(&page, "aria-describedby=\"number-hint\""), hint);
    }
}
