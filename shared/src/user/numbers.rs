//! A user's mobile numbers: primary, list, verified list.

use serde::{Deserialize, Serialize};

#[cfg(feature = "phone")]
use crate::address::numbering::{Numbering, PhoneNumberError};
use crate::address::phone_number::PhoneNumber;
use crate::config::{ConfigError, Env, flag, number};
use crate::verification::scenario::{Effect, Scenario};

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
        match scenario.effect() {
            Effect::BecomesPrimary => {
                self.primary = Some(number);
                self.phone_verified = true;
            }
            Effect::JoinsLists => {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(e164: &str) -> PhoneNumber {
        PhoneNumber::from_e164(e164).unwrap()
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
