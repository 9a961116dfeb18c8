//! A code of one door opens no other, and failures are those of the account, wherever they were made.

use local::testing::{BOB, Event, TestApp};
use serde_json::json;

use crate::support::{NEW, OTHER, not, primary, started, told, wait};

fn me(code: &str) -> Event {
    Event::shipped("validate-code/me").body(&json!({ "code": code }))
}

fn by_admin(code: &str) -> Event {
    let body = json!({ "code": code, "user": { "username": "bob123" } });
    Event::shipped("validate-code/privileged").body(&body)
}

fn nobody_named(code: &str) -> Event {
    Event::shipped("validate-code/privileged").body(&json!({ "code": code }))
}

fn transmit(number: &str, code: &str) -> Event {
    let body = json!({ "phone_number": number, "passcode": code });
    Event::shipped("transmit/validate").body(&body)
}

/// Bob is sent a code at each door; ten letters and digits, so that no two are the same.
async fn codes(test: &TestApp) -> [String; 2] {
    let event = Event::shipped("scim-patch/patch-me").replacing(&primary(NEW));
    assert_eq!(test.patch(&event).await.status, 200);
    let of_primary = test.code();
    let event = Event::shipped("transmit/send").body(&json!({ "phone_number": OTHER }));
    assert_eq!(test.transmit(&event).await.status, 200);
    let of_list = test.code();
    [of_primary, of_list]
}

const LONG: &[&str] = &[
    "OtpLength=10",
    "OtpCharacters=numeric,uppercase,lowercase",
    "MaxFailures=100",
];

#[tokio::test]
async fn a_login_code_opens_no_other_door() {
    let test = TestApp::with(LONG).await;
    codes(&test).await;
    let flow = started(&test, "bob123").await;
    let code = test.code();
    assert_eq!(test.validate(&me(&code)).await.gist(), "400 18001");
    assert_eq!(test.validate(&by_admin(&code)).await.gist(), "400 18001");
    assert_eq!(
        test.validate(&nobody_named(&code)).await.gist(),
        "400 18001"
    );
    for number in [NEW, OTHER] {
        let answer = test.transmit(&transmit(number, &code)).await;
        assert_eq!(answer.gist(), "400 18001");
    }
    assert_eq!(told(&flow.verify(&code).await), "SUCCESS_COMPLETED - sms");
}

#[tokio::test]
async fn no_other_code_opens_this_door() {
    let test = TestApp::with(LONG).await;
    let [of_primary, of_list] = codes(&test).await;
    let flow = started(&test, "bob123").await;
    for code in [&of_primary, &of_list] {
        assert_eq!(told(&flow.verify(code).await), "FAIL_INCOMPLETE OTP");
        assert_eq!(told(&flow.backup_code(code).await), "FAIL_INCOMPLETE OTP");
    }
    assert_eq!(
        told(&flow.backup_code(&test.code()).await),
        "FAIL_INCOMPLETE OTP"
    );
    assert_eq!(test.validate(&me(&of_primary)).await.status, 202);
    assert_eq!(test.transmit(&transmit(OTHER, &of_list)).await.status, 200);
}

#[tokio::test]
async fn a_code_of_one_flow_opens_no_other() {
    let test = TestApp::with(LONG).await;
    let first = started(&test, "bob123").await;
    let code = test.code();
    wait(&test).await;
    let second = started(&test, "bob123").await;
    assert_eq!(told(&second.verify(&code).await), "FAIL_INCOMPLETE OTP");
    assert_eq!(
        told(&first.verify(&test.code()).await),
        "FAIL_INCOMPLETE OTP"
    );
    assert_eq!(told(&first.verify(&code).await), "SUCCESS_COMPLETED - sms");
    assert_eq!(
        told(&second.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
}

#[tokio::test]
async fn failures_of_all_doors_lock_the_account() {
    let test = TestApp::start().await;
    let event = Event::shipped("scim-patch/patch-me").replacing(&primary(NEW));
    assert_eq!(test.patch(&event).await.status, 200);
    let of_claim = test.code();
    let flow = started(&test, "bob123").await;
    let code = test.code();
    for _ in 0..5 {
        assert_eq!(
            test.validate(&me(&not(&of_claim))).await.gist(),
            "400 18001"
        );
        assert_eq!(told(&flow.verify(&not(&code)).await), "FAIL_INCOMPLETE OTP");
    }
    assert_eq!(test.failures(BOB).await, 10);
    for answer in [
        flow.verify(&code).await,
        test.validate(&me(&of_claim)).await,
    ] {
        assert_eq!(told(&answer), "429 17003");
        assert!(answer.header("retry-after").is_some());
    }
    wait(&test).await;
    assert_eq!(told(&flow.resend().await), "429 17003");
    let other = test
        .second_factor(&crate::support::initiate("bob123"))
        .await;
    assert_eq!(told(&other), "429 17003");
    assert_eq!(test.sent_to().len(), 2);
}

/// A success ends its own try and what was tried for the same number, not the hour's count.
#[tokio::test]
async fn a_success_strikes_its_number_out_of_the_row() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    let code = test.code();
    for _ in 0..3 {
        flow.verify(&not(&code)).await;
    }
    let row = async || test.verification(BOB).await["failed"]["streak"].clone();
    assert_eq!(
        row()
            .await
            .as_object()
            .unwrap()
            .values()
            .filter(|to| **to != "")
            .count(),
        3
    );
    assert_eq!(told(&flow.verify(&code).await), "SUCCESS_COMPLETED - sms");
    assert_eq!(test.failures(BOB).await, 3);
    assert_eq!(row().await, json!({}));
}

/// A locked account's right code is no oracle: right and wrong are the same.
#[tokio::test]
async fn a_locked_account_tells_nothing() {
    let test = TestApp::with(&["MaxFailures=3"]).await;
    let flow = started(&test, "bob123").await;
    let code = test.code();
    for _ in 0..3 {
        flow.verify(&not(&code)).await;
    }
    let (right, wrong) = (flow.verify(&code).await, flow.verify(&not(&code)).await);
    assert_eq!(
        (told(&right), told(&wrong)),
        ("429 17003".into(), "429 17003".into())
    );
}
