//! Which numbers can be verified: valid mobile ones, not verified yet, within the list's limit.

use insta::assert_snapshot;
use local::testing::{BOB, TestApp};
use serde_json::json;

use crate::support::{NEW, OTHER, OWN, patch, primary, refused, send, sent, validate};

#[tokio::test]
async fn what_is_no_mobile_number_says_why() {
    let test = TestApp::start().await;
    let mut told = Vec::new();
    for text in [
        "",
        "hello",
        "+999123456789",
        "+60123456789;ext=5",
        "0123456789012345678",
        "+60300",
        "0323456789",
        "0111111112",
    ] {
        let answer = refused(&test, &send(text)).await;
        let description = answer.body["description"].as_str().unwrap().to_owned();
        told.push(format!("{}: {description}", answer.gist()));
    }
    assert_snapshot!(told.join("\n"), @r"
    400 VRF-40000: phone_number is empty.
    400 VRF-40000: phone_number has characters other than digits, spaces and + - . ( ) /.
    400 VRF-40000: phone_number is not a phone number.
    400 VRF-40000: phone_number has an extension or parameter, which a mobile number cannot have.
    400 VRF-40000: phone_number is too long for a phone number.
    400 VRF-40000: phone_number is not a valid number in its region's numbering plan.
    400 VRF-40000: phone_number is not a mobile number.
    400 VRF-40000: phone_number is not a valid number in its region's numbering plan.
    ");
    assert_eq!(
        test.stack.faults().take_calls(),
        ["BatchGetItem"; 3],
        "only what could be stored already is looked for"
    );
    let answer = refused(&test, &validate("hello", "123456")).await;
    assert_eq!(
        answer.body["description"],
        "phone_number has characters other than digits, spaces and + - . ( ) /."
    );
}

#[tokio::test]
async fn without_a_region_only_international_numbers() {
    let test = TestApp::with(&["DefaultRegion="]).await;
    let answer = refused(&test, &send("0123456789")).await;
    assert_eq!(answer.gist(), "400 VRF-40000");
    sent(&test, NEW).await;
}

#[tokio::test]
async fn what_is_verified_needs_no_passcode() {
    let test = TestApp::start().await;
    assert_snapshot!(refused(&test, &send(OWN)).await, @r#"
    409
    {
      "code": "VRF-40902",
      "message": "Conflict",
      "description": "The number is verified for this user already.",
      "traceId": "XNQ217dJjoEEJ8w="
    }
    "#);
    let code = sent(&test, NEW).await;
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    assert_eq!(refused(&test, &send(NEW)).await.gist(), "409 VRF-40902");
    assert_eq!(
        refused(&test, &send("012-3456789")).await.gist(),
        "409 VRF-40902"
    );
}

#[tokio::test]
async fn a_verified_primary_outside_the_list_is_verified() {
    let test = TestApp::start().await;
    patch(
        &test,
        &json!({ "urn:scim:wso2:schema": { "mobileNumbers": [] } }),
    )
    .await;
    assert_eq!(test.user(BOB).await["verifiedMobileNumbers"], json!([]));
    assert_eq!(refused(&test, &send(OWN)).await.gist(), "409 VRF-40902");
}

#[tokio::test]
async fn without_lists_only_the_primary_is_verified() {
    let test = TestApp::with(&["MultipleMobileNumbers=false"]).await;
    assert_eq!(refused(&test, &send(OWN)).await.gist(), "409 VRF-40902");
    let code = sent(&test, NEW).await;
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    // It is in the list that nobody sees, and is primary no more. A stored number need not be a valid one.
    let code = sent(&test, OWN).await;
    assert_eq!(test.transmit(&validate(OWN, &code)).await.status, 200);
    assert_eq!(test.user(BOB).await["primary"], OWN);
}

#[tokio::test]
async fn while_verification_is_off_nothing_is_verified() {
    let test = TestApp::with(&["EnableVerification=false"]).await;
    assert_snapshot!(refused(&test, &send(NEW)).await, @r#"
    403
    {
      "code": "VRF-40302",
      "message": "Forbidden",
      "description": "Verification is switched off here.",
      "traceId": "XNQ217dJjoEEJ8w="
    }
    "#);
}

#[tokio::test]
async fn the_verify_claim_is_this_call_itself() {
    let test = TestApp::with(&["UseVerifyClaim=true"]).await;
    sent(&test, NEW).await;
}

#[tokio::test]
async fn a_full_list_is_told_before_a_message() {
    let test = TestApp::with(&["MaxMobileNumbers=2"]).await;
    patch(
        &test,
        &json!({ "urn:scim:wso2:schema": { "mobileNumbers": [OWN, NEW] } }),
    )
    .await;
    assert_snapshot!(refused(&test, &send(OTHER)).await, @r#"
    400
    {
      "code": "VRF-40000",
      "message": "Bad Request",
      "description": "phone_number is one more than the numbers that a user may have.",
      "traceId": "XNQ217dJjoEEJ8w="
    }
    "#);
    let code = sent(&test, NEW).await;
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    assert_eq!(
        test.user(BOB).await["verifiedMobileNumbers"],
        json!([OWN, NEW])
    );
}

#[tokio::test]
async fn a_pending_number_makes_room_for_the_one_that_replaces_it() {
    let test = TestApp::with(&["MaxMobileNumbers=2"]).await;
    let old = sent(&test, NEW).await;
    let code = sent(&test, OTHER).await;
    let dead = test.transmit(&validate(NEW, &old)).await;
    assert_eq!(dead.gist(), "400 18001");
    assert_eq!(test.transmit(&validate(OTHER, &code)).await.status, 200);
    assert_eq!(test.user(BOB).await["mobileNumbers"], json!([OWN, OTHER]));
}

#[tokio::test]
async fn without_lists_there_is_no_limit_to_reach() {
    let test = TestApp::with(&["MultipleMobileNumbers=false", "MaxMobileNumbers=1"]).await;
    let code = sent(&test, NEW).await;
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    patch(&test, &primary(OTHER)).await;
    assert_eq!(test.pending(BOB).await["primaryClaim"]["number"], OTHER);
}
