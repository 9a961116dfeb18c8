//! Tries, counted before anything is compared.

use crate::clock::Timestamp;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::item::integer;
use crate::verification::Verification;
use crate::verification::limits::TryLimits;

/// A try that may be compared, or may not.
#[derive(Debug)]
pub enum Counted {
    /// The item with the try in it.
    Try(Box<Verification>),
    Locked {
        until: Timestamp,
    },
}

impl Store {
    /// Counts a try, as a failure until it succeeds; refused while the account is locked.
    /// One write; another where the failures that were counted so far are over.
    pub async fn count_try(
        &self,
        user: &str,
        now: Timestamp,
        limits: &TryLimits,
    ) -> Result<Counted, StoreError> {
        let counting = || {
            self.update(user, now)
                .update_expression(
                    "SET tries = if_not_exists(tries, :zero) + :one, \
                     failures = if_not_exists(failures, :zero) + :one, \
                     windowEnd = if_not_exists(windowEnd, :end), lastFailure = :now, #ttl = :ttl",
                )
                .condition_expression("attribute_not_exists(failures) OR failures < :most")
                .expression_attribute_values(":zero", integer(0))
                .expression_attribute_values(":one", integer(1))
                .expression_attribute_values(":now", integer(now.millis()))
                .expression_attribute_values(
                    ":end",
                    integer((now + limits.failure_window).millis()),
                )
                .expression_attribute_values(":most", integer(limits.failures))
        };
        // A lost race for a new window means that there is one now: count in it.
        for _ in 0..3 {
            let state = match self.updated(counting).await? {
                Ok(state) => return Ok(Counted::Try(Box::new(state))),
                Err(state) => state,
            };
            if let Some(until) = state.locked_until(now, limits) {
                return Ok(Counted::Locked { until });
            }
            if let Some(state) = self.new_window(user, &state, 1, now, limits).await? {
                return Ok(Counted::Try(Box::new(state)));
            }
        }
        Err(StoreError::Unavailable("tries are fought over".into()))
    }

    /// Moves a failure that was counted in a window that was over into a new one.
    pub async fn recount_failure(
        &self,
        user: &str,
        counted: &Verification,
        now: Timestamp,
        limits: &TryLimits,
    ) -> Result<(), StoreError> {
        let over = counted.window_end.is_some_and(|end| end <= now);
        if over
            && self
                .new_window(user, counted, 0, now, limits)
                .await?
                .is_none()
        {
            // Somebody else began the window: this failure belongs into it.
            let counting = || {
                self.update(user, now)
                    .update_expression(
                        "SET failures = failures + :one, lastFailure = :now, #ttl = :ttl",
                    )
                    .condition_expression("failures < :most")
                    .expression_attribute_values(":one", integer(1))
                    .expression_attribute_values(":now", integer(now.millis()))
                    .expression_attribute_values(":most", integer(limits.failures))
            };
            let _ = self.updated(counting).await?;
        }
        Ok(())
    }

    /// Begins a window with one failure, where the one that was read is still there.
    async fn new_window(
        &self,
        user: &str,
        read: &Verification,
        tries: u64,
        now: Timestamp,
        limits: &TryLimits,
    ) -> Result<Option<Verification>, StoreError> {
        let stale = read.window_end.unwrap_or(Timestamp::from_millis(0));
        let restarting = || {
            self.update(user, now)
                .update_expression(
                    "SET tries = if_not_exists(tries, :zero) + :tries, failures = :one, \
                     windowEnd = :end, lastFailure = :now, #ttl = :ttl",
                )
                .condition_expression("windowEnd = :stale")
                .expression_attribute_values(":zero", integer(0))
                .expression_attribute_values(":one", integer(1))
                .expression_attribute_values(":tries", integer(tries))
                .expression_attribute_values(":now", integer(now.millis()))
                .expression_attribute_values(
                    ":end",
                    integer((now + limits.failure_window).millis()),
                )
                .expression_attribute_values(":stale", integer(stale.millis()))
        };
        Ok(self.updated(restarting).await?.ok())
    }

    /// Forgets failures, after a success that is not a commit of this user's own.
    pub async fn forget_failures(&self, user: &str, now: Timestamp) -> Result<(), StoreError> {
        let forgetting = || {
            self.update(user, now)
                .update_expression("SET #ttl = :ttl REMOVE failures, windowEnd, lastFailure")
                .condition_expression("attribute_exists(pk)")
        };
        self.updated(forgetting).await.map(drop)
    }
}
