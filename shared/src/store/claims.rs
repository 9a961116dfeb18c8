//! The table `Verifications`: one item per user, every decision on it one conditional write.
//! A claim is consumed where its number is committed.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::otp::CodeId;
use crate::store::client::Store;
use crate::store::error::{StoreError, unavailable};
use crate::store::item::{Item, incomplete, integer, key, parsed, text, user_key, value};
use crate::store::names::Failed;
use crate::store::retry::retry_conflicts;
use crate::user::User;
use crate::verification::Verification;
use crate::verification::claim::{Claim, Sent};
use crate::verification::limits::{DAY, TryLimits};
use crate::verification::scenario::Scenario;

/// How long an item is kept after its last write: longer than anything in it matters (claims: 7 days at most).
const KEPT: Duration = Duration::from_hours(8 * 24);

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

/// What became of a right code.
#[derive(Debug, PartialEq, Eq)]
pub enum Committed {
    Done,
    /// Another request consumed or replaced the claim.
    ClaimGone,
    /// Another request changed the user.
    UserChanged,
    /// The number is verified for another user.
    NumberTaken,
}

impl Store {
    /// Writes a claim with its code's hash, where the claims are still those that were read.
    pub async fn write_claim(
        &self,
        write: ClaimWrite<'_>,
        limits: &TryLimits,
    ) -> Result<Started, StoreError> {
        let ClaimWrite {
            user,
            scenario,
            claim,
            read,
            now,
        } = write;
        let sent = Sent {
            at: now,
            to: claim.number.clone(),
        };
        let mut expression = format!(
            "SET {} = :claim, revision = :next, #ttl = :ttl",
            scenario.attribute()
        );
        let mut remove = Vec::new();
        let mut names = BTreeMap::new();
        let mut values = vec![
            (":claim", value(claim)?),
            (":next", integer(read.revision + 1)),
        ];
        let mut condition = "revision = :revision".to_owned();
        if read.revision == 0 {
            "attribute_not_exists(revision)".clone_into(&mut condition);
            expression.push_str(", sends = :sends");
            values.push((
                ":sends",
                value(&BTreeMap::from([(claim.code_id.as_str(), &sent)]))?,
            ));
        } else {
            values.push((":revision", integer(read.revision)));
            expression.push_str(", sends.#id = :sent");
            names.insert("#id".to_owned(), claim.code_id.as_str());
            values.push((":sent", value(&sent)?));
            let old = read
                .sends
                .iter()
                .filter(|(_, sent)| sent.at + SEND_REMEMBERED <= now);
            for (n, (id, _)) in old.take(FORGOTTEN_AT_ONCE).enumerate() {
                names.insert(format!("#old{n}"), id);
                remove.push(format!("sends.#old{n}"));
            }
        }
        if let Some(last) = read
            .last_failure
            .filter(|_| read.failures_are_over(now, limits))
        {
            remove.extend(["failures", "windowEnd", "lastFailure"].map(str::to_owned));
            condition.push_str(" AND lastFailure = :last");
            values.push((":last", integer(last.millis())));
        }
        if !remove.is_empty() {
            expression = format!("{expression} REMOVE {}", remove.join(", "));
        }
        let writing = || {
            let mut update = self
                .update(user, now)
                .update_expression(&expression)
                .condition_expression(&condition);
            for (name, attribute) in &names {
                update = update.expression_attribute_names(name, *attribute);
            }
            for (name, value) in &values {
                update = update.expression_attribute_values(*name, value.clone());
            }
            update
        };
        Ok(match self.updated(writing).await? {
            Ok(_) => Started::Done,
            // An earlier reply was lost: the write is ours.
            Err(now_there) if now_there.has_code(scenario, &claim.code_id) => Started::Done,
            Err(_) => Started::Lost,
        })
    }

    /// Puts back what a claim replaced, where it is still there. Tries, failures and lock stay as they are now;
    /// a message that was `sent` is remembered. False where another request has replaced or used the claim.
    pub async fn take_back(&self, write: ClaimWrite<'_>, sent: bool) -> Result<bool, StoreError> {
        let ClaimWrite {
            user,
            scenario,
            claim,
            read,
            now,
        } = write;
        let attribute = scenario.attribute();
        let before = read.pending(scenario, now).map(value).transpose()?;
        let restored = before
            .as_ref()
            .map(|_| format!(", {attribute} = :before"))
            .unwrap_or_default();
        let gone: Vec<_> = [(before.is_none(), attribute), (!sent, "sends.#id")]
            .into_iter()
            .filter_map(|(gone, path)| gone.then_some(path))
            .collect();
        let removed = if gone.is_empty() {
            String::new()
        } else {
            format!(" REMOVE {}", gone.join(", "))
        };
        let expression = format!("SET revision = revision + :one, #ttl = :ttl{restored}{removed}");
        let restoring = || {
            let update = self
                .update(user, now)
                .update_expression(&expression)
                .condition_expression(format!("{attribute}.codeId = :ours"))
                .expression_attribute_values(":ours", text(claim.code_id.as_str()))
                .expression_attribute_values(":one", integer(1));
            let update = if sent {
                update
            } else {
                update.expression_attribute_names("#id", claim.code_id.as_str())
            };
            match &before {
                Some(before) => update.expression_attribute_values(":before", before.clone()),
                None => update,
            }
        };
        Ok(self.updated(restoring).await?.is_ok())
    }

    /// Consumes a claim and writes the user with its number, all or nothing; failures are forgotten.
    pub async fn commit(
        &self,
        before: &User,
        after: &User,
        scenario: Scenario,
        code: &CodeId,
    ) -> Result<Committed, StoreError> {
        let attribute = scenario.attribute();
        let consume = Update::builder()
            .table_name(&self.verifications)
            .set_key(Some(key(user_key(&before.id))))
            .update_expression(format!(
                "SET revision = revision + :one REMOVE {attribute}, failures, windowEnd, lastFailure"
            ))
            .condition_expression(format!("{attribute}.codeId = :code"))
            .expression_attribute_values(":one", integer(1))
            .expression_attribute_values(":code", text(code.as_str()))
            .build()
            .map_err(|error| incomplete(&error))?;
        let consume = TransactWriteItem::builder().update(consume).build();
        let writes = vec![consume, self.replacing(before, after)?];
        let names = self.name_writes(before, after);
        Ok(
            match self.transact_with_names(writes, names, &before.id).await? {
                Ok(()) => Committed::Done,
                Err(Failed::Write(0)) => Committed::ClaimGone,
                Err(Failed::Write(_)) => Committed::UserChanged,
                Err(Failed::Taken(_)) => Committed::NumberTaken,
            },
        )
    }

    pub(super) fn update(&self, user: &str, now: Timestamp) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.verifications)
            .set_key(Some(key(user_key(user))))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", integer((now + KEPT).seconds()))
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

fn read(item: Option<Item>) -> Result<Verification, StoreError> {
    item.map_or_else(|| Ok(Verification::default()), parsed)
}

impl Verification {
    fn has_code(&self, scenario: Scenario, code: &CodeId) -> bool {
        self.claim(scenario)
            .is_some_and(|claim| claim.code_id == *code)
    }
}
