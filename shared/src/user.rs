//! A user: the numbers that this product guards, and the profile that it only keeps.
//! Pure; how it is stored and shown is the business of `store` and `scim`.

use icu_casemap::CaseMapper;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, flag, number};
use crate::phone_number::PhoneNumber;
#[cfg(feature = "phone")]
use crate::phone_number::{Numbering, PhoneNumberError};
use crate::verification::Scenario;

/// The longest id, userName or token subject that is looked up (OpenID Connect Core §2: 255 ASCII characters).
pub const LONGEST_NAME: usize = 255;

/// The largest profile, in bytes of JSON: an item of DynamoDB has at most 400 KB, and the numbers must always fit.
const LARGEST_PROFILE: usize = 350_000;

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
}

/// A user's mobile numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Numbers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<PhoneNumber>,
    /// Whether the primary is verified.
    pub phone_verified: bool,
    #[serde(rename = "mobileNumbers")]
    pub mobile: Vec<PhoneNumber>,
    /// A part of `mobile`.
    #[serde(rename = "verifiedMobileNumbers")]
    pub verified: Vec<PhoneNumber>,
}

/// Whether users have lists of numbers, and how long these may be.
#[derive(Clone, Copy, Debug)]
pub struct ListPolicy {
    pub multiple: bool,
    pub max: usize,
}

impl Default for ListPolicy {
    fn default() -> Self {
        Self {
            multiple: true,
            max: 10,
        }
    }
}

impl ListPolicy {
    /// `MULTIPLE_MOBILE_NUMBERS`, `MAX_MOBILE_NUMBERS`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let max = number(env, "MAX_MOBILE_NUMBERS", 10, 1..=10)?;
        Ok(Self {
            multiple: flag(env, "MULTIPLE_MOBILE_NUMBERS", true)?,
            max: usize::try_from(max).unwrap_or(usize::MAX),
        })
    }
}

/// Whether somebody could have this id: all are UUIDs. What a token or a request holds instead may be an address
/// or a number, and is not stored as an id.
pub fn is_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok_and(|id| id.hyphenated().to_string() == text)
}

impl User {
    /// The identifier that the client gave, where there is one.
    pub fn external_id(&self) -> Option<&str> {
        let value = self.profile.get("externalId").and_then(Value::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// Whether the user can be stored, now and with more numbers.
    pub fn fits(&self) -> bool {
        self.profile_size() <= LARGEST_PROFILE
    }

    /// Bytes of the profile as it is stored.
    pub fn profile_size(&self) -> usize {
        serde_json::to_string(&self.profile).map_or(usize::MAX, |text| text.len())
    }
}

impl Numbers {
    /// Whether the number is proven to be this user's.
    pub fn is_verified(&self, number: &PhoneNumber) -> bool {
        self.verified.contains(number)
            || (self.phone_verified && self.primary.as_ref() == Some(number))
    }

    /// Whether the number is stored in any role.
    pub fn holds(&self, number: &PhoneNumber) -> bool {
        self.primary.as_ref() == Some(number) || self.mobile.contains(number)
    }

    /// All numbers in any role, each once.
    pub fn all(&self) -> impl Iterator<Item = &PhoneNumber> {
        let primary = self.primary.as_ref();
        let primary = primary.filter(|primary| !self.mobile.contains(primary));
        self.mobile.iter().chain(primary)
    }

    /// Reads a number that is meant for this user. One that is stored is only parsed and compared;
    /// a new one must be a valid mobile number.
    #[cfg(feature = "phone")]
    pub fn read(&self, text: &str, numbering: &Numbering) -> Result<PhoneNumber, PhoneNumberError> {
        let number = numbering.parse(text)?;
        if self.holds(&number) {
            return Ok(number);
        }
        numbering.parse_mobile(text)
    }

    /// All numbers that are proven to be this user's, each once.
    pub fn all_verified(&self) -> impl Iterator<Item = &PhoneNumber> {
        let primary = self.primary.as_ref().filter(|_| self.phone_verified);
        let primary = primary.filter(|primary| !self.verified.contains(primary));
        self.verified.iter().chain(primary)
    }

    /// What a right code does to the numbers.
    pub fn commit(&mut self, scenario: Scenario, number: PhoneNumber) {
        match scenario {
            Scenario::Primary => {
                self.primary = Some(number);
                self.phone_verified = true;
            }
            Scenario::VerifiedList => {
                self.join_lists(&number);
                if self
                    .primary
                    .as_ref()
                    .is_none_or(|primary| *primary == number)
                {
                    self.primary = Some(number);
                    self.phone_verified = true;
                }
            }
        }
    }

    /// Puts a verified number into both lists, once.
    pub fn join_lists(&mut self, number: &PhoneNumber) {
        for list in [&mut self.mobile, &mut self.verified] {
            if !list.contains(number) {
                list.push(number.clone());
            }
        }
    }
}

/// A userName as it is compared (RFC 7643 §4.1.1: not case exact): case folded by Unicode's rules.
pub fn folded(user_name: &str) -> String {
    CaseMapper::new().fold_string(user_name).into_owned()
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
    use super::*;

    fn phone(e164: &str) -> PhoneNumber {
        PhoneNumber::from_e164(e164).unwrap()
    }

    #[test]
    fn names_are_compared_without_case() {
        assert_eq!(folded("Bob123"), folded("bOB123"));
        assert_eq!(folded("STRASSE"), folded("straße"));
        assert_ne!(folded("bob"), folded("bobb"));
    }

    #[test]
    fn a_right_code_makes_a_primary_and_leaves_the_lists() {
        let mut numbers = Numbers {
            primary: Some(phone("+60111111111")),
            ..Numbers::default()
        };
        numbers.commit(Scenario::Primary, phone("+60123456789"));
        assert_eq!(numbers.primary, Some(phone("+60123456789")));
        assert!(numbers.phone_verified && numbers.mobile.is_empty() && numbers.verified.is_empty());
    }

    #[test]
    fn a_right_code_for_the_list_joins_both_lists() {
        // primary before -> primary after, verified after
        for (before, after, verified) in [
            (None, "+60123456789", true),
            (Some("+60123456789"), "+60123456789", true),
            (Some("+60111111111"), "+60111111111", false),
        ] {
            let mut numbers = Numbers {
                primary: before.map(phone),
                ..Numbers::default()
            };
            numbers.commit(Scenario::VerifiedList, phone("+60123456789"));
            numbers.commit(Scenario::VerifiedList, phone("+60123456789"));
            assert_eq!(numbers.mobile, [phone("+60123456789")]);
            assert_eq!(numbers.verified, numbers.mobile);
            assert_eq!(
                (numbers.primary, numbers.phone_verified),
                (Some(phone(after)), verified)
            );
        }
    }
}
