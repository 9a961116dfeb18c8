//! Round trips to DynamoDB, and what its failures come to.
//! At most three before the message: read, counters, claim.

use local::testing::{BOB, Desk, Event, Fault};
use serde_json::json;

use crate::support::{NEW, number_and_nick_name, primary, profile, title, typed};

/// The counters would come between what these tests look at.
async fn desk() -> Desk {
    Desk::bare().await
}

async fn calls(desk: &Desk, event: &Event) -> Vec<String> {
    desk.bench.tap().take_calls();
    desk.patch(event).await;
    desk.bench.tap().take_calls()
}

#[tokio::test]
async fn a_held_back_number_takes_three_round_trips() {
    for (event, counters) in [("patch-me", 4), ("patch-user", 3)] {
        let desk = Desk::start().await;
        let event = Event::shipped(&format!("scim-patch/{event}"));
        desk.bench.tap().take_round_trips();
        let calls = calls(&desk, &event).await;
        assert_eq!(calls[0], "BatchGetItem");
        assert_eq!(calls[1..], vec!["UpdateItem"; counters + 2]);
        // The read, the counters together, the claim with the entry that it is found by.
        assert_eq!(desk.bench.tap().take_round_trips(), 3);
    }
}

#[tokio::test]
async fn without_caps_it_takes_two() {
    for event in [
        "patch-user",
        "patch-me",
        "patch-path",
        "patch-verified-list",
        "patch-base64",
    ] {
        let desk = desk().await;
        let event = Event::shipped(&format!("scim-patch/{event}"));
        assert_eq!(calls(&desk, &event).await, ["BatchGetItem", "UpdateItem"]);
    }
}

#[tokio::test]
async fn round_trips_of_everything_else() {
    let desk = desk().await;
    assert_eq!(
        calls(&desk, &number_and_nick_name()).await,
        ["BatchGetItem", "UpdateItem", "PutItem"]
    );
    assert_eq!(
        calls(&desk, &number_and_nick_name()).await,
        ["BatchGetItem"],
        "nothing changes"
    );
    assert_eq!(
        calls(&desk, &title("Dr")).await,
        ["BatchGetItem", "PutItem"]
    );
    assert_eq!(calls(&desk, &primary("nonsense")).await, ["BatchGetItem"]);
    let cancelling = primary("+60111111111");
    assert_eq!(
        calls(&desk, &cancelling).await,
        ["BatchGetItem", "TransactWriteItems"]
    );
    let renaming = Event::shipped("scim-patch/patch-user").replacing(&json!({ "userName": "rob" }));
    assert_eq!(
        calls(&desk, &renaming).await,
        ["BatchGetItem", "GetItem", "TransactWriteItems"],
        "whether a name is free is asked before any message"
    );
}

#[tokio::test]
async fn a_lost_reply_to_the_claim_is_one_claim_and_one_message() {
    let desk = desk().await;
    desk.bench.tap().fail("UpdateItem", Fault::LostReply, 1);
    let answer = desk.patch(&primary(NEW)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        desk.bench.tap().take_calls(),
        ["BatchGetItem", "UpdateItem", "UpdateItem"]
    );
    assert_eq!(desk.sent_to(), [NEW]);
    assert_eq!(
        desk.pending(BOB).await["sends"].as_object().unwrap().len(),
        1
    );
    assert_eq!(desk.validate(&typed(&desk.code())).await.status, 202);
}

#[tokio::test]
async fn a_lost_reply_to_the_users_write_is_one_write() {
    let desk = desk().await;
    desk.bench.tap().fail("PutItem", Fault::LostReply, 1);
    assert_eq!(desk.patch(&number_and_nick_name()).await.status, 200);
    assert_eq!(desk.user(BOB).await["version"], 2);
    assert_eq!(profile(&desk).await["nickName"], "Bobby");
    assert_eq!(desk.sent_to(), [NEW]);
    assert_eq!(desk.validate(&typed(&desk.code())).await.status, 202);
}

#[tokio::test]
async fn a_lost_reply_to_a_transaction_is_one_write() {
    let desk = desk().await;
    desk.patch(&primary(NEW)).await;
    desk.bench
        .tap()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(desk.patch(&primary("+60111111111")).await.status, 200);
    assert_eq!(desk.pending(BOB).await.get("primaryClaim"), None);
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    let with_write = number_and_nick_name();
    for (operation, event) in [("UpdateItem", &primary(NEW)), ("PutItem", &with_write)] {
        for conflicts in 1..=3 {
            let desk = desk().await;
            desk.bench
                .tap()
                .fail(operation, Fault::TransactionConflict, conflicts);
            assert_eq!(
                desk.patch(event).await.status,
                200,
                "{operation} {conflicts}"
            );
            let calls = desk.bench.tap().take_calls();
            let tried = calls.iter().filter(|call| *call == operation).count();
            assert_eq!(tried, conflicts + 1);
            assert_eq!(desk.sent_to(), [NEW]);
        }
    }
}

#[tokio::test]
async fn a_fourth_conflict_is_told_and_nothing_is_sent() {
    let desk = desk().await;
    desk.bench
        .tap()
        .fail("UpdateItem", Fault::TransactionConflict, 4);
    let answer = desk.patch(&primary(NEW)).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(desk.sent_to().len(), 0);
    assert!(desk.verification(BOB).await.is_null());
    let calls = desk.bench.tap().take_calls();
    assert_eq!(calls[0], "BatchGetItem");
    assert_eq!(calls[1..5], ["UpdateItem"; 4]);
}

#[tokio::test]
async fn conflicts_of_a_transaction_are_borne_and_told_alike() {
    let desk = desk().await;
    desk.patch(&primary(NEW)).await;
    let cancelling = primary("+60111111111");
    desk.bench
        .tap()
        .fail("TransactWriteItems", Fault::TransactionConflict, 4);
    assert_eq!(desk.patch(&cancelling).await.status, 503);
    assert_eq!(desk.pending(BOB).await["primaryClaim"]["number"], NEW);
    desk.bench
        .tap()
        .fail("TransactWriteItems", Fault::TransactionConflict, 3);
    assert_eq!(desk.patch(&cancelling).await.status, 200);
    assert_eq!(desk.pending(BOB).await.get("primaryClaim"), None);
}
