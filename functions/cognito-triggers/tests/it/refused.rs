//! Events that are none of these triggers' are refused in words, and nothing is done.

use local::testing::{TestApp, event};
use serde_json::{Value, json};

const NONE_OF_OURS: &str =
    "VRF-40000: The event is none of a user pool's triggers for custom challenges, version 1.";

#[tokio::test]
async fn other_events() {
    let test = TestApp::start().await;
    for (member, value) in [
        ("version", json!("2")),
        ("version", Value::Null),
        ("triggerSource", json!("PreSignUp_SignUp")),
        ("triggerSource", json!("CustomMessage_Authentication")),
        ("request", json!("text")),
        ("request", Value::Null),
    ] {
        let mut event = event("cognito-triggers/create");
        event[member] = value.clone();
        let refused = test.cognito(&event).await;
        assert_eq!(refused.unwrap_err(), NONE_OF_OURS, "{member} {value}");
    }
    assert_eq!(test.cognito(&json!({})).await.unwrap_err(), NONE_OF_OURS);
    assert_eq!(test.sent_to(), Vec::<String>::new());
}

#[tokio::test]
async fn events_that_lack_what_they_need() {
    let test = TestApp::start().await;
    let mut other = event("cognito-triggers/create");
    other["request"]["challengeName"] = "PASSWORD_VERIFIER".into();
    let refused = test.cognito(&other).await.unwrap_err();
    assert_eq!(refused, "VRF-40000: There is one custom challenge.");
    let mut anonymous = event("cognito-triggers/create");
    anonymous["request"]["userAttributes"] = Value::Null;
    let refused = test.cognito(&anonymous).await.unwrap_err();
    assert_eq!(refused, "VRF-40000: The event does not say who signs in.");
    let mut lost = event("cognito-triggers/create");
    let challenge = json!({ "challengeName": "CUSTOM_CHALLENGE", "challengeResult": false });
    lost["request"]["session"]
        .as_array_mut()
        .unwrap()
        .push(challenge);
    let refused = test.cognito(&lost).await.unwrap_err();
    assert!(refused.starts_with("VRF-40400: "), "{refused}");
    assert_eq!(test.sent_to(), Vec::<String>::new());
}

/// Members come and go with Cognito's features.
#[tokio::test]
async fn what_is_missing_or_new_does_no_harm() {
    let test = TestApp::start().await;
    let mut event = event("cognito-triggers/verify");
    for parameters in [
        Value::Null,
        json!({}),
        json!({ "flowId": 1 }),
        json!({ "flowId": "x" }),
    ] {
        event["request"]["privateChallengeParameters"] = parameters;
        let answer = test.cognito(&event).await.unwrap();
        assert_eq!(answer["response"], json!({ "answerCorrect": false }));
    }
    for answer in [Value::Null, json!({ "code": "123456" }), json!(123_456)] {
        event["request"]["challengeAnswer"] = answer;
        let answer = test.cognito(&event).await.unwrap();
        assert_eq!(answer["response"], json!({ "answerCorrect": false }));
    }
    let mut event = crate::refused::event("cognito-triggers/define-password");
    event["request"]["userNotFound"] = Value::Null;
    event["request"]["clientMetadata"] = json!({ "a": "b" });
    event["newer"] = json!({ "member": [1] });
    let answer = test.cognito(&event).await.unwrap();
    assert_eq!(answer["response"]["challengeName"], "CUSTOM_CHALLENGE");
    assert_eq!(answer["newer"], event["newer"]);
}
