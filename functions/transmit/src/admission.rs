//! Which numbers may be claimed here, and in which scenario. Pure.
//! What cannot be committed later is refused now, before a message costs anything.

use shared::address::numbering::PhoneNumberError;
use shared::address::phone_number::PhoneNumber;
use shared::api::error::Error;
use shared::config::{ConfigError, Env, flag};
use shared::user::numbers::{ListPolicy, Numbers};
use shared::verification::scenario::Scenario;

/// What users may have verified.
#[derive(Clone, Copy, Debug)]
pub struct ClaimPolicy {
    verification: bool,
    lists: ListPolicy,
}

impl ClaimPolicy {
    /// `ENABLE_VERIFICATION`, and the settings of the lists.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            verification: flag(env, "ENABLE_VERIFICATION", true)?,
            lists: ListPolicy::from_env(env)?,
        })
    }

    /// The scenario of every claim that starts here.
    pub fn scenario(self) -> Scenario {
        if self.lists.multiple {
            Scenario::VerifiedList
        } else {
            Scenario::Primary
        }
    }

    /// Whether the number can be claimed by a user with these numbers.
    pub fn may_start(self, numbers: &Numbers, number: &PhoneNumber) -> Result<Scenario, Refused> {
        if !self.verification {
            return Err(Refused::VerificationOff);
        }
        let is_primary = numbers.primary_verified && numbers.primary.as_ref() == Some(number);
        if is_primary || (self.lists.multiple && numbers.is_verified(number)) {
            return Err(Refused::AlreadyVerified);
        }
        // A claim that is pending in the scenario ends with this one: it takes no place.
        let grows = self.lists.multiple && !numbers.listed.contains(number);
        if grows && numbers.listed.len() >= self.lists.max {
            return Err(Refused::TooManyNumbers);
        }
        Ok(self.scenario())
    }
}

/// Why a number cannot be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    VerificationOff,
    AlreadyVerified,
    TooManyNumbers,
}

/// What is told about a number that cannot be claimed.
pub fn refused(refused: Refused) -> Error {
    match refused {
        Refused::VerificationOff => Error::SwitchedOff("Verification"),
        Refused::AlreadyVerified => Error::AlreadyVerified,
        Refused::TooManyNumbers => Error::BadRequest(
            "phone_number is one more than the numbers that a user may have.".into(),
        ),
    }
}

/// A number as it was read, or what is told about a text that is none.
pub fn number(read: Result<PhoneNumber, PhoneNumberError>) -> Result<PhoneNumber, Error> {
    read.map_err(|error| Error::BadRequest(format!("phone_number {error}.")))
}
