//! A code as it comes back: its try counted before anything is compared, its claim found,
//! claim and number changed in one transaction. Every door that takes codes does it here.

use std::sync::Arc;

use crate::address::phone_number::PhoneNumber;
use crate::clock::Timestamp;
use crate::crypto::keyring::Keyring;
use crate::otp::{Code, CodeId};
use crate::platform::secrets::SecretError;
use crate::store::{Committed, Counted, Store, StoreError};
use crate::telemetry::audit::{self, FailureReason};
use crate::user::User;
use crate::verification::Verification;
use crate::verification::claim::{Claim, ClaimFilter, CodeMatch};
use crate::verification::limits::{Refusal, TryLimits};
use crate::verification::scenario::Scenario;

/// A user that is changed by others while its number is committed is read and written again this often.
const RETRIES: usize = 3;

/// Users whose claims are looked at for one code; where more have it, it tells nobody from another.
const MOST_LOOKED_AT: usize = 10;

/// A code that somebody typed: no Debug.
#[derive(Clone, Copy)]
pub struct Submission<'a> {
    /// Whose claims it is compared with, and whose try it is.
    pub user: &'a str,
    pub code: &'a Code,
    pub among: ClaimFilter<'a>,
    pub now: Timestamp,
}

/// The claim that a code belongs to.
struct MatchedClaim {
    scenario: Scenario,
    number: PhoneNumber,
    code_id: CodeId,
}

impl MatchedClaim {
    fn of(scenario: Scenario, claim: &Claim) -> Self {
        Self {
            scenario,
            number: claim.number.clone(),
            code_id: claim.code_id.clone(),
        }
    }
}

/// A number that is verified now.
#[derive(Debug)]
pub struct Verified {
    /// As the number made it.
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
    /// Wrong, used, dead, or tried too often.
    #[error("the code is wrong")]
    Wrong,
    /// Several users' claims have it, where none was named.
    #[error("the code is that of several claims")]
    Several,
    #[error("the code is right and too late")]
    Expired,
    /// The code is right; its number is verified for another user.
    #[error("the number is another user's")]
    NumberTaken,
    /// The user was changed by others each time it was to be written.
    #[error("the user is fought over")]
    Lost,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SecretError> for VerifyError {
    fn from(error: SecretError) -> Self {
        Self::Store(error.into())
    }
}

/// Takes codes.
#[derive(Clone, Debug)]
pub struct CodeVerifier {
    store: Store,
    keys: Arc<Keyring>,
    limits: TryLimits,
}

impl CodeVerifier {
    pub fn new(store: Store, keys: Arc<Keyring>, limits: TryLimits) -> Self {
        Self {
            store,
            keys,
            limits,
        }
    }

    /// Commits the number that a right code proves. Two round trips: the count with the user read beside it,
    /// and the transaction.
    pub async fn verify(&self, typed: &Submission<'_>) -> Result<Verified, VerifyError> {
        let Submission { user: id, now, .. } = *typed;
        let (counted, user) = tokio::join!(self.count(id, now), self.store.user(id));
        let Some(user) = user? else {
            return Err(self.no_user(typed, counted)?);
        };
        let state = counted?;
        let found = self.find(typed, &state).await?;
        self.commit(user, found, typed, &state).await
    }

    /// Commits the number of the one claim, of whichever user, that the code proves; the try is the caller's.
    /// Three round trips: where to look beside the count, the claims themselves, and the transaction.
    pub async fn verify_anyones(&self, typed: &Submission<'_>) -> Result<Verified, VerifyError> {
        let Submission {
            user: caller, now, ..
        } = *typed;
        let (counted, users) = tokio::join!(
            Box::pin(self.count(caller, now)),
            Box::pin(self.look_up(typed))
        );
        let state = counted?;
        let nobodys = |reason| self.not_validated(typed, reason, &state);
        let users = users?;
        if users.len() > MOST_LOOKED_AT {
            nobodys(FailureReason::NobodyNamed);
            return Err(VerifyError::Several);
        }
        let mut claims = Vec::new();
        for id in &users {
            claims.extend(self.claim_of(id, typed).await?);
        }
        let mut claims = claims.into_iter();
        let (user, found) = match (claims.next(), claims.next()) {
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
        let proven = self.commit(user, found, typed, &state).await?;
        if let Err(error) = self.store.forget_failures(caller, now).await {
            tracing::warn!(user = caller, %error, "a try that succeeded stays counted");
        }
        Ok(proven)
    }

    /// Counts a try, for a code that is not compared with anything: whose it is cannot be told.
    pub async fn count_only(&self, typed: &Submission<'_>) -> Result<Verified, VerifyError> {
        let state = self.count(typed.user, typed.now).await?;
        self.not_validated(typed, FailureReason::NobodyNamed, &state);
        Err(VerifyError::Several)
    }

    async fn look_up(&self, typed: &Submission<'_>) -> Result<Vec<String>, StoreError> {
        let keys = self.keys.living().await?;
        self.store.look_up(typed.code, &keys, typed.now).await
    }

    /// A user's claim that the code proves now.
    async fn claim_of(
        &self,
        id: &str,
        typed: &Submission<'_>,
    ) -> Result<Option<(User, MatchedClaim)>, VerifyError> {
        let now = typed.now;
        let (Some(user), mut state) = Box::pin(self.store.read(id)).await? else {
            return Ok(None);
        };
        if let Some(until) = state.locked_until(now, &self.limits) {
            return Err(VerifyError::Locked { until });
        }
        // The try is counted on the caller; for the cap of the code's own tries it is one all the same.
        state.tries += 1;
        let keys = self.keys.versions(&state.key_versions(now)).await?;
        Ok(
            match state.find(id, typed.code, typed.among, &keys, now, &self.limits) {
                CodeMatch::Right(scenario, claim) => {
                    Some((user, MatchedClaim::of(scenario, claim)))
                }
                CodeMatch::Expired | CodeMatch::Nothing => None,
            },
        )
    }

    /// Counts a try before anything is compared; refused while the account is locked.
    async fn count(&self, user: &str, now: Timestamp) -> Result<Verification, VerifyError> {
        match self.store.count_try(user, now, &self.limits).await? {
            Counted::Try(state) => Ok(*state),
            Counted::Locked { until } => {
                audit::refused(user, None, &Refusal::Locked { until });
                Err(VerifyError::Locked { until })
            }
        }
    }

    async fn find(
        &self,
        typed: &Submission<'_>,
        state: &Verification,
    ) -> Result<MatchedClaim, VerifyError> {
        let Submission {
            user, code, now, ..
        } = *typed;
        let keys = self.keys.versions(&state.key_versions(now)).await?;
        let wrong = match state.find(user, code, typed.among, &keys, now, &self.limits) {
            CodeMatch::Right(scenario, claim) => {
                return Ok(MatchedClaim::of(scenario, claim));
            }
            CodeMatch::Expired => (VerifyError::Expired, FailureReason::Expired),
            CodeMatch::Nothing => (VerifyError::Wrong, FailureReason::Wrong),
        };
        self.store
            .recount_failure(user, state, now, &self.limits)
            .await?;
        self.not_validated(typed, wrong.1, state);
        Err(wrong.0)
    }

    /// Consumes the claim and writes the number; the code is wrong where another request was faster.
    async fn commit(
        &self,
        mut before: User,
        found: MatchedClaim,
        typed: &Submission<'_>,
        state: &Verification,
    ) -> Result<Verified, VerifyError> {
        let MatchedClaim {
            scenario,
            number,
            code_id,
        } = found;
        audit::validated(&before.id, scenario, &number);
        for _ in 0..=RETRIES {
            let mut after = before.clone();
            after.numbers.commit(scenario, number.clone());
            after.version += 1;
            after.last_modified = typed.now;
            let committing = self.store.commit(&before, &after, scenario, &code_id);
            match committing.await? {
                Committed::Done => {
                    audit::committed(&after.id, scenario, &number);
                    return Ok(Verified { user: after });
                }
                Committed::NumberTaken => {
                    self.not_validated(typed, FailureReason::NumberTaken, state);
                    return Err(VerifyError::NumberTaken);
                }
                Committed::ClaimGone => return Err(self.gone(typed, state)),
                Committed::UserChanged => match self.store.user(&before.id).await? {
                    Some(user) => before = user,
                    None => return Err(self.gone(typed, state)),
                },
            }
        }
        self.not_validated(typed, FailureReason::Conflict, state);
        Err(VerifyError::Lost)
    }

    fn gone(&self, typed: &Submission<'_>, state: &Verification) -> VerifyError {
        self.not_validated(typed, FailureReason::Gone, state);
        VerifyError::Wrong
    }

    /// A try for nobody's code is counted all the same, and its lock told.
    fn no_user(
        &self,
        typed: &Submission<'_>,
        counted: Result<Verification, VerifyError>,
    ) -> Result<VerifyError, VerifyError> {
        let locked = match counted {
            Err(VerifyError::Locked { until }) => Some(until),
            counted => {
                self.not_validated(typed, FailureReason::NoUser, &counted?);
                None
            }
        };
        Ok(VerifyError::NoUser { locked })
    }

    fn not_validated(&self, typed: &Submission<'_>, reason: FailureReason, counted: &Verification) {
        audit::not_validated(typed.user, reason, counted, typed.now, &self.limits);
    }
}
