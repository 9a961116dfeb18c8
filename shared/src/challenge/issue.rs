//! Starting a claim, or giving it a new code: claim written, message sent, or all as before.

use std::sync::Arc;

use tokio::time::Instant;

use crate::address::phone_number::PhoneNumber;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, flag};
use crate::crypto::key::Key;
use crate::crypto::keyring::Keyring;
use crate::messaging::caps::{Purpose, Requester};
use crate::messaging::dispatch::{DispatchError, Dispatcher, Envelope};
use crate::messaging::message::{Message, SendError};
use crate::messaging::template::MessageTemplate;
use crate::otp::{Code, CodeId, CodePolicy, NoRandomness};
use crate::platform::Platform;
use crate::platform::random::Random;
use crate::store::{ClaimWrite, MessageWas, Started, Store, StoreError};
use crate::telemetry::audit::{self, CancelReason};
use crate::verification::Verification;
use crate::verification::claim::{Claim, hash_for};
use crate::verification::limits::{Refusal, SendLimits, TryLimits};
use crate::verification::scenario::Scenario;

/// A claim that is to be started.
#[derive(Debug)]
pub struct NewClaim {
    pub scenario: Scenario,
    pub number: PhoneNumber,
    /// ISO 3166-1 code of the number's region.
    pub region: String,
    pub expires: Timestamp,
}

/// Who asks for a message, and what is said of it.
#[derive(Clone, Debug)]
pub struct IssueContext<'a> {
    pub user: &'a str,
    pub now: Timestamp,
    /// When sending must have come to an end: `courier::deadline()` at the request's start.
    pub until: Instant,
    pub requester: Requester,
    /// Instead of the configured text, and from whom.
    pub message: Option<&'a MessageOverride>,
}

/// A message as a request wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageOverride {
    pub message: Option<MessageTemplate>,
    pub sender: Option<String>,
}

/// Issues codes.
#[derive(Debug)]
pub struct CodeIssuer {
    store: Store,
    keys: Arc<Keyring>,
    random: Random,
    dispatcher: Dispatcher,
    message: MessageTemplate,
    codes: CodePolicy,
    pub limits: TryLimits,
    sends: SendLimits,
    /// Whether privileged callers find claims by their code.
    lookup_by_code: bool,
}

/// Why there is no new code. In every case all is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("{0}")]
    Refused(Refusal),
    /// Another request changed what was read.
    #[error("it was changed by another request")]
    Lost,
    #[error(transparent)]
    NotSent(#[from] SendError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl From<DispatchError> for IssueError {
    fn from(error: DispatchError) -> Self {
        match error {
            DispatchError::Refused(refusal) => Self::Refused(refusal),
            DispatchError::Store(error) => Self::Store(error),
        }
    }
}

/// A claim whose message was taken over by a provider.
#[derive(Debug)]
pub struct Issued {
    pub scenario: Scenario,
    pub claim: Claim,
    before: Verification,
    at: Timestamp,
}

/// A claim that is to have a new code.
struct Renewal {
    scenario: Scenario,
    number: PhoneNumber,
    region: String,
    started: Timestamp,
    expires: Timestamp,
}

impl CodeIssuer {
    /// The settings of codes, limits and messages.
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
            dispatcher: Dispatcher::of_codes(env, platform).await?,
            message: MessageTemplate::from_env(env, codes.length())?,
            codes,
            limits: TryLimits::from_env(env)?,
            sends: SendLimits::from_env(env)?,
            lookup_by_code: flag(env, "PRIVILEGED_LOOKUP_BY_CODE", false)?,
        })
    }

    /// Starts a claim on a number; whatever was pending in the scenario is replaced.
    pub async fn start(
        &self,
        context: &IssueContext<'_>,
        new: NewClaim,
        read: Verification,
    ) -> Result<Issued, IssueError> {
        let renewal = Renewal {
            scenario: new.scenario,
            number: new.number,
            region: new.region,
            started: context.now,
            expires: new.expires,
        };
        let issued = self.issue(context, renewal, read).await?;
        let before = issued.before.pending(issued.scenario, context.now);
        if let Some(replaced) = before.filter(|claim| claim.number != issued.claim.number) {
            let reason = CancelReason::Replaced;
            audit::cancelled(context.user, issued.scenario, &replaced.number, reason);
        }
        audit::claim_started(context.user, issued.scenario, &issued.claim);
        Ok(issued)
    }

    /// Gives a pending claim a new code; the old one is dead.
    pub async fn renew(
        &self,
        context: &IssueContext<'_>,
        scenario: Scenario,
        claim: Claim,
        read: Verification,
    ) -> Result<Issued, IssueError> {
        let renewal = Renewal {
            scenario,
            number: claim.number,
            region: claim.region,
            started: claim.started,
            expires: claim.expires,
        };
        self.issue(context, renewal, read).await
    }

    /// The configured text, for a door that lets requests have another.
    pub fn message(&self) -> &MessageTemplate {
        &self.message
    }

    /// Puts back what was pending before, where the claim is still this one; its message counts all the same.
    pub async fn take_back(&self, user: &str, issued: &Issued) -> Result<(), StoreError> {
        if (self.store)
            .take_back(issued.write(user), MessageWas::Sent)
            .await?
        {
            let (scenario, claim) = (issued.scenario, &issued.claim);
            audit::cancelled(user, scenario, &claim.number, CancelReason::TakenBack);
        }
        Ok(())
    }

    async fn issue(
        &self,
        context: &IssueContext<'_>,
        renewal: Renewal,
        read: Verification,
    ) -> Result<Issued, IssueError> {
        let IssueContext { user, now, .. } = *context;
        read.may_send(&renewal.number, now, &self.limits, &self.sends)
            .map_err(|refusal| {
                audit::refused(user, Some(&renewal.number), &refusal);
                IssueError::Refused(refusal)
            })?;
        let (issued, code, key) = self.made(context, renewal, read).await?;
        let envelope = Envelope {
            user,
            to: &issued.claim.number,
            region: &issued.claim.region,
            purpose: Purpose::Code(context.requester),
            now,
        };
        let reservation = self.dispatcher.reserve(&envelope).await?;
        if let Err(error) = self.write_or_undo(&issued, user, &code, &key).await {
            self.dispatcher.release(reservation).await;
            return Err(error);
        }
        let message = self.message_with(context, &code);
        let message = Message {
            user,
            to: &issued.claim.number,
            region: &issued.claim.region,
            body: &message,
            code: code.expose(),
            sender: context
                .message
                .and_then(|message| message.sender.as_deref()),
        };
        let sending = (self.dispatcher).send(&envelope, &message, reservation, context.until);
        if let Err(error) = sending.await {
            self.undo_unsent(&issued, user, &error).await;
            return Err(error.into());
        }
        Ok(issued)
    }

    /// Writes the claim; where that fails, nothing of it stays.
    async fn write_or_undo(
        &self,
        issued: &Issued,
        user: &str,
        code: &Code,
        key: &Key,
    ) -> Result<(), IssueError> {
        match self.write(issued, user, code, key).await {
            Ok(Started::Done) => Ok(()),
            Ok(Started::Lost) => Err(IssueError::Lost),
            Err(error) => {
                // It may be written all the same, its reply lost.
                let write = issued.write(user);
                let _ = self.store.take_back(write, MessageWas::NotTried).await;
                Err(error.into())
            }
        }
    }

    /// Puts back what was pending before a claim whose message was not sent, or perhaps was.
    async fn undo_unsent(&self, issued: &Issued, user: &str, error: &SendError) {
        let was = if error.is_unknown() {
            MessageWas::Sent
        } else {
            MessageWas::NotTakenOver
        };
        if let Err(error) = self.store.take_back(issued.write(user), was).await {
            tracing::error!(user, %error, "a claim without a message could not be taken back");
        }
    }

    /// The claim with a code of its own, which is kept only as a hash.
    async fn made(
        &self,
        context: &IssueContext<'_>,
        renewal: Renewal,
        read: Verification,
    ) -> Result<(Issued, Code, Key), IssueError> {
        let mut random = self.random;
        let code = Code::generate(&self.codes, &mut random)?;
        let code_id = CodeId::generate(&mut random)?;
        let key = self.keys.current().await;
        let Renewal {
            scenario, number, ..
        } = renewal;
        let claim = Claim {
            code_hash: hash_for(&key, &code, context.user, scenario, &number, &code_id),
            key_version: key.version().to_owned(),
            code_id,
            number,
            region: renewal.region,
            started: renewal.started,
            expires: renewal.expires,
            code_expires: renewal.expires.min(context.now + self.codes.validity),
            tries_before: read.claim_tries(),
        };
        let issued = Issued {
            scenario,
            claim,
            before: read,
            at: context.now,
        };
        Ok((issued, code, key))
    }

    fn message_with(&self, context: &IssueContext<'_>, code: &Code) -> String {
        let wanted = context.message.and_then(|message| message.message.as_ref());
        wanted.unwrap_or(&self.message).with_code(code)
    }

    /// The claim, and beside it the entry that it is found by.
    async fn write(
        &self,
        issued: &Issued,
        user: &str,
        code: &Code,
        key: &Key,
    ) -> Result<Started, StoreError> {
        let claim = self.store.write_claim(issued.write(user));
        if !self.lookup_by_code {
            return claim.await;
        }
        let expires = issued.claim.code_expires;
        let lookup = (self.store).write_lookup(code, key, user, expires, issued.at);
        let (started, looked_up) = tokio::join!(claim, lookup);
        looked_up?;
        started
    }
}

impl Issued {
    /// The claims as they are with this one.
    pub fn after(&self) -> Verification {
        let mut after = self.before.clone();
        *after.claim_mut(self.scenario) = Some(self.claim.clone());
        after
    }

    fn write<'a>(&'a self, user: &'a str) -> ClaimWrite<'a> {
        ClaimWrite {
            user,
            scenario: self.scenario,
            claim: &self.claim,
            read: &self.before,
            now: self.at,
        }
    }
}
