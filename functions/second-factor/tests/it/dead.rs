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

/// It is not the user's own any more for a moment, and that is enough.
#[tokio::test]
async fn codes_do_not_come_back_to_life() {
    let test = TestApp::start().await;
    is_dead(&test, async |test: &TestApp| {
        write_bob(test, &json!({ "active": false })).await;
        write_bob(test, &json!({ "active": true })).await;
    })
    .await;
    let test = TestApp::start().await;
    let codes = codes_for(&test, "bob123", 1).await;
    let flow = started(&test, "bob123").await;
    write_bob(&test, &json!({ "active": false })).await;
    write_bob(&test, &json!({ "active": true })).await;
    assert_eq!(told(&flow.backup_code(&codes[0]).await), "FAIL_COMPLETED -");
    wait(&test).await;
    let next = started(&test, "bob123").await;
    assert_eq!(
        told(&next.backup_code(&codes[0]).await),
        "SUCCESS_COMPLETED - otp",
        "the next sign-in takes it"
    );
}

/// Nobody was known by the name, and somebody is by now.
#[tokio::test]
async fn a_name_that_is_a_users_by_now_has_no_number_of_its_own_choice() {
    let settings = ["SmsOtpMandatory=true", "SendOtpDirectlyToMobile=true"];
    let test = TestApp::with(&settings).await;
    let create = async || {
        let user = json!({ "userName": "newbie" });
        let event = Event::shipped("scim-users/create").body(&user);
        assert_eq!(test.users(&event).await.status, 201);
    };
    let before = started(&test, "Newbie").await;
    let between = started(&test, "newbie").await;
    assert_eq!(told(&between.mobile(NEW).await), "INCOMPLETE OTP");
    let code = test.code();
    create().await;
    assert_eq!(told(&before.mobile(OTHER).await), "FAIL_COMPLETED -");
    assert_eq!(told(&between.verify(&code).await), "FAIL_COMPLETED -");
    assert_eq!(test.sent_to(), [NEW]);

    let test = TestApp::with(&settings).await;
    let flow = started(&test, "newbie").await;
    assert_eq!(told(&flow.mobile(NEW).await), "INCOMPLETE OTP");
    let user = json!({ "userName": "newbie" });
    let event = Event::shipped("scim-users/create").body(&user);
    assert_eq!(test.users(&event).await.status, 201);
    wait(&test).await;
    assert_eq!(told(&flow.resend().await), "404 VRF-40400");
    assert_eq!(test.sent_to(), [NEW], "no other code goes out, either");
}

/// A claim on the number that is captured, or on another, ends: there is a verified primary now.
#[tokio::test]
async fn a_pending_claim_ends_with_what_is_captured() {
    for claimed in [NEW, OTHER] {
        let test = TestApp::with(&["SmsOtpMandatory=true"]).await;
        let patch = primary(claimed);
        let event = Event::shipped("scim-patch/patch-me")
            .by(ALICE, "")
            .replacing(&patch);
        assert_eq!(test.patch(&event).await.status, 200);
        let of_claim = test.code();
        let flow = started(&test, "alice").await;
        assert_eq!(told(&flow.mobile(NEW).await), "INCOMPLETE OTP");
        assert_eq!(
            told(&flow.verify(&test.code()).await),
            "SUCCESS_COMPLETED - sms"
        );
        let pending = test.pending(ALICE).await;
        assert!(!pending.contains_key("primaryClaim"), "{pending:?}");
        let typed = json!({ "code": of_claim });
        let event = Event::shipped("validate-code/me")
            .by(ALICE, "")
            .body(&typed);
        assert_eq!(test.validate(&event).await.gist(), "400 18001");
        assert_eq!(test.user(ALICE).await["primary"], NEW);
    }
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
