//! May a message be sent; counted before it is sent; sent; and given back where it was not.
//! The one way out, for codes and notices.

use tokio::time::Instant;

use crate::address::phone_number::PhoneNumber;
use crate::address::regions::AddressPolicy;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env};
use crate::messaging::caps::{CapError, Caps, Purpose, Reservation};
use crate::messaging::courier::Courier;
use crate::messaging::message::{Message, SendError};
use crate::platform::Platform;
use crate::store::StoreError;
use crate::telemetry::audit;
use crate::verification::limits::Refusal;

/// Sends messages within the caps.
#[derive(Debug)]
pub struct Dispatcher {
    courier: Courier,
    caps: Caps,
    addresses: AddressPolicy,
}

/// To whom a message is to go, and what for.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Whose message it is, for the audit log.
    pub user: &'a str,
    pub to: &'a PhoneNumber,
    /// ISO 3166-1 code of the number's region.
    pub region: &'a str,
    pub purpose: Purpose,
    pub now: Timestamp,
}

/// Why a message may not be sent.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    #[error("{0}")]
    Refused(Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Dispatcher {
    /// For whoever sends notices only.
    pub async fn of_notices(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        // Each reads a secret of its own: a cold start waits for one round trip, not for two.
        let (courier, caps) = tokio::try_join!(
            Courier::from_env(env, platform),
            Caps::of_notices(env, platform)
        )?;
        Self::new(env, courier, caps)
    }

    /// For whoever sends codes.
    pub async fn of_codes(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let (courier, caps) = tokio::try_join!(
            Courier::from_env(env, platform),
            Caps::of_codes(env, platform)
        )?;
        Self::new(env, courier, caps)
    }

    /// For whoever sends the codes of sign-ins.
    pub async fn of_logins(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let (courier, caps) = tokio::try_join!(
            Courier::from_env(env, platform),
            Caps::of_logins(env, platform)
        )?;
        Self::new(env, courier, caps)
    }

    fn new(env: &Env<'_>, courier: Courier, caps: Caps) -> Result<Self, ConfigError> {
        Ok(Self {
            courier,
            caps,
            addresses: AddressPolicy::from_env(env)?,
        })
    }

    /// Counts a message that may be sent; refuses one that may not.
    pub async fn reserve(&self, envelope: &Envelope<'_>) -> Result<Reservation, DispatchError> {
        let Envelope {
            to, purpose, now, ..
        } = *envelope;
        if !self.addresses.allow(envelope.region) {
            return Err(envelope.refused(Refusal::Region));
        }
        match self.caps.reserve(to, purpose, now).await {
            Ok(reservation) => Ok(reservation),
            Err(CapError::Full(refusal)) => Err(envelope.refused(refusal)),
            Err(CapError::Store(error)) => Err(error.into()),
        }
    }

    /// For a message that is not to be sent after all.
    pub async fn release(&self, reservation: Reservation) {
        self.caps.release(reservation).await;
    }

    /// Sends what has been counted, by the time `until`. Where it is certain that no provider took it over, it does not
    /// count; where one may have, it does, and each further provider that is tried counts once more.
    pub async fn send(
        &self,
        envelope: &Envelope<'_>,
        message: &Message<'_>,
        reservation: Reservation,
        until: Instant,
    ) -> Result<(), SendError> {
        let Envelope {
            to, purpose, now, ..
        } = *envelope;
        let again = || self.caps.once_more(purpose, to, now);
        let sent = self.courier.send(message, now, until, again).await;
        if sent.as_ref().is_err_and(|error| !error.is_unknown()) {
            self.release(reservation).await;
        }
        sent
    }
}

impl Envelope<'_> {
    fn refused(&self, refusal: Refusal) -> DispatchError {
        audit::refused(self.user, Some(self.to), &refusal);
        DispatchError::Refused(refusal)
    }
}
