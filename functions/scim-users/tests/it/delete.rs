//! A deleted user is gone with its name and its claims.

use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::json;

fn event() -> Event {
    Event::shipped("scim-users/delete")
}

#[tokio::test]
async fn the_user_is_gone() {
    let test = TestApp::start().await;
    let answer = test.users(&event()).await;
    assert_eq!((answer.status, answer.body.is_null()), (204, true));
    assert_eq!(test.user_names().await, ["alice"]);
    assert_eq!(
        test.users(&Event::shipped("scim-users/get")).await.gist(),
        "404"
    );
    assert_eq!(test.users(&event()).await.gist(), "404");
}

#[tokio::test]
async fn its_name_is_free_again() {
    let test = TestApp::start().await;
    test.users(&event()).await;
    let create = Event::shipped("scim-users/create").body(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "BOB123",
    }));
    let created = test.users(&create).await;
    assert_eq!(created.status, 201);
    assert_ne!(created.body["id"], BOB);
}

#[tokio::test]
async fn its_claims_end_with_it() {
    let test = TestApp::start().await;
    test.patch(&Event::shipped("scim-patch/patch-me")).await;
    let code = test.code();
    test.users(&event()).await;
    assert!(test.verification(BOB).await.is_null());
    let typed = Event::shipped("validate-code/me").body(&json!({ "code": code }));
    assert_eq!(test.validate(&typed).await.gist(), "400 18001");
}

#[tokio::test]
async fn nobody() {
    let test = TestApp::start().await;
    let answer = test.users(&event().parameter("id", "nobody")).await;
    assert_eq!(answer.gist(), "404");
    assert_eq!(test.user_names().await, ["alice", "bob123"]);
}

#[tokio::test]
async fn only_with_the_scope() {
    let test = TestApp::start().await;
    for subject in [ALICE, BOB] {
        let event = event().by(subject, "internal_user_mgt_view internal_user_mgt_update");
        assert_eq!(
            test.users(&event).await.gist(),
            "403 VRF-40300",
            "{subject}"
        );
    }
    assert_eq!(
        test.users(&event().without_token()).await.gist(),
        "401 VRF-40100"
    );
    assert_eq!(test.user_names().await, ["alice", "bob123"]);
}
