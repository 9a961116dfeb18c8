//! Round trips to DynamoDB, and what its failures come to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::testing::{Answer, BOB, Desk, Event, Fault, meanwhile};
use scim_users::App;
use serde_json::json;

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

#[tokio::test]
async fn round_trips() {
    let desk = Desk::start().await;
    for (event, calls) in [
        ("create", &["TransactWriteItems"][..]),
        ("get", &["BatchGetItem"]),
        ("get-me", &["BatchGetItem"]),
        ("list", &["Scan", "BatchGetItem"]),
        ("list-cursor", &["Scan", "BatchGetItem"]),
        ("list-filter", &["GetItem", "BatchGetItem"]),
        ("search", &["Scan", "BatchGetItem"]),
        ("search-users", &["Scan", "BatchGetItem"]),
        ("delete", &["GetItem", "TransactWriteItems"]),
    ] {
        desk.users(&Event::shipped(&format!("scim-users/{event}")))
            .await;
        assert_eq!(desk.bench.tap().take_calls(), calls, "{event}");
    }
}

#[tokio::test]
async fn a_lost_reply_is_no_taken_name() {
    let desk = Desk::start().await;
    desk.bench
        .tap()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(
        desk.users(&Event::shipped("scim-users/create"))
            .await
            .status,
        201
    );
    desk.bench
        .tap()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(
        desk.users(&Event::shipped("scim-users/delete"))
            .await
            .status,
        204
    );
    assert_eq!(desk.user_names().await, ["alice", "carol"]);
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    for event in ["scim-users/create", "scim-users/delete"] {
        let desk = Desk::start().await;
        let event = Event::shipped(event);
        desk.bench
            .tap()
            .fail("TransactWriteItems", Fault::TransactionConflict, 4);
        let answer = desk.users(&event).await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("1"))
        );
        assert_eq!(desk.user_names().await, ["alice", "bob123"]);
        desk.bench
            .tap()
            .fail("TransactWriteItems", Fault::TransactionConflict, 3);
        assert!(desk.users(&event).await.status < 300);
    }
}

#[tokio::test]
async fn storage_that_cannot_be_reached() {
    for (event, operation) in [
        ("create", "TransactWriteItems"),
        ("get", "BatchGetItem"),
        ("get-me", "BatchGetItem"),
        ("list", "Scan"),
        ("list", "BatchGetItem"),
        ("list-cursor", "Scan"),
        ("list-filter", "GetItem"),
        ("search", "BatchGetItem"),
        ("delete", "GetItem"),
    ] {
        let desk = Desk::start().await;
        desk.bench.tap().fail(operation, Fault::Throttled, ALWAYS);
        let answer = desk
            .users(&Event::shipped(&format!("scim-users/{event}")))
            .await;
        assert_eq!(answer.gist(), "503 UMV-10005", "{event}");
        assert_eq!(desk.user_names().await, ["alice", "bob123"]);
    }
}

/// A DELETE before whose write the user is changed by others, each time.
async fn deleted_while_changed(desk: &Arc<Desk>, times: usize) -> Answer {
    let (other, count) = (Arc::clone(desk), AtomicUsize::new(0));
    let platform = meanwhile(
        desk.bench.platform(),
        "TransactWriteItems",
        times,
        move || {
            let title = format!("title {}", count.fetch_add(1, Ordering::Relaxed));
            let event = Event::shipped("scim-patch/patch-me").replacing(&json!({ "title": title }));
            let desk = Arc::clone(&other);
            async move { assert_eq!(desk.patch(&event).await.status, 200) }
        },
    );
    let app = App::from_env(&desk.bench.env("scim-users"), &platform)
        .await
        .unwrap();
    scim_users::handle(&app, Event::shipped("scim-users/delete").request())
        .await
        .into()
}

#[tokio::test]
async fn a_user_that_others_change_is_deleted_all_the_same() {
    let desk = Arc::new(Desk::start().await);
    assert_eq!(deleted_while_changed(&desk, 3).await.status, 204);
    assert!(desk.user(BOB).await.is_null());
}

#[tokio::test]
async fn a_user_that_others_never_stop_changing_stays_whole() {
    let desk = Arc::new(Desk::start().await);
    assert_eq!(deleted_while_changed(&desk, 4).await.gist(), "409");
    assert_eq!(desk.user_names().await, ["alice", "bob123"]);
}
