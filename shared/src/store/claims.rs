//! The table `Verifications`: one item per user, every decision on it one conditional write.
//! A claim is consumed where its number is committed.

use crate::verification::claim::SpentClaim;
use crate::verification::failures::Failures;
use crate::verification::limits::HOUR;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
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
use crate::verification::limits::DAY;
use crate::verification::scenario::Scenario;

/// How long an item is kept after its last write: longer than anything in it matters (claims: 7 days at most).
pub(super) const KEPT: Duration = Duration::from_hours(8 * 24);

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

/// What became of the message of a claim that is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageWas {
    /// It went out, or may have: it counts.
    Sent,
    /// No provider took it over; that it was tried is remembered.
    NotTakenOver,
    /// It was never tried.
    NotTried,
}

/// A right code's claim, and the user as it is and as the number makes it.
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
    pub async fn write_claim(&self, write: ClaimWrite<'_>) -> Result<Started, StoreError> {
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
            "SET {} = :claim, revision = :next, #ttl = :ttl, \
             #f = if_not_exists(#f, :failures)",
            scenario.attribute()
        );
        let mut remove = Vec::new();
        let mut names = BTreeMap::from([("#f".to_owned(), "failed")]);
        let mut values = vec![
            (":failures", value(&Failures::default())?),
            (":claim", value(claim)?),
            (":next", integer(read.revision + 1)),
        ];
        let mut condition = "revision = :revision".to_owned();
        if read.revision == 0 {
            "attribute_not_exists(revision)".clone_into(&mut condition);
            expression.push_str(", sends = :sends, unsent = :empty");
            values.push((":empty", AttributeValue::M(Item::new())));
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
            if read.unsent.is_empty() {
                expression.push_str(", unsent = if_not_exists(unsent, :empty)");
                values.push((":empty", AttributeValue::M(Item::new())));
            }
            let failed = read.unsent.iter().filter(|(_, at)| **at + HOUR <= now);
            for (n, (id, _)) in failed.take(FORGOTTEN_AT_ONCE).enumerate() {
                names.insert(format!("#unsent{n}"), id);
                remove.push(format!("unsent.#unsent{n}"));
            }
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
    /// what became of its message is remembered. False where another request has replaced or used the claim.
    pub async fn take_back(
        &self,
        write: ClaimWrite<'_>,
        message: MessageWas,
    ) -> Result<bool, StoreError> {
        let ClaimWrite {
            user,
            scenario,
            claim,
            read,
            now,
        } = write;
        let attribute = scenario.attribute();
        let before = read.pending(scenario, now).map(value).transpose()?;
        let mut set = "SET revision = revision + :one, #ttl = :ttl".to_owned();
        let mut removed = Vec::new();
        match &before {
            Some(_) => set = format!("{set}, {attribute} = :before"),
            None => removed.push(attribute),
        }
        if message != MessageWas::Sent {
            removed.push("sends.#id");
        }
        if message == MessageWas::NotTakenOver {
            set.push_str(", unsent.#id = :now");
        }
        let expression = match removed.as_slice() {
            [] => set,
            removed => format!("{set} REMOVE {}", removed.join(", ")),
        };
        let restoring = || {
            let mut update = self
                .update(user, now)
                .update_expression(&expression)
                .condition_expression(format!("{attribute}.codeId = :ours"))
                .expression_attribute_values(":ours", text(claim.code_id.as_str()))
                .expression_attribute_values(":one", integer(1));
            if message != MessageWas::Sent {
                update = update.expression_attribute_names("#id", claim.code_id.as_str());
            }
            if message == MessageWas::NotTakenOver {
                update = update.expression_attribute_values(":now", integer(now.millis()));
            }
            match &before {
                Some(before) => update.expression_attribute_values(":before", before.clone()),
                None => update,
            }
        };
        Ok(self.updated(restoring).await?.is_ok())
    }

    /// Consumes a claim and writes the user with its number, all or nothing. Of the failures the try's own goes,
    /// and from the row those that were made while the number was pending.
    pub async fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        let Commit { before, after, .. } = commit;
        let consume = TransactWriteItem::builder()
            .update(self.consuming(&commit)?)
            .build();
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

    fn consuming(&self, commit: &Commit<'_>) -> Result<Update, StoreError> {
        let Commit {
            scenario,
            claim,
            state,
            now,
            ..
        } = *commit;
        let attribute = scenario.attribute();
        let mut spent = state.spent.clone();
        spent.retain(|_, old| now < old.code_expires);
        spent.insert(
            claim.code_id.as_str().to_owned(),
            SpentClaim::of(scenario, claim),
        );
        let own = commit.own_try.map(CodeId::as_str).unwrap_or_default();
        let (struck, none_left) = state.failures.struck(claim.number.as_e164(), own);
        let mut removed = vec![attribute.to_owned()];
        let mut names = BTreeMap::new();
        if !own.is_empty() {
            removed.push("#f.#h.#own".to_owned());
            names.insert("#h".to_owned(), "recent");
            names.insert("#own".to_owned(), own);
        }
        for (n, key) in struck.iter().take(FORGOTTEN_AT_ONCE).enumerate() {
            removed.push(format!("#f.#r.#struck{n}"));
            names.insert("#r".to_owned(), "streak");
            names.insert(format!("#struck{n}"), key);
        }
        if none_left {
            removed.push("#f.#l".to_owned());
            names.insert("#l".to_owned(), "locks");
        }
        if removed.len() > 1 {
            names.insert("#f".to_owned(), "failed");
        }
        let mut update = Update::builder()
            .table_name(&self.verifications)
            .set_key(Some(key(user_key(&commit.before.id))))
            .update_expression(format!(
                "SET revision = revision + :one, spent = :spent REMOVE {}",
                removed.join(", ")
            ))
            .condition_expression(format!("{attribute}.codeId = :code"))
            .expression_attribute_values(":one", integer(1))
            .expression_attribute_values(":spent", value(&spent)?)
            .expression_attribute_values(":code", text(claim.code_id.as_str()));
        for (name, attribute) in names {
            update = update.expression_attribute_names(name, attribute);
        }
        update.build().map_err(|error| incomplete(&error))
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
