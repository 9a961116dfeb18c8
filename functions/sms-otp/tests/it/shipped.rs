//! The source document's journey: a passcode is sent, typed, and the number is in the profile, verified.

use insta::assert_snapshot;
use local::testing::{ALICE, BOB, Desk, Event};
use serde_json::json;

use crate::support::{NEW, OWN, send, sent, validate};

const SAMPLE: &str = "+15125555555";

#[tokio::test]
async fn the_samples_of_the_source_document() {
    let desk = Desk::start().await;
    let before = desk.user(BOB).await;
    let answer = desk.sms_otp(&Event::shipped("sms-otp/send")).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "message": "SMS sent"
    }
    "#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-trace-id"), Some("XNQ217dJjoEEJ8w="));
    assert_eq!(desk.sent_to(), [SAMPLE]);
    assert_eq!(desk.user(BOB).await, before, "held back");
    assert_eq!(desk.pending(BOB).await["listClaim"]["number"], SAMPLE);

    let code = desk.code();
    assert!(!answer.to_string().contains(&code));
    let answer = desk.sms_otp(&validate(SAMPLE, &code)).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "result": true
    }
    "#);
    let user = desk.user(BOB).await;
    assert_eq!(user["primary"], OWN, "the primary stays");
    assert_eq!(user["mobileNumbers"], json!([OWN, SAMPLE]));
    assert_eq!(user["verifiedMobileNumbers"], json!([OWN, SAMPLE]));
    assert_eq!(user["version"], 2);
    let pending = desk.pending(BOB).await;
    let left: Vec<&String> = pending.keys().collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(pending.contains_key("sends") && pending.contains_key("tries"));
}

#[tokio::test]
async fn the_sample_with_a_message_and_a_sender() {
    let desk = Desk::start().await;
    let answer = desk.sms_otp(&Event::shipped("sms-otp/send-custom")).await;
    assert_eq!(answer.status, 200);
    let [message] = desk.bench.outbox().messages(None).try_into().ok().unwrap();
    let code = desk.code();
    assert_eq!(
        message.body,
        format!("Your local verification code is: {code}")
    );
    assert_eq!(message.sender, "ACME");
    assert_eq!(
        desk.sms_otp(&validate(SAMPLE, &code)).await.status,
        200,
        "{code}"
    );
}

#[tokio::test]
async fn with_nothing_pending_the_shipped_passcode_is_wrong() {
    let desk = Desk::start().await;
    let answer = desk.sms_otp(&Event::shipped("sms-otp/validate")).await;
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
    let desk = Desk::start().await;
    let event = send(NEW).by(ALICE, "");
    assert_eq!(desk.sms_otp(&event).await.status, 200);
    let event = validate(NEW, &desk.code()).by(ALICE, "");
    assert_eq!(desk.sms_otp(&event).await.status, 200);
    let user = desk.user(ALICE).await;
    assert_eq!(
        (&user["primary"], &user["phoneVerified"]),
        (&json!(NEW), &json!(true))
    );
    assert_eq!(user["mobileNumbers"], json!([NEW]));
    assert_eq!(user["verifiedMobileNumbers"], json!([NEW]));
}

#[tokio::test]
async fn an_unverified_primary_becomes_verified() {
    let desk = Desk::with(&["SkipVerificationByPrivilegedUser=true"]).await;
    let event = Event::shipped("scim-patch/patch-user");
    let numbers = json!({ "phoneNumbers": [{ "type": "mobile", "value": NEW }] });
    assert_eq!(desk.patch(&event.replacing(&numbers)).await.status, 200);
    assert_eq!(desk.user(BOB).await["phoneVerified"], false);
    let code = sent(&desk, NEW).await;
    assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
    let user = desk.user(BOB).await;
    assert_eq!(
        (&user["primary"], &user["phoneVerified"]),
        (&json!(NEW), &json!(true))
    );
    assert_eq!(user["verifiedMobileNumbers"], json!([OWN, NEW]));
}

#[tokio::test]
async fn without_lists_it_is_the_new_primary() {
    let desk = Desk::with(&["MultipleMobileNumbers=false"]).await;
    let code = sent(&desk, NEW).await;
    assert_eq!(desk.pending(BOB).await["primaryClaim"]["number"], NEW);
    assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
    let user = desk.user(BOB).await;
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
    let desk = Desk::start().await;
    let code = sent(&desk, "012-345 6789").await;
    assert_eq!(desk.sent_to(), [NEW]);
    let typed = validate("tel:+60-12-345-6789", &format!(" {code} "));
    assert_eq!(desk.sms_otp(&typed).await.status, 200);
    assert_eq!(desk.user(BOB).await["mobileNumbers"], json!([OWN, NEW]));
}
