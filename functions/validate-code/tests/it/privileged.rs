//! Codes typed on behalf of another user: by name, by id, or by nobody's name.

use insta::assert_snapshot;
use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::{Value, json};

use crate::support::{NEW, claim_primary, typed, typed_by_admin};

fn bob() -> Value {
    json!({ "username": "bob123", "realm": "PRIMARY" })
}

#[tokio::test]
async fn the_shipped_event_with_the_right_code() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    let event = Event::shipped("validate-code/privileged");
    let event = event.body(&json!({ "user": bob(), "code": code, "properties": [] }));
    assert_snapshot!(test.validate(&event).await, @r#"
    202
    {
      "username": "bob123",
      "tenant-domain": "carbon.super",
      "realm": "PRIMARY",
      "userId": "1e624046-520c-4628-a245-091e04b03f21"
    }
    "#);
    assert_eq!(test.user(BOB).await["primary"], NEW);
}

#[tokio::test]
async fn a_user_is_named_by_name_in_any_case_or_by_id() {
    for user in [
        json!({ "username": "BOB123" }),
        json!({ "userId": BOB }),
        json!({ "userId": BOB, "username": "alice" }),
        json!({ "username": "bob123", "realm": "PRIMARY", "tenant-domain": "carbon.super" }),
    ] {
        let test = TestApp::start().await;
        let code = claim_primary(&test, NEW).await;
        let answer = test.validate(&typed_by_admin(&code, &user)).await;
        assert_eq!(
            (answer.status, &answer.body["userId"]),
            (202, &json!(BOB)),
            "{user}"
        );
    }
}

#[tokio::test]
async fn failures_count_on_the_named_user() {
    let test = TestApp::start().await;
    let wrong = typed_by_admin("no", &bob());
    for _ in 0..10 {
        assert_eq!(test.validate(&wrong).await.gist(), "400 18001");
    }
    assert_eq!(test.verification_keys().await, [format!("USER#{BOB}")]);
    assert_eq!(test.validate(&wrong).await.gist(), "429 17003");
    assert_eq!(
        test.validate(&typed("no")).await.gist(),
        "429 17003",
        "his own door too"
    );
}

#[tokio::test]
async fn an_unknown_user_is_told() {
    let test = TestApp::start().await;
    for user in [
        json!({ "username": "nobody" }),
        json!({ "userId": "nobody" }),
    ] {
        let answer = test.validate(&typed_by_admin("123456", &user)).await;
        assert_eq!(answer.gist(), "400 18003", "{user}");
    }
    let answer = test
        .validate(&typed_by_admin("123456", &json!({ "username": "nobody" })))
        .await;
    assert_snapshot!(answer, @r#"
    400
    {
      "code": "18003",
      "message": "Bad Request",
      "description": "There is no such user.",
      "traceId": "XNQ214dJjoEEJ8w="
    }
    "#);
}

#[tokio::test]
async fn without_a_user_it_cannot_be_told_whose_code_it_is() {
    let test = TestApp::with(&["PrivilegedLookupByCode=false"]).await;
    let code = claim_primary(&test, NEW).await;
    let before = test.verification(BOB).await;
    let event = typed_by_admin(&code, &Value::Null);
    assert_snapshot!(test.validate(&event).await, @r#"
    400
    {
      "code": "18001",
      "message": "Bad Request",
      "description": "No one pending verification can be told by this code alone: name the user.",
      "traceId": "XNQ214dJjoEEJ8w="
    }
    "#);
    assert_eq!(test.verification(BOB).await, before);
    for _ in 0..20 {
        assert_eq!(test.validate(&event).await.gist(), "400 18001");
    }
    let keys = test.verification_keys().await;
    let callers = keys.iter().filter(|key| key.starts_with("USER#subject#"));
    assert_eq!(callers.count(), 0, "nothing is compared, nothing counted");
}

#[tokio::test]
async fn switched_off_it_is_for_nobody() {
    let test = TestApp::with(&["VerificationByPrivilegedUser=false"]).await;
    let code = claim_primary(&test, NEW).await;
    test.stack.faults().take_calls();
    let answer = test.validate(&typed_by_admin(&code, &bob())).await;
    assert_eq!(answer.gist(), "403 17007");
    assert_eq!(
        test.validate(&typed_by_admin(&code, &Value::Null))
            .await
            .gist(),
        "403 17007"
    );
    assert_eq!(test.stack.faults().take_calls().len(), 0);
    assert_eq!(
        test.validate(&typed(&code)).await.status,
        202,
        "the own door is open"
    );
}

#[tokio::test]
async fn only_with_the_scope() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    test.stack.faults().take_calls();
    for subject in [ALICE, BOB, "admin"] {
        let event = typed_by_admin(&code, &bob()).by(subject, "internal_user_mgt_update");
        let answer = test.validate(&event).await;
        assert_eq!(answer.gist(), "403 VRF-40300", "{subject}");
        assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .contains("insufficient_scope")
        );
    }
    let event = typed_by_admin(&code, &bob()).without_token();
    assert_eq!(test.validate(&event).await.gist(), "401 VRF-40100");
    assert_eq!(
        test.stack.faults().take_calls().len(),
        0,
        "no read, no count"
    );
}

#[tokio::test]
async fn users_that_are_not_named_rightly() {
    let test = TestApp::start().await;
    for user in [
        json!("bob123"),
        json!({}),
        json!({ "username": "" }),
        json!({ "userId": 1 }),
    ] {
        let answer = test.validate(&typed_by_admin("123456", &user)).await;
        assert_eq!(answer.gist(), "400 VRF-40000", "{user}");
        assert!(
            answer.body["description"]
                .as_str()
                .unwrap()
                .starts_with("user")
        );
    }
}

#[tokio::test]
async fn on_the_own_door_a_named_user_means_nothing() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    let event = typed(&code).body(&json!({ "code": code, "user": bob() }));
    assert_eq!(
        test.validate(&event.by(ALICE, "")).await.gist(),
        "400 18001"
    );
    assert_eq!(test.failures(ALICE).await, 1);
}
