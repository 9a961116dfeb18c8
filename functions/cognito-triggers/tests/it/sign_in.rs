//! Sign-ins to their end: by the code, and by each row of the truth table that ends otherwise.

use local::testing::{BOB, Event, Log, TestApp};
use serde_json::json;

use crate::support::{NEW, Seen, SignIn, challenge, not, write_bob};

#[tokio::test]
async fn the_password_then_the_code() {
    let test = TestApp::start().await;
    let log = Log::of_audit();
    let mut bob = SignIn::of_bob(&test);
    assert_eq!(bob.password().await, challenge("OTP *******111"));
    assert_eq!(test.sent_to(), ["+60111111111"]);
    assert_eq!(bob.answer(&test.code()).await, Seen::Tokens);
    let told = log.take();
    let told = told.iter().filter_map(|line| line["event"].as_str());
    let told: Vec<&str> = told.filter(|event| event.starts_with("login")).collect();
    assert_eq!(told, ["login_started", "login_succeeded"]);
    assert_eq!(test.failures(BOB).await, 0);
}

#[tokio::test]
async fn a_wrong_code_is_asked_again_without_a_message() {
    let test = TestApp::start().await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let code = test.code();
    let first = bob.private.clone();
    assert_eq!(bob.answer(&not(&code)).await, challenge("OTP *******111"));
    assert_eq!(bob.private, first, "the same flow");
    assert_eq!(test.sent_to().len(), 1);
    assert_eq!(test.failures(BOB).await, 1);
    assert_eq!(bob.answer(&code).await, Seen::Tokens);
}

#[tokio::test]
async fn five_wrong_codes_end_the_sign_in() {
    let test = TestApp::start().await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let code = test.code();
    for _ in 0..4 {
        assert_eq!(bob.answer(&not(&code)).await, challenge("OTP *******111"));
    }
    assert_eq!(bob.answer(&not(&code)).await, Seen::NotAuthorized);
    assert_eq!(bob.verified(&code).await, Ok(false), "a dead code");
    assert_eq!(test.failures(BOB).await, 6);
}

#[tokio::test]
async fn one_wrong_code_where_nothing_is_tried_again() {
    let test = TestApp::with(&["RetryEnable=false"]).await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let code = test.code();
    assert_eq!(bob.answer(&not(&code)).await, Seen::NotAuthorized);
    assert_eq!(bob.verified(&code).await, Ok(false));
}

#[tokio::test]
async fn the_code_is_good_for_as_long_as_everywhere() {
    let test = TestApp::start().await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let code = test.code();
    test.stack
        .clock()
        .advance(std::time::Duration::from_mins(5));
    assert_eq!(bob.answer(&code).await, challenge("OTP *******111"));
    test.stack
        .clock()
        .advance(std::time::Duration::from_mins(5));
    assert_eq!(
        bob.answer("resend").await,
        Seen::NotAuthorized,
        "the flow's time"
    );
}

#[tokio::test]
async fn nothing_is_asked_where_the_rules_ask_for_nothing() {
    let test = TestApp::start().await;
    let log = Log::of_audit();
    assert_eq!(SignIn::of_alice(&test).password().await, Seen::Tokens);
    let stranger = SignIn::of(&test, "carol", "0e9e5eb4-5f2b-4d1a-8c2c-9d7b8a3b1c11");
    let mut stranger = stranger;
    assert_eq!(stranger.password().await, Seen::Tokens);
    write_bob(
        &test,
        &json!({ "urn:scim:wso2:schema": { "smsOtpDisabled": true } }),
    )
    .await;
    assert_eq!(SignIn::of_bob(&test).password().await, Seen::Tokens);
    assert_eq!(test.sent_to(), Vec::<String>::new());
    let lines = log.take();
    let skipped = lines.iter().filter(|line| line["method"] == "none").count();
    assert_eq!(skipped, 3);
}

#[tokio::test]
async fn whom_the_rules_refuse_gets_no_tokens() {
    let must = ["SmsOtpMandatory=true", "CaptureAndUpdateMobileNumber=false"];
    let test = TestApp::with(&must).await;
    assert_eq!(
        SignIn::of_alice(&test).password().await,
        Seen::NotAuthorized
    );
    let mut stranger = SignIn::of(&test, "carol", "0e9e5eb4-5f2b-4d1a-8c2c-9d7b8a3b1c11");
    assert_eq!(stranger.password().await, Seen::NotAuthorized);
    let mut without_id = SignIn::of(&test, "carol", "no id of ours");
    assert_eq!(without_id.password().await, Seen::NotAuthorized);
    write_bob(&test, &json!({ "active": false })).await;
    assert_eq!(SignIn::of_bob(&test).password().await, Seen::NotAuthorized);
    assert_eq!(test.sent_to(), Vec::<String>::new());
}

/// Deactivated in the middle, the code in hand.
#[tokio::test]
async fn a_user_who_was_deactivated_meanwhile() {
    let test = TestApp::start().await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let code = test.code();
    write_bob(&test, &json!({ "active": false })).await;
    assert_eq!(bob.answer(&code).await, Seen::NotAuthorized);
}

#[tokio::test]
async fn the_user_is_who_the_identity_attribute_says() {
    let test = TestApp::with(&["IdentityAttribute=userName"]).await;
    let mut bob = SignIn::of(&test, "BOB123", "another sub");
    assert_eq!(bob.password().await, challenge("OTP *******111"));
    let test = TestApp::with(&["IdentityAttribute=externalId"]).await;
    let event = Event::shipped("scim-users/create");
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "carol", "externalId": "pool-sub",
    });
    let created = test.users(&event.body(&body)).await;
    assert_eq!(created.status, 201, "{created}");
    let id = created.body["id"].as_str().unwrap().to_owned();
    let mut user = test.user(&id).await;
    user["primary"] = NEW.into();
    user["phoneVerified"] = true.into();
    test.put_user_item(&user).await;
    let mut carol = SignIn::of(&test, "another name", "pool-sub");
    assert_eq!(carol.password().await, challenge("OTP *******789"));
    assert_eq!(carol.answer(&test.code()).await, Seen::Tokens);
}
