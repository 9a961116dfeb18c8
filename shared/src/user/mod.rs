//! A user: the addresses that this product guards, and the profile that it only keeps.
//! Pure; how it is stored and shown is the business of `store` and `scim`.

pub mod addresses;
pub mod backup_codes;
pub mod emails;
pub mod known_emails;
pub mod name;
pub mod numbers;
pub mod primary_flag;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::address::phone_number::PhoneNumber;
use crate::address::{Address, Channel};
use crate::clock::Timestamp;
use crate::user::backup_codes::BackupCodes;
use crate::user::emails::Emails;
use crate::user::numbers::Numbers;
use crate::verification::claim::EmailEntry;
use crate::verification::scenario::{Effect, Scenario};

/// The longest id that is looked up, in bytes.
pub const LONGEST_ID: usize = 255;

/// The largest profile, in bytes of JSON: every write costs by the size of its item.
pub const LARGEST_PROFILE: usize = 64 * 1024;

/// Where the profile has what WSO2 adds to a user, and what it has there.
const EXTENSION: &str = "urn:scim:wso2:schema";
pub const SMS_OTP_DISABLED: &str = "smsOtpDisabled";

/// Most changes of its own item that a user makes in an hour.
const MOST_CHANGES: usize = 60;
const CHANGES_COUNT_FOR: Duration = Duration::from_hours(1);

/// A user as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: String,
    /// Counts the writes of this user, from 1.
    pub version: u64,
    pub created: Timestamp,
    pub last_modified: Timestamp,
    pub user_name: String,
    /// Every other SCIM attribute, in SCIM's spelling; phone numbers of type mobile are not in it.
    #[serde(with = "json_text")]
    pub profile: Map<String, Value>,
    #[serde(flatten)]
    pub numbers: Numbers,
    /// None where verification never looked at this user's e-mail addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emails: Option<Emails>,
    /// When the user itself last changed this item, in seconds, oldest first: as far as it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_changes: Vec<i64>,
    /// What opens the second factor where no message arrives; hashes alone.
    #[serde(default, skip_serializing_if = "BackupCodes::is_empty")]
    pub backup_codes: BackupCodes,
    /// The version with which sign-ins that had begun ended: another number takes their codes, or the account is not in
    /// use. None where that never was. The store writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_ins_ended: Option<u64>,
}

/// Whether somebody could have this id: all are UUIDs. What a token or a request holds instead may be an address
/// or a number, and is not stored as an id.
pub fn is_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok_and(|id| id.hyphenated().to_string() == text)
}

/// An id as it is stored, whatever its letters' case, and with blanks around it or not.
pub fn id_as_stored(text: &str) -> Option<String> {
    let id = uuid::Uuid::try_parse(text.trim()).ok()?;
    Some(id.hyphenated().to_string())
}

impl User {
    /// Where the codes of sign-ins go: the verified primary number, or else the first of the verified list.
    pub fn login_number(&self) -> Option<&PhoneNumber> {
        let primary = self.numbers.primary.as_ref();
        let primary = primary.filter(|_| self.numbers.primary_verified);
        primary.or_else(|| self.numbers.verified.first())
    }

    /// Whether sign-ins that began with the user as it was before end with this change.
    pub fn ends_sign_ins_of(&self, before: &Self) -> bool {
        let closed = before.is_active() && !self.is_active();
        closed || before.login_number() != self.login_number()
    }

    /// Whether sign-ins that began with this version of the user have ended.
    pub fn has_ended_sign_ins_of(&self, version: u64) -> bool {
        self.sign_ins_ended.is_some_and(|ended| version < ended)
    }

    /// The identifier that the client gave, where there is one.
    pub fn external_id(&self) -> Option<&str> {
        let value = self.profile.get("externalId").and_then(Value::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// Whether the account is in use: it is, unless it was written otherwise.
    pub fn is_active(&self) -> bool {
        self.profile.get("active") != Some(&Value::Bool(false))
    }

    /// Whether the user wants no codes for the second factor: whether that counts is for the settings to say.
    pub fn has_disabled_sms_otp(&self) -> bool {
        disables_sms_otp(&self.profile)
    }

    /// Counts a change of the user's own, and forgets those that count no more.
    pub fn count_own_change(&mut self, now: Timestamp) {
        self.own_changes.retain(|at| counts(*at, now));
        self.own_changes.push(now.seconds());
    }

    /// Until when the user may change nothing more of itself; none where it may.
    pub fn changes_spent_until(&self, now: Timestamp) -> Option<Timestamp> {
        let counted = self.own_changes.iter().filter(|at| counts(**at, now));
        let counted: Vec<i64> = counted.copied().collect();
        // The latest that has to be forgotten before there is room for one more.
        let last = counted.len().checked_sub(MOST_CHANGES)?;
        counted.get(last).copied().map(expiry)
    }

    /// The e-mail addresses, also where verification never looked at them: none of them is verified then.
    pub fn known_emails(&self) -> Emails {
        self.emails.clone().unwrap_or_else(|| Emails {
            primary: emails::primary_of(&self.profile),
            ..Emails::default()
        })
    }

    /// All addresses of a kind that are proven to be this user's, each once.
    pub fn all_verified(&self, channel: Channel) -> Vec<Address> {
        let numbers = self.numbers.all_verified().cloned().map(Address::from);
        let emails = self.emails.iter().flat_map(Emails::all_verified);
        let emails = emails.cloned().map(Address::from);
        match channel {
            Channel::Sms => numbers.collect(),
            Channel::Email => emails.collect(),
        }
    }

    /// What a right code does: the address is the user's, and what waited with it is done.
    pub fn commit(&mut self, scenario: Scenario, address: &Address, entry: Option<&EmailEntry>) {
        match address {
            Address::Phone(number) => {
                if scenario.effect() == Effect::BecomesPrimary {
                    primary_flag::move_with(&mut self.profile, number);
                }
                self.numbers.commit(scenario.effect(), number.clone());
            }
            Address::Email(address) => {
                let mut emails = self.known_emails();
                let old = emails.primary.clone();
                emails.commit(scenario.effect(), address.clone());
                if emails.primary != old {
                    let entry = entry.cloned().unwrap_or_default();
                    emails::put_primary(&mut self.profile, old.as_ref(), address, &entry);
                }
                self.emails = Some(emails);
            }
        }
    }

    /// Bytes of the profile as it is stored.
    pub fn profile_size(&self) -> usize {
        serde_json::to_string(&self.profile).map_or(usize::MAX, |text| text.len())
    }
}

/// Whether a profile says that its user wants no codes for the second factor.
pub fn disables_sms_otp(profile: &Map<String, Value>) -> bool {
    let extension = profile.get(EXTENSION);
    extension.and_then(|extension| extension.get(SMS_OTP_DISABLED)) == Some(&Value::Bool(true))
}

fn expiry(change: i64) -> Timestamp {
    Timestamp::from_millis(change.saturating_mul(1000)) + CHANGES_COUNT_FOR
}

fn counts(change: i64, now: Timestamp) -> bool {
    now < expiry(change)
}

/// The profile is kept as one text: nothing in the store looks inside it.
mod json_text {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::{Map, Value};

    pub fn serialize<S: Serializer>(map: &Map<String, Value>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&serde_json::to_string(map).map_err(S::Error::custom)?)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
        serde_json::from_str(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::types::AttributeValue;
    use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

    use super::*;
    use crate::crypto::key::Key;
    use crate::platform::random::Random;
    use crate::user::backup_codes::NewCodes;

    #[test]
    fn backup_codes_are_an_attribute_of_the_item_where_there_are_any() {
        let mut user = User {
            id: "1e624046-520c-4628-a245-091e04b03f21".to_owned(),
            version: 1,
            created: Timestamp::from_millis(0),
            last_modified: Timestamp::from_millis(0),
            user_name: "bob123".to_owned(),
            profile: Map::new(),
            numbers: Numbers::default(),
            emails: None,
            own_changes: Vec::new(),
            backup_codes: BackupCodes::default(),
            sign_ins_ended: None,
        };
        let stored = |user: &User| -> HashMap<String, AttributeValue> { to_item(user).unwrap() };
        let item = stored(&user);
        assert!(!item.contains_key("backupCodes"));
        assert_eq!(from_item::<User>(item).unwrap(), user);
        let codes = NewCodes::generate(20, &mut Random::system()).unwrap();
        let key = Key::new("v1", &[7; 32]).unwrap();
        user.backup_codes =
            BackupCodes::new(&user.id, &codes, &key, &mut Random::system()).unwrap();
        let item = stored(&user);
        let list = item.get("backupCodes").and_then(|codes| codes.as_l().ok());
        assert_eq!(list.map(Vec::len), Some(20));
        assert_eq!(from_item::<User>(item).unwrap(), user);
    }
}
