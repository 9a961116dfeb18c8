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
    pub fn may_start(self, numbers: &Numbers, number: &PhoneNumber) -> Result<Scenario, Error> {
        let refused = |why: &str| Err(Error::BadRequest(format!("phone_number {why}")));
        if !self.verification {
            return refused("cannot be verified: verification is off.");
        }
        let is_primary = numbers.phone_verified && numbers.primary.as_ref() == Some(number);
        if is_primary || (self.lists.multiple && numbers.is_verified(number)) {
            return Err(Error::AlreadyVerified);
        }
        // A claim that is pending in the scenario ends with this one: it takes no place.
        let grows = self.lists.multiple && !numbers.mobile.contains(number);
        if grows && numbers.mobile.len() >= self.lists.max {
            return refused("is one more than the numbers that a user may have.");
        }
        Ok(self.scenario())
    }
}

/// A number as it was read, or what is told about a text that is none.
pub fn number(read: Result<PhoneNumber, PhoneNumberError>) -> Result<PhoneNumber, Error> {
    read.map_err(|error| Error::BadRequest(format!("phone_number {error}.")))
}
