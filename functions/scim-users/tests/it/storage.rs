//! Round trips to DynamoDB, and what its failures come to.

use shared::runtime::Start;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::testing::{Answer, BOB, Event, Fault, TestApp, interleave};
use scim_users::App;
use serde_json::json;

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

#[tokio::test]
async fn round_trips() {
    let test = TestApp::start().await;
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
        test.users(&Event::shipped(&format!("scim-users/{event}")))
            .await;
        assert_eq!(test.stack.faults().take_calls(), calls, "{event}");
    }
}

#[tokio::test]
async fn a_lost_reply_is_no_taken_name() {
    let test = TestApp::start().await;
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(
        test.users(&Event::shipped("scim-users/create"))
            .await
            .status,
        201
    );
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(
        test.users(&Event::shipped("scim-users/delete"))
            .await
            .status,
        204
    );
    assert_eq!(test.user_names().await, ["alice", "carol"]);
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    for event in ["scim-users/create", "scim-users/delete"] {
        let test = TestApp::start().await;
        let event = Event::shipped(event);
        test.stack
            .faults()
            .fail("TransactWriteItems", Fault::TransactionConflict, 4);
        let answer = test.users(&event).await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("1"))
        );
        assert_eq!(test.user_names().await, ["alice", "bob123"]);
        test.stack
            .faults()
            .fail("TransactWriteItems", Fault::TransactionConflict, 3);
        assert!(test.users(&event).await.status < 300);
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
        let test = TestApp::start().await;
        test.stack
            .faults()
            .fail(operation, Fault::Throttled, ALWAYS);
        let answer = test
            .users(&Event::shipped(&format!("scim-users/{event}")))
            .await;
        assert_eq!(answer.gist(), "503 VRF-50300", "{event}");
        assert_eq!(test.user_names().await, ["alice", "bob123"]);
    }
}

/// A DELETE before whose write the user is changed by others, each time.
async fn deleted_while_changed(test: &Arc<TestApp>, times: usize) -> Answer {
    let (other, count) = (Arc::clone(test), AtomicUsize::new(0));
    let platform = interleave(
        test.stack.platform(),
        "TransactWriteItems",
        times,
        move || {
            let title = format!("title {}", count.fetch_add(1, Ordering::Relaxed));
            let event = Event::shipped("scim-patch/patch-me").replacing(&json!({ "title": title }));
            let test = Arc::clone(&other);
            async move { assert_eq!(test.patch(&event).await.status, 200) }
        },
    );
    let app = App::from_env(&test.stack.env("scim-users"), &platform)
        .await
        .unwrap();
    scim_users::handle(&app, Event::shipped("scim-users/delete").request())
        .await
        .into()
}

#[tokio::test]
async fn a_user_that_others_change_is_deleted_all_the_same() {
    let test = Arc::new(TestApp::start().await);
    assert_eq!(deleted_while_changed(&test, 3).await.status, 204);
    assert!(test.user(BOB).await.is_null());
}

#[tokio::test]
async fn a_user_that_others_never_stop_changing_stays_whole() {
    let test = Arc::new(TestApp::start().await);
    assert_eq!(
        deleted_while_changed(&test, 4).await.gist(),
        "409 VRF-40900"
    );
    assert_eq!(test.user_names().await, ["alice", "bob123"]);
}
