//! A user's mobile numbers: primary, list, verified list; and how many there may be.

#[cfg(feature = "phone")]
use crate::address::numbering::{Numbering, PhoneNumberError};
use crate::address::phone_number::PhoneNumber;
use crate::config::{ConfigError, Env, flag, number};
use crate::user::addresses::Addresses;

/// A user's mobile numbers.
pub type Numbers = Addresses<PhoneNumber>;

/// Whether users have lists of addresses of a kind, and how long these may be.
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
        Self::read(env, "MULTIPLE_MOBILE_NUMBERS", "MAX_MOBILE_NUMBERS")
    }

    /// `MULTIPLE_EMAIL_ADDRESSES`, `MAX_EMAIL_ADDRESSES`.
    pub fn of_emails(env: &Env<'_>) -> Result<Self, ConfigError> {
        Self::read(env, "MULTIPLE_EMAIL_ADDRESSES", "MAX_EMAIL_ADDRESSES")
    }

    fn read(env: &Env<'_>, multiple: &str, most: &str) -> Result<Self, ConfigError> {
        let max = number(env, most, 10, 1..=10)?;
        Ok(Self {
            multiple: flag(env, multiple, true)?,
            max: usize::try_from(max).unwrap_or(usize::MAX),
        })
    }
}

#[cfg(feature = "phone")]
impl Numbers {
    /// Reads a number that is meant for this user. One that is stored is only parsed and compared;
    /// a new one must be a valid mobile number.
    pub fn read(&self, text: &str, numbering: &Numbering) -> Result<PhoneNumber, PhoneNumberError> {
        numbering.parse_mobile_unless(|number| self.holds(number), text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The names are those of items that are there.
    #[test]
    fn how_numbers_are_stored() {
        let phone = |e164| PhoneNumber::from_e164(e164).unwrap();
        let numbers = Numbers {
            primary: Some(phone("+60123456789")),
            primary_verified: true,
            listed: vec![phone("+60111111111")],
            verified: Vec::new(),
        };
        let stored = json!({
            "primary": "+60123456789",
            "phoneVerified": true,
            "mobileNumbers": ["+60111111111"],
            "verifiedMobileNumbers": [],
        });
        assert_eq!(json!(numbers), stored);
        assert_eq!(serde_json::from_value::<Numbers>(stored).unwrap(), numbers);
        let none =
            json!({ "phoneVerified": false, "mobileNumbers": [], "verifiedMobileNumbers": [] });
        assert_eq!(json!(Numbers::default()), none);
        assert_eq!(
            serde_json::from_value::<Numbers>(json!({})).unwrap(),
            Numbers::default()
        );
    }
}
