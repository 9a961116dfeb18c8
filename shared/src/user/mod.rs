//! A user: the numbers that this product guards, and the profile that it only keeps.
//! Pure; how it is stored and shown is the business of `store` and `scim`.

pub mod numbers;

use crate::user::numbers::Numbers;
use icu_casemap::CaseMapper;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Timestamp;

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

    #[test]
    fn names_are_compared_without_case() {
        assert_eq!(folded("Bob123"), folded("bOB123"));
        assert_eq!(folded("STRASSE"), folded("straße"));
        assert_ne!(folded("bob"), folded("bobb"));
    }
}
