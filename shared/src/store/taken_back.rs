//! A claim whose message did not go out, or whose request failed: what it replaced is pending again.
//! Where another request has replaced it in turn, that one may fail, too, and must not put back what is no more.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use crate::store::claims::ClaimWrite;
use crate::store::client::Store;
use crate::store::error::StoreError;
use crate::store::item::{integer, text, value};
use crate::verification::Verification;
use crate::verification::claim::{Claim, Undone};
use crate::verification::sends::unsent_id;

/// How often what others do at the same time is followed.
const FOLLOWED: usize = 10;

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

impl Store {
    /// Puts back what a claim replaced, where it is still there. Tries, failures and lock stay as they are now;
    /// what became of its message is remembered. False where another request has replaced or used the claim: that it
    /// is no more is noted then, for whoever would put it back.
    pub async fn take_back(
        &self,
        write: ClaimWrite<'_>,
        message: MessageWas,
    ) -> Result<bool, StoreError> {
        let mut before = write.read.pending(write.scenario, write.now).cloned();
        for _ in 0..FOLLOWED {
            let Err(there) = self.put_back(&write, before.as_ref(), message).await? else {
                return Ok(true);
            };
            // The user was deleted meanwhile.
            if there.revision == 0 {
                break;
            }
            before = there.still(before, write.now);
            // Where it is there, only what it replaced was taken back meanwhile.
            if !there.has_code(write.scenario, &write.claim.code_id)
                && self.note(&write, before.as_ref(), message).await?.is_ok()
            {
                break;
            }
        }
        Ok(false)
    }

    /// Holds where the claim is there, and what it replaced was not taken back.
    async fn put_back(
        &self,
        write: &ClaimWrite<'_>,
        before: Option<&Claim>,
        message: MessageWas,
    ) -> Result<Result<Verification, Verification>, StoreError> {
        let attribute = write.scenario.attribute();
        let ours = format!("{attribute}.codeId = :ours");
        let Some(before) = before else {
            let removing = || {
                let update = self.undoing(write, message, "", &[attribute]);
                update.condition_expression(&ours)
            };
            return self.updated(removing).await;
        };
        let claim = value(before)?;
        let set = format!(", {attribute} = :before");
        let condition = format!("{ours} AND attribute_not_exists(undone.#before)");
        let restoring = || {
            self.undoing(write, message, &set, &[])
                .condition_expression(&condition)
                .expression_attribute_names("#before", before.code_id.as_str())
                .expression_attribute_values(":before", claim.clone())
        };
        self.updated(restoring).await
    }

    /// Holds where the claim is not there: another request may have just put it back.
    async fn note(
        &self,
        write: &ClaimWrite<'_>,
        before: Option<&Claim>,
        message: MessageWas,
    ) -> Result<Result<Verification, Verification>, StoreError> {
        let attribute = write.scenario.attribute();
        let undone = value(&Undone {
            at: write.now,
            before: before.cloned(),
        })?;
        let condition = format!(
            "attribute_exists(undone) AND \
             (attribute_not_exists({attribute}) OR {attribute}.codeId <> :ours)"
        );
        let noting = || {
            self.undoing(write, message, ", undone.#id = :undone", &[])
                .condition_expression(&condition)
                .expression_attribute_names("#id", write.claim.code_id.as_str())
                .expression_attribute_values(":undone", undone.clone())
        };
        self.updated(noting).await
    }

    /// The update of a claim that goes, with what became of its message.
    fn undoing(
        &self,
        write: &ClaimWrite<'_>,
        message: MessageWas,
        set: &str,
        removed: &[&str],
    ) -> UpdateItemFluentBuilder {
        let id = write.claim.code_id.as_str();
        let mut set = format!("SET revision = revision + :one{set}");
        let mut removed = removed.to_vec();
        let mut update = self
            .kept_update(write.user)
            .expression_attribute_values(":ours", text(id))
            .expression_attribute_values(":one", integer(1));
        if message != MessageWas::Sent {
            removed.push("sends.#id");
            update = update.expression_attribute_names("#id", id);
        }
        if message == MessageWas::NotTakenOver {
            set.push_str(", unsent.#unsent = :now");
            let unsent = unsent_id(&write.claim.code_id, write.claim.address.channel());
            update = update.expression_attribute_names("#unsent", unsent);
            update = update.expression_attribute_values(":now", integer(write.now.millis()));
        }
        if !removed.is_empty() {
            set = format!("{set} REMOVE {}", removed.join(", "));
        }
        update.update_expression(set)
    }
}
