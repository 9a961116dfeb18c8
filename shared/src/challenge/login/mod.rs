//! Sign-ins with a second factor (document 004): what is asked for, the code on its way, the code as it comes back.
//! The doors (an API, pages, the triggers of a user pool) are the functions' business.

mod backup;
pub mod policy;
mod send;
mod start;
mod verify;

use std::sync::Arc;

use tokio::time::Instant;

use crate::address::numbering::{Numbering, PhoneNumberError};
use crate::challenge::issue::IssueError;
use crate::challenge::login::policy::LoginPolicy;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env};
use crate::crypto::keyring::Keyring;
use crate::messaging::caps::Requester;
use crate::messaging::dispatch::Dispatcher;
use crate::messaging::template::MessageTemplate;
use crate::otp::{Code, CodePolicy, NoRandomness};
use crate::platform::Platform;
use crate::platform::random::Random;
use crate::platform::secrets::SecretError;
use crate::store::{Store, StoreError};
use crate::telemetry::audit::{self, LoginRefusal};
use crate::user::backup_codes::BackupCode;
use crate::verification::flow::{Flow, FlowId, Stage};
use crate::verification::limits::{Refusal, TryLimits};

/// Lets users in by a code, a backup code, or not at all.
#[derive(Debug)]
pub struct SecondFactor {
    store: Store,
    keys: Arc<Keyring>,
    random: Random,
    dispatcher: Dispatcher,
    message: MessageTemplate,
    codes: CodePolicy,
    limits: TryLimits,
    numbering: Numbering,
    pub policy: LoginPolicy,
}

/// Who signs in, as the application names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Id(String),
    UserName(String),
    ExternalId(String),
}

/// When a step of a sign-in happens, and who asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub now: Timestamp,
    /// When sending must have come to an end: `courier::deadline()` at the request's start.
    pub until: Instant,
    pub requester: Requester,
}

/// What somebody typed: no Debug.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    Code(&'a Code),
    BackupCode(&'a BackupCode),
}

/// What a sign-in comes to before anything is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreseen {
    /// No second factor: the first one was enough.
    Skipped,
    /// Nobody is let in, whatever is typed.
    Refused,
    /// A flow asks for something.
    Asked,
}

/// Why a step of a sign-in was not done.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// There never was such a flow, or it has ended.
    #[error("there is no such flow, or it has ended")]
    NoFlow,
    /// The text names the setting.
    #[error("{0} is switched off")]
    SwitchedOff(&'static str),
    /// The flow's number is stored, not given.
    #[error("the flow asks for no number")]
    NoNumberAsked,
    #[error("no code was sent in this flow")]
    NothingSent,
    #[error("the number {0}")]
    Number(PhoneNumberError),
    #[error("there is no such user")]
    UnknownUser,
    #[error("the account is inactive")]
    Inactive,
    #[error(transparent)]
    NotIssued(#[from] IssueError),
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::NotIssued(error.into())
    }
}

impl From<SecretError> for LoginError {
    fn from(error: SecretError) -> Self {
        StoreError::from(error).into()
    }
}

impl From<NoRandomness> for LoginError {
    fn from(error: NoRandomness) -> Self {
        Self::NotIssued(error.into())
    }
}

impl SecondFactor {
    /// The settings of [`LoginPolicy`], codes, tries, messages and numbers.
    pub async fn from_env(
        env: &Env<'_>,
        platform: &Platform,
        store: Store,
        keys: Arc<Keyring>,
    ) -> Result<Self, ConfigError> {
        let codes = CodePolicy::from_env(env)?;
        Ok(Self {
            store,
            keys,
            random: platform.random,
            dispatcher: Dispatcher::of_logins(env, platform).await?,
            message: MessageTemplate::from_env(env, codes.length())?,
            codes,
            limits: TryLimits::from_env(env)?,
            numbering: Numbering::from_env(env)?,
            policy: LoginPolicy::from_env(env)?,
        })
    }

    /// Opens, in parallel, the connections that a code uses at once: those of the counters, and the message's.
    pub async fn warm_up(&self) {
        self.dispatcher.warm_up(&self.store).await;
    }

    /// A flow whose time is not over, for whoever shows it: a success is not used up. One read.
    pub async fn show(&self, id: &FlowId, now: Timestamp) -> Result<Flow, LoginError> {
        let flow = self.store.flow(id).await?;
        flow.filter(|flow| flow.lives(now))
            .ok_or(LoginError::NoFlow)
    }

    /// The same for a browser that comes back: that a success was told elsewhere does not end what it is shown. One read.
    pub async fn look(&self, id: &FlowId, now: Timestamp) -> Result<Flow, LoginError> {
        let flow = self.store.flow(id).await?;
        flow.filter(|flow| now < flow.expires)
            .ok_or(LoginError::NoFlow)
    }

    /// How a flow is, or ended; a success is told once. A read, and a write where there is a success to tell.
    pub async fn outcome(&self, id: &FlowId, now: Timestamp) -> Result<Flow, LoginError> {
        let flow = self.show(id, now).await?;
        if flow.stage != Stage::Succeeded {
            return Ok(flow);
        }
        let told = self.store.consume_flow(id).await?;
        told.map(|_| flow).ok_or(LoginError::NoFlow)
    }

    /// Tries of one code that are compared.
    pub fn most_tries(&self) -> u64 {
        if self.policy.retry {
            self.limits.tries_per_code
        } else {
            1
        }
    }

    /// A flow that is open; anything else is none.
    async fn open(&self, id: &FlowId, now: Timestamp) -> Result<Flow, LoginError> {
        let flow = self.show(id, now).await?;
        Some(flow)
            .filter(|flow| flow.is_open(now))
            .ok_or(LoginError::NoFlow)
    }

    /// Ends a flow without a success, whatever is typed.
    async fn refuse(
        &self,
        id: &FlowId,
        flow: Flow,
        refusal: LoginRefusal,
    ) -> Result<Flow, LoginError> {
        audit::login_refused(&flow.subject.account, refusal);
        let ended = self.store.fail_flow(id).await?;
        ended.ok_or(LoginError::NoFlow)
    }

    /// Refuses what would compare or send while the account is locked.
    fn locked(account: &str, until: Timestamp) -> LoginError {
        let refusal = Refusal::Locked { until };
        audit::refused(account, None, &refusal);
        LoginError::NotIssued(IssueError::Refused(refusal))
    }
}
