//! The table `Verifications`: one item per user, every decision on it one conditional write.
//! A claim is consumed where its address is committed.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use crate::clock::Timestamp;
use crate::otp::CodeId;
use crate::store::client::Store;
use crate::store::error::{StoreError, unavailable};
use crate::store::item::{Item, integer, key, parsed, text, updating, user_key, value};
use crate::store::names::Failed;
use crate::store::retry::retry_conflicts;
use crate::user::User;
use crate::verification::Verification;
use crate::verification::claim::{Claim, Sent, SpentClaim};
use crate::verification::failures::Failures;
use crate::verification::limits::{DAY, HOUR};
use crate::verification::scenario::Scenario;

/// How long an item is kept after its last write: longer than anything in it matters (claims: 7 days at most).
pub(super) const KEPT: Duration = Duration::from_hours(8 * 24);

/// How long where failures may stand in a row: nothing but a success or an administrator ends that, not DynamoDB.
const KEPT_WITH_A_ROW: Duration = Duration::from_hours(10 * 365 * 24);

/// How long a send is remembered: the longest window of a cap.
const SEND_REMEMBERED: Duration = DAY;

/// Old sends forgotten with one write: an expression holds 4 KB (the next write goes on).
const FORGOTTEN_AT_ONCE: usize = 50;

/// A claim that is to be started or renewed.
#[derive(Debug)]
pub struct ClaimWrite<'a> {
    pub user: &'a str,
    pub scenario: Scenario,
    pub claim: &'a Claim,
    /// The item as it was read.
    pub read: &'a Verification,
    pub now: Timestamp,
}

/// What became of a claim.
#[derive(Debug, PartialEq, Eq)]
pub enum Started {
    Done,
    /// Another request changed the claims since they were read.
    Lost,
}

/// A right code's claim, and the user as it is and as the address makes it.
#[derive(Debug)]
pub struct Commit<'a> {
    pub before: &'a User,
    pub after: &'a User,
    pub scenario: Scenario,
    pub claim: &'a Claim,
    /// The user's item with the claim in it.
    pub state: &'a Verification,
    /// The try that this is, where it was counted on the user.
    pub own_try: Option<&'a CodeId>,
    pub now: Timestamp,
}

/// Whether the item may hold failures in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Empty,
    MayHaveSome,
}

impl Row {
    pub(super) fn of(failures: &Failures) -> Self {
        if failures.in_a_row() == 0 {
            Self::Empty
        } else {
            Self::MayHaveSome
        }
    }

    /// When an item that is written now goes, as the attribute `ttl` has it.
    pub(super) fn kept(self, now: Timestamp) -> AttributeValue {
        let kept = match self {
            Self::Empty => KEPT,
            Self::MayHaveSome => KEPT_WITH_A_ROW,
        };
        integer((now + kept).seconds())
    }
}

/// What became of a right code.
#[derive(Debug, PartialEq, Eq)]
pub enum Committed {
    Done,
    /// Another request consumed or replaced the claim.
    ClaimGone,
    /// Another request changed the user.
    UserChanged,
    /// The address is verified for another user.
    AddressTaken,
}

impl Store {
    /// Writes a user's claims, each with its code's hash, where the claims are still those that were read: all or
    /// nothing. At least one, with the same user, state and time.
    pub async fn write_claims(&self, writes: &[ClaimWrite<'_>]) -> Result<Started, StoreError> {
        let Some(first) = writes.first() else {
            return Ok(Started::Done);
        };
        let expression = ClaimExpression::new(first, writes)?;
        let row = Row::of(&first.read.failures);
        // What was written is known: the item would only be read to be dropped.
        let writing = || {
            let update = self.update(first.user, first.now, row);
            expression.of(update.return_values(ReturnValue::None))
        };
        let ours = |there: &Verification| {
            let has = |write: &ClaimWrite<'_>| there.has_code(write.scenario, &write.claim.code_id);
            writes.iter().all(has)
        };
        Ok(match self.updated(writing).await? {
            Ok(_) => Started::Done,
            // An earlier reply was lost: the write is ours.
            Err(there) if ours(&there) => Started::Done,
            Err(_) => Started::Lost,
        })
    }

    /// Consumes a claim and writes the user with its address, all or nothing. Of the failures the try's own goes,
    /// and from the row those that were made while the address was pending.
    pub async fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        let Commit { before, after, .. } = commit;
        let writes = || {
            Ok(vec![
                self.consuming(&commit)?,
                self.replacing(before, after)?,
            ])
        };
        let names = self.name_writes(before, after);
        Ok(
            match self.transact_with_names(writes, names, &before.id).await? {
                Ok(()) => Committed::Done,
                Err(Failed::Write(0)) => Committed::ClaimGone,
                Err(Failed::Write(_)) => Committed::UserChanged,
                Err(Failed::Taken(_)) => Committed::AddressTaken,
            },
        )
    }

    fn consuming(&self, commit: &Commit<'_>) -> Result<TransactWriteItem, StoreError> {
        let Commit {
            scenario,
            claim,
            state,
            now,
            ..
        } = *commit;
        let mut spent = state.spent.clone();
        spent.retain(|_, old| now < old.code_expires);
        spent.insert(
            claim.code_id.as_str().to_owned(),
            SpentClaim::of(scenario, claim),
        );
        let attribute = scenario.attribute();
        let own = commit.own_try.map(CodeId::as_str).unwrap_or_default();
        let (struck, none_left) = state.failures.struck(claim.address.shown(), own);
        let forgotten = Forgotten::new(own, &struck, none_left);
        let set = if none_left { ", #ttl = :ttl" } else { "" };
        let mut update = Update::builder()
            .table_name(&self.verifications)
            .set_key(Some(key(user_key(&commit.before.id))))
            .update_expression(format!(
                "SET revision = revision + :one, spent = :spent{set} REMOVE {attribute}{}",
                forgotten.paths
            ))
            .condition_expression(format!("{attribute}.codeId = :code"))
            .expression_attribute_values(":one", integer(1))
            .expression_attribute_values(":spent", value(&spent)?)
            .expression_attribute_values(":code", text(claim.code_id.as_str()));
        if none_left {
            let ttl = integer((now + KEPT).seconds());
            update = update.expression_attribute_names("#ttl", "ttl");
            update = update.expression_attribute_values(":ttl", ttl);
        }
        for (name, attribute) in forgotten.names {
            update = update.expression_attribute_names(name, attribute);
        }
        updating(update)
    }

    /// An update that may name `#ttl` and `:ttl`, and must: the item is kept for a while from now on.
    pub(super) fn update(&self, user: &str, now: Timestamp, row: Row) -> UpdateItemFluentBuilder {
        self.kept_update(user)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", row.kept(now))
    }

    /// An update that lets the item stay for as long as it would.
    pub(super) fn kept_update(&self, user: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.verifications)
            .set_key(Some(key(user_key(user))))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// The item after the update, or, where its condition did not hold, as it is.
    pub(super) async fn updated(
        &self,
        update: impl Fn() -> UpdateItemFluentBuilder,
    ) -> Result<Result<Verification, Verification>, StoreError> {
        match retry_conflicts(self.random, || update().send()).await {
            Ok(done) => Ok(Ok(read(done.attributes)?)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Err(read(failed.item.clone())?))
                }
                _ => Err(unavailable(&error)),
            },
        }
    }
}

/// The expressions that write a claim: the values and names in them, and where it is written.
struct ClaimExpression<'a> {
    set: String,
    remove: Vec<String>,
    condition: &'static str,
    names: BTreeMap<String, &'a str>,
    values: BTreeMap<String, AttributeValue>,
}

impl<'a> ClaimExpression<'a> {
    fn new(first: &ClaimWrite<'a>, writes: &[ClaimWrite<'a>]) -> Result<Self, StoreError> {
        let mut expression = Self {
            set: "SET revision = :next, #ttl = :ttl, #f = if_not_exists(#f, :failures)".to_owned(),
            remove: Vec::new(),
            condition: "",
            names: BTreeMap::from([("#f".to_owned(), "failed")]),
            values: BTreeMap::from([
                (":failures".to_owned(), value(&Failures::default())?),
                (":next".to_owned(), integer(first.read.revision + 1)),
            ]),
        };
        let mut sends = BTreeMap::new();
        for (n, write) in writes.iter().enumerate() {
            let claim = format!(", {} = :claim{n}", write.scenario.attribute());
            expression.set.push_str(&claim);
            let claim = value(write.claim)?;
            expression.values.insert(format!(":claim{n}"), claim);
            let (at, to) = (write.now, write.claim.address.clone());
            sends.insert(write.claim.code_id.as_str(), Sent { at, to });
        }
        if first.read.revision == 0 {
            expression.begin(&sends)?;
        } else {
            expression.go_on(&sends, first.read)?;
            expression.forget(first.read, first.now);
        }
        Ok(expression)
    }

    /// The first claims of an item: the places of sends are made with them.
    fn begin(&mut self, sends: &BTreeMap<&str, Sent>) -> Result<(), StoreError> {
        self.condition = "attribute_not_exists(revision)";
        self.set
            .push_str(", sends = :sends, unsent = :empty, undone = :empty");
        self.values.insert(":sends".to_owned(), value(sends)?);
        self.empty();
        Ok(())
    }

    fn empty(&mut self) {
        let empty = AttributeValue::M(Item::new());
        self.values.insert(":empty".to_owned(), empty);
    }

    /// Further claims: their sends beside the others.
    fn go_on(
        &mut self,
        sends: &BTreeMap<&'a str, Sent>,
        read: &Verification,
    ) -> Result<(), StoreError> {
        self.condition = "revision = :revision";
        let revision = integer(read.revision);
        self.values.insert(":revision".to_owned(), revision);
        for (n, (id, sent)) in sends.iter().enumerate() {
            let place = format!(", sends.#id{n} = :sent{n}");
            self.set.push_str(&place);
            self.names.insert(format!("#id{n}"), id);
            self.values.insert(format!(":sent{n}"), value(sent)?);
        }
        for (map, is_empty) in [
            ("unsent", read.unsent.is_empty()),
            ("undone", read.undone.is_empty()),
        ] {
            if is_empty {
                let place = format!(", {map} = if_not_exists({map}, :empty)");
                self.set.push_str(&place);
                self.empty();
            }
        }
        Ok(())
    }

    /// Sends that no window holds any more go with the write.
    fn forget(&mut self, read: &'a Verification, now: Timestamp) {
        let sends = read.sends.iter();
        let old = sends.filter(|(_, sent)| sent.at + SEND_REMEMBERED <= now);
        for (n, (id, _)) in old.take(FORGOTTEN_AT_ONCE).enumerate() {
            self.names.insert(format!("#old{n}"), id);
            self.remove.push(format!("sends.#old{n}"));
        }
        let failed = read.unsent.iter().filter(|(_, at)| **at + HOUR <= now);
        for (n, (id, _)) in failed.take(FORGOTTEN_AT_ONCE).enumerate() {
            self.names.insert(format!("#unsent{n}"), id);
            self.remove.push(format!("unsent.#unsent{n}"));
        }
        let undone = read.undone.iter();
        let undone = undone.filter(|(_, undone)| undone.at + HOUR <= now);
        for (n, (id, _)) in undone.take(FORGOTTEN_AT_ONCE).enumerate() {
            self.names.insert(format!("#undone{n}"), id);
            self.remove.push(format!("undone.#undone{n}"));
        }
    }

    fn of(&self, update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let expression = match self.remove.as_slice() {
            [] => self.set.clone(),
            remove => format!("{} REMOVE {}", self.set, remove.join(", ")),
        };
        let mut update = update
            .update_expression(expression)
            .condition_expression(self.condition);
        for (name, attribute) in &self.names {
            update = update.expression_attribute_names(name, *attribute);
        }
        for (name, value) in &self.values {
            update = update.expression_attribute_values(name, value.clone());
        }
        update
    }
}

/// The failures that a success ends, as a `REMOVE` goes on with them.
pub(super) struct Forgotten<'a> {
    /// Each with a comma before it.
    pub(super) paths: String,
    pub(super) names: BTreeMap<String, &'a str>,
}

impl<'a> Forgotten<'a> {
    /// The try's own (empty where it is not the user's), those struck out of the row, and, where none is left, the
    /// growth of locks.
    pub(super) fn new(own: &'a str, struck: &'a [String], none_left: bool) -> Self {
        let mut paths = String::new();
        let mut names = BTreeMap::new();
        if !own.is_empty() {
            paths.push_str(", #f.#h.#own");
            names.insert("#h".to_owned(), "recent");
            names.insert("#own".to_owned(), own);
        }
        for (n, key) in struck.iter().take(FORGOTTEN_AT_ONCE).enumerate() {
            paths = format!("{paths}, #f.#r.#struck{n}");
            names.insert("#r".to_owned(), "streak");
            names.insert(format!("#struck{n}"), key);
        }
        if none_left {
            paths.push_str(", #f.#l");
            names.insert("#l".to_owned(), "locks");
        }
        if !paths.is_empty() {
            names.insert("#f".to_owned(), "failed");
        }
        Self { paths, names }
    }
}

fn read(item: Option<Item>) -> Result<Verification, StoreError> {
    item.map_or_else(|| Ok(Verification::default()), parsed)
}

impl Verification {
    pub(super) fn has_code(&self, scenario: Scenario, code: &CodeId) -> bool {
        self.claim(scenario)
            .is_some_and(|claim| claim.code_id == *code)
    }
}
