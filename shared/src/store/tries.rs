//! Tries, counted before anything is compared: one conditional write, a second one where old tries must go.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use crate::clock::Timestamp;
use crate::otp::CodeId;
use crate::store::claims::Row;
use crate::store::client::Store;
use crate::store::error::StoreError;
use crate::store::item::{integer, text, value};
use crate::verification::Verification;
use crate::verification::failures::{Failures, MOST_IN_A_ROW, note};
use crate::verification::limits::TryLimits;
use crate::verification::scenario::Scenario;

/// Old tries forgotten with one write: an expression holds 4 KB (the next write goes on).
const FORGOTTEN_AT_ONCE: usize = 40;

/// How often a count that others were faster with is tried again.
const ATTEMPTS: usize = 20;

/// The notes of a try: one a scenario, and one for a sign-in.
const NOTES: usize = Scenario::ALL.len() + 1;

/// The part of a note's key that stands for a sign-in.
const LOGIN: &str = "login";

/// A try: whose it is, and when.
#[derive(Clone, Copy, Debug)]
pub struct OneTry<'a> {
    pub user: &'a str,
    pub id: &'a CodeId,
    pub now: Timestamp,
    /// What a sign-in asks to have proved, beside what is pending: a success on the same ends the failure.
    pub login: Option<&'a str>,
}

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
    /// One write; another where tries that no longer count must go.
    pub async fn count_try(
        &self,
        one: OneTry<'_>,
        limits: &TryLimits,
    ) -> Result<Counted, StoreError> {
        let now = one.now;
        let counting = || {
            let update = self.counting(one);
            update
                .condition_expression(
                    "attribute_exists(#f.#h) AND size(#f.#h) < :most AND size(#f.#r) < :row",
                )
                .expression_attribute_values(":most", integer(limits.failures))
                .expression_attribute_values(":row", integer(MOST_IN_A_ROW * NOTES))
        };
        let mut state = match self.updated(counting).await? {
            Ok(state) => return Ok(counted(state, now, limits)),
            Err(state) => state,
        };
        for _ in 0..ATTEMPTS {
            if let Some(until) = state.locked_until(now, limits) {
                return Ok(Counted::Locked { until });
            }
            state = match self.count_anew(one, &state, limits).await? {
                Ok(state) => return Ok(counted(state, now, limits)),
                Err(state) => state,
            };
        }
        Err(StoreError::Unavailable("tries are fought over".into()))
    }

    /// The expression that counts a try and notes what is pending.
    fn counting(&self, one: OneTry<'_>) -> UpdateItemFluentBuilder {
        let OneTry { user, id, now, .. } = one;
        let mut expression =
            "SET tries = if_not_exists(tries, :zero) + :one, #f.#h.#id = :now, #ttl = :ttl"
                .to_owned();
        let mut update = self
            .update(user, now, Row::MayHaveSome)
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":zero", integer(0))
            .expression_attribute_values(":one", integer(1))
            .expression_attribute_values(":none", text(""))
            .expression_attribute_values(":now", integer(now.millis()));
        for (n, scenario) in self.scenarios.iter().enumerate() {
            let claim = scenario.attribute();
            expression =
                format!("{expression}, #f.#r.#note{n} = if_not_exists({claim}.#number, :none)");
        }
        if let Some(login) = one.login {
            expression.push_str(
                ", #f.#r.#login = :login, loginTries = if_not_exists(loginTries, :zero) + :one",
            );
            update = update
                .expression_attribute_names("#login", note(id.as_str(), LOGIN))
                .expression_attribute_values(":login", text(login));
        }
        self.places(update, id).update_expression(expression)
    }

    /// Counts a try where the first write did not hold: with the places that tries have, or without those that are over.
    async fn count_anew(
        &self,
        one: OneTry<'_>,
        read: &Verification,
        limits: &TryLimits,
    ) -> Result<Result<Verification, Verification>, StoreError> {
        let OneTry { user, id, now, .. } = one;
        let over = read.failures.over(now, limits);
        let mut failures = read.failures.clone();
        for old in over.hour.iter().take(FORGOTTEN_AT_ONCE) {
            failures.hour.remove(old);
        }
        for nothing in &over.row {
            failures.row.remove(nothing);
        }
        failures.locks = over.locks;
        failures.hour.insert(id.as_str().to_owned(), now);
        let pending = read.all_pending(now);
        for (scenario, claim) in pending.filter(|(scenario, _)| self.scenarios.contains(*scenario))
        {
            let key = note(id.as_str(), scenario.attribute());
            let address = claim.address.shown().to_owned();
            failures.row.insert(key, address);
        }
        if let Some(login) = one.login {
            let key = note(id.as_str(), LOGIN);
            failures.row.insert(key, login.to_owned());
        }
        let row = Row::of(&failures);
        let failures = value(&failures)?;
        let mut expression =
            "SET tries = if_not_exists(tries, :zero) + :one, #f = :failures, #ttl = :ttl"
                .to_owned();
        if one.login.is_some() {
            expression.push_str(", loginTries = if_not_exists(loginTries, :zero) + :one");
        }
        let writing = || {
            let update = self
                .update(user, now, row)
                .update_expression(&expression)
                .expression_attribute_names("#f", "failed")
                .expression_attribute_values(":zero", integer(0))
                .expression_attribute_values(":one", integer(1))
                .expression_attribute_values(":failures", failures.clone());
            unchanged(update, read)
        };
        self.updated(writing).await
    }

    /// Takes a try back that was no guess, such as a code that was sent twice.
    pub async fn uncount_try(&self, user: &str, id: &CodeId) -> Result<(), StoreError> {
        let mut removed = vec!["#f.#h.#id".to_owned()];
        for n in 0..self.scenarios.iter().count() {
            removed.push(format!("#f.#r.#note{n}"));
        }
        removed.push("#f.#r.#login".to_owned());
        let expression = format!("REMOVE {}", removed.join(", "));
        let taking = || {
            let update = self
                .kept_update(user)
                .update_expression(&expression)
                .condition_expression("attribute_exists(#f.#h)")
                .expression_attribute_names("#login", note(id.as_str(), LOGIN));
            self.places(update, id)
        };
        self.updated(taking).await.map(drop)
    }

    /// Counts a try on a code that somebody tried without naming its user; the item as it is then.
    pub async fn count_on_code(&self, user: &str) -> Result<Option<Verification>, StoreError> {
        let counting = || {
            self.kept_update(user)
                .update_expression("ADD tries :one")
                .condition_expression("attribute_exists(revision)")
                .expression_attribute_values(":one", integer(1))
        };
        Ok(self.updated(counting).await?.ok())
    }

    /// Ends a lock, the hour, the row and the growth: an administrator says so.
    pub async fn unlock(&self, user: &str, now: Timestamp) -> Result<(), StoreError> {
        let none = value(&Failures::default())?;
        let unlocking = || {
            self.update(user, now, Row::Empty)
                .update_expression("SET #f = :none, #ttl = :ttl")
                .condition_expression("attribute_exists(#f)")
                .expression_attribute_names("#f", "failed")
                .expression_attribute_values(":none", none.clone())
        };
        self.updated(unlocking).await.map(drop)
    }

    /// Names where a try is kept: `#f.#h.#id` in the hour, `#f.#r.#note{n}` in the row of the scenario `n`.
    fn places(&self, update: UpdateItemFluentBuilder, id: &CodeId) -> UpdateItemFluentBuilder {
        let mut update = update
            .expression_attribute_names("#f", "failed")
            .expression_attribute_names("#h", "recent")
            .expression_attribute_names("#r", "streak")
            .expression_attribute_names("#id", id.as_str());
        for (n, scenario) in self.scenarios.iter().enumerate() {
            let note = note(id.as_str(), scenario.attribute());
            update = update.expression_attribute_names(format!("#note{n}"), note);
        }
        update
    }
}

/// What a try that was counted may do: none is compared beyond the most in a row.
fn counted(state: Verification, now: Timestamp, limits: &TryLimits) -> Counted {
    match state.locked_until(now, limits) {
        Some(until) if state.failures.in_a_row() > MOST_IN_A_ROW => Counted::Locked { until },
        _ => Counted::Try(Box::new(state)),
    }
}

/// Holds where no other try was counted since the item was read.
fn unchanged(update: UpdateItemFluentBuilder, read: &Verification) -> UpdateItemFluentBuilder {
    if read.tries == 0 {
        return update.condition_expression("attribute_not_exists(tries) OR tries = :zero");
    }
    update
        .condition_expression("tries = :read")
        .expression_attribute_values(":read", integer(read.tries))
}
