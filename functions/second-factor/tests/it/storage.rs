//! Round trips to DynamoDB, and what its failures come to.
//! Three before a message (a name, the user, the counts beside the flow), two for a code (the count in the flow, the
//! transaction that ends it); one more where the user is written with it, and where the account has failures in a row.

use local::testing::{BOB, Event, Fault, TestApp};
use serde_json::json;

use crate::support::{NEW, codes_for, initiate, not, started, told, wait};

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

#[tokio::test]
async fn round_trips() {
    let test = TestApp::start().await;
    let trips = || test.stack.faults().take_round_trips();
    let calls = || test.stack.faults().take_calls();
    trips();
    calls();
    let flow = started(&test, "bob123").await;
    let code = test.code();
    assert_eq!(trips(), 3);
    let mut kinds = calls();
    kinds.sort();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "BatchGetItem",
            "GetItem",
            "TransactWriteItems",
            "UpdateItem"
        ]
    );
    assert_eq!(told(&flow.verify(&code).await), "SUCCESS_COMPLETED - sms");
    assert_eq!(
        (trips(), calls()),
        (2, vec!["UpdateItem".into(), "TransactWriteItems".into()])
    );
    flow.outcome().await;
    assert_eq!(trips(), 2);

    wait(&test).await;
    let by_id = json!({ "user": { "userId": BOB } });
    test.second_factor(&Event::shipped("second-factor/initiate").body(&by_id))
        .await;
    assert_eq!(trips(), 2);

    wait(&test).await;
    trips();
    let flow = started(&test, "bob123").await;
    trips();
    assert_eq!(
        told(&flow.verify(&not(&test.code())).await),
        "FAIL_INCOMPLETE OTP"
    );
    assert_eq!(trips(), 3, "the first failure makes its place");
    assert_eq!(
        told(&flow.verify(&not(&test.code())).await),
        "FAIL_INCOMPLETE OTP"
    );
    assert_eq!(trips(), 2);
    wait(&test).await;
    flow.resend().await;
    assert_eq!(trips(), 3);
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
    assert_eq!(trips(), 4, "with failures in a row");
}

#[tokio::test]
async fn round_trips_where_the_user_is_written() {
    let test = TestApp::with(&["SmsOtpMandatory=true"]).await;
    let trips = || test.stack.faults().take_round_trips();
    let flow = started(&test, "alice").await;
    trips();
    flow.mobile(NEW).await;
    assert_eq!(trips(), 3);
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
    assert_eq!(trips(), 3);
    let codes = codes_for(&test, "bob123", 1).await;
    let flow = started(&test, "bob123").await;
    trips();
    assert_eq!(
        told(&flow.backup_code(&codes[0]).await),
        "SUCCESS_COMPLETED - otp"
    );
    assert_eq!(trips(), 3);
}

#[tokio::test]
async fn lost_replies() {
    let test = TestApp::start().await;
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    let flow = started(&test, "bob123").await;
    assert_eq!(test.sent_to().len(), 1);
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::LostReply, 1);
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
    assert_eq!(told(&flow.outcome().await), "SUCCESS_COMPLETED - sms");
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    let test = TestApp::start().await;
    let conflicts = |operation| {
        test.stack
            .faults()
            .fail(operation, Fault::TransactionConflict, 3);
    };
    conflicts("TransactWriteItems");
    let flow = started(&test, "bob123").await;
    conflicts("TransactWriteItems");
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
}

#[tokio::test]
async fn storage_that_fails_sends_and_lets_in_nobody() {
    let test = TestApp::start().await;
    for operation in [
        "GetItem",
        "BatchGetItem",
        "UpdateItem",
        "TransactWriteItems",
    ] {
        test.stack
            .faults()
            .fail(operation, Fault::Throttled, ALWAYS);
        let answer = test.second_factor(&initiate("bob123")).await;
        assert_eq!(told(&answer), "503 VRF-50300", "{operation}");
        test.stack.faults().clear_faults();
        assert!(test.sent_to().is_empty(), "{operation}");
        // What could not be taken back counts.
        wait(&test).await;
    }
    let flow = started(&test, "bob123").await;
    let code = test.code();
    for operation in ["UpdateItem", "TransactWriteItems"] {
        test.stack
            .faults()
            .fail(operation, Fault::Throttled, ALWAYS);
        assert_eq!(
            told(&flow.verify(&code).await),
            "503 VRF-50300",
            "{operation}"
        );
        test.stack.faults().clear_faults();
    }
    assert_eq!(told(&flow.outcome().await), "FAIL_INCOMPLETE OTP");
    assert_eq!(told(&flow.verify(&code).await), "SUCCESS_COMPLETED - sms");
}

/// Every item has an end; none is kept under an id or a number.
#[tokio::test]
async fn what_is_stored() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    let keys = test.verification_keys().await;
    assert!(keys.iter().any(|key| key.starts_with("FLOW#")), "{keys:?}");
    assert!(keys.iter().all(|key| !key.contains(&flow.id)), "{keys:?}");
    assert!(test.verification(BOB).await["ttl"].is_number());
    test.stack
        .clock()
        .advance(std::time::Duration::from_hours(24 * 9));
    test.stack.sweep().await;
    assert!(test.verification_keys().await.is_empty());
}
