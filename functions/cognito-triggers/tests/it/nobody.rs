//! Names that the pool does not know, and sign-ins without a password: no message and no tokens.

use local::testing::TestApp;
use serde_json::{Value, json};

use crate::support::{Seen, SignIn, not};

/// As a wrong code of somebody: the same shape, as often.
#[tokio::test]
async fn nobody_is_asked_as_others_are_and_never_let_in() {
    let test = TestApp::start().await;
    let mut nobody = SignIn::of_nobody(&test);
    let first = nobody.password().await;
    let Seen::Challenge(shown) = &first else {
        unreachable!("{first:?}")
    };
    let masked = shown.strip_prefix("OTP *******").unwrap();
    assert!(masked.len() == 3 && masked.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(
        SignIn::of_nobody(&test).password().await,
        first,
        "each time"
    );
    for _ in 0..4 {
        assert_eq!(nobody.answer("123456").await, first);
    }
    assert_eq!(nobody.answer("123456").await, Seen::NotAuthorized);
    assert_eq!(test.sent_to(), Vec::<String>::new());
    assert!(test.verification_keys().await.is_empty());
}

#[tokio::test]
async fn nobody_has_no_right_answer() {
    let test = TestApp::start().await;
    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    // Even where parameters of a flow would be there.
    let mut event = bob.event("verify");
    event["request"]["privateChallengeParameters"] = bob.private.clone();
    event["request"]["challengeAnswer"] = test.code().into();
    event["request"]["userNotFound"] = true.into();
    let answer = test.cognito(&event).await.unwrap();
    assert_eq!(answer["response"], json!({ "answerCorrect": false }));
    let mut nobody = SignIn::of_nobody(&test);
    nobody.answered("PASSWORD_VERIFIER", true, &Value::Null);
    nobody.answered("CUSTOM_CHALLENGE", true, &Value::Null);
    assert_eq!(nobody.next().await, Seen::NotAuthorized);
}

#[tokio::test]
async fn a_code_alone_lets_nobody_in() {
    let test = TestApp::start().await;
    assert_eq!(SignIn::of_bob(&test).next().await, Seen::NotAuthorized);
    // The rules ask for nothing of Alice, but the password was not proved.
    assert_eq!(SignIn::of_alice(&test).next().await, Seen::NotAuthorized);
    let mut bob = SignIn::of_bob(&test);
    bob.answered("CUSTOM_CHALLENGE", true, &Value::Null);
    assert_eq!(bob.next().await, Seen::NotAuthorized);
    let mut bob = SignIn::of_bob(&test);
    bob.answered("SRP_A", true, &Value::Null);
    bob.answered("PASSWORD_VERIFIER", false, &Value::Null);
    assert_eq!(bob.next().await, Seen::NotAuthorized);
    // Nor is a message sent before.
    let refused = test.cognito(&SignIn::of_bob(&test).event("create")).await;
    assert_eq!(refused.unwrap_err(), "VRF-40000: No password was proved.");
    assert_eq!(test.sent_to(), Vec::<String>::new());
}

#[tokio::test]
async fn a_password_without_srp_is_a_password() {
    let test = TestApp::start().await;
    let mut bob = SignIn::of_bob(&test);
    bob.answered("ADMIN_NO_SRP_AUTH", true, &Value::Null);
    assert!(matches!(bob.next().await, Seen::Challenge(_)));
    assert_ne!(bob.answer(&not(&test.code())).await, Seen::Tokens);
    assert_eq!(bob.answer(&test.code()).await, Seen::Tokens);
}
