//! Whom a token names, by the attribute that it holds: `IdentityAttribute`.

use local::testing::{ALICE, BOB, Desk, Event};
use serde_json::json;

fn me(subject: &str) -> Event {
    Event::shipped("scim-users/get-me").by(subject, "")
}

/// The id of the caller's user, or the status.
async fn named(desk: &Desk, subject: &str) -> String {
    let answer = desk.users(&me(subject)).await;
    answer.body["id"]
        .as_str()
        .map_or_else(|| answer.gist(), str::to_owned)
}

#[tokio::test]
async fn by_id() {
    let desk = Desk::with(&["IdentityAttribute=id"]).await;
    assert_eq!(named(&desk, BOB).await, BOB);
    assert_eq!(desk.bench.tap().take_calls(), ["BatchGetItem"]);
    for other in ["bob123", &BOB.to_uppercase(), "nobody"] {
        assert_eq!(named(&desk, other).await, "404", "{other}");
    }
}

#[tokio::test]
async fn by_user_name_in_any_case() {
    let desk = Desk::with(&["IdentityAttribute=userName"]).await;
    for name in ["bob123", "BOB123"] {
        assert_eq!(named(&desk, name).await, BOB, "{name}");
        assert_eq!(
            desk.bench.tap().take_calls(),
            ["GetItem", "BatchGetItem"],
            "one read more"
        );
    }
    assert_eq!(named(&desk, "alice").await, ALICE);
    desk.bench.tap().take_calls();
    for other in [BOB, "nobody", "USER#1e624046-520c-4628-a245-091e04b03f21"] {
        assert_eq!(named(&desk, other).await, "404", "{other}");
        assert_eq!(desk.bench.tap().take_calls(), ["GetItem"]);
    }
}

#[tokio::test]
async fn by_external_id_as_it_is_written() {
    let desk = Desk::with(&["IdentityAttribute=externalId"]).await;
    let event = Event::shipped("scim-users/create")
        .body(&json!({ "userName": "carol", "externalId": "Ext-1" }));
    let id = desk.users(&event).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(named(&desk, "Ext-1").await, id);
    for other in ["ext-1", &id, "carol", BOB, "bob123"] {
        assert_eq!(named(&desk, other).await, "404", "{other}");
    }
}

/// Nobody but the users' managers says who is who.
#[tokio::test]
async fn the_attribute_moves_with_the_user() {
    let desk = Desk::with(&["IdentityAttribute=userName"]).await;
    let rename = Event::shipped("scim-patch/patch-me").replacing(&json!({ "userName": "bobby" }));
    let own = desk.patch(&rename.clone().by("bob123", "")).await;
    assert_eq!(own.gist(), "403 UMV-10003");
    let managed = rename.by("bob123", "internal_user_mgt_update");
    assert_eq!(desk.patch(&managed).await.status, 200);
    assert_eq!(named(&desk, "bobby").await, BOB);
    assert_eq!(named(&desk, "bob123").await, "404");
}
