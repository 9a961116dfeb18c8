//! A deleted user is gone with its name and its claims.

use local::testing::{ALICE, BOB, Desk, Event};
use serde_json::json;

fn event() -> Event {
    Event::shipped("scim-users/delete")
}

#[tokio::test]
async fn the_user_is_gone() {
    let desk = Desk::start().await;
    let answer = desk.users(&event()).await;
    assert_eq!((answer.status, answer.body.is_null()), (204, true));
    assert_eq!(desk.user_names().await, ["alice"]);
    assert_eq!(
        desk.users(&Event::shipped("scim-users/get")).await.gist(),
        "404"
    );
    assert_eq!(desk.users(&event()).await.gist(), "404");
}

#[tokio::test]
async fn its_name_is_free_again() {
    let desk = Desk::start().await;
    desk.users(&event()).await;
    let create = Event::shipped("scim-users/create").body(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "BOB123",
    }));
    let created = desk.users(&create).await;
    assert_eq!(created.status, 201);
    assert_ne!(created.body["id"], BOB);
}

#[tokio::test]
async fn its_claims_end_with_it() {
    let desk = Desk::start().await;
    desk.patch(&Event::shipped("scim-patch/patch-me")).await;
    let code = desk.code();
    desk.users(&event()).await;
    assert!(desk.verification(BOB).await.is_null());
    let typed = Event::shipped("validate-code/me").body(&json!({ "code": code }));
    assert_eq!(desk.validate(&typed).await.gist(), "400 18001");
}

#[tokio::test]
async fn nobody() {
    let desk = Desk::start().await;
    let answer = desk.users(&event().parameter("id", "nobody")).await;
    assert_eq!(answer.gist(), "404");
    assert_eq!(desk.user_names().await, ["alice", "bob123"]);
}

#[tokio::test]
async fn only_with_the_scope() {
    let desk = Desk::start().await;
    for subject in [ALICE, BOB] {
        let event = event().by(subject, "internal_user_mgt_view internal_user_mgt_update");
        assert_eq!(
            desk.users(&event).await.gist(),
            "403 UMV-10003",
            "{subject}"
        );
    }
    assert_eq!(
        desk.users(&event().without_token()).await.gist(),
        "401 UMV-10003"
    );
    assert_eq!(desk.user_names().await, ["alice", "bob123"]);
}
