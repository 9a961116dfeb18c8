//! A record of the stream, read as a change that a number is to be told of: the verified primary is not there any more,
//! or another number was verified beside it. Pure.

use aws_lambda_events::dynamodb::EventRecord;
use serde::Deserialize;
use serde_dynamo::{AttributeValue, Item};
use shared::address::phone_number::PhoneNumber;

/// A change of a user that its verified primary number is to be told of.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub user: String,
    /// The user's version that the change made.
    pub version: u64,
    /// The number that was there.
    pub number: PhoneNumber,
}

/// What is wrong with a record. Without the reader's own words: they may hold a number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} image is not one of a user")]
pub struct Unreadable(&'static str);

/// What matters here of a user as stored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    id: String,
    version: u64,
    primary: Option<PhoneNumber>,
    #[serde(default)]
    phone_verified: bool,
    #[serde(default, rename = "verifiedMobileNumbers")]
    verified: Vec<PhoneNumber>,
}

impl Change {
    /// None for records of other items and of other changes. A deleted user is nobody's account any more:
    /// there is nothing left that its number could guard.
    pub fn of(record: EventRecord) -> Result<Option<Self>, Unreadable> {
        if record.event_name != "MODIFY" || !is_user(&record.change.keys) {
            return Ok(None);
        }
        let old = Image::read(record.change.old_image).ok_or(Unreadable("old"))?;
        let new = Image::read(record.change.new_image).ok_or(Unreadable("new"))?;
        let verified = old.primary.as_ref().filter(|_| old.phone_verified);
        let told = verified.filter(|number| {
            let gone = new.primary.as_ref() != Some(number);
            // The number itself may join its own list.
            let mut added = new
                .verified
                .iter()
                .filter(|one| !old.verified.contains(one));
            gone || added.any(|one| one != *number)
        });
        Ok(told.cloned().map(|number| Self {
            user: new.id,
            version: new.version,
            number,
        }))
    }
}

impl Image {
    fn read(item: Item) -> Option<Self> {
        serde_dynamo::from_item(item).ok()
    }
}

fn is_user(keys: &Item) -> bool {
    matches!(keys.get("pk"), Some(AttributeValue::S(pk)) if pk.starts_with("USER#"))
}
