//! Whom a token names, by the attribute that it holds: `IdentityAttribute`.

use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::json;

fn me(subject: &str) -> Event {
    Event::shipped("scim-users/get-me").by(subject, "")
}

/// The id of the caller's user, or the status.
async fn named(test: &TestApp, subject: &str) -> String {
    let answer = test.users(&me(subject)).await;
    answer.body["id"]
        .as_str()
        .map_or_else(|| answer.gist(), str::to_owned)
}

#[tokio::test]
async fn by_id() {
    let test = TestApp::with(&["IdentityAttribute=id"]).await;
    assert_eq!(named(&test, BOB).await, BOB);
    assert_eq!(test.stack.faults().take_calls(), ["BatchGetItem"]);
    for other in ["bob123", &BOB.to_uppercase(), "nobody"] {
        assert_eq!(named(&test, other).await, "404", "{other}");
    }
}

#[tokio::test]
async fn by_user_name_byte_for_byte() {
    let test = TestApp::with(&["IdentityAttribute=userName"]).await;
    assert_eq!(named(&test, "bob123").await, BOB);
    assert_eq!(
        test.stack.faults().take_calls(),
        ["GetItem", "BatchGetItem"],
        "one read more"
    );
    assert_eq!(named(&test, "alice").await, ALICE);
    test.stack.faults().take_calls();
    for other in [
        BOB,
        "nobody",
        "BOB123",
        "ｂob123",
        "USER#1e624046-520c-4628-a245-091e04b03f21",
    ] {
        assert_eq!(named(&test, other).await, "404", "{other}");
        assert_eq!(test.stack.faults().take_calls(), ["GetItem"]);
    }
}

#[tokio::test]
async fn by_external_id_as_it_is_written() {
    let test = TestApp::with(&["IdentityAttribute=externalId"]).await;
    let event = Event::shipped("scim-users/create")
        .body(&json!({ "userName": "carol", "externalId": "Ext-1" }));
    let id = test.users(&event).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(named(&test, "Ext-1").await, id);
    for other in ["ext-1", &id, "carol", BOB, "bob123"] {
        assert_eq!(named(&test, other).await, "404", "{other}");
    }
}

/// Nobody but the users' managers says who is who.
#[tokio::test]
async fn the_attribute_moves_with_the_user() {
    let test = TestApp::with(&["IdentityAttribute=userName"]).await;
    let rename = Event::shipped("scim-patch/patch-me").replacing(&json!({ "userName": "bobby" }));
    let own = test.patch(&rename.clone().by("bob123", "")).await;
    assert_eq!(own.gist(), "403 VRF-40300");
    let managed = rename.by("bob123", "internal_user_mgt_update");
    assert_eq!(test.patch(&managed).await.status, 200);
    assert_eq!(named(&test, "bobby").await, BOB);
    assert_eq!(named(&test, "bob123").await, "404");
}
