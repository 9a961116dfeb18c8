//! Round trips to DynamoDB, and what its failures come to.
//! At most two: the count, with the user read beside it, and the transaction.

use local::testing::{BOB, Event, Fault, TestApp};
use serde_json::json;

use crate::support::{NEW, claim_primary, fail, typed, typed_by_admin};

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

async fn calls(test: &TestApp, event: &Event) -> Vec<String> {
    test.stack.faults().take_calls();
    test.validate(event).await;
    test.stack.faults().take_calls()
}

/// The first so many calls go out together, in any order.
fn together(mut calls: Vec<String>, first: usize) -> Vec<String> {
    calls[..first].sort();
    calls
}

#[tokio::test]
async fn a_right_code_takes_two_round_trips() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    let calls = calls(&test, &typed(&code)).await;
    assert_eq!(
        together(calls, 2),
        ["GetItem", "UpdateItem", "TransactWriteItems"]
    );
}

#[tokio::test]
async fn a_name_takes_one_more() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    let by_id = typed_by_admin("no", &json!({ "userId": BOB }));
    assert_eq!(
        together(calls(&test, &by_id).await, 2),
        ["GetItem", "UpdateItem"]
    );
    let by_name = typed_by_admin(&code, &json!({ "username": "bob123" }));
    let mut by_name = calls(&test, &by_name).await;
    assert_eq!(by_name.remove(0), "GetItem");
    assert_eq!(
        together(by_name, 2),
        ["GetItem", "UpdateItem", "TransactWriteItems"]
    );
}

#[tokio::test]
async fn a_wrong_code_takes_one_and_another_where_a_window_is_over() {
    let test = TestApp::start().await;
    claim_primary(&test, NEW).await;
    assert_eq!(
        together(calls(&test, &typed("no")).await, 2),
        ["GetItem", "UpdateItem"]
    );
    fail(&test, 8).await;
    let tenth = calls(&test, &typed("no")).await;
    assert_eq!(together(tenth, 2), ["GetItem", "UpdateItem"]);
    test.stack
        .clock()
        .advance(std::time::Duration::from_hours(1));
    let recounted = calls(&test, &typed("no")).await;
    assert_eq!(
        together(recounted, 2),
        ["GetItem", "UpdateItem", "UpdateItem"]
    );
}

#[tokio::test]
async fn a_locked_account_takes_one() {
    let test = TestApp::start().await;
    fail(&test, 10).await;
    assert_eq!(
        together(calls(&test, &typed("no")).await, 2),
        ["GetItem", "UpdateItem"]
    );
}

#[tokio::test]
async fn a_lost_reply_to_the_commit_is_success_once() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    let user = test.user(BOB).await;
    assert_eq!(
        (&user["primary"], &user["version"]),
        (&json!(NEW), &json!(2))
    );
    assert_eq!(test.validate(&typed(&code)).await.gist(), "400 18001");
}

#[tokio::test]
async fn a_lost_reply_to_the_count_counts_twice_rather_than_not_at_all() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    test.stack.faults().fail("UpdateItem", Fault::LostReply, 1);
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    assert_eq!(test.verification(BOB).await["tries"], 2);
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    for operation in ["UpdateItem", "TransactWriteItems"] {
        for conflicts in 1..=3 {
            let test = TestApp::start().await;
            let code = claim_primary(&test, NEW).await;
            test.stack.faults().take_calls();
            test.stack
                .faults()
                .fail(operation, Fault::TransactionConflict, conflicts);
            assert_eq!(
                test.validate(&typed(&code)).await.status,
                202,
                "{operation}"
            );
            let calls = test.stack.faults().take_calls();
            let tried = calls.iter().filter(|call| *call == operation).count();
            assert_eq!(tried, conflicts + 1);
            assert_eq!(test.verification(BOB).await["tries"], 1);
        }
    }
}

#[tokio::test]
async fn a_fourth_conflict_is_told_and_the_code_still_works() {
    for operation in ["UpdateItem", "TransactWriteItems"] {
        let test = TestApp::start().await;
        let code = claim_primary(&test, NEW).await;
        let user = test.user(BOB).await;
        test.stack
            .faults()
            .fail(operation, Fault::TransactionConflict, 4);
        let answer = test.validate(&typed(&code)).await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("1"))
        );
        assert_eq!(test.user(BOB).await, user);
        assert_eq!(test.validate(&typed(&code)).await.status, 202);
    }
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_compared() {
    for (operation, fault) in [
        ("UpdateItem", Fault::Throttled),
        ("UpdateItem", Fault::Unreachable),
        ("GetItem", Fault::Throttled),
        ("TransactWriteItems", Fault::Throttled),
    ] {
        let test = TestApp::start().await;
        let code = claim_primary(&test, NEW).await;
        let user = test.user(BOB).await;
        test.stack.faults().fail(operation, fault, ALWAYS);
        let answer = test.validate(&typed(&code)).await;
        assert_eq!(answer.gist(), "503 VRF-50300", "{operation} {fault:?}");
        assert_eq!(test.user(BOB).await, user);
        test.stack.faults().clear_faults();
        assert_eq!(test.validate(&typed(&code)).await.status, 202);
    }
}
