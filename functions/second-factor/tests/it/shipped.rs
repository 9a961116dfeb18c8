//! The journey by the shipped events.

use insta::assert_snapshot;
use local::testing::{Answer, Event, TestApp};
use serde_json::json;

use crate::support::{OWN, started, told};

fn without_id(answer: &Answer, id: &str) -> String {
    answer.to_string().replace(id, "{flowId}")
}

#[tokio::test]
async fn a_sign_in() {
    let test = TestApp::start().await;
    let answer = test
        .second_factor(&Event::shipped("second-factor/initiate"))
        .await;
    let id = answer.body["flowId"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 32);
    assert_snapshot!(without_id(&answer, &id), @r#"
    200
    {
      "flowId": "{flowId}",
      "flowStatus": "INCOMPLETE",
      "nextStep": {
        "prompt": "OTP",
        "maskedMobileNumber": "*******111",
        "expiresIn": 300,
        "links": {
          "page": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/sms-otp/{flowId}",
          "verify": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/api/identity/authn/v1.0/sms-otp/{flowId}/verify",
          "resend": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/api/identity/authn/v1.0/sms-otp/{flowId}/resend"
        }
      },
      "user": {
        "id": "1e624046-520c-4628-a245-091e04b03f21",
        "username": "bob123"
      },
      "amr": []
    }
    "#);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(test.sent_to(), [OWN]);
    let code = test.code();
    assert!(!answer.to_string().contains(&code));

    let step =
        |case: &str| Event::shipped(&format!("second-factor/{case}")).parameter("flowId", &id);
    let answer = test
        .second_factor(&step("verify").body(&json!({ "code": code })))
        .await;
    assert_snapshot!(without_id(&answer, &id), @r#"
    200
    {
      "flowId": "{flowId}",
      "flowStatus": "SUCCESS_COMPLETED",
      "user": {
        "id": "1e624046-520c-4628-a245-091e04b03f21",
        "username": "bob123"
      },
      "amr": [
        "sms"
      ]
    }
    "#);
    let told_once = test.second_factor(&step("outcome")).await;
    assert_eq!(told_once.body, answer.body);
    let answer = test.second_factor(&step("outcome")).await;
    assert_snapshot!(answer, @r#"
    404
    {
      "code": "VRF-40400",
      "message": "Not Found",
      "description": "There is no such flow, or it has ended: start another.",
      "traceId": "XNQ225dJjoEEJ8w="
    }
    "#);
}

#[tokio::test]
async fn backup_codes() {
    let test = TestApp::start().await;
    let answer = test
        .second_factor(&Event::shipped("second-factor/backup-codes"))
        .await;
    assert_eq!(answer.status, 200);
    let codes = answer.body["codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    for code in codes {
        let code = code.as_str().unwrap();
        assert!(
            code.len() == 11 && code.chars().nth(5) == Some('-'),
            "{code}"
        );
    }
}

/// As they are they name a flow that there is not.
#[tokio::test]
async fn steps_of_no_flow() {
    let test = TestApp::start().await;
    for case in [
        "verify",
        "verify-backup-code",
        "resend",
        "mobile",
        "outcome",
    ] {
        let answer = test
            .second_factor(&Event::shipped(&format!("second-factor/{case}")))
            .await;
        assert_eq!(answer.gist(), "404 VRF-40400", "{case}");
    }
}

/// The number is masked, the user is named, and nothing more is told.
#[tokio::test]
async fn by_id_as_by_name() {
    let test = TestApp::start().await;
    let body = json!({ "user": { "userId": local::testing::BOB } });
    let answer = test
        .second_factor(&Event::shipped("second-factor/initiate").body(&body))
        .await;
    assert_eq!(told(&answer), "INCOMPLETE OTP");
    assert_eq!(answer.body["user"]["username"], "bob123");
    assert_eq!(answer.body["nextStep"]["maskedMobileNumber"], "*******111");
    assert!(!answer.to_string().contains(OWN));
    for nobody in ["ffffffff-520c-4628-a245-091e04b03f21", "no uuid"] {
        let body = json!({ "user": { "userId": nobody } });
        let answer = test
            .second_factor(&Event::shipped("second-factor/initiate").body(&body))
            .await;
        assert_eq!(told(&answer), "SUCCESS_COMPLETED -");
        assert_eq!(answer.body["user"], json!({ "id": nobody }));
    }
}

/// Names fold as everywhere.
#[tokio::test]
async fn a_name_in_another_case() {
    let test = TestApp::start().await;
    let flow = started(&test, "BOB123").await;
    assert_eq!(flow.first["user"]["username"], "bob123");
}

/// A first factor may let blanks pass: a known user is not taken for a stranger because of them.
#[tokio::test]
async fn blanks_around_a_name_or_an_id_make_no_stranger() {
    let test = TestApp::with(&["SmsOtpMandatory=true"]).await;
    let upper = local::testing::BOB.to_uppercase();
    for user in [
        json!({ "username": "bob123 " }),
        json!({ "username": "\u{3000}Bob123\u{a0}" }),
        json!({ "userId": upper }),
        json!({ "userId": format!(" {upper} ") }),
    ] {
        let event = Event::shipped("second-factor/initiate").body(&json!({ "user": user }));
        let answer = test.second_factor(&event).await;
        assert_eq!(told(&answer), "INCOMPLETE OTP", "{user}");
        test.stack.clock().advance(crate::support::COOLDOWN);
    }
    for user in [
        json!({ "username": "b".repeat(513) }),
        json!({ "userId": "b".repeat(513) }),
    ] {
        let event = Event::shipped("second-factor/initiate").body(&json!({ "user": user }));
        assert_eq!(test.second_factor(&event).await.gist(), "400 VRF-40000");
    }
}
