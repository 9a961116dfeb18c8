//! Whose codes and failures they are, where tokens do not hold the id.
//! A token that names no user has failures of its own, and can lock nobody else out.

use local::testing::{BOB, Event, TestApp};
use serde_json::json;

use crate::support::{NEW, claim_of, not, typed, typed_by_admin};

const BY_NAME: &str = "IdentityAttribute=userName";

async fn code_of_bob(test: &TestApp) -> String {
    claim_of(test, "bob123", NEW).await
}

#[tokio::test]
async fn a_code_is_the_named_users() {
    let test = TestApp::with(&[BY_NAME]).await;
    let code = code_of_bob(&test).await;
    let wrong = typed(&not(&code)).by("bob123", "");
    assert_eq!(test.validate(&wrong).await.gist(), "400 18001");
    assert_eq!(test.failures(BOB).await, 1);
    // Another spelling of the name is another subject.
    for stranger in ["BOB123", "Bob123"] {
        let right = typed(&code).by(stranger, "");
        assert_eq!(test.validate(&right).await.gist(), "400 18001");
        assert_eq!(test.failures(BOB).await, 1);
    }
    let right = typed(&code).by("bob123", "");
    assert_eq!(test.validate(&right).await.status, 202);
    assert_eq!(test.user(BOB).await["primary"], NEW);
}

#[tokio::test]
async fn a_token_of_nobody_fails_and_is_locked_alone() {
    let test = TestApp::with(&[BY_NAME]).await;
    let code = code_of_bob(&test).await;
    // As it happens, the subject is Bob's id; and it is the right code.
    let foreign = typed(&code).by(BOB, "");
    for _ in 0..10 {
        assert_eq!(test.validate(&foreign).await.gist(), "400 18001");
    }
    assert_eq!(test.validate(&foreign).await.gist(), "429 17003");
    assert_eq!(test.failures(BOB).await, 0);
    let another = typed(&code).by("somebody else", "");
    assert_eq!(
        test.validate(&another).await.gist(),
        "400 18001",
        "each has failures of its own"
    );
    let own = typed(&code).by("bob123", "");
    assert_eq!(test.validate(&own).await.status, 202);
}

/// The subject may be somebody's name, address or number.
#[tokio::test]
async fn the_key_of_such_failures_does_not_tell_the_subject() {
    for (overrides, subject) in [
        (&[BY_NAME][..], "carol@example.com"),
        (&[], "carol@example.com"),
        (&[], NEW),
    ] {
        let test = TestApp::with(overrides).await;
        test.validate(&typed("123456").by(subject, "")).await;
        let mut keys = test.verification_keys().await;
        assert_eq!(keys.len(), 1);
        let key = keys.remove(0);
        assert!(key.starts_with("USER#subject#"), "{key}");
        assert!(!key.contains(subject), "{key}");
        let again = test.validate(&typed("1").by(subject, "")).await;
        assert_eq!(again.gist(), "400 18001");
        assert_eq!(test.verification_keys().await, [key], "the same each time");
    }
}

/// What is no id is nobody's, and counted nowhere.
#[tokio::test]
async fn a_user_is_named_by_an_id() {
    let test = TestApp::start().await;
    for id in [
        NEW,
        "carol@example.com",
        "bob123",
        &BOB.to_uppercase(),
        &BOB.replace('-', ""),
    ] {
        let typed = typed_by_admin("123456", &json!({ "userId": id }));
        assert_eq!(test.validate(&typed).await.gist(), "400 18003", "{id}");
    }
    assert!(test.verification_keys().await.is_empty());
}

#[tokio::test]
async fn privileged_failures_with_nobody_named_are_the_callers() {
    let test = TestApp::with(&[BY_NAME]).await;
    let scope = "internal_user_code_mgt_create";
    let typed = |subject: &str| -> Event {
        typed_by_admin("123456", &serde_json::Value::Null).by(subject, scope)
    };
    assert_eq!(
        test.validate(&typed("bob123")).await.gist(),
        "400 18001",
        "by a user"
    );
    assert_eq!(test.failures(BOB).await, 1);
    assert_eq!(test.validate(&typed(BOB)).await.gist(), "400 18001");
    assert_eq!(test.failures(BOB).await, 1, "not by one who is none");
}
