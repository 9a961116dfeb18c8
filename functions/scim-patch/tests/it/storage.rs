//! Round trips to DynamoDB, and what its failures come to.
//! At most three before the message: read, counters, claim.

use local::testing::{BOB, Event, Fault, TestApp};
use serde_json::json;

use crate::support::{NEW, number_and_nick_name, primary, profile, title, typed};

/// The counters would come between what these tests look at.
async fn test() -> TestApp {
    TestApp::bare().await
}

async fn calls(test: &TestApp, event: &Event) -> Vec<String> {
    test.stack.faults().take_calls();
    test.patch(event).await;
    test.stack.faults().take_calls()
}

#[tokio::test]
async fn a_held_back_number_takes_three_round_trips() {
    for (event, counters) in [("patch-me", 3), ("patch-user", 2)] {
        let test = TestApp::start().await;
        let event = Event::shipped(&format!("scim-patch/{event}"));
        test.stack.faults().take_round_trips();
        let calls = calls(&test, &event).await;
        assert_eq!(calls[0], "BatchGetItem");
        assert_eq!(calls[1..], vec!["UpdateItem"; counters + 2]);
        // The read, the counters together, the claim with the entry that it is found by.
        assert_eq!(test.stack.faults().take_round_trips(), 3);
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
        let test = test().await;
        let event = Event::shipped(&format!("scim-patch/{event}"));
        assert_eq!(calls(&test, &event).await, ["BatchGetItem", "UpdateItem"]);
    }
}

#[tokio::test]
async fn round_trips_of_everything_else() {
    let test = test().await;
    assert_eq!(
        calls(&test, &number_and_nick_name()).await,
        ["BatchGetItem", "UpdateItem", "PutItem"]
    );
    assert_eq!(
        calls(&test, &number_and_nick_name()).await,
        ["BatchGetItem"],
        "nothing changes"
    );
    assert_eq!(
        calls(&test, &title("Dr")).await,
        ["BatchGetItem", "PutItem"]
    );
    assert_eq!(calls(&test, &primary("nonsense")).await, ["BatchGetItem"]);
    let cancelling = primary("+60111111111");
    assert_eq!(
        calls(&test, &cancelling).await,
        ["BatchGetItem", "TransactWriteItems"]
    );
    let renaming = Event::shipped("scim-patch/patch-user").replacing(&json!({ "userName": "rob" }));
    assert_eq!(
        calls(&test, &renaming).await,
        ["BatchGetItem", "GetItem", "TransactWriteItems"],
        "whether a name is free is asked before any message"
    );
}

#[tokio::test]
async fn a_lost_reply_to_the_claim_is_one_claim_and_one_message() {
    let test = test().await;
    test.stack.faults().fail("UpdateItem", Fault::LostReply, 1);
    let answer = test.patch(&primary(NEW)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        test.stack.faults().take_calls(),
        ["BatchGetItem", "UpdateItem", "UpdateItem"]
    );
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(
        test.pending(BOB).await["sends"].as_object().unwrap().len(),
        1
    );
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn a_lost_reply_to_the_users_write_is_one_write() {
    let test = test().await;
    test.stack.faults().fail("PutItem", Fault::LostReply, 1);
    assert_eq!(test.patch(&number_and_nick_name()).await.status, 200);
    assert_eq!(test.user(BOB).await["version"], 2);
    assert_eq!(profile(&test).await["nickName"], "Bobby");
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn a_lost_reply_to_a_transaction_is_one_write() {
    let test = test().await;
    test.patch(&primary(NEW)).await;
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(test.patch(&primary("+60111111111")).await.status, 200);
    assert_eq!(test.pending(BOB).await.get("primaryClaim"), None);
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    let with_write = number_and_nick_name();
    for (operation, event) in [("UpdateItem", &primary(NEW)), ("PutItem", &with_write)] {
        for conflicts in 1..=3 {
            let test = test().await;
            test.stack
                .faults()
                .fail(operation, Fault::TransactionConflict, conflicts);
            assert_eq!(
                test.patch(event).await.status,
                200,
                "{operation} {conflicts}"
            );
            let calls = test.stack.faults().take_calls();
            let tried = calls.iter().filter(|call| *call == operation).count();
            assert_eq!(tried, conflicts + 1);
            assert_eq!(test.sent_to(), [NEW]);
        }
    }
}

#[tokio::test]
async fn a_fourth_conflict_is_told_and_nothing_is_sent() {
    let test = test().await;
    test.stack
        .faults()
        .fail("UpdateItem", Fault::TransactionConflict, 4);
    let answer = test.patch(&primary(NEW)).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(test.sent_to().len(), 0);
    assert!(test.verification(BOB).await.is_null());
    let calls = test.stack.faults().take_calls();
    assert_eq!(calls[0], "BatchGetItem");
    assert_eq!(calls[1..5], ["UpdateItem"; 4]);
}

#[tokio::test]
async fn conflicts_of_a_transaction_are_borne_and_told_alike() {
    let test = test().await;
    test.patch(&primary(NEW)).await;
    let cancelling = primary("+60111111111");
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::TransactionConflict, 4);
    assert_eq!(test.patch(&cancelling).await.status, 503);
    assert_eq!(test.pending(BOB).await["primaryClaim"]["number"], NEW);
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::TransactionConflict, 3);
    assert_eq!(test.patch(&cancelling).await.status, 200);
    assert_eq!(test.pending(BOB).await.get("primaryClaim"), None);
}
