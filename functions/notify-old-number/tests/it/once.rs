//! Once for each change, though the stream delivers at least once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use local::testing::{Fault, TestStack, UNCAPPED, interleave};
use serde_json::json;

use crate::support::{ALWAYS, NEW, Notifier, OLD, positions, replaced_in, shipped};

const DAY: Duration = Duration::from_hours(24);
const ALMOST_A_DAY: Duration = Duration::from_mins(24 * 60 - 1);
const MINUTE: Duration = Duration::from_mins(1);
const ALMOST_A_MINUTE: Duration = Duration::from_secs(55);

const BOBS: &str = "TOLD#1e624046-520c-4628-a245-091e04b03f21#2";

#[tokio::test]
async fn a_record_that_comes_twice_is_one_message() {
    let notifier = Notifier::start().await;
    for _ in 0..2 {
        let failed = notifier.hand(&shipped("replaced")).await;
        assert!(failed.is_empty(), "{failed:?}");
    }
    assert_eq!(notifier.told(), [OLD]);
    let mut twice = shipped("removed");
    let record = twice["Records"][0].clone();
    twice["Records"] = json!([record, record]);
    assert!(notifier.hand(&twice).await.is_empty());
    assert_eq!(notifier.told(), [OLD, NEW]);
}

#[tokio::test]
async fn what_was_told_is_remembered_for_a_day() {
    let notifier = Notifier::with(&UNCAPPED).await;
    notifier.hand(&shipped("replaced")).await;
    let kept = notifier.kept().await;
    // Whose change it was, and no number.
    assert_eq!(kept.keys().collect::<Vec<_>>(), [BOBS]);
    assert_eq!(kept[BOBS], ["attempt", "ttl"]);
    notifier.stack.clock().advance(ALMOST_A_DAY);
    assert_eq!(notifier.stack.sweep().await, 0);
    notifier.hand(&shipped("replaced")).await;
    assert_eq!(notifier.told(), [OLD]);
    // Over is over, also while DynamoDB has not yet deleted it.
    notifier.stack.clock().advance(MINUTE);
    notifier.hand(&shipped("replaced")).await;
    assert_eq!(notifier.told(), [OLD, OLD]);
    notifier.stack.clock().advance(DAY);
    assert_eq!(notifier.stack.sweep().await, 1);
}

#[tokio::test]
async fn every_change_is_told() {
    let notifier = Notifier::start().await;
    for version in 2..5 {
        notifier.hand(&replaced_in(version)).await;
    }
    assert_eq!(notifier.told(), [OLD; 3]);
}

#[tokio::test]
async fn two_at_the_same_time_are_one_message() {
    let notifier = Notifier::with(&UNCAPPED).await;
    for version in 2..12 {
        let event = replaced_in(version);
        let before = notifier.told().len();
        let hand = || notifier.hand(&event);
        let _ = tokio::join!(hand(), hand(), hand());
        // Whoever came too early comes again.
        assert!(hand().await.is_empty());
        assert_eq!(notifier.told().len(), before + 1);
    }
}

#[tokio::test]
async fn a_lost_reply_is_one_message() {
    let notifier = Notifier::start().await;
    notifier.stack.faults().fail("PutItem", Fault::LostReply, 1);
    assert!(notifier.hand(&shipped("replaced")).await.is_empty());
    assert_eq!(notifier.told(), [OLD]);
    assert!(notifier.hand(&shipped("replaced")).await.is_empty());
    assert_eq!(notifier.told(), [OLD]);
}

#[tokio::test]
async fn an_attempt_that_died_is_made_up_for() {
    let notifier = Notifier::start().await;
    let (faults, outbox) = (notifier.stack.faults(), notifier.stack.outbox());
    outbox.set_outcome(shared::platform::outbox::Outcome::Unavailable);
    faults.fail("DeleteItem", Fault::Unreachable, ALWAYS);
    let event = shipped("replaced");
    assert_eq!(notifier.hand(&event).await, positions(&event));
    faults.clear_faults();
    outbox.set_outcome(shared::platform::outbox::Outcome::Delivered);
    // It might still be at it.
    notifier.stack.clock().advance(ALMOST_A_MINUTE);
    assert_eq!(notifier.hand(&event).await, positions(&event));
    assert!(notifier.told().is_empty());
    notifier.stack.clock().advance(Duration::from_secs(5));
    assert!(notifier.hand(&event).await.is_empty());
    assert_eq!(notifier.told(), [OLD]);
    assert_eq!(notifier.kept().await[BOBS], ["attempt", "ttl"]);
}

#[tokio::test]
async fn what_was_told_but_not_written_down_is_no_failure() {
    let stack = TestStack::start().await;
    let (faults, puts) = (stack.faults().clone(), Arc::new(AtomicUsize::new(0)));
    let platform = interleave(stack.platform(), "PutItem", ALWAYS, move || {
        // The first one begins; the second would say that it is done.
        if puts.fetch_add(1, Ordering::Relaxed) == 1 {
            faults.fail("PutItem", Fault::Unreachable, ALWAYS);
        }
        std::future::ready(())
    });
    let notifier = Notifier::on(stack, &platform).await;
    assert!(notifier.hand(&shipped("replaced")).await.is_empty());
    assert_eq!(notifier.told(), [OLD]);
}
