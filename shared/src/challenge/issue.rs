//! Starting a claim, or giving it a new code: claim written, message sent, or all as before.

use std::sync::Arc;

use rand::rngs::SysRng;
use tokio::time::Instant;

use crate::address::phone_number::PhoneNumber;
use crate::address::regions::AddressPolicy;
use crate::api::error::Error;
use crate::challenge::verify::CodeVerifier;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, flag};
use crate::crypto::key::Key;
use crate::crypto::keyring::Keys;
use crate::messaging::caps::{Caps, Counted, Message, Requester};
use crate::messaging::courier::Courier;
use crate::messaging::message::{SendError, Text};
use crate::messaging::template::MessageTemplate;
use crate::otp::{Code, CodeId, CodePolicy, NoRandomness};
use crate::platform::Platform;
use crate::store::{ClaimWrite, Started, Store, StoreError};
use crate::telemetry::audit::{self, CancelReason};
use crate::verification::Verification;
use crate::verification::claim::{Claim, hash_for};
use crate::verification::limits::{Cap, Refusal, SendLimits, TryLimits};
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
    /// Where the request comes from.
    pub origin: Requester,
    /// Instead of the configured text, and from whom.
    pub wording: Option<&'a MessageOverride>,
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
    keys: Arc<Keys>,
    sms: Courier,
    message: MessageTemplate,
    codes: CodePolicy,
    pub limits: TryLimits,
    sends: SendLimits,
    caps: Caps,
    regions: AddressPolicy,
    /// Whether privileged callers find claims by their code.
    lookup_by_code: bool,
}

/// Why there is no new code. In every case all is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// A counter is full: of messages, or for a moment of requests that will not send theirs.
    #[error("a counter is full")]
    Full { until: Timestamp, cap: Cap },
    /// Another request changed the claims since they were read.
    #[error("the claims were changed by another request")]
    Lost,
    #[error(transparent)]
    NotSent(#[from] SendError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// What a request met on its way to a code that another request may have put there.
#[derive(Debug, Default)]
pub struct Met {
    full: bool,
}

impl Met {
    /// Whether to try again: after claims that were changed, and once after a counter that was full,
    /// perhaps only by requests for the same number, of which one sends.
    pub fn others(&mut self, error: &IssueError) -> bool {
        match error {
            IssueError::Lost => true,
            IssueError::Full { .. } => !std::mem::replace(&mut self.full, true),
            _ => false,
        }
    }
}

impl IssueError {
    /// What clients are told.
    pub fn told(self, now: Timestamp) -> Error {
        match self {
            Self::Refused(refusal) => Error::refused(refusal, now),
            Self::Full { until, cap } => Error::refused(Refusal::Capped { until, cap }, now),
            Self::Lost => Error::Conflict,
            Self::NotSent(error) => Error::NotSent {
                unreachable: matches!(error, SendError::Refused(_)),
            },
            Self::Store(error) => error.into(),
            Self::Randomness(error) => Error::Internal(error.to_string()),
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

impl Issued {
    /// The claims as they are with this one.
    pub fn after(&self) -> Verification {
        let mut after = self.before.clone();
        match self.scenario {
            Scenario::Primary => after.primary_claim = Some(self.claim.clone()),
            Scenario::VerifiedList => after.list_claim = Some(self.claim.clone()),
        }
        after
    }
}

impl CodeIssuer {
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let codes = CodePolicy::from_env(env)?;
        // Each reads a secret of its own: a cold start waits for one round trip, not for three.
        let (keys, sms, caps) = tokio::try_join!(
            Box::pin(Keys::from_env(env, platform)),
            Box::pin(Courier::from_env(env, platform)),
            Box::pin(Caps::of_codes(env, platform)),
        )?;
        Ok(Self {
            store: Store::from_env(env, platform)?,
            keys: Arc::new(keys),
            sms,
            message: MessageTemplate::from_env(env, codes.length())?,
            codes,
            limits: TryLimits::from_env(env)?,
            sends: SendLimits::from_env(env)?,
            caps,
            regions: AddressPolicy::from_env(env)?,
            lookup_by_code: flag(env, "PRIVILEGED_LOOKUP_BY_CODE", true)?,
        })
    }

    /// Starts a claim on a number; whatever was pending in the scenario is replaced.
    pub async fn start(
        &self,
        ask: &IssueContext<'_>,
        new: NewClaim,
        read: Verification,
    ) -> Result<Issued, IssueError> {
        let number = (new.number, new.region);
        let life = (ask.now, new.expires);
        let issued = self.issue(ask, new.scenario, number, life, read).await?;
        let before = issued.before.pending(issued.scenario, ask.now);
        if let Some(replaced) = before.filter(|claim| claim.number != issued.claim.number) {
            audit::cancelled(
                ask.user,
                issued.scenario,
                &replaced.number,
                CancelReason::Replaced,
            );
        }
        audit::claim_started(ask.user, issued.scenario, &issued.claim);
        Ok(issued)
    }

    /// Gives a pending claim a new code; the old one is dead.
    pub async fn renew(
        &self,
        ask: &IssueContext<'_>,
        scenario: Scenario,
        claim: Claim,
        read: Verification,
    ) -> Result<Issued, IssueError> {
        let number = (claim.number, claim.region);
        let life = (claim.started, claim.expires);
        self.issue(ask, scenario, number, life, read).await
    }

    /// What takes the codes, for a door that sends them, too.
    pub fn prover(&self, store: Store) -> CodeVerifier {
        let keys = Arc::clone(&self.keys);
        CodeVerifier::new(store, keys, self.limits.clone())
    }

    /// The configured text, for a door that lets requests have another.
    pub fn message(&self) -> &MessageTemplate {
        &self.message
    }

    async fn issue(
        &self,
        ask: &IssueContext<'_>,
        scenario: Scenario,
        (number, region): (PhoneNumber, String),
        (started, expires): (Timestamp, Timestamp),
        read: Verification,
    ) -> Result<Issued, IssueError> {
        let IssueContext { user, now, .. } = *ask;
        read.may_send(&number, now, &self.limits, &self.sends)
            .map_err(|refusal| refused(user, &number, refusal))?;
        if !self.regions.allow(&region) {
            return Err(refused(user, &number, Refusal::Region));
        }
        let code = Code::generate(&self.codes, &mut SysRng)?;
        let code_id = CodeId::generate(&mut SysRng)?;
        let counted = self.caps.spend(&number, Message::Code(ask.origin), now);
        let spent = match counted.await? {
            Counted::Room(spent) => spent,
            Counted::Full { until, cap } => {
                audit::refused(user, Some(&number), &Refusal::Capped { until, cap });
                return Err(IssueError::Full { until, cap });
            }
        };
        let key = &self.keys.current().await;
        let claim = Claim {
            code_hash: hash_for(key, &code, user, scenario, &number, &code_id),
            key_version: key.version().to_owned(),
            code_id,
            number,
            region,
            started,
            expires,
            code_expires: expires.min(now + self.codes.validity),
            tries_before: read.tries,
        };
        let issued = Issued {
            scenario,
            claim,
            before: read,
            at: now,
        };
        let written = self.write(&issued, user, &code, key);
        match Box::pin(written).await {
            Ok(Started::Done) => {}
            Ok(Started::Lost) => {
                self.caps.give_back(spent).await;
                return Err(IssueError::Lost);
            }
            Err(error) => {
                // It may be written all the same, its reply lost.
                let _ = self.store.take_back(issued.write(user), false).await;
                self.caps.give_back(spent).await;
                return Err(error.into());
            }
        }
        if let Err(error) = self.send(ask, &issued.claim, &code).await {
            if let Err(error) = self.store.take_back(issued.write(user), false).await {
                tracing::error!(user, %error, "a claim without a message could not be taken back");
            }
            self.caps.give_back(spent).await;
            return Err(error.into());
        }
        Ok(issued)
    }

    /// The claim, and beside it the entry that it is found by.
    async fn write(
        &self,
        issued: &Issued,
        user: &str,
        code: &Code,
        key: &Key,
    ) -> Result<Started, StoreError> {
        let claim = self.store.write_claim(issued.write(user), &self.limits);
        if !self.lookup_by_code {
            return claim.await;
        }
        let expires = issued.claim.code_expires;
        let lookup = self.store.write_lookup(code, key, user, expires);
        let (started, looked_up) = tokio::join!(Box::pin(claim), Box::pin(lookup));
        looked_up?;
        started
    }

    async fn send(
        &self,
        ask: &IssueContext<'_>,
        claim: &Claim,
        code: &Code,
    ) -> Result<(), SendError> {
        let wording = ask.wording;
        let message = wording.and_then(|wording| wording.message.as_ref());
        let text = Text {
            user: ask.user,
            to: &claim.number,
            region: &claim.region,
            body: &message.unwrap_or(&self.message).with_code(code),
            code: code.expose(),
            sender: wording.and_then(|wording| wording.sender.as_deref()),
        };
        self.sms.send(&text, ask.now, ask.until).await
    }

    /// Puts back what was pending before, where the claim is still this one; its message counts all the same.
    pub async fn take_back(&self, user: &str, issued: &Issued) -> Result<(), StoreError> {
        if self.store.take_back(issued.write(user), true).await? {
            let (scenario, claim) = (issued.scenario, &issued.claim);
            audit::cancelled(user, scenario, &claim.number, CancelReason::TakenBack);
        }
        Ok(())
    }
}

fn refused(user: &str, number: &PhoneNumber, refusal: Refusal) -> IssueError {
    audit::refused(user, Some(number), &refusal);
    IssueError::Refused(refusal)
}

impl Issued {
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
