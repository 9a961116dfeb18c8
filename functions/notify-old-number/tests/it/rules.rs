//! Which changes are told of, and in which words.

use serde_json::{Value, json};

use crate::support::{CAROLS, NEW, Notifier, OLD, changed, positions, shipped};

#[tokio::test]
async fn a_replaced_number_is_told() {
    let notifier = Notifier::start().await;
    let failed = notifier.hand(&shipped("replaced")).await;
    assert!(failed.is_empty(), "{failed:?}");
    let messages = notifier.stack.outbox().messages(None);
    let [message] = messages.as_slice() else {
        unreachable!("{} messages", messages.len())
    };
    assert_eq!((message.to.as_str(), message.sender.as_str()), (OLD, ""));
    assert_eq!(
        message.body,
        "The mobile number of your local account was changed. If this was not you, contact support."
    );
}

/// It stays behind the stream: what is let pass while it is off does not come again when it is on.
#[tokio::test]
async fn switched_off_it_lets_changes_pass() {
    let notifier = Notifier::with(&["NotifyOldNumber=false"]).await;
    let failed = notifier.hand(&shipped("replaced")).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert!(notifier.told().is_empty());
    assert!(notifier.items().await.is_empty());
}

#[tokio::test]
async fn a_removed_number_is_told() {
    let notifier = Notifier::start().await;
    let failed = notifier.hand(&shipped("removed")).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(notifier.told(), [NEW]);
}

/// Backup codes, and whether codes are wanted, are not the number's business.
#[tokio::test]
async fn what_changes_beside_the_numbers_is_not_told() {
    let notifier = Notifier::start().await;
    let beside = changed("replaced", |record| {
        let mut image = record["dynamodb"]["OldImage"].clone();
        image["version"] = json!({ "N": "9" });
        let hash =
            json!({ "M": { "id": { "S": "a" }, "hash": { "S": "b" }, "key": { "S": "v1" } } });
        image["backupCodes"] = json!({ "L": [hash] });
        let profile = json!({ "urn:scim:wso2:schema": { "smsOtpDisabled": true } });
        image["profile"] = json!({ "S": profile.to_string() });
        record["dynamodb"]["NewImage"] = image;
    });
    let failed = notifier.hand(&beside).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert!(notifier.told().is_empty());
    assert!(notifier.items().await.is_empty());
}

#[tokio::test]
async fn every_record_of_a_batch_counts() {
    let notifier = Notifier::start().await;
    let failed = notifier.hand(&shipped("several")).await;
    assert!(failed.is_empty(), "{failed:?}");
    // Bob's number, Carol's, and Bob's next one, which was removed.
    assert_eq!(notifier.told(), [OLD, CAROLS, NEW]);
}

#[tokio::test]
async fn a_replaced_number_that_is_still_in_a_list_is_told() {
    let notifier = Notifier::start().await;
    let kept = changed("replaced", |record| {
        let image = &mut record["dynamodb"]["NewImage"];
        image["verifiedMobileNumbers"] = json!({ "L": [{ "S": OLD }, { "S": NEW }] });
        image["phoneVerified"] = json!({ "BOOL": false });
    });
    notifier.hand(&kept).await;
    assert_eq!(notifier.told(), [OLD]);
}

/// The primary is still there, and another number is verified beside it.
fn added(number: &str) -> Value {
    changed("replaced", |record| {
        let images = record["dynamodb"].as_object_mut().unwrap();
        let mut image = images["OldImage"].clone();
        image["version"] = json!({ "N": "2" });
        image["verifiedMobileNumbers"] = json!({ "L": [{ "S": OLD }, { "S": number }] });
        images["OldImage"]["verifiedMobileNumbers"] = json!({ "L": [] });
        images.insert("NewImage".to_owned(), image);
    })
}

#[tokio::test]
async fn an_addition_to_the_verified_list_is_told_to_the_primary() {
    let notifier = Notifier::start().await;
    notifier.hand(&added(NEW)).await;
    assert_eq!(notifier.told(), [OLD]);
}

#[tokio::test]
async fn nobody_is_told_that_the_primary_joins_its_own_list() {
    let notifier = Notifier::start().await;
    notifier.hand(&added(OLD)).await;
    assert!(notifier.told().is_empty());
}

#[tokio::test]
async fn nobody_is_told_of_other_changes() {
    let notifier = Notifier::start().await;
    let record = |change: fn(&mut Value)| changed("replaced", change);
    let others = [
        shipped("unrelated"),
        json!({ "Records": [] }),
        // The number that was there is not known to have been theirs.
        record(|record| record["dynamodb"]["OldImage"]["phoneVerified"] = json!({"BOOL": false})),
        record(|record| {
            let image = record["dynamodb"]["OldImage"].as_object_mut().unwrap();
            image.remove("primary");
        }),
        // A number that loses its verification, or is taken from a list, still is the primary.
        record(|record| {
            let images = record["dynamodb"].as_object_mut().unwrap();
            let mut image = images["OldImage"].clone();
            image["phoneVerified"] = json!({"BOOL": false});
            image["verifiedMobileNumbers"] = json!({"L": []});
            images.insert("NewImage".to_owned(), image);
        }),
        // New and deleted users.
        record(|record| {
            record["eventName"] = "INSERT".into();
            record["dynamodb"]
                .as_object_mut()
                .unwrap()
                .remove("OldImage");
        }),
        record(|record| {
            record["eventName"] = "REMOVE".into();
            record["dynamodb"]
                .as_object_mut()
                .unwrap()
                .remove("NewImage");
        }),
        // Other items of the table.
        record(|record| {
            let bob = json!({ "pk": {"S": "USERNAME#bob123"}, "id": {"S": "1"} });
            record["dynamodb"]["Keys"] = json!({ "pk": bob["pk"] });
            record["dynamodb"]["OldImage"] = bob.clone();
            record["dynamodb"]["NewImage"] = bob;
        }),
        record(|record| record["dynamodb"]["Keys"] = json!({ "pk": {"N": "1"} })),
        record(|record| record["dynamodb"]["Keys"] = json!({})),
    ];
    for event in others {
        let failed = notifier.hand(&event).await;
        assert!(failed.is_empty(), "{event:#}");
        assert!(notifier.told().is_empty(), "{event:#}");
    }
    assert!(notifier.kept().await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_holds_up_nothing() {
    for image in ["OldImage", "NewImage"] {
        for (attribute, value) in [
            ("version", json!({"S": "two"})),
            ("id", json!({"NULL": true})),
            ("primary", json!({"S": "0123456789"})),
            ("primary", json!({"N": "60123456789"})),
            ("phoneVerified", json!({"S": "yes"})),
        ] {
            let notifier = Notifier::start().await;
            let event = changed("several", |record| {
                record["dynamodb"][image][attribute] = value;
            });
            let failed = notifier.hand(&event).await;
            assert!(failed.is_empty(), "{image} {attribute}");
            assert_eq!(notifier.told(), [CAROLS, NEW], "{image} {attribute}");
        }
        let notifier = Notifier::start().await;
        let event = changed("several", |record| {
            record["dynamodb"].as_object_mut().unwrap().remove(image);
        });
        assert!(notifier.hand(&event).await.is_empty(), "{image}");
        assert_eq!(notifier.told(), [CAROLS, NEW], "{image}");
    }
}

#[tokio::test]
async fn words_and_sender_are_settings() {
    let notifier = Notifier::with(&[
        "SmsOldNumberTemplate={app}: not your number any more",
        "AppName=ACME & Sons",
        "SmsSenderId=ACME",
    ])
    .await;
    notifier.hand(&shipped("replaced")).await;
    let messages = notifier.stack.outbox().messages(Some(OLD));
    assert_eq!(messages[0].body, "ACME & Sons: not your number any more");
    assert_eq!(messages[0].sender, "ACME");
}

#[test]
fn shipped_positions_differ() {
    let mut all = Vec::new();
    for name in ["replaced", "removed", "unrelated", "several"] {
        all.extend(positions(&shipped(name)));
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}

/// The old image's e-mail addresses, and the new one's; numbers stay.
fn with_emails(old: &Value, new: &Value) -> Value {
    changed("replaced", |record| {
        let mut after = record["dynamodb"]["OldImage"].clone();
        after["version"] = json!({ "N": "9" });
        after["emails"] = new.clone();
        record["dynamodb"]["OldImage"]["emails"] = old.clone();
        record["dynamodb"]["NewImage"] = after;
    })
}

fn emails(primary: Option<&str>, verified: bool, list: &[&str]) -> Value {
    let list: Vec<_> = list.iter().map(|address| json!({ "S": address })).collect();
    let mut emails = json!({
        "verified": { "BOOL": verified },
        "addresses": { "L": list },
        "verifiedAddresses": { "L": list },
    });
    if let Some(primary) = primary {
        emails["primary"] = json!({ "S": primary });
    }
    json!({ "M": emails })
}

#[tokio::test]
async fn a_verified_address_that_was_replaced_removed_or_joined_is_told() {
    let (old, new) = ("Old@abc.com", "new@abc.com");
    let told = ["Old@abc.com"].as_slice();
    // before, after -> who is told
    for (before, after, wanted) in [
        (
            emails(Some(old), true, &[]),
            emails(Some(new), true, &[]),
            told,
        ),
        (emails(Some(old), true, &[]), emails(None, false, &[]), told),
        (
            emails(Some(old), true, &[]),
            emails(Some(old), true, &[new]),
            told,
        ),
        (
            emails(Some(old), true, &[]),
            emails(Some("OLD@abc.com"), true, &["old@abc.com"]),
            &[],
        ),
        (
            emails(Some(old), false, &[]),
            emails(Some(new), true, &[]),
            &[],
        ),
        (emails(None, false, &[]), emails(Some(new), true, &[]), &[]),
    ] {
        let notifier = Notifier::with(&["EnableEmailVerification=true"]).await;
        let failed = notifier.hand(&with_emails(&before, &after)).await;
        assert!(failed.is_empty(), "{failed:?}");
        assert_eq!(notifier.told(), wanted, "{before} {after}");
        for message in notifier.stack.outbox().messages(None) {
            let email = message.email.unwrap();
            let text = format!("{} {} {}", email.subject, email.html, message.body);
            assert!(!text.to_lowercase().contains("new@"), "{text}");
        }
    }
}

#[tokio::test]
async fn old_addresses_are_not_told_where_that_is_off() {
    let replaced = with_emails(
        &emails(Some("old@abc.com"), true, &[]),
        &emails(Some("new@abc.com"), true, &[]),
    );
    for settings in [
        ["EnableEmailVerification=true", "NotifyOldEmail=false"],
        ["EnableEmailVerification=false", "NotifyOldEmail=true"],
    ] {
        let notifier = Notifier::with(&settings).await;
        assert!(notifier.hand(&replaced).await.is_empty());
        assert!(notifier.told().is_empty());
        assert!(notifier.items().await.is_empty());
    }
}
