//! The code or backup code as it comes back: counted in its flow before it is compared, and on the account before
//! anything follows from the comparison: where the account is locked, right and wrong are the same.

use crate::address::Address;
use crate::challenge::issue::IssueError;
use crate::challenge::login::send::{dead, in_use};
use crate::challenge::login::{LoginError, Proof, SecondFactor};
use crate::clock::Timestamp;
use crate::otp::{Code, CodeId};
use crate::store::{Counted, Finish, FinishOfUser, Finished, OneTry, TriesAtFinish, pause};
use crate::telemetry::audit::{self, CancelReason, FailureReason, LoginRefusal};
use crate::user::User;
use crate::user::backup_codes::BackupCode;
use crate::verification::Verification;
use crate::verification::flow::{Flow, FlowId, LoginMatch, Method, NumberFrom, Stage};
use crate::verification::scenario::Scenario;

/// A user that is changed by others while a flow ends is looked at again this often.
const RETRIES: usize = 3;

/// How long one waits for what others do at the same time: the longest of [`pause`].
const MANY_AT_ONCE: u32 = 4;

/// Stands for backup codes where failures note what they were about.
const BACKUP: &str = "backup";

/// A try in a flow, counted there.
struct LoginTry<'a> {
    id: &'a FlowId,
    flow: Flow,
    now: Timestamp,
    /// What it is about, in the failures of the account.
    about: String,
    /// What is pending, and ends where the number that is captured is the verified one.
    pending: Option<Address>,
}

/// A try that was counted on the account.
struct Admitted {
    id: CodeId,
    state: Verification,
}

/// What a success makes of the user.
enum Change<'a> {
    /// Nothing: it is only looked at.
    None,
    Capture,
    /// The code is used up.
    Without(&'a BackupCode),
}

impl SecondFactor {
    /// Takes a code or a backup code; the flow as it is then. Two round trips for a code: the count in the flow, and
    /// the transaction that ends it (or the count of the failure). One more where the user is written, too, and where
    /// the account has failures in a row.
    pub async fn verify(
        &self,
        id: &FlowId,
        proof: Proof<'_>,
        now: Timestamp,
    ) -> Result<Flow, LoginError> {
        if matches!(proof, Proof::BackupCode(_)) && !self.policy.backup_codes {
            return Err(LoginError::SwitchedOff("BackupCode"));
        }
        let flow = self.store.count_flow_try(id, now).await?;
        let flow = flow.ok_or(LoginError::NoFlow)?;
        let about = match proof {
            Proof::Code(_) => flow.number().map(|number| number.as_e164().to_owned()),
            Proof::BackupCode(_) => None,
        };
        let about = about.unwrap_or_else(|| BACKUP.to_owned());
        let this = LoginTry {
            id,
            flow,
            now,
            about,
            pending: None,
        };
        match proof {
            Proof::Code(code) => self.take_code(this, code).await,
            Proof::BackupCode(code) => self.take_backup_code(this, code).await,
        }
    }

    async fn take_code(&self, mut this: LoginTry<'_>, code: &Code) -> Result<Flow, LoginError> {
        let flow = &this.flow;
        let version = flow
            .login_code
            .as_ref()
            .map(|sent| sent.key_version.clone());
        let keys = self.keys.versions(version.as_slice()).await?;
        let most = self.most_tries();
        match flow.compare(code, &keys, most, this.now) {
            LoginMatch::Right => {}
            LoginMatch::Expired => return self.failed(this, FailureReason::Expired).await,
            LoginMatch::PastTries => return self.past_tries(this).await,
            LoginMatch::Wrong => return self.failed(this, FailureReason::Wrong).await,
        }
        this.flow.method = Some(Method::Sms);
        let change = match this.flow.number_from {
            NumberFrom::Capture => Change::Capture,
            _ => Change::None,
        };
        let mut user = None;
        if let (Change::Capture, Some(id)) = (&change, &this.flow.subject.user_id) {
            let (read, state) = self.store.read(id).await?;
            let pending = state.pending(Scenario::Primary, this.now);
            this.pending = pending.map(|claim| claim.address.clone());
            user = read;
        }
        self.finish(this, &change, user).await
    }

    async fn take_backup_code(
        &self,
        mut this: LoginTry<'_>,
        code: &BackupCode,
    ) -> Result<Flow, LoginError> {
        let most = self.most_tries();
        let user = match &this.flow.subject.user_id {
            Some(id) => self.store.user(id).await?,
            None => None,
        };
        let Some(user) = user else {
            return self.failed(this, FailureReason::Wrong).await;
        };
        if self.without(&user, code).await?.is_none() {
            return self.failed(this, FailureReason::Wrong).await;
        }
        if this.flow.tries > most {
            return self.past_tries(this).await;
        }
        this.flow.method = Some(Method::Otp);
        self.finish(this, &Change::Without(code), Some(user)).await
    }

    /// The user without the backup code; None where the user has none like it.
    async fn without(&self, user: &User, code: &BackupCode) -> Result<Option<User>, LoginError> {
        let keys = self
            .keys
            .versions(&user.backup_codes.key_versions())
            .await?;
        let Some(found) = user.backup_codes.find(&user.id, code, &keys) else {
            return Ok(None);
        };
        Ok(Some(User {
            backup_codes: user.backup_codes.without(&found),
            ..user.clone()
        }))
    }

    /// Ends the flow with a success. `user`: as it was read, where it was.
    async fn finish(
        &self,
        this: LoginTry<'_>,
        change: &Change<'_>,
        mut user: Option<User>,
    ) -> Result<Flow, LoginError> {
        let mut admitted: Option<Admitted> = None;
        let mut looked_at = user.is_some();
        for _ in 0..=RETRIES {
            let after = match self.after(&this, change, user.as_ref(), looked_at).await? {
                Ok(after) => after,
                // Another request was faster with the code: it proves nothing here, and is no guess.
                Err(LoginRefusal::NoBackupCode) => return self.gone(this, admitted).await,
                Err(refusal) => return self.refuse_right(this, refusal, admitted).await,
            };
            let finish = Finish {
                id: this.id,
                flow: &this.flow,
                of_user: of_user(&this.flow, user.as_ref(), after.as_ref()),
                tries: match &admitted {
                    None => TriesAtFinish::Unlocked,
                    Some(admitted) => TriesAtFinish::Counted {
                        state: &admitted.state,
                        own: &admitted.id,
                        login: &this.about,
                    },
                },
                limits: &self.limits,
                ends_claim: matches!(change, Change::Capture),
                now: this.now,
            };
            match self.store.finish_flow(&finish).await? {
                Finished::Done => return Ok(succeeded(this, change, after)),
                Finished::FlowChanged => return self.gone(this, admitted).await,
                Finished::AccountChanged => admitted = Some(self.count(&this).await?),
                Finished::UserChanged => {
                    user = self.user_now(&this.flow).await?;
                    looked_at = true;
                }
                Finished::NumberTaken => {
                    let taken = LoginRefusal::NumberTaken;
                    return self.refuse_right(this, taken, admitted).await;
                }
            }
        }
        self.uncount(&this, admitted.as_ref()).await;
        Err(LoginError::NotIssued(IssueError::Lost))
    }

    /// What the success makes of the user, None where it stays as it is; or why there is no success.
    async fn after(
        &self,
        this: &LoginTry<'_>,
        change: &Change<'_>,
        user: Option<&User>,
        looked_at: bool,
    ) -> Result<Result<Option<User>, LoginRefusal>, LoginError> {
        if !looked_at {
            return Ok(Ok(None));
        }
        let mut after = match (change, user) {
            (Change::Without(code), user) => {
                let user = match in_use(&this.flow, user) {
                    Ok(user) => user,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                match self.without(user, code).await? {
                    Some(after) => after,
                    // Another request was faster with it.
                    None => return Ok(Err(LoginRefusal::NoBackupCode)),
                }
            }
            (_, user) => {
                let number = this.flow.number();
                if let Some(refusal) = number.and_then(|number| dead(&this.flow, number, user)) {
                    return Ok(Err(refusal));
                }
                let (Change::Capture, Some(number), Some(user)) = (change, number, user) else {
                    return Ok(Ok(None));
                };
                let mut after = user.clone();
                after.commit(Scenario::Primary, &number.clone().into(), None);
                after
            }
        };
        after.version += 1;
        after.last_modified = this.now;
        Ok(Ok(Some(after)))
    }

    /// The right code after too many tries, such as one that was sent many times at once: where one of those was in time,
    /// this is no guess; else it counts as one, and the flow goes on.
    async fn past_tries(&self, this: LoginTry<'_>) -> Result<Flow, LoginError> {
        // Longer than those that were in time take.
        pause(self.random, MANY_AT_ONCE).await;
        let flow = self.open(this.id, this.now).await?;
        self.count_failure(&this, FailureReason::Wrong).await?;
        Ok(flow)
    }

    /// A wrong code: the failure counts on the account, and ends the flow where nothing is tried again.
    async fn failed(&self, this: LoginTry<'_>, reason: FailureReason) -> Result<Flow, LoginError> {
        self.count_failure(&this, reason).await?;
        if self.policy.retry {
            return Ok(this.flow);
        }
        let ended = self.store.fail_flow(this.id).await?;
        ended.ok_or(LoginError::NoFlow)
    }

    async fn count_failure(
        &self,
        this: &LoginTry<'_>,
        reason: FailureReason,
    ) -> Result<(), LoginError> {
        let counted = self.count(this).await?;
        let account = &this.flow.subject.account;
        audit::login_failed(account, reason, &counted.state, this.now, &self.limits);
        Ok(())
    }

    /// The proof was right, and lets nobody in: no failure.
    async fn refuse_right(
        &self,
        this: LoginTry<'_>,
        refusal: LoginRefusal,
        admitted: Option<Admitted>,
    ) -> Result<Flow, LoginError> {
        self.uncount(&this, admitted.as_ref()).await;
        self.refuse(this.id, this.flow, refusal).await
    }

    /// Another request ended the flow, or had another code sent: no failure.
    async fn gone(
        &self,
        this: LoginTry<'_>,
        admitted: Option<Admitted>,
    ) -> Result<Flow, LoginError> {
        self.uncount(&this, admitted.as_ref()).await;
        self.open(this.id, this.now).await
    }

    /// Counts a try on the account; refused while that is locked.
    async fn count(&self, this: &LoginTry<'_>) -> Result<Admitted, LoginError> {
        let id = CodeId::generate(&mut self.random.clone())?;
        let account = &this.flow.subject.account;
        let one = OneTry {
            user: account,
            id: &id,
            now: this.now,
            login: Some(&this.about),
        };
        match self.store.count_try(one, &self.limits).await? {
            Counted::Try(state) => Ok(Admitted { id, state: *state }),
            Counted::Locked { until } => Err(Self::locked(account, until)),
        }
    }

    async fn uncount(&self, this: &LoginTry<'_>, admitted: Option<&Admitted>) {
        let Some(admitted) = admitted else {
            return;
        };
        let user = &this.flow.subject.account;
        if let Err(error) = self.store.uncount_try(user, &admitted.id).await {
            tracing::warn!(user, %error, "a try that was right stays counted");
        }
    }
}

fn of_user<'a>(
    flow: &'a Flow,
    before: Option<&'a User>,
    after: Option<&'a User>,
) -> FinishOfUser<'a> {
    if let (Some(before), Some(after)) = (before, after) {
        return FinishOfUser::Changed { before, after };
    }
    let sent = flow.login_code.as_ref().and_then(|sent| sent.user_version);
    let version = before.map(|user| user.version).or(sent);
    match (&flow.subject.user_id, version) {
        (Some(id), Some(version)) => FinishOfUser::Unchanged { id, version },
        _ => FinishOfUser::Nobody {
            user_name: flow.subject.user_name.as_deref(),
            id: flow.subject.unknown_id.as_deref(),
        },
    }
}

fn succeeded(this: LoginTry<'_>, change: &Change<'_>, after: Option<User>) -> Flow {
    let account = &this.flow.subject.account;
    let number = this.flow.number();
    if let (Change::Capture, Some(number)) = (change, number) {
        if let Some(ended) = &this.pending {
            audit::cancelled(account, Scenario::Primary, ended, CancelReason::Withdrawn);
        }
        audit::committed(account, Scenario::Primary, &number.clone().into());
    }
    if let (Change::Without(_), Some(after)) = (change, after) {
        audit::backup_code_used(account, after.backup_codes.remaining());
    }
    audit::login_succeeded(account, this.flow.method.map_or("none", Method::name));
    this.flow.ended(Stage::Succeeded)
}
