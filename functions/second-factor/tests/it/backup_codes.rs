//! Backup codes: each once, those of before ended by new ones, failures as everywhere.

use local::testing::{BOB, Event, TestApp};
use serde_json::{Value, json};

use crate::support::{codes_for, started, told, wait, write_bob};

async fn left(test: &TestApp) -> usize {
    let user = test.user(BOB).await;
    user["backupCodes"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn each_works_once() {
    let test = TestApp::start().await;
    let codes = codes_for(&test, "bob123", 3).await;
    let flow = started(&test, "bob123").await;
    let spelled = codes[0].to_uppercase().replace('-', " ");
    assert_eq!(
        told(&flow.backup_code(&spelled).await),
        "SUCCESS_COMPLETED - otp"
    );
    assert_eq!(left(&test).await, 2);
    wait(&test).await;
    let flow = started(&test, "bob123").await;
    assert_eq!(
        told(&flow.backup_code(&codes[0]).await),
        "FAIL_INCOMPLETE OTP"
    );
    assert_eq!(test.failures(BOB).await, 1);
    assert_eq!(
        told(&flow.backup_code(&codes[1]).await),
        "SUCCESS_COMPLETED - otp"
    );
    assert_eq!(left(&test).await, 1);
    assert_eq!(test.failures(BOB).await, 1, "the hour's count stays");
}

#[tokio::test]
async fn new_ones_end_those_of_before() {
    let test = TestApp::start().await;
    let old = codes_for(&test, "bob123", 2).await;
    let new = codes_for(&test, "bob123", 20).await;
    assert_eq!(left(&test).await, 20);
    let flow = started(&test, "bob123").await;
    assert_eq!(
        told(&flow.backup_code(&old[0]).await),
        "FAIL_INCOMPLETE OTP"
    );
    assert_eq!(
        told(&flow.backup_code(&new[19]).await),
        "SUCCESS_COMPLETED - otp"
    );
}

#[tokio::test]
async fn of_another_user_they_are_wrong() {
    let test = TestApp::start().await;
    let of_alice = codes_for(&test, "alice", 1).await;
    let flow = started(&test, "bob123").await;
    assert_eq!(
        told(&flow.backup_code(&of_alice[0]).await),
        "FAIL_INCOMPLETE OTP"
    );
}

#[tokio::test]
async fn those_that_scim_wrote_work_and_five_tries_are_compared() {
    let test = TestApp::start().await;
    let list = json!({ "urn:scim:wso2:schema": { "otpBackupCodes": "1234567,7654321" } });
    write_bob(&test, &list).await;
    let flow = started(&test, "bob123").await;
    for _ in 0..5 {
        assert_eq!(
            told(&flow.backup_code("7777777").await),
            "FAIL_INCOMPLETE OTP"
        );
    }
    assert_eq!(
        told(&flow.backup_code("1234567").await),
        "FAIL_INCOMPLETE OTP",
        "not compared"
    );
    wait(&test).await;
    let flow = started(&test, "bob123").await;
    assert_eq!(
        told(&flow.backup_code("1234567").await),
        "SUCCESS_COMPLETED - otp"
    );
}

/// Whoever types them is asked for nothing else.
#[tokio::test]
async fn a_flow_that_asks_for_one() {
    let test = TestApp::with(&["SmsOtpMandatory=true"]).await;
    let codes = codes_for(&test, "bob123", 1).await;
    write_bob(&test, &crate::support::disabled(true)).await;
    let flow = started(&test, "bob123").await;
    assert_eq!(
        told(&flow.verify("123456").await),
        "FAIL_INCOMPLETE BACKUP_CODE"
    );
    assert_eq!(told(&flow.resend().await), "400 UAR-10012");
    assert_eq!(
        told(&flow.backup_code(&codes[0]).await),
        "SUCCESS_COMPLETED - otp"
    );
    assert!(test.sent_to().is_empty());
    let next = started(&test, "bob123").await;
    assert_eq!(
        crate::support::gist(&next.first),
        "FAIL_COMPLETED -",
        "none is left"
    );
}

#[tokio::test]
async fn requests_for_codes_that_are_refused() {
    let test = TestApp::start().await;
    let event = |body: &Value| Event::shipped("second-factor/backup-codes").body(body);
    let bob = json!({ "username": "bob123" });
    for (body, gist) in [
        (json!({}), "400 VRF-40000"),
        (json!({ "user": {} }), "400 VRF-40000"),
        (json!({ "user": bob, "count": 0 }), "400 VRF-40000"),
        (json!({ "user": bob, "count": 21 }), "400 VRF-40000"),
        (json!({ "user": bob, "count": 1.5 }), "400 VRF-40000"),
        (json!({ "user": bob, "count": "10" }), "400 VRF-40000"),
        (json!({ "user": bob, "count": null }), "400 VRF-40000"),
        (json!({ "user": { "username": "nobody" } }), "400 18003"),
    ] {
        let answer = test.second_factor(&event(&body)).await;
        assert_eq!(answer.gist(), gist, "{body}");
    }
    assert_eq!(left(&test).await, 0);
    write_bob(&test, &json!({ "active": false })).await;
    let answer = test.second_factor(&event(&json!({ "user": bob }))).await;
    assert_eq!(answer.gist(), "400 VRF-40000");
    let off = TestApp::with(&["BackupCode=false"]).await;
    let answer = off.second_factor(&event(&json!({ "user": bob }))).await;
    assert_eq!(answer.gist(), "403 VRF-40302");
}

#[tokio::test]
async fn nothing_of_them_is_stored_or_shown_but_a_hash_and_how_many() {
    let test = TestApp::start().await;
    let codes = codes_for(&test, "bob123", 5).await;
    let user = test.user(BOB).await.to_string();
    let shown = test.users(&Event::shipped("scim-users/get")).await;
    for code in &codes {
        let plain = code.replace('-', "");
        assert!(!user.contains(&plain) && !user.contains(code));
        assert!(!shown.to_string().contains(&plain));
    }
    let wso2 = &shown.body["urn:scim:wso2:schema"];
    assert_eq!(wso2["otpBackupCodesRemaining"], 5);
    assert!(wso2["otpBackupCodes"].is_null());
}
