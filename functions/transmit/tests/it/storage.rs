//! Round trips to DynamoDB, and what its failures come to.
//! Three before a message (read, counters, claim), two for a passcode (the count with the user read beside it,
//! the transaction).

use local::testing::{BOB, Fault, TestApp};

use crate::support::{COOLDOWN, NEW, OWN, send, sent, validate};

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

#[tokio::test]
async fn round_trips() {
    let test = TestApp::start().await;
    let calls = || test.stack.faults().take_calls();
    test.stack.faults().take_round_trips();
    let code = sent(&test, NEW).await;
    assert_eq!(test.stack.faults().take_round_trips(), 3);
    let mut kinds = calls();
    kinds.dedup();
    assert_eq!(kinds, ["BatchGetItem", "UpdateItem"]);
    test.transmit(&send(NEW)).await;
    test.transmit(&send(OWN)).await;
    assert_eq!(calls(), ["BatchGetItem"; 2], "refused by what was read");
    test.transmit(&validate(NEW, &code)).await;
    let mut calls = calls();
    calls[..2].sort();
    assert_eq!(calls, ["GetItem", "UpdateItem", "TransactWriteItems"]);
}

#[tokio::test]
async fn lost_replies() {
    let test = TestApp::uncapped().await;
    test.stack.faults().fail("UpdateItem", Fault::LostReply, 1);
    let code = sent(&test, NEW).await;
    assert_eq!(test.sent_to(), [NEW]);
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    assert_eq!(test.user(BOB).await["version"], 2);
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    let test = TestApp::uncapped().await;
    let conflicts = |operation| {
        test.stack
            .faults()
            .fail(operation, Fault::TransactionConflict, 3);
    };
    conflicts("UpdateItem");
    let code = sent(&test, NEW).await;
    conflicts("UpdateItem");
    conflicts("TransactWriteItems");
    assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn storage_that_fails_means_no_message_and_the_old_code() {
    for (operation, fault) in [
        ("UpdateItem", Fault::TransactionConflict),
        ("UpdateItem", Fault::Throttled),
        ("BatchGetItem", Fault::Throttled),
        ("BatchGetItem", Fault::Unreachable),
    ] {
        let test = TestApp::uncapped().await;
        let code = sent(&test, NEW).await;
        test.stack.clock().advance(COOLDOWN);
        let pending = test.verification(BOB).await;
        test.stack.faults().fail(operation, fault, ALWAYS);
        let answer = test.transmit(&send(NEW)).await;
        assert_eq!(answer.gist(), "503 VRF-50300", "{operation} {fault:?}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(test.sent_to().len(), 1);
        assert_eq!(test.verification(BOB).await, pending);
        test.stack.faults().clear_faults();
        assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    }
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_compared() {
    for (operation, fault, times) in [
        ("UpdateItem", Fault::TransactionConflict, 4),
        ("UpdateItem", Fault::Throttled, ALWAYS),
        ("GetItem", Fault::Unreachable, ALWAYS),
        ("TransactWriteItems", Fault::TransactionConflict, 4),
        ("TransactWriteItems", Fault::Throttled, ALWAYS),
    ] {
        let test = TestApp::uncapped().await;
        let code = sent(&test, NEW).await;
        let user = test.user(BOB).await;
        test.stack.faults().fail(operation, fault, times);
        let answer = test.transmit(&validate(NEW, &code)).await;
        assert_eq!(answer.gist(), "503 VRF-50300", "{operation} {fault:?}");
        assert_eq!(test.user(BOB).await, user);
        test.stack.faults().clear_faults();
        assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    }
}
