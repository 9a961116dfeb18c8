//! Round trips to DynamoDB, what its failures come to, and somebody else in between.
//! Two: read, and claim; one more where there are caps, and where a name must become an id.

use shared::runtime::Start;
use std::sync::Arc;

use local::testing::{Answer, BOB, Event, Fault, TestApp, interleave};
use resend_code::App;

use crate::support::{COOLDOWN, NEW, OTHER, claim_primary, me, typed};

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

/// Bob has a claim whose cooldown is over.
async fn test() -> (Arc<TestApp>, String) {
    ready(Arc::new(TestApp::bare().await)).await
}

async fn ready(test: Arc<TestApp>) -> (Arc<TestApp>, String) {
    let code = claim_primary(&test, NEW).await;
    test.stack.clock().advance(COOLDOWN);
    test.stack.faults().take_calls();
    (test, code)
}

#[tokio::test]
async fn the_counters_are_one_more_round_trip() {
    let (test, _) = ready(Arc::new(TestApp::start().await)).await;
    test.stack.faults().take_round_trips();
    assert_eq!(test.resend(&me()).await.status, 201);
    assert_eq!(test.stack.faults().take_round_trips(), 3);
    assert_eq!(test.stack.faults().take_calls().len(), 6);
}

#[tokio::test]
async fn round_trips() {
    let (test, _) = test().await;
    test.resend(&me()).await;
    assert_eq!(
        test.stack.faults().take_calls(),
        ["BatchGetItem", "UpdateItem"]
    );
    test.stack.clock().advance(COOLDOWN);
    test.resend(&Event::shipped("resend-code/privileged")).await;
    assert_eq!(
        test.stack.faults().take_calls(),
        ["GetItem", "BatchGetItem", "UpdateItem"]
    );
    test.resend(&me()).await;
    assert_eq!(
        test.stack.faults().take_calls(),
        ["BatchGetItem"],
        "refused by what was read"
    );
}

#[tokio::test]
async fn a_lost_reply_is_one_message() {
    let (test, _) = test().await;
    test.stack.faults().fail("UpdateItem", Fault::LostReply, 1);
    assert_eq!(test.resend(&me()).await.status, 201);
    assert_eq!(test.sent_to(), [NEW, NEW]);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    for conflicts in 1..=3 {
        let (test, _) = test().await;
        test.stack
            .faults()
            .fail("UpdateItem", Fault::TransactionConflict, conflicts);
        assert_eq!(test.resend(&me()).await.status, 201);
        assert_eq!(test.stack.faults().take_calls().len(), conflicts + 2);
        assert_eq!(test.sent_to().len(), 2);
    }
}

#[tokio::test]
async fn storage_that_fails_means_no_message_and_the_old_code() {
    for (operation, fault, times) in [
        ("UpdateItem", Fault::TransactionConflict, 4),
        ("UpdateItem", Fault::Throttled, ALWAYS),
        ("BatchGetItem", Fault::Throttled, ALWAYS),
        ("BatchGetItem", Fault::Unreachable, ALWAYS),
    ] {
        let (test, code) = test().await;
        let pending = test.pending(BOB).await;
        test.stack.faults().fail(operation, fault, times);
        let answer = test.resend(&me()).await;
        assert_eq!(answer.gist(), "503 VRF-50300", "{operation} {fault:?}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(test.sent_to().len(), 1);
        assert_eq!(test.pending(BOB).await, pending);
        test.stack.faults().clear_faults();
        assert_eq!(test.validate(&typed(&code)).await.status, 202);
    }
}

/// Bob asks for another code; before the claim is written something else happens.
async fn interrupted<F>(
    test: &Arc<TestApp>,
    action: impl Fn(Arc<TestApp>) -> F + Send + Sync + 'static,
) -> Answer
where
    F: Future<Output = ()> + Send + 'static,
{
    let other = Arc::clone(test);
    let platform = interleave(test.stack.platform(), "UpdateItem", 1, move || {
        action(Arc::clone(&other))
    });
    let app = App::from_env(&test.stack.env("resend-code"), &platform)
        .await
        .unwrap();
    resend_code::handle(&app, me().request()).await.into()
}

#[tokio::test]
async fn of_two_at_once_one_is_sent() {
    let (test, _) = test().await;
    let answer = interrupted(&test, |test| async move {
        assert_eq!(test.resend(&me()).await.status, 201);
    });
    assert_eq!(answer.await.gist(), "429 VRF-42900");
    assert_eq!(test.sent_to(), [NEW, NEW]);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

#[tokio::test]
async fn a_claim_proven_meanwhile_needs_no_code() {
    let (test, code) = test().await;
    let answer = interrupted(&test, move |test| {
        let event = typed(&code);
        async move { assert_eq!(test.validate(&event).await.status, 202) }
    });
    assert_eq!(answer.await.gist(), "400 UAR-10012");
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(test.pending(BOB).await.get("primaryClaim"), None);
}

#[tokio::test]
async fn a_claim_replaced_meanwhile_is_not_brought_back() {
    let (test, _) = test().await;
    let answer = interrupted(&test, |test| async move {
        claim_primary(&test, OTHER).await;
    });
    assert_eq!(
        answer.await.gist(),
        "429 VRF-42900",
        "what is pending now was sent a moment ago"
    );
    assert_eq!(test.sent_to(), [NEW, OTHER]);
    assert_eq!(test.pending(BOB).await["primaryClaim"]["number"], OTHER);
}
