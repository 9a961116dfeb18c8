//! A record of the stream, read as changes that an address is to be told of: a verified primary is not there any more, or
//! another address of its kind was verified beside it. Pure.

use aws_lambda_events::dynamodb::EventRecord;
use serde::Deserialize;
use serde_dynamo::{AttributeValue, Item};
use shared::address::{Address, AddressKind};
use shared::user::addresses::Addresses;
use shared::user::emails::Emails;
use shared::user::numbers::Numbers;

/// A change of a user that its verified primary number or e-mail address is to be told of.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub user: String,
    /// The user's version that the change made.
    pub version: u64,
    /// The address that was there.
    pub to: Address,
}

/// What is wrong with a record. Without the reader's own words: they may hold an address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} image is not one of a user")]
pub struct Unreadable(&'static str);

/// What matters here of a user as stored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    id: String,
    version: u64,
    #[serde(flatten)]
    numbers: Numbers,
    #[serde(default)]
    emails: Option<Emails>,
}

impl Change {
    /// None for records of other items and of other changes. A deleted user is nobody's account any more:
    /// there is nothing left that its addresses could guard.
    pub fn of(record: EventRecord) -> Result<Vec<Self>, Unreadable> {
        if record.event_name != "MODIFY" || !is_user(&record.change.keys) {
            return Ok(Vec::new());
        }
        let old = Image::read(record.change.old_image).ok_or(Unreadable("old"))?;
        let new = Image::read(record.change.new_image).ok_or(Unreadable("new"))?;
        let number = told(&old.numbers, &new.numbers);
        let emails = |image: &Image| image.emails.clone().unwrap_or_default();
        let email = told(&emails(&old), &emails(&new));
        let told = number.into_iter().chain(email);
        Ok(told
            .map(|to| Self {
                user: new.id.clone(),
                version: new.version,
                to,
            })
            .collect())
    }
}

/// The verified primary that is to be told.
fn told<A: AddressKind>(old: &Addresses<A>, new: &Addresses<A>) -> Option<Address> {
    let verified = old.primary.as_ref().filter(|_| old.primary_verified);
    let told = verified.filter(|address| {
        let gone = new.primary.as_ref() != Some(address);
        // The address itself may join its own list.
        let mut added = new
            .verified
            .iter()
            .filter(|one| !old.verified.contains(one));
        gone || added.any(|one| one != *address)
    });
    told.cloned().map(Into::into)
}

impl Image {
    fn read(item: Item) -> Option<Self> {
        serde_dynamo::from_item(item).ok()
    }
}

fn is_user(keys: &Item) -> bool {
    matches!(keys.get("pk"), Some(AttributeValue::S(pk)) if pk.starts_with("USER#"))
}
