//! What is answered beside a code: backup codes, numbers, another code; and the same answer twice.

use futures_util::future::join_all;
use local::testing::{ALICE, TestApp};
use serde_json::json;

use crate::support::{NEW, Seen, SignIn, backup_codes, challenge, wait, write_bob};

#[tokio::test]
async fn a_backup_code_instead_of_the_code() {
    let test = TestApp::start().await;
    let codes = backup_codes(&test, 2).await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let answer = format!("backup:{}", codes[0]);
    assert_eq!(bob.answer(&answer).await, Seen::Tokens);
    wait(&test);
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    assert_eq!(
        bob.answer(&answer).await,
        challenge("OTP *******111"),
        "used"
    );
    assert_eq!(bob.answer(&test.code()).await, Seen::Tokens);
}

#[tokio::test]
async fn a_backup_code_where_nothing_else_helps() {
    let test = TestApp::with(&["SmsOtpMandatory=true"]).await;
    let codes = backup_codes(&test, 1).await;
    write_bob(
        &test,
        &json!({ "urn:scim:wso2:schema": { "smsOtpDisabled": true } }),
    )
    .await;
    let mut bob = SignIn::of_bob(&test);
    assert_eq!(bob.password().await, challenge("BACKUP_CODE"));
    assert_eq!(bob.answer("222222222").await, challenge("BACKUP_CODE"));
    assert_eq!(bob.answer(&codes[0]).await, Seen::Tokens);
    assert_eq!(test.sent_to(), Vec::<String>::new());
    let mut bob = SignIn::of_bob(&test);
    assert_eq!(bob.password().await, Seen::NotAuthorized, "none left");
}

#[tokio::test]
async fn a_number_is_asked_for_and_stored_with_its_code() {
    let test = TestApp::with(&["SmsOtpMandatory=true"]).await;
    let mut alice = SignIn::of_alice(&test);
    assert_eq!(alice.password().await, challenge("MOBILE_NUMBER"));
    assert_eq!(alice.answer("12").await, challenge("MOBILE_NUMBER"));
    assert_eq!(
        alice.answer("012-345 6780").await,
        challenge("OTP *******780")
    );
    // Mistyped: another one.
    let again = alice.answer(&format!("number:{NEW}")).await;
    assert_eq!(again, challenge("OTP *******789"));
    assert_eq!(test.sent_to(), ["+60123456780", NEW]);
    assert_eq!(test.user(ALICE).await["primary"], json!(null));
    assert_eq!(alice.answer(&test.code()).await, Seen::Tokens);
    let user = test.user(ALICE).await;
    assert_eq!(
        (&user["primary"], &user["phoneVerified"]),
        (&json!(NEW), &json!(true))
    );
}

#[tokio::test]
async fn another_code_on_demand_and_the_old_one_is_dead() {
    let test = TestApp::start().await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let old = test.code();
    assert_eq!(bob.answer("resend").await, challenge("OTP *******111"));
    assert_eq!(test.sent_to().len(), 1, "the cooldown");
    wait(&test);
    assert_eq!(bob.answer("resend").await, challenge("OTP *******111"));
    assert_eq!(test.sent_to().len(), 2);
    if old != test.code() {
        assert_eq!(bob.answer(&old).await, challenge("OTP *******111"));
    }
    assert_eq!(bob.answer(&test.code()).await, Seen::Tokens);
}

#[tokio::test]
async fn what_is_switched_off_changes_nothing() {
    let test = TestApp::with(&["ResendEnable=false", "BackupCode=false"]).await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let code = test.code();
    wait(&test);
    let same = challenge("OTP *******111");
    for answer in [
        "resend",
        "backup:abcde-fghjk",
        &format!("number:{NEW}"),
        "+1",
        "",
    ] {
        assert_eq!(bob.answer(answer).await, same, "{answer}");
    }
    assert_eq!(test.sent_to().len(), 1);
    assert_eq!(bob.answer(&code).await, Seen::Tokens);
}

#[tokio::test]
async fn a_sign_in_has_twenty_challenges() {
    let test = TestApp::start().await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    for _ in 0..19 {
        assert_eq!(bob.answer("resend").await, challenge("OTP *******111"));
    }
    assert_eq!(bob.answer("resend").await, Seen::NotAuthorized);
}

#[tokio::test]
async fn a_right_answer_is_right_once() {
    let test = TestApp::start().await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let code = test.code();
    assert_eq!(bob.verified(&code).await, Ok(true));
    assert_eq!(bob.verified(&code).await, Ok(false));
    // A session that never saw the success gets nowhere.
    assert_eq!(bob.answer(&code).await, Seen::NotAuthorized);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_parallel_answers_one_is_right() {
    for _ in 0..5 {
        let test = TestApp::start().await;
        let mut bob = SignIn::of_bob(&test);
        bob.password().await;
        let code = test.code();
        let answers = join_all((0..8).map(|_| bob.verified(&code))).await;
        let right = answers.iter().filter(|one| **one == Ok(true)).count();
        assert!(
            right <= 1 && answers.iter().all(Result::is_ok),
            "{answers:?}"
        );
        assert_eq!(right, 1, "{answers:?}");
    }
}
