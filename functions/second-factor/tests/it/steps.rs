//! The steps one after the other: tries, other codes, numbers, ends.

use std::time::Duration;

use local::testing::{ALICE, BOB, TestApp};
use serde_json::json;

use crate::support::{NEW, OTHER, OWN, gist, not, started, told, wait};

const MANDATORY: &[&str] = &["SmsOtpMandatory=true"];

#[tokio::test]
async fn five_tries_a_code() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    let code = test.code();
    for _ in 0..5 {
        assert_eq!(told(&flow.verify(&not(&code)).await), "FAIL_INCOMPLETE OTP");
    }
    assert_eq!(
        told(&flow.verify(&code).await),
        "FAIL_INCOMPLETE OTP",
        "not compared"
    );
    assert_eq!(test.failures(BOB).await, 6);
    wait(&test).await;
    assert_eq!(flow.resend().await.status, 201);
    assert_eq!(told(&flow.outcome().await), "INCOMPLETE OTP");
    assert_eq!(
        told(&flow.verify(&code).await),
        "FAIL_INCOMPLETE OTP",
        "the old code is dead"
    );
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
}

#[tokio::test]
async fn a_code_lives_five_minutes_and_a_flow_ten() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    let code = test.code();
    test.stack.clock().advance(Duration::from_mins(5));
    assert_eq!(told(&flow.verify(&code).await), "FAIL_INCOMPLETE OTP");
    assert_eq!(flow.resend().await.status, 201);
    let shown = flow.outcome().await;
    assert_eq!(shown.body["nextStep"]["expiresIn"], 300, "with the flow");
    test.stack.clock().advance(Duration::from_mins(5));
    for answer in [
        flow.verify(&test.code()).await,
        flow.resend().await,
        flow.mobile(NEW).await,
        flow.outcome().await,
    ] {
        assert_eq!(told(&answer), "404 VRF-40400");
    }
}

#[tokio::test]
async fn a_failure_is_told_as_often_as_asked_and_a_success_once() {
    let test = TestApp::with(&["RetryEnable=false"]).await;
    let flow = started(&test, "bob123").await;
    assert_eq!(told(&flow.verify("000000").await), "FAIL_COMPLETED -");
    for _ in 0..3 {
        assert_eq!(told(&flow.outcome().await), "FAIL_COMPLETED -");
    }
    assert_eq!(told(&flow.resend().await), "404 VRF-40400");
    wait(&test).await;
    let skipped = started(&test, "alice").await;
    assert_eq!(told(&skipped.outcome().await), "SUCCESS_COMPLETED -");
    assert_eq!(told(&skipped.outcome().await), "404 VRF-40400");
}

#[tokio::test]
async fn a_code_is_read_as_it_is_typed() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    let code = test.code();
    let spelled = format!(" {} - {}\u{a0}", &code[..3], &code[3..]);
    assert_eq!(
        told(&flow.verify(&spelled).await),
        "SUCCESS_COMPLETED - sms"
    );
}

#[tokio::test]
async fn a_number_is_given_again() {
    let test = TestApp::with(MANDATORY).await;
    let flow = started(&test, "alice").await;
    assert_eq!(told(&flow.resend().await), "400 UAR-10012");
    assert_eq!(told(&flow.mobile(OTHER).await), "INCOMPLETE OTP");
    let mistyped = test.code();
    // Another number need not wait.
    let answer = flow.mobile(NEW).await;
    assert_eq!(told(&answer), "INCOMPLETE OTP");
    assert_eq!(answer.body["nextStep"]["maskedMobileNumber"], "*******789");
    assert_eq!(test.sent_to(), [OTHER, NEW]);
    assert_eq!(told(&flow.mobile(NEW).await), "429 VRF-42900");
    assert_eq!(told(&flow.verify(&mistyped).await), "FAIL_INCOMPLETE OTP");
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
    assert_eq!(test.user(ALICE).await["primary"], NEW);
}

#[tokio::test]
async fn a_stored_number_is_not_replaced() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    assert!(flow.first["nextStep"]["links"]["mobile"].is_null());
    assert_eq!(told(&flow.mobile(NEW).await), "400 VRF-40000");
    assert_eq!(test.sent_to(), [OWN]);
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
}

#[tokio::test]
async fn numbers_that_cannot_be_captured() {
    let test = TestApp::with(&["SmsOtpMandatory=true", "AllowedRegions=MY"]).await;
    let flow = started(&test, "alice").await;
    for number in [
        "",
        "no number",
        "+60312345678",
        "+4915112345678",
        "+60123456789;ext=1",
    ] {
        let answer = flow.mobile(number).await;
        assert_eq!(told(&answer), "400 VRF-40000", "{number}");
        let description = answer.body["description"].as_str().unwrap();
        assert!(description.starts_with("mobileNumber "), "{description}");
    }
    assert!(test.sent_to().is_empty());
    assert_eq!(told(&flow.mobile(NEW).await), "INCOMPLETE OTP");
}

#[tokio::test]
async fn what_is_typed_where_nothing_was_sent_is_wrong_and_counts() {
    let test = TestApp::with(MANDATORY).await;
    let flow = started(&test, "alice").await;
    assert_eq!(
        told(&flow.verify("123456").await),
        "FAIL_INCOMPLETE MOBILE_NUMBER"
    );
    assert_eq!(test.failures(ALICE).await, 1);
}

/// A verified number of the list is one, where the primary is not.
#[tokio::test]
async fn the_verified_list_is_where_codes_go_without_a_verified_primary() {
    let test = TestApp::start().await;
    let mut user = test.user(BOB).await;
    user["phoneVerified"] = false.into();
    user["primary"] = json!(NEW);
    test.put_user_item(&user).await;
    let flow = started(&test, "bob123").await;
    assert_eq!(gist(&flow.first), "INCOMPLETE OTP");
    assert_eq!(test.sent_to(), [OWN]);
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
}
