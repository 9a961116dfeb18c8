//! Codes that let nobody in any more, since the user is not what it was when they were sent.

use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::json;

use crate::support::{
    NEW, OTHER, OWN, codes_for, disabled, primary, started, told, wait, write_bob,
};

/// The flow fails whatever is typed, without a failure that counts.
async fn is_dead(test: &TestApp, change: impl AsyncFnOnce(&TestApp)) {
    let flow = started(test, "bob123").await;
    let code = test.code();
    change(test).await;
    assert_eq!(told(&flow.verify(&code).await), "FAIL_COMPLETED -");
    assert_eq!(told(&flow.outcome().await), "FAIL_COMPLETED -");
    assert_eq!(told(&flow.verify(&code).await), "404 VRF-40400");
    assert_eq!(test.failures(BOB).await, 0);
}

#[tokio::test]
async fn a_number_that_was_removed() {
    let test = TestApp::start().await;
    let removing = json!({ "phoneNumbers": [], "urn:scim:wso2:schema": { "mobileNumbers": [] } });
    is_dead(&test, async |test: &TestApp| {
        write_bob(test, &removing).await;
    })
    .await;
}

#[tokio::test]
async fn a_number_that_was_changed() {
    let test = TestApp::start().await;
    is_dead(&test, async |test: &TestApp| {
        let event = Event::shipped("scim-patch/patch-me").replacing(&primary(NEW));
        assert_eq!(test.patch(&event).await.status, 200);
        let event = Event::shipped("validate-code/me").body(&json!({ "code": test.code() }));
        assert_eq!(test.validate(&event).await.status, 202);
        assert_eq!(test.user(BOB).await["primary"], NEW);
    })
    .await;
}

#[tokio::test]
async fn a_user_who_was_deactivated_or_deleted() {
    let test = TestApp::start().await;
    is_dead(&test, async |test: &TestApp| {
        write_bob(test, &json!({ "active": false })).await;
    })
    .await;
    let test = TestApp::start().await;
    is_dead(&test, async |test: &TestApp| {
        let deleted = test.users(&Event::shipped("scim-users/delete")).await;
        assert_eq!(deleted.status, 204);
    })
    .await;
}

#[tokio::test]
async fn a_backup_code_of_a_user_who_was_deactivated() {
    let test = TestApp::start().await;
    let codes = codes_for(&test, "bob123", 1).await;
    let flow = started(&test, "bob123").await;
    write_bob(&test, &json!({ "active": false })).await;
    assert_eq!(told(&flow.backup_code(&codes[0]).await), "FAIL_COMPLETED -");
    assert_eq!(
        test.user(BOB).await["backupCodes"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// What else changes about a user does not matter.
#[tokio::test]
async fn a_user_with_another_title_or_without_the_second_factor_gets_in() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    write_bob(&test, &json!({ "title": "Dr" })).await;
    write_bob(&test, &disabled(true)).await;
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
    assert_eq!(test.user(BOB).await["version"], 3, "not written");
}

#[tokio::test]
async fn no_other_code_goes_to_a_number_that_was_removed() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    let removing = json!({ "phoneNumbers": [], "urn:scim:wso2:schema": { "mobileNumbers": [] } });
    write_bob(&test, &removing).await;
    wait(&test).await;
    assert_eq!(told(&flow.resend().await), "404 VRF-40400");
    assert_eq!(test.sent_to(), [OWN]);
    assert_eq!(told(&flow.outcome().await), "FAIL_COMPLETED -");
}

const MANDATORY: &[&str] = &["SmsOtpMandatory=true", "VerifiedNumberUniqueness=verified"];

/// A number of one's own was verified meanwhile: the one that is being captured does not take its place.
#[tokio::test]
async fn a_captured_number_does_not_bypass_one_that_was_verified() {
    let test = TestApp::with(MANDATORY).await;
    let flow = started(&test, "alice").await;
    assert_eq!(told(&flow.mobile(NEW).await), "INCOMPLETE OTP");
    let code = test.code();
    let event = Event::shipped("scim-patch/patch-me")
        .by(ALICE, "")
        .replacing(&primary(OTHER));
    assert_eq!(test.patch(&event).await.status, 200);
    let typed = json!({ "code": test.code() });
    let event = Event::shipped("validate-code/me")
        .by(ALICE, "")
        .body(&typed);
    assert_eq!(test.validate(&event).await.status, 202);
    assert_eq!(told(&flow.verify(&code).await), "FAIL_COMPLETED -");
    assert_eq!(test.user(ALICE).await["primary"], OTHER);
    // Nor is another asked for.
    let flow = started(&test, "alice").await;
    assert_eq!(told(&flow.mobile(NEW).await), "400 VRF-40000");
}

#[tokio::test]
async fn a_number_that_is_verified_for_another_user_is_not_captured() {
    let test = TestApp::with(MANDATORY).await;
    // Bob's own is known as his once he has proved it under this setting.
    let event = Event::shipped("scim-patch/patch-me").replacing(&primary(NEW));
    assert_eq!(test.patch(&event).await.status, 200);
    let event = Event::shipped("validate-code/me").body(&json!({ "code": test.code() }));
    assert_eq!(test.validate(&event).await.status, 202);
    let before = test.user(ALICE).await;
    let flow = started(&test, "alice").await;
    assert_eq!(
        told(&flow.mobile(NEW).await),
        "INCOMPLETE OTP",
        "nobody is told"
    );
    assert_eq!(told(&flow.verify(&test.code()).await), "FAIL_COMPLETED -");
    assert_eq!(told(&flow.outcome().await), "FAIL_COMPLETED -");
    assert_eq!(test.user(ALICE).await, before);
    assert_eq!(test.failures(ALICE).await, 0);
}

/// The right code of a number that is captured tells the number of before, if it was verified; there is none.
#[tokio::test]
async fn an_unverified_primary_is_replaced_by_what_is_captured() {
    let test = TestApp::with(MANDATORY).await;
    let mut alice = test.user(ALICE).await;
    alice["primary"] = json!(OTHER);
    test.put_user_item(&alice).await;
    let flow = started(&test, "alice").await;
    assert_eq!(told(&flow.mobile(NEW).await), "INCOMPLETE OTP");
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
    let alice = test.user(ALICE).await;
    assert_eq!(
        (&alice["primary"], &alice["phoneVerified"]),
        (&json!(NEW), &json!(true))
    );
    assert_eq!(
        test.users_item(&format!("PHONE#{NEW}")).await["user"],
        ALICE
    );
}
