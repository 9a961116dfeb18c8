//! A claim is one claim: started here or by a PATCH, proved here or by validate-code, renewed by resend-code.

use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::json;

use crate::support::{COOLDOWN, NEW, OTHER, OWN, patch, primary, refused, send, sent, validate};

const LIST: &str = "MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE";

fn typed(code: &str) -> Event {
    Event::shipped("validate-code/me").body(&json!({ "code": code }))
}

fn list_with(number: &str) -> serde_json::Value {
    json!({ "urn:scim:wso2:schema": { "verifiedMobileNumbers": [OWN, number] } })
}

#[tokio::test]
async fn a_patch_of_the_list_is_proved_here() {
    let test = TestApp::start().await;
    patch(&test, &list_with(NEW)).await;
    let code = test.code();
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    assert_eq!(
        test.user(BOB).await["verifiedMobileNumbers"],
        json!([OWN, NEW])
    );
}

#[tokio::test]
async fn a_patch_of_the_primary_is_not() {
    let test = TestApp::start().await;
    patch(&test, &primary(NEW)).await;
    let code = test.code();
    assert_eq!(
        test.transmit(&validate(NEW, &code)).await.gist(),
        "400 18001"
    );
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
}

#[tokio::test]
async fn without_lists_it_is() {
    let test = TestApp::with(&["MultipleMobileNumbers=false"]).await;
    patch(&test, &primary(NEW)).await;
    let code = test.code();
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    assert_eq!(test.user(BOB).await["primary"], NEW);
}

#[tokio::test]
async fn a_claim_from_here_is_proved_by_validate_code() {
    let test = TestApp::start().await;
    let code = sent(&test, NEW).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    assert_eq!(
        test.user(BOB).await["verifiedMobileNumbers"],
        json!([OWN, NEW])
    );
    assert_eq!(
        test.transmit(&validate(NEW, &code)).await.gist(),
        "400 18001",
        "used"
    );
}

#[tokio::test]
async fn a_claim_from_here_is_renewed_by_resend_code() {
    let test = TestApp::start().await;
    let old = sent(&test, NEW).await;
    test.stack.clock().advance(COOLDOWN);
    let resend = json!({ "properties": [{ "key": "RecoveryScenario", "value": LIST }] });
    let resend = Event::shipped("resend-code/me").body(&resend);
    assert_eq!(test.resend(&resend).await.status, 201);
    let code = test.code();
    assert_eq!(
        test.transmit(&validate(NEW, &old)).await.gist(),
        "400 18001"
    );
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn a_send_replaces_what_is_pending_for_the_list() {
    let test = TestApp::start().await;
    patch(&test, &list_with(NEW)).await;
    let old = test.code();
    let code = sent(&test, OTHER).await;
    assert_eq!(test.validate(&typed(&old)).await.gist(), "400 18001");
    assert_eq!(test.transmit(&validate(OTHER, &code)).await.status, 200);
}

#[tokio::test]
async fn a_pending_primary_stays_pending() {
    let test = TestApp::start().await;
    patch(&test, &primary(NEW)).await;
    let old = test.code();
    let code = sent(&test, OTHER).await;
    assert_eq!(test.transmit(&validate(OTHER, &code)).await.status, 200);
    assert_eq!(test.validate(&typed(&old)).await.status, 202);
    let user = test.user(BOB).await;
    assert_eq!(user["primary"], NEW);
    assert_eq!(user["verifiedMobileNumbers"], json!([OWN, OTHER]));
}

#[tokio::test]
async fn a_patch_without_the_pending_number_ends_it() {
    let test = TestApp::start().await;
    let code = sent(&test, NEW).await;
    patch(
        &test,
        &json!({ "urn:scim:wso2:schema": { "verifiedMobileNumbers": [OWN] } }),
    )
    .await;
    assert_eq!(
        test.transmit(&validate(NEW, &code)).await.gist(),
        "400 18001"
    );
}

#[tokio::test]
async fn a_passcode_proves_its_own_users_number_only() {
    let test = TestApp::start().await;
    let code = sent(&test, NEW).await;
    let anothers = validate(NEW, &code).by(ALICE, "");
    assert_eq!(test.transmit(&anothers).await.gist(), "400 18001");
    assert_eq!(
        test.transmit(&validate(OTHER, &code)).await.gist(),
        "400 18001"
    );
    assert!(test.user(ALICE).await.get("primary").is_none());
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn a_number_pending_for_one_user_can_be_claimed_by_another() {
    let test = TestApp::start().await;
    let bobs = sent(&test, NEW).await;
    let alices = send(NEW).by(ALICE, "");
    assert_eq!(test.transmit(&alices).await.status, 200);
    let alices = validate(NEW, &test.code()).by(ALICE, "");
    assert_eq!(test.transmit(&alices).await.status, 200);
    assert_eq!(test.transmit(&validate(NEW, &bobs)).await.status, 200);
}

#[tokio::test]
async fn no_other_route_leads_here() {
    let test = TestApp::start().await;
    let event = send(NEW).route("POST", "/cis/v1/verification/otp/sms/other");
    assert_eq!(refused(&test, &event).await.gist(), "404 VRF-40400");
}
