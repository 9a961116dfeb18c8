//! Round trips to DynamoDB, what its failures come to, and somebody else in between.
//! Two: read, and claim; one more where there are caps, and where a name must become an id.

use std::sync::Arc;

use local::testing::{Answer, BOB, Desk, Event, Fault, meanwhile};
use resend_code::App;

use crate::support::{COOLDOWN, NEW, OTHER, claim_primary, me, typed};

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

/// Bob has a claim whose cooldown is over.
async fn desk() -> (Arc<Desk>, String) {
    desk_of(Desk::bare().await).await
}

async fn desk_of(desk: Desk) -> (Arc<Desk>, String) {
    let code = claim_primary(&desk, NEW).await;
    desk.bench.clock().advance(COOLDOWN);
    desk.bench.tap().take_calls();
    (Arc::new(desk), code)
}

#[tokio::test]
async fn the_counters_are_one_more_round_trip() {
    let (desk, _) = desk_of(Desk::start().await).await;
    desk.bench.tap().take_round_trips();
    assert_eq!(desk.resend(&me()).await.status, 201);
    assert_eq!(desk.bench.tap().take_round_trips(), 3);
    assert_eq!(desk.bench.tap().take_calls().len(), 7);
}

#[tokio::test]
async fn round_trips() {
    let (desk, _) = desk().await;
    desk.resend(&me()).await;
    assert_eq!(
        desk.bench.tap().take_calls(),
        ["BatchGetItem", "UpdateItem"]
    );
    desk.bench.clock().advance(COOLDOWN);
    desk.resend(&Event::shipped("resend-code/privileged")).await;
    assert_eq!(
        desk.bench.tap().take_calls(),
        ["GetItem", "BatchGetItem", "UpdateItem"]
    );
    desk.resend(&me()).await;
    assert_eq!(
        desk.bench.tap().take_calls(),
        ["BatchGetItem"],
        "refused by what was read"
    );
}

#[tokio::test]
async fn a_lost_reply_is_one_message() {
    let (desk, _) = desk().await;
    desk.bench.tap().fail("UpdateItem", Fault::LostReply, 1);
    assert_eq!(desk.resend(&me()).await.status, 201);
    assert_eq!(desk.sent_to(), [NEW, NEW]);
    assert_eq!(desk.validate(&typed(&desk.code())).await.status, 202);
}

#[tokio::test]
async fn up_to_three_conflicts_are_borne() {
    for conflicts in 1..=3 {
        let (desk, _) = desk().await;
        desk.bench
            .tap()
            .fail("UpdateItem", Fault::TransactionConflict, conflicts);
        assert_eq!(desk.resend(&me()).await.status, 201);
        assert_eq!(desk.bench.tap().take_calls().len(), conflicts + 2);
        assert_eq!(desk.sent_to().len(), 2);
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
        let (desk, code) = desk().await;
        let pending = desk.verification(BOB).await;
        desk.bench.tap().fail(operation, fault, times);
        let answer = desk.resend(&me()).await;
        assert_eq!(answer.gist(), "503 UMV-10005", "{operation} {fault:?}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(desk.sent_to().len(), 1);
        assert_eq!(desk.verification(BOB).await, pending);
        desk.bench.tap().clear_faults();
        assert_eq!(desk.validate(&typed(&code)).await.status, 202);
    }
}

/// Bob asks for another code; before the claim is written something else happens.
async fn interrupted<F>(
    desk: &Arc<Desk>,
    action: impl Fn(Arc<Desk>) -> F + Send + Sync + 'static,
) -> Answer
where
    F: Future<Output = ()> + Send + 'static,
{
    let other = Arc::clone(desk);
    let platform = meanwhile(desk.bench.platform(), "UpdateItem", 1, move || {
        action(Arc::clone(&other))
    });
    let app = App::from_env(&desk.bench.env("resend-code"), &platform)
        .await
        .unwrap();
    resend_code::handle(&app, me().request()).await.into()
}

#[tokio::test]
async fn of_two_at_once_one_is_sent() {
    let (desk, _) = desk().await;
    let answer = interrupted(&desk, |desk| async move {
        assert_eq!(desk.resend(&me()).await.status, 201);
    });
    assert_eq!(answer.await.gist(), "429 UMV-10004");
    assert_eq!(desk.sent_to(), [NEW, NEW]);
    assert_eq!(desk.validate(&typed(&desk.code())).await.status, 202);
}

#[tokio::test]
async fn a_claim_proven_meanwhile_needs_no_code() {
    let (desk, code) = desk().await;
    let answer = interrupted(&desk, move |desk| {
        let event = typed(&code);
        async move { assert_eq!(desk.validate(&event).await.status, 202) }
    });
    assert_eq!(answer.await.gist(), "400 UAR-10012");
    assert_eq!(desk.sent_to(), [NEW]);
    assert_eq!(desk.pending(BOB).await.get("primaryClaim"), None);
}

#[tokio::test]
async fn a_claim_replaced_meanwhile_is_not_brought_back() {
    let (desk, _) = desk().await;
    let answer = interrupted(&desk, |desk| async move {
        claim_primary(&desk, OTHER).await;
    });
    assert_eq!(
        answer.await.gist(),
        "429 UMV-10004",
        "what is pending now was sent a moment ago"
    );
    assert_eq!(desk.sent_to(), [NEW, OTHER]);
    assert_eq!(desk.pending(BOB).await["primaryClaim"]["number"], OTHER);
}
