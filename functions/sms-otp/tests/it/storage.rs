//! Round trips to DynamoDB, and what its failures come to.
//! Three before a message (read, counters, claim), two for a passcode (the count with the user read beside it,
//! the transaction).

use local::testing::{BOB, Desk, Fault};

use crate::support::{COOLDOWN, NEW, OWN, send, sent, validate};

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

#[tokio::test]
async fn round_trips() {
    let desk = Desk::start().await;
    let calls = || desk.bench.tap().take_calls();
    desk.bench.tap().take_round_trips();
    let code = sent(&desk, NEW).await;
    assert_eq!(desk.bench.tap().take_round_trips(), 3);
    let mut kinds = calls();
    kinds.dedup();
    assert_eq!(kinds, ["BatchGetItem", "UpdateItem"]);
    desk.sms_otp(&send(NEW)).await;
    desk.sms_otp(&send(OWN)).await;
    assert_eq!(calls(), ["BatchGetItem"; 2], "refused by what was read");
    desk.sms_otp(&validate(NEW, &code)).await;
    let mut calls = calls();
    calls[..2].sort();
    assert_eq!(calls, ["GetItem", "UpdateItem", "TransactWriteItems"]);
}

#[tokio::test]
async fn lost_replies() {
    let desk = Desk::uncapped().await;
    desk.bench.tap().fail("UpdateItem", Fault::LostReply, 1);
    let code = sent(&desk, NEW).await;
    assert_eq!(desk.sent_to(), [NEW]);
    desk.bench
        .tap()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
    assert_eq!(desk.user(BOB).await["version"], 2);
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    let desk = Desk::uncapped().await;
    let conflicts = |operation| {
        desk.bench
            .tap()
            .fail(operation, Fault::TransactionConflict, 3);
    };
    conflicts("UpdateItem");
    let code = sent(&desk, NEW).await;
    conflicts("UpdateItem");
    conflicts("TransactWriteItems");
    assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
}

#[tokio::test]
async fn storage_that_fails_means_no_message_and_the_old_code() {
    for (operation, fault) in [
        ("UpdateItem", Fault::TransactionConflict),
        ("UpdateItem", Fault::Throttled),
        ("BatchGetItem", Fault::Throttled),
        ("BatchGetItem", Fault::Unreachable),
    ] {
        let desk = Desk::uncapped().await;
        let code = sent(&desk, NEW).await;
        desk.bench.clock().advance(COOLDOWN);
        let pending = desk.verification(BOB).await;
        desk.bench.tap().fail(operation, fault, ALWAYS);
        let answer = desk.sms_otp(&send(NEW)).await;
        assert_eq!(answer.gist(), "503 UMV-10005", "{operation} {fault:?}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(desk.sent_to().len(), 1);
        assert_eq!(desk.verification(BOB).await, pending);
        desk.bench.tap().clear_faults();
        assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
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
        let desk = Desk::uncapped().await;
        let code = sent(&desk, NEW).await;
        let user = desk.user(BOB).await;
        desk.bench.tap().fail(operation, fault, times);
        let answer = desk.sms_otp(&validate(NEW, &code)).await;
        assert_eq!(answer.gist(), "503 UMV-10005", "{operation} {fault:?}");
        assert_eq!(desk.user(BOB).await, user);
        desk.bench.tap().clear_faults();
        assert_eq!(desk.sms_otp(&validate(NEW, &code)).await.status, 200);
    }
}
