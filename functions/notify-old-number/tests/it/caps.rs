//! Messages to old numbers count before they are sent, and go where messages may go:
//! whoever changes numbers to and fro causes no more of them.

use std::time::Duration;

use local::testing::{Fault, UNCAPPED};
use serde_json::Value;
use shared::address::Address;
use shared::messaging::caps::{Caps, Purpose, Requester};
use shared::platform::outbox::Outcome;

use crate::support::{
    ALWAYS, CAROLS, NEW, Notifier, OLD, positions, printed, replaced_in, shipped,
};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The clock is brought to the start of a UTC day, so that no window ends in the middle of a test.
async fn at_midnight(overrides: &[&str]) -> Notifier {
    let notifier = Notifier::with(overrides).await;
    let now = notifier.stack.clock().now();
    let left = now.seconds_until(now.end_of(DAY));
    notifier.stack.clock().advance(Duration::from_secs(left));
    notifier
}

/// Counts a code to the number that was there; whether there was room.
async fn code(notifier: &Notifier) -> bool {
    let env = notifier.stack.env("scim-patch");
    let caps = Caps::of_codes(&env, notifier.stack.platform()).await;
    let number = Address::from_stored(OLD);
    let purpose = Purpose::Code(Requester {
        address: None,
        service: true,
        privileged: false,
    });
    let now = notifier.stack.clock().now();
    caps.unwrap().reserve(&number, purpose, now).await.is_ok()
}

/// Refusals of the audit log, and what was said beside it, since the last look.
fn said() -> Vec<String> {
    let printed = printed();
    let lines = printed.lines().filter_map(|line| {
        if let Some((_, audit)) = line.split_once(" audit: ") {
            let line: Value = audit.parse().unwrap();
            let refused = line["event"] == "refused";
            return refused.then(|| format!("refused {} {}", line["number"], line["reason"]));
        }
        let (_, own) = line.split_once(" notify_old_number: ")?;
        let (message, members) = own.split_once(" user=")?;
        let error = members.split_once("error=").map(|(_, error)| error);
        Some(format!("{message}: {}", error.unwrap_or_default()))
    });
    lines.collect()
}

#[tokio::test]
async fn a_number_is_told_so_often() {
    let notifier = at_midnight(&["MaxSendsPerHour=2", "MaxSendsPerDay=3"]).await;
    let flip = async |versions: std::ops::Range<u64>| {
        for version in versions {
            let event = replaced_in(version);
            assert!(notifier.hand(&event).await.is_empty(), "{version}");
        }
    };
    flip(10..14).await;
    assert_eq!(notifier.told(), [OLD; 2]);
    // Another number has its own.
    notifier.hand(&shipped("several")).await;
    assert_eq!(notifier.told(), [OLD, OLD, CAROLS, NEW]);
    notifier.stack.clock().advance(HOUR);
    // What was not told counts as told: it does not come up later.
    flip(10..14).await;
    assert_eq!(notifier.told().len(), 4);
    flip(14..17).await;
    assert_eq!(notifier.told()[4..], [OLD], "the day's");
    notifier.stack.clock().advance(DAY);
    flip(17..20).await;
    assert_eq!(notifier.told()[5..], [OLD; 2]);
}

#[tokio::test]
async fn without_limits_every_change_is_told() {
    let notifier = Notifier::with(&UNCAPPED).await;
    for version in 2..14 {
        notifier.hand(&replaced_in(version)).await;
    }
    assert_eq!(notifier.told(), [OLD; 12]);
    assert_eq!(notifier.counted().await, 0);
}

/// Or else whoever has codes sent to a number could take it away unnoticed.
#[tokio::test]
async fn codes_silence_nobody() {
    let notifier = at_midnight(&["MaxSendsPerHour=2"]).await;
    assert!(code(&notifier).await && code(&notifier).await);
    assert!(!code(&notifier).await);
    assert!(notifier.hand(&replaced_in(2)).await.is_empty());
    assert_eq!(notifier.told(), [OLD]);
}

#[tokio::test]
async fn who_was_told_often_still_gets_codes() {
    let notifier = at_midnight(&["MaxSendsPerHour=2"]).await;
    for version in 2..6 {
        notifier.hand(&replaced_in(version)).await;
    }
    assert_eq!(notifier.told(), [OLD; 2]);
    assert!(code(&notifier).await);
}

#[tokio::test]
async fn a_used_up_budget_comes_again() {
    let notifier = at_midnight(&["MaxNoticesPerHourInAll=1", "MaxSendsPerHourInAll=1"]).await;
    notifier.hand(&shipped("removed")).await;
    assert_eq!(notifier.told(), [NEW]);
    assert!(code(&notifier).await, "the codes' budget is another");
    let counted = notifier.counted().await;
    said();
    let event = replaced_in(2);
    for _ in 0..2 {
        assert_eq!(notifier.hand(&event).await, positions(&event));
        let expected = [
            "refused \"+60*****111\" \"capped\"",
            "not told: not to be sent: the messages of all are used up for this hour",
        ];
        assert_eq!(said(), expected);
    }
    assert_eq!(notifier.told(), [NEW]);
    assert_eq!(notifier.counted().await, counted, "given back");
    notifier.stack.clock().advance(HOUR);
    for _ in 0..2 {
        assert!(notifier.hand(&event).await.is_empty());
        assert_eq!(notifier.told(), [NEW, OLD]);
    }
    assert!(code(&notifier).await, "nor is theirs used up by it");
}

/// It was told often enough: there is nothing to wait for.
#[tokio::test]
async fn a_full_number_does_not_wait_for_the_budget() {
    let limits = ["MaxSendsPerHour=1", "MaxNoticesPerHourInAll=1"];
    let notifier = at_midnight(&limits).await;
    notifier.hand(&replaced_in(2)).await;
    said();
    assert!(notifier.hand(&replaced_in(3)).await.is_empty());
    let expected = [
        "refused \"+60*****111\" \"capped\"",
        "not told, not tried again: not to be sent: as many messages as may be went there",
    ];
    assert_eq!(said(), expected);
    assert_eq!(notifier.told(), [OLD]);
}

#[tokio::test]
async fn messages_go_to_allowed_regions_only() {
    for settings in ["DeniedRegions=MY", "AllowedRegions=GB"] {
        let notifier = Notifier::with(&[settings]).await;
        said();
        assert!(notifier.hand(&replaced_in(2)).await.is_empty());
        let expected = [
            "refused \"+60*****111\" \"region\"",
            "not told, not tried again: not to be sent: messages do not go to its region",
        ];
        assert_eq!(said(), expected, "{settings}");
        assert!(notifier.hand(&replaced_in(2)).await.is_empty());
        assert!(said().is_empty(), "told once");
        assert_eq!(notifier.counted().await, 0);
        // Carol's is a British number.
        notifier.hand(&shipped("several")).await;
        assert_eq!(notifier.told(), [CAROLS]);
    }
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_sent() {
    for fault in [Fault::Throttled, Fault::Unreachable] {
        let notifier = Notifier::start().await;
        notifier.stack.faults().fail("UpdateItem", fault, ALWAYS);
        let event = replaced_in(2);
        assert_eq!(notifier.hand(&event).await, positions(&event));
        assert!(notifier.told().is_empty());
        notifier.stack.faults().clear_faults();
        assert!(notifier.hand(&event).await.is_empty());
        assert_eq!(notifier.told(), [OLD]);
    }
}

#[tokio::test]
async fn what_was_not_sent_is_not_counted() {
    let notifier = Notifier::start().await;
    for (version, outcome) in [(2, Outcome::Unavailable), (3, Outcome::Refused)] {
        notifier.stack.outbox().set_outcome(outcome);
        notifier.hand(&replaced_in(version)).await;
        assert_eq!(notifier.counted().await, 0, "{outcome:?}");
    }
    notifier.stack.outbox().set_outcome(Outcome::Delivered);
    notifier.hand(&replaced_in(4)).await;
    assert_eq!(notifier.counted().await, 2, "number, budget");
}

/// Counters of codes and of notices name no number.
#[tokio::test]
async fn counters_are_found_by_a_pseudonym() {
    let notifier = Notifier::start().await;
    notifier.hand(&replaced_in(2)).await;
    let items = notifier.items().await;
    let keys: Vec<_> = items.into_keys().collect();
    let notices = keys.iter().filter(|key| key.starts_with("SENDS#NOTICE#"));
    assert_eq!(notices.count(), 1, "{keys:?}");
    assert!(
        keys.iter().all(|key| !key.contains("111111111")),
        "{keys:?}"
    );
}
