//! A failure comes again, and only what failed; a number that refuses does not.

use local::testing::Fault;
use serde_json::json;
use shared::platform::outbox::Outcome;

use crate::support::{
    ALWAYS, CAROLS, NEW, Notifier, OLD, changed, positions, replaced_in, shipped,
};

#[tokio::test]
async fn an_outage_comes_again() {
    let notifier = Notifier::start().await;
    let event = shipped("several");
    // The second record changes no number.
    let mut failing = positions(&event);
    failing.remove(1);
    notifier.stack.outbox().set_outcome(Outcome::Unavailable);
    for _ in 0..2 {
        assert_eq!(notifier.hand(&event).await, failing);
        assert!(notifier.kept().await.is_empty());
    }
    notifier.stack.outbox().set_outcome(Outcome::Delivered);
    assert!(notifier.hand(&event).await.is_empty());
    assert_eq!(notifier.told(), [OLD, CAROLS, NEW]);
}

#[tokio::test]
async fn one_that_fails_holds_up_no_other() {
    let notifier = Notifier::start().await;
    let event = shipped("several");
    // The SDK tries three times: the first record is without storage, the others are not.
    notifier.stack.faults().fail("PutItem", Fault::Throttled, 3);
    assert_eq!(notifier.hand(&event).await, [positions(&event)[0].as_str()]);
    assert_eq!(notifier.told(), [CAROLS, NEW]);
    assert!(notifier.hand(&event).await.is_empty());
    assert_eq!(notifier.told(), [CAROLS, NEW, OLD]);
}

#[tokio::test]
async fn a_refused_number_is_left_alone() {
    let notifier = Notifier::start().await;
    notifier.stack.outbox().set_outcome(Outcome::Refused);
    assert!(notifier.hand(&shipped("replaced")).await.is_empty());
    notifier.stack.outbox().set_outcome(Outcome::Delivered);
    assert!(notifier.hand(&shipped("replaced")).await.is_empty());
    assert!(notifier.told().is_empty());
}

#[tokio::test]
async fn without_storage_nothing_is_sent() {
    let event = shipped("replaced");
    for fault in [Fault::Unreachable, Fault::Throttled] {
        let notifier = Notifier::start().await;
        notifier.stack.faults().fail("PutItem", fault, ALWAYS);
        assert_eq!(notifier.hand(&event).await, positions(&event));
        assert!(notifier.told().is_empty());
        notifier.stack.faults().clear_faults();
        assert!(notifier.hand(&event).await.is_empty());
        assert_eq!(notifier.told(), [OLD]);
    }
}

#[tokio::test]
async fn round_trips() {
    let notifier = Notifier::start().await;
    let begun_counted_sent = ["PutItem", "UpdateItem", "UpdateItem"];
    notifier.hand(&shipped("replaced")).await;
    let calls = notifier.stack.faults().take_calls();
    assert_eq!(calls, [&begun_counted_sent[..], &["PutItem"]].concat());
    assert_eq!(notifier.stack.faults().take_round_trips(), 3);
    notifier.hand(&shipped("replaced")).await;
    assert_eq!(notifier.stack.faults().take_calls(), ["PutItem"]);
    notifier.hand(&shipped("unrelated")).await;
    assert!(notifier.stack.faults().take_calls().is_empty());
    notifier.stack.outbox().set_outcome(Outcome::Unavailable);
    notifier.hand(&shipped("removed")).await;
    let given_back = ["UpdateItem", "UpdateItem", "DeleteItem"];
    let calls = notifier.stack.faults().take_calls();
    assert_eq!(calls, [begun_counted_sent, given_back].concat());
}

/// Lambda takes an empty name for the whole batch: better too much than nothing.
#[tokio::test]
async fn a_failure_without_a_position_is_one_all_the_same() {
    let notifier = Notifier::start().await;
    notifier.stack.outbox().set_outcome(Outcome::Unavailable);
    let event = changed("replaced", |record| {
        record["dynamodb"]["SequenceNumber"] = json!(null);
    });
    assert_eq!(notifier.hand(&event).await, [""]);
}

/// A gateway that took the message and then broke off had the number told ten times.
#[tokio::test]
async fn what_was_perhaps_told_is_tried_twice_more() {
    let notifier = Notifier::start().await;
    notifier.stack.outbox().set_outcome(Outcome::Unknown);
    let event = replaced_in(2);
    for _ in 0..2 {
        assert_eq!(notifier.hand(&event).await, positions(&event));
    }
    assert!(notifier.hand(&event).await.is_empty(), "left at that");
    for _ in 0..3 {
        assert!(notifier.hand(&event).await.is_empty());
    }
    assert_eq!(notifier.told(), [OLD; 3]);
    assert!(
        notifier.counted().await > 0,
        "what may have gone out counts"
    );
}
