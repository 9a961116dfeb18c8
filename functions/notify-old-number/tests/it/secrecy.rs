//! The new number is in no message, and no number is in a log line or an item, whatever happens.

use local::testing::Fault;
use serde_json::json;
use shared::platform::outbox::Outcome;

use crate::support::{ALWAYS, NEW, Notifier, changed, printed, replaced_in, shipped};

/// Digits that every spelling of the events' numbers has.
const NUMBERS: [&str; 4] = ["111111111", "123456789", "7400123456", "7400654321"];

#[tokio::test]
async fn numbers_stay_where_they_belong() {
    let notifier = Notifier::start().await;
    let (outbox, faults) = (notifier.stack.outbox(), notifier.stack.faults());

    outbox.set_outcome(Outcome::Unavailable);
    notifier.hand(&shipped("several")).await;
    outbox.set_outcome(Outcome::Delivered);
    notifier.hand(&shipped("several")).await;
    faults.fail("PutItem", Fault::Unreachable, ALWAYS);
    notifier.hand(&replaced_in(11)).await;
    faults.clear_faults();
    outbox.set_outcome(Outcome::Refused);
    notifier.hand(&replaced_in(12)).await;
    for (image, value) in [
        ("OldImage", json!({ "N": "60123456789" })),
        ("NewImage", json!({ "S": "0123456789" })),
        ("NewImage", json!({ "SS": ["+60123456789"] })),
    ] {
        let event = changed("replaced", |record| {
            record["dynamodb"][image]["primary"] = value;
        });
        assert!(notifier.hand(&event).await.is_empty());
    }

    for message in outbox.messages(None) {
        let digits = message.body.chars().any(|c| c.is_ascii_digit());
        assert!(!digits, "{}", message.body);
    }
    assert!(outbox.messages(Some(NEW)).len() < outbox.messages(None).len());
    let kept = format!("{:?}", notifier.items().await);
    assert!(
        kept.contains("TOLD#") && kept.contains("SENDS#NOTICE#"),
        "{kept}"
    );
    assert!(
        !NUMBERS.iter().any(|number| kept.contains(number)),
        "{kept}"
    );

    let printed = printed();
    let said = |message: &str| {
        let message = format!(": {message} ");
        printed
            .lines()
            .filter(|line| line.contains(&message))
            .count()
    };
    assert_eq!(
        (said("told"), said("not told"), said("skipped")),
        (3, 4, 3),
        "{printed}"
    );
    assert_eq!(said("not told, not tried again"), 1, "{printed}");
    for line in printed.lines() {
        let digits: String = line.chars().filter(|c| !" +-.()/".contains(*c)).collect();
        for number in NUMBERS {
            assert!(!digits.contains(number), "a number was logged: {line}");
        }
    }
}
