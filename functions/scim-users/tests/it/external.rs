//! An externalId belongs to one user, from its creation to its end.

use insta::assert_snapshot;
use local::testing::{BOB, Event, TestApp};
use serde_json::{Value, json};

use crate::support::found;

fn create(name: &str, external: &Value) -> Event {
    Event::shipped("scim-users/create").body(&json!({ "userName": name, "externalId": external }))
}

fn patch(external: &Value) -> Event {
    Event::shipped("scim-patch/patch-user").replacing(&json!({ "externalId": external }))
}

async fn whose(test: &TestApp, external: &str) -> Vec<String> {
    found(test, &format!(r#"externalId eq "{external}""#)).await
}

#[tokio::test]
async fn of_two_users_one_has_it() {
    let test = TestApp::start().await;
    assert_eq!(
        test.users(&create("carol", &"X-1".into())).await.status,
        201
    );
    let answer = test.users(&create("dave", &"X-1".into())).await;
    assert_snapshot!(answer, @r#"
    409
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "409",
      "detail": "Another user has this externalId.",
      "scimType": "uniqueness"
    }
    "#);
    assert_eq!(
        test.patch(&patch(&"X-1".into())).await.gist(),
        "409 uniqueness"
    );
    let put = Event::shipped("scim-patch/put-user")
        .body(&json!({ "userName": "bob123", "externalId": "X-1" }));
    assert_eq!(test.patch(&put).await.gist(), "409 uniqueness");
    assert_eq!(test.user_names().await, ["alice", "bob123", "carol"]);
    assert_eq!(whose(&test, "X-1").await, ["carol"]);
    // RFC 7643 §3.1: case exact.
    assert_eq!(test.users(&create("dave", &"x-1".into())).await.status, 201);
    assert_eq!(whose(&test, "x-1").await, ["dave"]);
}

#[tokio::test]
async fn none_is_no_conflict() {
    let test = TestApp::start().await;
    for (name, external) in [
        ("a", json!("")),
        ("b", json!("")),
        ("c", json!(null)),
        ("d", json!(null)),
    ] {
        assert_eq!(
            test.users(&create(name, &external)).await.status,
            201,
            "{name}"
        );
    }
    assert_eq!(found(&test, "externalId pr").await, [""; 0]);
}

#[tokio::test]
async fn it_moves_with_every_change() {
    let test = TestApp::start().await;
    let put = |body: Value| Event::shipped("scim-patch/put-user").body(&body);
    let operations = |op: &str, value: &Value| {
        let operation = json!([{ "op": op, "path": "externalId", "value": value }]);
        Event::shipped("scim-patch/patch-user").operations(&operation)
    };
    let mut before = String::new();
    for (event, after) in [
        (patch(&"X-1".into()), "X-1"),
        (patch(&"X-1".into()), "X-1"),
        (patch(&"x-1".into()), "x-1"),
        (
            put(json!({ "userName": "bob123", "externalId": "X-2" })),
            "X-2",
        ),
        (
            put(json!({ "userName": "bob", "externalId": "X-3" })),
            "X-3",
        ),
        (put(json!({ "userName": "bob" })), ""),
        (operations("add", &"X-4".into()), "X-4"),
        (operations("remove", &Value::Null), ""),
        (operations("add", &"X-5".into()), "X-5"),
        (patch(&Value::Null), ""),
    ] {
        let answer = test.patch(&event).await;
        assert_eq!(answer.status, 200, "{answer}");
        if !before.is_empty() && before != after {
            assert_eq!(whose(&test, &before).await, [""; 0], "{before} is free");
        }
        if !after.is_empty() {
            assert_eq!(whose(&test, after).await.len(), 1, "{after}");
        }
        assert_eq!(
            test.user_names().await.len(),
            2,
            "and the items say the same"
        );
        after.clone_into(&mut before);
    }
}

#[tokio::test]
async fn a_deleted_users_is_free() {
    let test = TestApp::start().await;
    assert_eq!(test.patch(&patch(&"X-1".into())).await.status, 200);
    assert_eq!(
        test.users(&Event::shipped("scim-users/delete"))
            .await
            .status,
        204
    );
    assert_eq!(
        test.users(&create("carol", &"X-1".into())).await.status,
        201
    );
    assert_eq!(test.user_names().await, ["alice", "carol"]);
}

#[tokio::test]
async fn of_two_at_once_one_has_it() {
    let test = TestApp::start().await;
    let (one, other) = (
        create("carol", &"X-1".into()),
        create("dave", &"X-1".into()),
    );
    let bobs = patch(&"X-1".into());
    let (one, other, bobs) = tokio::join!(test.users(&one), test.users(&other), test.patch(&bobs));
    let mut statuses = [one.status, other.status, bobs.status];
    statuses.sort_unstable();
    assert!(
        [[200, 409, 409], [201, 409, 409]].contains(&statuses),
        "{statuses:?}"
    );
    test.user_names().await;
    assert_eq!(whose(&test, "X-1").await.len(), 1);
}

#[tokio::test]
async fn a_taken_one_is_found_before_a_message_goes_out() {
    let test = TestApp::start().await;
    test.users(&create("carol", &"X-1".into())).await;
    let event = Event::shipped("scim-patch/patch-user").replacing(&json!({
        "userName": "rob",
        "externalId": "X-1",
        "phoneNumbers": [{ "type": "mobile", "value": "0123456789" }],
    }));
    test.stack.faults().take_calls();
    assert_eq!(test.patch(&event).await.gist(), "409 uniqueness");
    // The user, and then both names at once.
    assert_eq!(
        test.stack.faults().take_calls(),
        ["BatchGetItem", "BatchGetItem"]
    );
    assert_eq!(test.sent_to(), [""; 0]);
    assert_eq!(test.pending(BOB).await.len(), 0);
}

#[tokio::test]
async fn one_that_could_not_be_found_again_is_refused() {
    let test = TestApp::start().await;
    let (longest, longer) = (json!("ü".repeat(512)), json!("ü".repeat(513)));
    assert_eq!(test.users(&create("carol", &longest)).await.status, 201);
    assert_eq!(
        test.users(&create("dave", &longer)).await.gist(),
        "400 invalidValue"
    );
    assert_eq!(test.patch(&patch(&longer)).await.gist(), "400 invalidValue");
    let put = Event::shipped("scim-patch/put-user")
        .body(&json!({ "userName": "bob123", "externalId": longer }));
    assert_eq!(test.patch(&put).await.gist(), "400 invalidValue");
}
