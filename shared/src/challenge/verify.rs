//! A code as it comes back: its try counted before anything is compared, its claim found,
//! claim and address changed in one transaction. Every door that takes codes does it here.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::address::Channel;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env};
use crate::crypto::keyring::Keyring;
use crate::otp::{Code, CodeId, NoRandomness};
use crate::platform::Platform;
use crate::platform::random::Random;
use crate::platform::secrets::SecretError;
use crate::store::{
    Commit, Committed, Count, Counted, Counter, Counters, OneTry, Store, StoreError, host_of,
};
use crate::telemetry::audit::{self, FailureReason};
use crate::user::User;
use crate::verification::Verification;
use crate::verification::claim::{Claim, ClaimFilter, CodeMatch};
use crate::verification::limits::{Cap, HOUR, Refusal, TryLimits};
use crate::verification::scenario::Scenario;

/// A user that is changed by others while its address is committed is read and written again this often.
const RETRIES: usize = 3;

/// Users whose claims are looked at for one code; where more have it, it tells nobody from another.
const MOST_LOOKED_AT: usize = 10;

/// Codes that are tried without their user, in all, a clock hour.
const MOST_LOOKUPS_PER_HOUR: u64 = 100;

/// Stands for a user where none is known: nobody has this id.
const NOBODY: &str = "nobody";

/// Locked accounts that a process remembers.
const REMEMBERED: usize = 64;

/// A code that somebody typed: no Debug.
#[derive(Clone, Copy)]
pub struct Submission<'a> {
    /// Whose claims it is compared with, and whose try it is.
    pub user: &'a str,
    pub code: &'a Code,
    pub among: ClaimFilter<'a>,
    pub now: Timestamp,
}

/// A token of a link, and where it comes from: no Debug.
#[derive(Clone, Copy)]
pub struct TriedToken<'a> {
    pub token: &'a Code,
    /// None where it cannot be told.
    pub from: Option<IpAddr>,
    /// Tokens that may be tried from one place in a clock hour; 0 is no cap.
    pub most: u64,
    pub now: Timestamp,
}

/// The claim that a code belongs to.
struct MatchedClaim {
    scenario: Scenario,
    claim: Claim,
}

/// An address that is verified now.
#[derive(Debug)]
pub struct Verified {
    /// As the address made it.
    pub user: User,
}

/// Why a code proved nothing. The try is counted, except where the account is locked or the store failed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the account is locked")]
    Locked { until: Timestamp },
    /// Nobody has this id; the tries of such a caller end in a lock, too.
    #[error("there is no such user")]
    NoUser { locked: Option<Timestamp> },
    /// The account is inactive: it proves nothing.
    #[error("the account is inactive")]
    Inactive,
    /// Wrong, used, dead, or tried too often.
    #[error("the code is wrong")]
    Wrong,
    /// Several users' claims have it, or it is not looked up, where none was named.
    #[error("the code tells no user")]
    Several,
    /// As many codes as may be were tried without their user.
    #[error("too many codes were tried without their user")]
    TooManyLookups { until: Timestamp },
    /// As many tokens as may be were tried from one place.
    #[error("too many tokens were tried from there")]
    TooManyTries { until: Timestamp },
    #[error("the code is right and too late")]
    Expired,
    /// The code is right; its address is verified for another user.
    #[error("the address is another user's")]
    AddressTaken(Channel),
    /// The user was changed by others each time it was to be written.
    #[error("the user is fought over")]
    Lost,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl From<SecretError> for VerifyError {
    fn from(error: SecretError) -> Self {
        Self::Store(error.into())
    }
}

/// A try that has been counted.
struct Try {
    id: CodeId,
    /// The item of whose it is, with the try in it.
    state: Verification,
}

/// Takes codes.
#[derive(Debug)]
pub struct CodeVerifier {
    store: Store,
    counters: Counters,
    keys: Arc<Keyring>,
    random: Random,
    limits: TryLimits,
    /// Accounts that were locked a moment ago: their users are not read beside the count.
    locked: Mutex<VecDeque<String>>,
}

impl CodeVerifier {
    /// The settings of `TryLimits`, `VERIFICATIONS_TABLE`.
    pub fn from_env(
        env: &Env<'_>,
        platform: &Platform,
        store: Store,
        keys: Arc<Keyring>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            store,
            counters: Counters::from_env(env, platform)?,
            keys,
            random: platform.random,
            limits: TryLimits::from_env(env)?,
            locked: Mutex::default(),
        })
    }

    /// Commits the address that a right code proves. Two round trips: the count with the user read beside it,
    /// and the transaction.
    pub async fn verify(&self, typed: &Submission<'_>) -> Result<Verified, VerifyError> {
        let Submission { user: id, now, .. } = *typed;
        let (counted, user) = if self.was_locked(id) {
            let counted = self.count(id, now).await?;
            (Ok(counted), self.store.user(id).await)
        } else {
            tokio::join!(self.count(id, now), self.store.user(id))
        };
        let Some(user) = user? else {
            return Err(self.no_user(typed, counted)?);
        };
        let counted = counted?;
        if !user.is_active() {
            self.not_validated(typed, FailureReason::Inactive, &counted.state);
            return Err(VerifyError::Inactive);
        }
        let found = self.find(typed, &counted).await?;
        self.commit(user, found, typed, &counted.state, Some(&counted))
            .await
    }

    /// Commits the address of the one claim, of whichever user, that the code proves. The try counts on the caller, on
    /// the deployment and on the code, whether or not it succeeds.
    /// Three round trips: the counts with where to look, the claims with their own tries, and the transaction.
    pub async fn verify_anyones(&self, typed: &Submission<'_>) -> Result<Verified, VerifyError> {
        let Submission {
            user: caller, now, ..
        } = *typed;
        let (room, counted, users) = tokio::join!(
            self.count_lookup(caller, now),
            self.count(caller, now),
            self.look_up(typed)
        );
        let state = counted?.state;
        room?;
        let nobodys = |reason| self.not_validated(typed, reason, &state);
        let users = users?;
        if users.len() > MOST_LOOKED_AT {
            nobodys(FailureReason::NobodyNamed);
            return Err(VerifyError::Several);
        }
        let mut matches = Vec::new();
        for id in &users {
            matches.extend(self.match_of(id, typed).await?);
        }
        let mut matches = matches.into_iter();
        let (user, found, of_user) = match (matches.next(), matches.next()) {
            (Some(one), None) => one,
            (Some(_), Some(_)) => {
                nobodys(FailureReason::NobodyNamed);
                return Err(VerifyError::Several);
            }
            (None, _) => {
                nobodys(FailureReason::Wrong);
                return Err(VerifyError::Wrong);
            }
        };
        self.commit(user, found, typed, &of_user, None).await
    }

    /// Commits the address that a link's token proves, for whoever has it. Nothing counts on its user: the token is no
    /// guess. Every token that proves nothing takes the same steps: the count of the place, the look-up, one read.
    pub async fn confirm(&self, tried: &TriedToken<'_>) -> Result<Verified, VerifyError> {
        let TriedToken { token, now, .. } = *tried;
        self.count_place(tried).await?;
        let keys = self.keys.living().await?;
        let users = self.store.look_up(token, &keys, now).await?;
        let looked_at = users.iter().map(String::as_str).chain([NOBODY]);
        for id in looked_at.take(users.len().clamp(1, MOST_LOOKED_AT)) {
            let (user, state) = self.store.read(id).await?;
            let typed = Submission {
                user: id,
                code: token,
                among: ClaimFilter {
                    scenarios: self.store.scenarios(),
                    links: true,
                    ..ClaimFilter::default()
                },
                now,
            };
            let keys = self.keys.versions(&state.key_versions(now)).await?;
            let found = state.find(id, token, typed.among, &keys, now, &self.limits);
            let (Some(user), CodeMatch::Right(scenario, claim)) = (user, found) else {
                continue;
            };
            if let Some(until) = state.locked_until(now, &self.limits) {
                audit::refused(id, None, &Refusal::Locked { until });
                return Err(VerifyError::Locked { until });
            }
            if !user.is_active() {
                break;
            }
            let claim = claim.clone();
            let found = MatchedClaim { scenario, claim };
            return self.commit(user, found, &typed, &state, None).await;
        }
        let nothing = Verification::default();
        audit::not_validated(NOBODY, FailureReason::Wrong, &nothing, now, &self.limits);
        Err(VerifyError::Wrong)
    }

    /// Counts a token on the place that it comes from; one that cannot be told is not counted, since it would be on others.
    async fn count_place(&self, tried: &TriedToken<'_>) -> Result<(), VerifyError> {
        let Some(place) = tried.from else {
            return Ok(());
        };
        let key = self.keys.current().await;
        let name = format!("CONFIRM#{}", key.pseudonym("confirm", &host_of(place)));
        let Some(counter) = Counter::new(&name, &[(HOUR, tried.most)], tried.now) else {
            return Ok(());
        };
        match self.counters.count(&counter).await? {
            Count::Counted { .. } => Ok(()),
            Count::Full { until } => {
                let cap = Cap::Address;
                audit::refused(NOBODY, None, &Refusal::Capped { until, cap });
                Err(VerifyError::TooManyTries { until })
            }
        }
    }

    /// For a deployment that finds no claim by its code: nothing is counted, since nothing is compared.
    pub fn tells_nobody(&self, typed: &Submission<'_>) -> VerifyError {
        let nothing = Verification::default();
        self.not_validated(typed, FailureReason::NobodyNamed, &nothing);
        VerifyError::Several
    }

    /// Counts on the deployment a code that names no user.
    async fn count_lookup(&self, caller: &str, now: Timestamp) -> Result<(), VerifyError> {
        let windows = [(HOUR, MOST_LOOKUPS_PER_HOUR)];
        let Some(counter) = Counter::new("LOOKUP", &windows, now) else {
            return Ok(());
        };
        match self.counters.count(&counter).await? {
            Count::Counted { .. } => Ok(()),
            Count::Full { until } => {
                let cap = Cap::Lookups;
                audit::refused(caller, None, &Refusal::Capped { until, cap });
                Err(VerifyError::TooManyLookups { until })
            }
        }
    }

    async fn look_up(&self, typed: &Submission<'_>) -> Result<Vec<String>, StoreError> {
        let keys = self.keys.living().await?;
        self.store.look_up(typed.code, &keys, typed.now).await
    }

    /// A user's claim that the code proves now. The try counts on the code's own; a locked user's code is no oracle.
    async fn match_of(
        &self,
        id: &str,
        typed: &Submission<'_>,
    ) -> Result<Option<(User, MatchedClaim, Verification)>, VerifyError> {
        let now = typed.now;
        let (user, state) = tokio::join!(self.store.user(id), self.store.count_on_code(id));
        let (Some(user), Some(state)) = (user?, state?) else {
            return Ok(None);
        };
        if state.locked_until(now, &self.limits).is_some() || !user.is_active() {
            return Ok(None);
        }
        let keys = self.keys.versions(&state.key_versions(now)).await?;
        let found = state.find(id, typed.code, typed.among, &keys, now, &self.limits);
        let CodeMatch::Right(scenario, claim) = found else {
            return Ok(None);
        };
        let claim = claim.clone();
        Ok(Some((user, MatchedClaim { scenario, claim }, state)))
    }

    /// Counts a try before anything is compared; refused while the account is locked.
    async fn count(&self, user: &str, now: Timestamp) -> Result<Try, VerifyError> {
        let id = CodeId::generate(&mut self.random.clone())?;
        let one = OneTry {
            user,
            id: &id,
            now,
            login: None,
        };
        match self.store.count_try(one, &self.limits).await? {
            Counted::Try(state) => Ok(Try { id, state: *state }),
            Counted::Locked { until } => {
                self.remember_locked(user);
                audit::refused(user, None, &Refusal::Locked { until });
                Err(VerifyError::Locked { until })
            }
        }
    }

    async fn find(
        &self,
        typed: &Submission<'_>,
        counted: &Try,
    ) -> Result<MatchedClaim, VerifyError> {
        let Submission {
            user, code, now, ..
        } = *typed;
        let state = &counted.state;
        let keys = self.keys.versions(&state.key_versions(now)).await?;
        let (error, reason) = match state.find(user, code, typed.among, &keys, now, &self.limits) {
            CodeMatch::Right(scenario, claim) => {
                let claim = claim.clone();
                return Ok(MatchedClaim { scenario, claim });
            }
            CodeMatch::Expired => (VerifyError::Expired, FailureReason::Expired),
            CodeMatch::Nothing if state.was_spent(user, code, typed.among, &keys, now) => {
                return Err(self.twice(typed, counted).await);
            }
            CodeMatch::Nothing => (VerifyError::Wrong, FailureReason::Wrong),
        };
        self.not_validated(typed, reason, state);
        Err(error)
    }

    /// The code of a claim that was committed moments ago, such as by a double click: no failure.
    async fn twice(&self, typed: &Submission<'_>, counted: &Try) -> VerifyError {
        let taking = self.store.uncount_try(typed.user, &counted.id);
        if let Err(error) = taking.await {
            tracing::warn!(user = typed.user, %error, "a code that was sent twice stays counted");
        }
        VerifyError::Wrong
    }

    /// Consumes the claim and writes the address; the code is wrong where another request was faster.
    async fn commit(
        &self,
        mut before: User,
        found: MatchedClaim,
        typed: &Submission<'_>,
        state: &Verification,
        counted: Option<&Try>,
    ) -> Result<Verified, VerifyError> {
        let MatchedClaim { scenario, claim } = found;
        let id = before.id.clone();
        let validated = audit::validated(&id, scenario, &claim.address);
        for _ in 0..=RETRIES {
            let mut after = before.clone();
            after.commit(scenario, &claim.address, claim.entry.as_ref());
            after.version += 1;
            after.last_modified = typed.now;
            let commit = Commit {
                before: &before,
                after: &after,
                scenario,
                claim: &claim,
                state,
                own_try: counted.map(|counted| &counted.id),
                now: typed.now,
            };
            match self.store.commit(commit).await? {
                Committed::Done => {
                    validated.committed();
                    return Ok(Verified { user: after });
                }
                Committed::AddressTaken => {
                    validated.not_committed();
                    self.not_validated(typed, FailureReason::AddressTaken, state);
                    return Err(VerifyError::AddressTaken(scenario.channel()));
                }
                Committed::ClaimGone => {
                    validated.not_committed();
                    return Err(self.gone(typed, state, counted).await);
                }
                Committed::UserChanged => match self.store.user(&before.id).await? {
                    Some(user) if user.is_active() => before = user,
                    _ => {
                        validated.not_committed();
                        return Err(self.gone(typed, state, counted).await);
                    }
                },
            }
        }
        validated.not_committed();
        self.not_validated(typed, FailureReason::Conflict, state);
        Err(VerifyError::Lost)
    }

    /// The code was right when it was compared: no failure.
    async fn gone(
        &self,
        typed: &Submission<'_>,
        state: &Verification,
        counted: Option<&Try>,
    ) -> VerifyError {
        self.not_validated(typed, FailureReason::Gone, state);
        match counted {
            Some(counted) => self.twice(typed, counted).await,
            None => VerifyError::Wrong,
        }
    }

    /// A try for nobody's code is counted all the same, and its lock told.
    fn no_user(
        &self,
        typed: &Submission<'_>,
        counted: Result<Try, VerifyError>,
    ) -> Result<VerifyError, VerifyError> {
        let locked = match counted {
            Err(VerifyError::Locked { until }) => Some(until),
            counted => {
                self.not_validated(typed, FailureReason::NoUser, &counted?.state);
                None
            }
        };
        Ok(VerifyError::NoUser { locked })
    }

    fn was_locked(&self, user: &str) -> bool {
        let locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        locked.iter().any(|other| other == user)
    }

    fn remember_locked(&self, user: &str) {
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        if locked.iter().any(|other| other == user) {
            return;
        }
        locked.truncate(REMEMBERED - 1);
        locked.push_front(user.to_owned());
    }

    fn not_validated(&self, typed: &Submission<'_>, reason: FailureReason, counted: &Verification) {
        audit::not_validated(typed.user, reason, counted, typed.now, &self.limits);
    }
}
