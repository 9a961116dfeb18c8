//! May a message be sent; counted before it is sent; sent; and given back where it was not.
//! The one way out, for codes and notices.

use tokio::time::Instant;

use crate::address::regions::AddressPolicy;
use crate::address::{Address, Channel};
use crate::clock::Timestamp;
#[cfg(feature = "email")]
use crate::config::flag;
use crate::config::{ConfigError, Env};
use crate::messaging::caps::{CapError, Caps, Purpose, Reservation};
use crate::messaging::courier::Courier;
#[cfg(feature = "email")]
use crate::messaging::email::settings::Settings;
use crate::messaging::message::{Message, SendError};
use crate::platform::Platform;
use crate::store::{Store, StoreError};
use crate::telemetry::audit;
use crate::verification::limits::Refusal;

/// Sends messages within the caps.
#[derive(Debug)]
pub struct Dispatcher {
    texts: Courier,
    /// None where no e-mails are sent.
    emails: Option<Courier>,
    caps: Caps,
    /// Of numbers; which domains e-mails go to is asked for where addresses are read.
    addresses: AddressPolicy,
}

/// To whom a message is to go, and what for.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Whose message it is, for the audit log.
    pub user: &'a str,
    pub to: &'a Address,
    /// ISO 3166-1 code of a number's region; empty for an e-mail address.
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

    /// The same for whoever sends e-mails as well, where `ENABLE_EMAIL_VERIFICATION` says so: off, their settings are
    /// read all the same, and nothing is made of them.
    #[cfg(feature = "email")]
    pub async fn with_emails(
        mut self,
        env: &Env<'_>,
        platform: &Platform,
    ) -> Result<Self, ConfigError> {
        let settings = Settings::from_env(env)?;
        self.caps.count_emails(env)?;
        if flag(env, "ENABLE_EMAIL_VERIFICATION", false)? {
            self.emails = Some(Courier::of_emails(env, platform, &settings).await?);
        }
        Ok(self)
    }

    fn new(env: &Env<'_>, texts: Courier, caps: Caps) -> Result<Self, ConfigError> {
        Ok(Self {
            texts,
            emails: None,
            caps,
            addresses: AddressPolicy::from_env(env)?,
        })
    }

    /// Opens, in parallel, the connections that a code uses at once: those of the counters, and the text message's.
    pub async fn warm_up(&self, store: &Store) {
        tokio::join!(store.connect(), store.connect(), self.texts.warm_up());
    }

    /// Counts a message that may be sent; refuses one that may not.
    pub async fn reserve(&self, envelope: &Envelope<'_>) -> Result<Reservation, DispatchError> {
        let Envelope {
            to, purpose, now, ..
        } = *envelope;
        let phone = to.channel() == Channel::Sms;
        if phone && !self.addresses.allow(envelope.region) {
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
        let sent = match self.courier(to.channel()) {
            Some(courier) => courier.send(message, now, until, again).await,
            None => Err(SendError::Unavailable("no e-mails are sent".into())),
        };
        if sent.as_ref().is_err_and(|error| !error.is_unknown()) {
            self.release(reservation).await;
        }
        sent
    }

    fn courier(&self, channel: Channel) -> Option<&Courier> {
        match channel {
            Channel::Sms => Some(&self.texts),
            Channel::Email => self.emails.as_ref(),
        }
    }
}

impl Envelope<'_> {
    fn refused(&self, refusal: Refusal) -> DispatchError {
        audit::refused(self.user, Some(self.to), &refusal);
        DispatchError::Refused(refusal)
    }
}
