//! Whose codes and failures they are, where tokens do not hold the id.
//! A token that names no user has failures of its own, and can lock nobody else out.

use local::testing::{BOB, Desk, Event};

use crate::support::{NEW, claim_of, not, typed, typed_by_admin};

const BY_NAME: &str = "IdentityAttribute=userName";

async fn code_of_bob(desk: &Desk) -> String {
    claim_of(desk, "bob123", NEW).await
}

#[tokio::test]
async fn a_code_is_the_named_users() {
    let desk = Desk::with(&[BY_NAME]).await;
    let code = code_of_bob(&desk).await;
    let wrong = typed(&not(&code)).by("BOB123", "");
    assert_eq!(desk.validate(&wrong).await.gist(), "400 18001");
    assert_eq!(desk.verification(BOB).await["failures"], 1);
    let right = typed(&code).by("Bob123", "");
    assert_eq!(desk.validate(&right).await.status, 202);
    assert_eq!(desk.user(BOB).await["primary"], NEW);
}

#[tokio::test]
async fn a_token_of_nobody_fails_and_is_locked_alone() {
    let desk = Desk::with(&[BY_NAME]).await;
    let code = code_of_bob(&desk).await;
    // As it happens, the subject is Bob's id; and it is the right code.
    let foreign = typed(&code).by(BOB, "");
    for _ in 0..10 {
        assert_eq!(desk.validate(&foreign).await.gist(), "400 18001");
    }
    assert_eq!(desk.validate(&foreign).await.gist(), "429 17003");
    assert!(desk.verification(BOB).await["failures"].is_null());
    let another = typed(&code).by("somebody else", "");
    assert_eq!(
        desk.validate(&another).await.gist(),
        "400 18001",
        "each has failures of its own"
    );
    let own = typed(&code).by("bob123", "");
    assert_eq!(desk.validate(&own).await.status, 202);
}

/// The subject may be somebody's name or address.
#[tokio::test]
async fn the_key_of_such_failures_does_not_tell_the_subject() {
    let desk = Desk::with(&[BY_NAME]).await;
    let subject = "carol@example.com";
    desk.validate(&typed("123456").by(subject, "")).await;
    let mut keys = desk.verification_keys().await;
    assert_eq!(keys.len(), 1);
    let key = keys.remove(0);
    assert!(key.starts_with("USER#subject#"), "{key}");
    assert!(!key.contains("carol"), "{key}");
    assert_eq!(desk.validate(&typed("1").by(subject, "")).await.status, 400);
    assert_eq!(desk.verification_keys().await, [key], "the same each time");
}

#[tokio::test]
async fn privileged_failures_with_nobody_named_are_the_callers() {
    let desk = Desk::with(&[BY_NAME]).await;
    let scope = "internal_user_code_mgt_create";
    let typed = |subject: &str| -> Event {
        typed_by_admin("123456", &serde_json::Value::Null).by(subject, scope)
    };
    assert_eq!(
        desk.validate(&typed("bob123")).await.gist(),
        "400 18001",
        "by a user"
    );
    assert_eq!(desk.verification(BOB).await["failures"], 1);
    assert_eq!(desk.validate(&typed(BOB)).await.gist(), "400 18001");
    assert_eq!(
        desk.verification(BOB).await["failures"],
        1,
        "not by one who is none"
    );
}
