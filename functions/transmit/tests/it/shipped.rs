//! The source document's journey: a passcode is sent, typed, and the number is in the profile, verified.

use insta::assert_snapshot;
use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::json;

use crate::support::{NEW, OWN, send, sent, validate};

const SAMPLE: &str = "+15125555555";

#[tokio::test]
async fn the_samples_of_the_source_document() {
    let test = TestApp::start().await;
    let before = test.user(BOB).await;
    let answer = test.transmit(&Event::shipped("transmit/send")).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "message": "SMS sent"
    }
    "#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-trace-id"), Some("XNQ217dJjoEEJ8w="));
    assert_eq!(test.sent_to(), [SAMPLE]);
    assert_eq!(test.user(BOB).await, before, "held back");
    assert_eq!(test.pending(BOB).await["listClaim"]["number"], SAMPLE);

    let code = test.code();
    assert!(!answer.to_string().contains(&code));
    let answer = test.transmit(&validate(SAMPLE, &code)).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "result": true
    }
    "#);
    let user = test.user(BOB).await;
    assert_eq!(user["primary"], OWN, "the primary stays");
    assert_eq!(user["mobileNumbers"], json!([OWN, SAMPLE]));
    assert_eq!(user["verifiedMobileNumbers"], json!([OWN, SAMPLE]));
    assert_eq!(user["version"], 2);
    let pending = test.pending(BOB).await;
    let left: Vec<&String> = pending.keys().collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(pending.contains_key("sends") && pending.contains_key("tries"));
}

#[tokio::test]
async fn the_sample_with_a_message_and_a_sender() {
    let test = TestApp::start().await;
    let answer = test.transmit(&Event::shipped("transmit/send-custom")).await;
    assert_eq!(answer.status, 200);
    let [message] = test.stack.outbox().messages(None).try_into().ok().unwrap();
    let code = test.code();
    assert_eq!(
        message.body,
        format!("Your local verification code is: {code}")
    );
    assert_eq!(message.sender, "ACME");
    assert_eq!(
        test.transmit(&validate(SAMPLE, &code)).await.status,
        200,
        "{code}"
    );
}

#[tokio::test]
async fn with_nothing_pending_the_shipped_passcode_is_wrong() {
    let test = TestApp::start().await;
    let answer = test.transmit(&Event::shipped("transmit/validate")).await;
    assert_snapshot!(answer, @r#"
    400
    {
      "code": "18001",
      "message": "Bad Request",
      "description": "Invalid Code '123456'.",
      "traceId": "XNQ219dJjoEEJ8w="
    }
    "#);
}

#[tokio::test]
async fn the_first_number_becomes_the_primary() {
    let test = TestApp::start().await;
    let event = send(NEW).by(ALICE, "");
    assert_eq!(test.transmit(&event).await.status, 200);
    let event = validate(NEW, &test.code()).by(ALICE, "");
    assert_eq!(test.transmit(&event).await.status, 200);
    let user = test.user(ALICE).await;
    assert_eq!(
        (&user["primary"], &user["phoneVerified"]),
        (&json!(NEW), &json!(true))
    );
    assert_eq!(user["mobileNumbers"], json!([NEW]));
    assert_eq!(user["verifiedMobileNumbers"], json!([NEW]));
}

#[tokio::test]
async fn an_unverified_primary_becomes_verified() {
    let test = TestApp::with(&["SkipVerificationByPrivilegedUser=true"]).await;
    let event = Event::shipped("scim-patch/patch-user");
    let numbers = json!({ "phoneNumbers": [{ "type": "mobile", "value": NEW }] });
    assert_eq!(test.patch(&event.replacing(&numbers)).await.status, 200);
    assert_eq!(test.user(BOB).await["phoneVerified"], false);
    let code = sent(&test, NEW).await;
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    let user = test.user(BOB).await;
    assert_eq!(
        (&user["primary"], &user["phoneVerified"]),
        (&json!(NEW), &json!(true))
    );
    assert_eq!(user["verifiedMobileNumbers"], json!([OWN, NEW]));
}

#[tokio::test]
async fn without_lists_it_is_the_new_primary() {
    let test = TestApp::with(&["MultipleMobileNumbers=false"]).await;
    let code = sent(&test, NEW).await;
    assert_eq!(test.pending(BOB).await["primaryClaim"]["number"], NEW);
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    let user = test.user(BOB).await;
    assert_eq!(
        (&user["primary"], &user["phoneVerified"]),
        (&json!(NEW), &json!(true))
    );
    assert_eq!(
        user["verifiedMobileNumbers"],
        json!([OWN]),
        "the hidden list stays"
    );
}

#[tokio::test]
async fn a_number_is_the_same_in_every_spelling() {
    let test = TestApp::start().await;
    let code = sent(&test, "012-345 6789").await;
    assert_eq!(test.sent_to(), [NEW]);
    let typed = validate("tel:+60-12-345-6789", &format!(" {code} "));
    assert_eq!(test.transmit(&typed).await.status, 200);
    assert_eq!(test.user(BOB).await["mobileNumbers"], json!([OWN, NEW]));
}
