//! Starting claims, or giving one a new code: claims written, messages sent, or all as before.

use std::sync::Arc;
#[cfg(feature = "email")]
use std::time::Duration;

use tokio::time::Instant;

#[cfg(feature = "email")]
use crate::address::domains::DomainPolicy;
use crate::address::{Address, Channel};
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, flag};
use crate::crypto::key::Key;
use crate::crypto::keyring::Keyring;
use crate::messaging::caps::{Purpose, Requester, Reservation};
use crate::messaging::dispatch::{DispatchError, Dispatcher, Envelope};
#[cfg(feature = "email")]
use crate::messaging::email::template::EmailTemplate;
use crate::messaging::message::{Message, SendError};
use crate::messaging::template::MessageTemplate;
#[cfg(feature = "email")]
use crate::otp::EmailForm;
use crate::otp::{Code, CodeId, CodePolicy, NoRandomness};
use crate::platform::Platform;
use crate::platform::random::Random;
use crate::store::{ClaimWrite, MessageWas, Started, Store, StoreError};
use crate::telemetry::audit::{self, CancelReason};
use crate::verification::Verification;
use crate::verification::claim::{Claim, EmailEntry, hash_for};
use crate::verification::limits::{Refusal, SendLimits, TryLimits};
use crate::verification::scenario::Scenario;

/// A claim that is to be started.
#[derive(Debug)]
pub struct NewClaim {
    pub scenario: Scenario,
    pub address: Address,
    /// ISO 3166-1 code of a number's region; empty for an e-mail address.
    pub region: String,
    pub expires: Timestamp,
    /// How a primary e-mail address is to stand among `emails`.
    pub entry: Option<EmailEntry>,
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
    /// None where no e-mails are sent.
    #[cfg(feature = "email")]
    emails: Option<EmailCodes>,
    pub limits: TryLimits,
    sends: SendLimits,
    /// Whether privileged callers find claims by their code.
    lookup_by_code: bool,
}

/// What e-mails bring, and how they say it.
#[cfg(feature = "email")]
#[derive(Debug)]
struct EmailCodes {
    template: EmailTemplate,
    codes: CodePolicy,
    /// Asked again for each code: a claim may have started before a domain was denied.
    domains: DomainPolicy,
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

/// Claims whose messages were taken over by a provider.
#[derive(Debug)]
pub struct Issued {
    /// In the order in which their messages went.
    claims: Vec<(Scenario, Claim)>,
    before: Verification,
    at: Timestamp,
}

/// A claim that is to have a new code.
struct Renewal {
    scenario: Scenario,
    address: Address,
    region: String,
    started: Timestamp,
    expires: Timestamp,
    entry: Option<EmailEntry>,
}

/// What a message says.
struct Words {
    text: String,
    /// Empty in a text message, as is what follows.
    subject: String,
    html: String,
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
            #[cfg(feature = "email")]
            emails: None,
            limits: TryLimits::from_env(env)?,
            sends: SendLimits::from_env(env)?,
            lookup_by_code: flag(env, "PRIVILEGED_LOOKUP_BY_CODE", false)?,
        })
    }

    /// Opens, in parallel, the connections that a code uses at once: those of the counters, and the message's.
    pub async fn warm_up(&self) {
        self.dispatcher.warm_up(&self.store).await;
    }

    /// The same for whoever sends e-mails as well, where `ENABLE_EMAIL_VERIFICATION` says so.
    #[cfg(feature = "email")]
    pub async fn with_emails(
        mut self,
        env: &Env<'_>,
        platform: &Platform,
    ) -> Result<Self, ConfigError> {
        self.dispatcher = self.dispatcher.with_emails(env, platform).await?;
        // Off, the settings are read all the same, and nothing is made of them.
        let template = EmailTemplate::from_env(env, platform)?;
        let form = if template.has_link() {
            EmailForm::Link
        } else {
            EmailForm::Code
        };
        let codes = CodePolicy::of_emails(env, form)?;
        let on = flag(env, "ENABLE_EMAIL_VERIFICATION", false)?;
        let domains = DomainPolicy::from_env(env)?;
        self.emails = on.then_some(EmailCodes {
            template,
            codes,
            domains,
        });
        Ok(self)
    }

    /// Starts claims, each in a scenario of its own; whatever was pending there is replaced. Either all of them start
    /// and all messages are taken over, or all is as before.
    pub async fn start(
        &self,
        context: &IssueContext<'_>,
        new: Vec<NewClaim>,
        read: Verification,
    ) -> Result<Issued, IssueError> {
        let renewals = new.into_iter().map(|new| Renewal {
            scenario: new.scenario,
            address: new.address,
            region: new.region,
            started: context.now,
            expires: new.expires,
            entry: new.entry,
        });
        let issued = Box::pin(self.issue(context, renewals.collect(), read)).await?;
        for (scenario, claim) in &issued.claims {
            let before = issued.before.pending(*scenario, context.now);
            if let Some(replaced) = before.filter(|before| before.address != claim.address) {
                let reason = CancelReason::Replaced;
                audit::cancelled(context.user, *scenario, &replaced.address, reason);
            }
            audit::claim_started(context.user, *scenario, claim);
        }
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
            address: claim.address,
            region: claim.region,
            started: claim.started,
            expires: claim.expires,
            entry: claim.entry,
        };
        Box::pin(self.issue(context, vec![renewal], read)).await
    }

    /// The configured text, for a door that lets requests have another.
    pub fn message(&self) -> &MessageTemplate {
        &self.message
    }

    /// Puts back what was pending before, where the claims are still these; their messages count all the same.
    pub async fn take_back(&self, user: &str, issued: &Issued) -> Result<(), StoreError> {
        let mut failed = None;
        for (write, (scenario, claim)) in issued.writes(user).into_iter().zip(&issued.claims) {
            match self.store.take_back(write, MessageWas::Sent).await {
                Ok(true) => {
                    audit::cancelled(user, *scenario, &claim.address, CancelReason::TakenBack);
                }
                Ok(false) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn issue(
        &self,
        context: &IssueContext<'_>,
        mut renewals: Vec<Renewal>,
        read: Verification,
    ) -> Result<Issued, IssueError> {
        let IssueContext { user, now, .. } = *context;
        let order = |channel| Channel::ALL.iter().position(|one| *one == channel);
        renewals.sort_by_key(|renewal| order(renewal.address.channel()));
        for Renewal { address, .. } in &renewals {
            let may = read.may_send(address, now, &self.limits, &self.sends);
            #[cfg(feature = "email")]
            let may = self.in_domains(address).and(may);
            may.map_err(|refusal| {
                audit::refused(user, Some(address), &refusal);
                IssueError::Refused(refusal)
            })?;
        }
        let (issued, codes, key) = self.made(context, renewals, read).await?;
        let reservations = self.reserve(context, &issued).await?;
        if let Err(error) = self.write_or_undo(&issued, user, &codes, &key).await {
            self.release(reservations).await;
            return Err(error);
        }
        self.send(context, &issued, &codes, reservations).await?;
        Ok(issued)
    }

    /// Whether codes go to an e-mail address's domain; which regions they go to is asked for where messages are counted.
    #[cfg(feature = "email")]
    fn in_domains(&self, address: &Address) -> Result<(), Refusal> {
        match (&self.emails, address.as_email()) {
            (Some(emails), Some(email)) if !emails.domains.allow(email) => Err(Refusal::Domain),
            _ => Ok(()),
        }
    }

    /// Counts all messages, or none.
    async fn reserve(
        &self,
        context: &IssueContext<'_>,
        issued: &Issued,
    ) -> Result<Vec<Reservation>, IssueError> {
        let mut reservations = Vec::new();
        for (_, claim) in &issued.claims {
            match self.dispatcher.reserve(&context.envelope(claim)).await {
                Ok(reservation) => reservations.push(reservation),
                Err(error) => {
                    self.release(reservations).await;
                    return Err(error.into());
                }
            }
        }
        Ok(reservations)
    }

    async fn release(&self, reservations: impl IntoIterator<Item = Reservation>) {
        for reservation in reservations {
            self.dispatcher.release(reservation).await;
        }
    }

    /// Sends all messages, one after the other. Where one is not taken over, no claim stays, and those that went out
    /// count all the same.
    async fn send(
        &self,
        context: &IssueContext<'_>,
        issued: &Issued,
        codes: &[Code],
        reservations: Vec<Reservation>,
    ) -> Result<(), IssueError> {
        let mut reservations = reservations.into_iter();
        let claims: Vec<_> = issued.claims.iter().zip(codes).collect();
        for (n, ((_, claim), code)) in claims.into_iter().enumerate() {
            let Some(reservation) = reservations.next() else {
                break;
            };
            // On the heap: what awaits this is deep enough.
            let sent = Box::pin(self.send_one(context, claim, code, reservation)).await;
            if let Err(error) = sent {
                self.release(reservations).await;
                self.undo_unsent(issued, context.user, n, &error).await;
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn send_one(
        &self,
        context: &IssueContext<'_>,
        claim: &Claim,
        code: &Code,
        reservation: Reservation,
    ) -> Result<(), SendError> {
        let Words {
            text,
            subject,
            html,
        } = self.words(context, claim, code);
        let message = Message {
            user: context.user,
            to: &claim.address,
            region: &claim.region,
            body: &text,
            subject: &subject,
            html: &html,
            code: code.expose(),
            sender: context
                .message
                .and_then(|message| message.sender.as_deref()),
        };
        let envelope = context.envelope(claim);
        (self.dispatcher)
            .send(&envelope, &message, reservation, context.until)
            .await
    }

    /// Writes the claims; where that fails, nothing of them stays.
    async fn write_or_undo(
        &self,
        issued: &Issued,
        user: &str,
        codes: &[Code],
        key: &Key,
    ) -> Result<(), IssueError> {
        match self.write(issued, user, codes, key).await {
            Ok(Started::Done) => Ok(()),
            Ok(Started::Lost) => Err(IssueError::Lost),
            Err(error) => {
                // They may be written all the same, the reply lost.
                for write in issued.writes(user) {
                    let _ = self.store.take_back(write, MessageWas::NotTried).await;
                }
                Err(error.into())
            }
        }
    }

    /// Puts back what was pending before claims of which the message at `failed` was not sent, or perhaps was: those
    /// before it were, those behind it were not tried.
    async fn undo_unsent(&self, issued: &Issued, user: &str, failed: usize, error: &SendError) {
        for (n, write) in issued.writes(user).into_iter().enumerate() {
            let was = match n.cmp(&failed) {
                std::cmp::Ordering::Less => MessageWas::Sent,
                std::cmp::Ordering::Equal if error.is_unknown() => MessageWas::Sent,
                std::cmp::Ordering::Equal => MessageWas::NotTakenOver,
                std::cmp::Ordering::Greater => MessageWas::NotTried,
            };
            if let Err(error) = self.store.take_back(write, was).await {
                tracing::error!(user, %error, "a claim without a message could not be taken back");
            }
        }
    }

    /// The claims, each with a code of its own, which is kept only as a hash.
    async fn made(
        &self,
        context: &IssueContext<'_>,
        renewals: Vec<Renewal>,
        read: Verification,
    ) -> Result<(Issued, Vec<Code>, Key), IssueError> {
        let key = self.keys.current().await;
        let mut codes = Vec::new();
        let mut claims = Vec::new();
        for renewal in renewals {
            let (claim, code) = self.made_one(context, &renewal, read.claim_tries(), &key)?;
            claims.push((renewal.scenario, claim));
            codes.push(code);
        }
        let issued = Issued {
            claims,
            before: read,
            at: context.now,
        };
        Ok((issued, codes, key))
    }

    fn made_one(
        &self,
        context: &IssueContext<'_>,
        renewal: &Renewal,
        tries: u64,
        key: &Key,
    ) -> Result<(Claim, Code), IssueError> {
        let mut random = self.random;
        let address = &renewal.address;
        let policy = self.policy(address.channel());
        let code = Code::generate(policy, &mut random)?;
        let code_id = CodeId::generate(&mut random)?;
        let claim = Claim {
            code_hash: hash_for(
                key,
                &code,
                context.user,
                renewal.scenario,
                address,
                &code_id,
            ),
            key_version: key.version().to_owned(),
            code_id,
            address: address.clone(),
            region: renewal.region.clone(),
            started: renewal.started,
            expires: renewal.expires,
            code_expires: renewal.expires.min(context.now + policy.validity),
            tries_before: tries,
            link: policy.is_link(),
            entry: renewal.entry.clone(),
        };
        Ok((claim, code))
    }

    fn policy(&self, channel: Channel) -> &CodePolicy {
        #[cfg(feature = "email")]
        if let (Channel::Email, Some(emails)) = (channel, &self.emails) {
            return &emails.codes;
        }
        let _ = channel;
        &self.codes
    }

    fn words(&self, context: &IssueContext<'_>, claim: &Claim, code: &Code) -> Words {
        #[cfg(feature = "email")]
        if let (Channel::Email, Some(emails)) = (claim.address.channel(), &self.emails) {
            let left = Duration::from_secs(context.now.seconds_until(claim.code_expires));
            let filled = emails.template.filled(code.expose(), left);
            return Words {
                text: filled.text,
                subject: filled.subject,
                html: filled.html,
            };
        }
        let _ = claim;
        let wanted = context.message.and_then(|message| message.message.as_ref());
        Words {
            text: wanted.unwrap_or(&self.message).with_code(code),
            subject: String::new(),
            html: String::new(),
        }
    }

    /// The claims, and beside them the entries that they are found by: whoever has a link has nothing but its token.
    async fn write(
        &self,
        issued: &Issued,
        user: &str,
        codes: &[Code],
        key: &Key,
    ) -> Result<Started, StoreError> {
        let writes = issued.writes(user);
        let started = self.store.write_claims(&writes);
        let mut found = Vec::new();
        for ((_, claim), code) in issued.claims.iter().zip(codes) {
            if claim.link || self.lookup_by_code {
                found.push((code, claim.code_expires));
            }
        }
        if found.is_empty() {
            return started.await;
        }
        let looked_up = async {
            for (code, expires) in found {
                (self.store)
                    .write_lookup(code, key, user, expires, issued.at)
                    .await?;
            }
            Ok::<_, StoreError>(())
        };
        let (started, looked_up) = tokio::join!(started, looked_up);
        looked_up?;
        started
    }
}

impl<'a> IssueContext<'a> {
    fn envelope(&self, claim: &'a Claim) -> Envelope<'a> {
        Envelope {
            user: self.user,
            to: &claim.address,
            region: &claim.region,
            purpose: Purpose::Code(self.requester),
            now: self.now,
        }
    }
}

impl Issued {
    /// The claims as they are with these.
    pub fn after(&self) -> Verification {
        let mut after = self.before.clone();
        for (scenario, claim) in &self.claims {
            *after.claim_mut(*scenario) = Some(claim.clone());
        }
        after
    }

    fn writes<'a>(&'a self, user: &'a str) -> Vec<ClaimWrite<'a>> {
        let writes = self.claims.iter().map(|(scenario, claim)| ClaimWrite {
            user,
            scenario: *scenario,
            claim,
            read: &self.before,
            now: self.at,
        });
        writes.collect()
    }
}
