//! The shipped events as they are, on a stack that has just started.

use local::testing::{TestApp, event};
use serde_json::{Value, json};

async fn response(case: &str) -> Value {
    let test = TestApp::start().await;
    let answer = test
        .cognito(&event(&format!("cognito-triggers/{case}")))
        .await;
    answer.unwrap()["response"].take()
}

fn next(challenge: Option<&str>, tokens: bool, fail: bool) -> Value {
    json!({ "challengeName": challenge, "issueTokens": tokens, "failAuthentication": fail })
}

#[tokio::test]
async fn what_cognito_is_to_do() {
    for (case, expected) in [
        ("define-srp", next(Some("PASSWORD_VERIFIER"), false, false)),
        (
            "define-password",
            next(Some("CUSTOM_CHALLENGE"), false, false),
        ),
        // Its flow never was.
        ("define-wrong", next(None, false, true)),
        ("define-right", next(None, true, false)),
        ("define-without-password", next(None, false, true)),
        ("verify", json!({ "answerCorrect": false })),
    ] {
        assert_eq!(response(case).await, expected, "{case}");
    }
}

#[tokio::test]
async fn a_challenge_as_it_is_made() {
    let test = TestApp::start().await;
    let answer = test
        .cognito(&event("cognito-triggers/create"))
        .await
        .unwrap();
    let response = &answer["response"];
    let id = response["privateChallengeParameters"]["flowId"]
        .as_str()
        .unwrap();
    assert_eq!(id.len(), 32);
    let expected = json!({
        "publicChallengeParameters": { "prompt": "OTP", "maskedMobileNumber": "*******111" },
        "privateChallengeParameters": { "flowId": id, "prompt": "OTP" },
        "challengeMetadata": format!("SMS_OTP:{id}"),
    });
    assert_eq!(response, &expected);
    assert_eq!(test.sent_to(), ["+60111111111"]);
}
