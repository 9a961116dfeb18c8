//! How many login codes there are: caps of their own, so that neither kind of message uses up the other's.

use std::time::Duration;

use local::testing::{BOB, Event, TestApp};
use shared::platform::outbox::Outcome;

use crate::support::{NEW, initiate, primary, started, told, wait};

#[tokio::test]
async fn thirty_seconds_between_two() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    for answer in [
        flow.resend().await,
        test.second_factor(&initiate("bob123")).await,
    ] {
        assert_eq!(told(&answer), "429 VRF-42900");
        assert_eq!(answer.header("retry-after"), Some("30"));
    }
    wait(&test).await;
    assert_eq!(flow.resend().await.status, 201);
}

#[tokio::test]
async fn ten_an_hour_and_thirty_a_day() {
    let test = TestApp::at_the_hour(&[]).await;
    let mut sent = 0;
    for hour in 0..4 {
        for _ in 0..10 {
            if told(&test.second_factor(&initiate("bob123")).await) == "INCOMPLETE OTP" {
                sent += 1;
            }
            test.stack.clock().advance(Duration::from_secs(31));
        }
        let refused = told(&test.second_factor(&initiate("bob123")).await);
        assert_eq!(refused, "429 VRF-42901", "hour {hour}");
        test.stack.clock().advance(Duration::from_hours(1));
    }
    assert_eq!(sent, 30);
}

/// Sign-ins of several people with one number: the number counts.
#[tokio::test]
async fn ten_an_hour_to_one_number() {
    let settings = ["SmsOtpMandatory=true", "SendOtpDirectlyToMobile=true"];
    let test = TestApp::at_the_hour(&settings).await;
    for n in 0..10 {
        let flow = started(&test, &format!("nobody{n}")).await;
        assert_eq!(told(&flow.mobile(NEW).await), "INCOMPLETE OTP");
    }
    let flow = started(&test, "somebody").await;
    assert_eq!(told(&flow.mobile(NEW).await), "429 VRF-42902");
    assert_eq!(
        told(&flow.outcome().await),
        "INCOMPLETE MOBILE_NUMBER",
        "as it was"
    );
    assert_eq!(test.sent_to().len(), 10);
    // The one who was refused has had no message, and may have one elsewhere.
    assert_eq!(told(&flow.mobile("+60129876543").await), "INCOMPLETE OTP");
}

#[tokio::test]
async fn codes_of_verifications_and_of_sign_ins_do_not_use_up_each_other() {
    let test = TestApp::at_the_hour(&["MaxSendsPerHour=1"]).await;
    let event = Event::shipped("scim-patch/patch-me").replacing(&primary(NEW));
    assert_eq!(test.patch(&event).await.status, 200);
    for _ in 0..3 {
        started(&test, "bob123").await;
        wait(&test).await;
    }
    let other = Event::shipped("scim-patch/patch-me").replacing(&primary("+60129876543"));
    assert_eq!(test.patch(&other).await.status, 429);
    assert_eq!(test.sent_to().len(), 4);
}

#[tokio::test]
async fn the_deployments_budget_is_one() {
    let test = TestApp::at_the_hour(&["MaxSendsPerHourInAll=1"]).await;
    started(&test, "bob123").await;
    wait(&test).await;
    let answer = test.second_factor(&initiate("bob123")).await;
    assert_eq!(told(&answer), "429 VRF-42904");
    let pending = test.pending(BOB).await;
    assert_eq!(
        pending["logins"]["sends"].as_object().unwrap().len(),
        1,
        "not counted"
    );
}

/// A back end asks for many: its address is nobody's.
#[tokio::test]
async fn addresses_do_not_count() {
    let test = TestApp::at_the_hour(&["MaxSendsPerIpPerHour=1"]).await;
    for _ in 0..3 {
        started(&test, "bob123").await;
        wait(&test).await;
    }
    assert_eq!(test.sent_to().len(), 3);
}

#[tokio::test]
async fn a_message_that_fails_leaves_all_as_it_was() {
    let test = TestApp::at_the_hour(&[]).await;
    let flow = started(&test, "bob123").await;
    let code = test.code();
    wait(&test).await;
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    assert_eq!(told(&flow.resend().await), "502 VRF-50200");
    assert_eq!(
        told(&test.second_factor(&initiate("bob123")).await),
        "502 VRF-50200"
    );
    test.stack.outbox().set_outcome(Outcome::Refused);
    assert_eq!(told(&flow.resend().await), "502 VRF-50201");
    test.stack.outbox().set_outcome(Outcome::Delivered);
    let pending = test.pending(BOB).await;
    assert_eq!(pending["logins"]["sends"].as_object().unwrap().len(), 1);
    assert_eq!(pending["logins"]["unsent"].as_object().unwrap().len(), 3);
    assert_eq!(
        told(&flow.verify(&code).await),
        "SUCCESS_COMPLETED - sms",
        "the old code lives"
    );
}

#[tokio::test]
async fn ten_messages_an_hour_fail() {
    let test = TestApp::at_the_hour(&[]).await;
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    for _ in 0..10 {
        let answer = test.second_factor(&initiate("bob123")).await;
        assert_eq!(told(&answer), "502 VRF-50200");
    }
    let answer = test.second_factor(&initiate("bob123")).await;
    assert_eq!(told(&answer), "429 VRF-42905");
    // Other messages have failures of their own.
    let event = Event::shipped("scim-patch/patch-me").replacing(&primary(NEW));
    assert_eq!(test.patch(&event).await.gist(), "502 VRF-50200");
}
