//! The table `Users`: `USER#<id>` with the user, and the items that keep its names unique.
//! Every write is conditional on the version that was read.

use std::borrow::Cow;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};

use crate::otp::CodeId;
use crate::platform::aws::boxed;
use crate::store::claims::KEPT;
use crate::store::client::Store;
use crate::store::error::{StoreError, unavailable};
use crate::store::item::{
    Item, checking, incomplete, integer, item, key, parsed, text, updating, user_key, value, write,
};
use crate::store::names::{Failed, NameWrites, Unique};
use crate::store::retry::retry_conflicts;
use crate::user::{LONGEST_ID, User};
use crate::verification::Verification;
use crate::verification::claim::EmailEntry;
use crate::verification::scenario::Scenario;

/// What became of a new user.
#[derive(Debug, PartialEq, Eq)]
pub enum Created {
    Done,
    Taken(Unique),
}

/// A changed user, and the claims that end with the change.
#[derive(Debug)]
pub struct Save<'a> {
    pub before: &'a User,
    /// None where only claims change.
    pub after: Option<&'a User>,
    pub cancel: &'a [(Scenario, CodeId)],
    pub restated: Option<Restated<'a>>,
    /// The user's claims as they were read.
    pub read: &'a Verification,
}

/// A primary e-mail address that waits for this code, and how it is to stand from now.
#[derive(Clone, Copy, Debug)]
pub struct Restated<'a> {
    pub code: &'a CodeId,
    pub entry: &'a EmailEntry,
}

/// What became of a change.
#[derive(Debug, PartialEq, Eq)]
pub enum Saved {
    Done,
    /// The user or a claim is not any more what was read.
    Lost,
    Taken(Unique),
}

impl Store {
    /// A user.
    pub async fn user(&self, id: &str) -> Result<Option<User>, StoreError> {
        if id.len() > LONGEST_ID {
            return Ok(None);
        }
        self.get(&self.users, user_key(id))
            .await?
            .map(parsed)
            .transpose()
    }

    /// Opens a connection, with a read of nobody; whether it works is the first request's business.
    pub async fn connect(&self) {
        let _ = self.user("nobody").await;
    }

    pub(super) async fn get(
        &self,
        table: &str,
        pk: AttributeValue,
    ) -> Result<Option<Item>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(table)
            .set_key(Some(key(pk)))
            .consistent_read(true);
        let got = boxed(get.send()).await;
        Ok(got.map_err(|error| unavailable(&error))?.item)
    }

    /// Whether there is no user at all. Reads one page of the table: for the local server's start.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let scan = self
            .client
            .scan()
            .table_name(&self.users)
            .limit(1)
            .send()
            .await;
        Ok(scan.map_err(|error| unavailable(&error))?.count() == 0)
    }

    /// Writes a user that is new, together with its names.
    pub async fn create(&self, user: &User) -> Result<Created, StoreError> {
        let writes = || {
            let put = self.put(user)?;
            let put = put.condition_expression("attribute_not_exists(pk)");
            Ok(vec![write(put)?])
        };
        let names = NameWrites {
            claimed: self.names(user),
            freed: Vec::new(),
        };
        let written = self.transact_with_names(writes, names, &user.id);
        Ok(match written.await? {
            Ok(()) => Created::Done,
            Err(Failed::Taken(unique)) => Created::Taken(unique),
            // An id of its own that is there already: an earlier reply was lost, or its name would be told.
            Err(Failed::Write(_)) => Created::Taken(Unique::UserName),
        })
    }

    /// Writes a change, all or nothing: one plain write where one item changes, else a transaction.
    pub async fn save(&self, save: Save<'_>) -> Result<Saved, StoreError> {
        let Save {
            before,
            after,
            cancel,
            restated,
            read,
        } = save;
        let closed = after.filter(|after| before.is_active() && !after.is_active());
        let names = after.map(|after| self.name_writes(before, after));
        let names = names.unwrap_or_default();
        let claims_stay = cancel.is_empty() && restated.is_none() && closed.is_none();
        let alone = claims_stay && names == NameWrites::default();
        if let (Some(after), true) = (after, alone) {
            return self.replace(before, after).await;
        }
        let mut writes = Vec::new();
        if let Some(after) = after {
            writes.push(self.replacing(before, after)?);
        }
        match closed {
            Some(after) => writes.push(self.closing(after, read)?),
            None if claims_stay => {}
            None => writes.push(self.amending(&before.id, cancel, restated)?),
        }
        if writes.is_empty() {
            return Ok(Saved::Done);
        }
        let written = self.transact_with_names(|| Ok(writes.clone()), names, &before.id);
        Ok(match written.await? {
            Ok(()) => Saved::Done,
            Err(Failed::Taken(unique)) => Saved::Taken(unique),
            Err(Failed::Write(_)) => Saved::Lost,
        })
    }

    /// Deletes a user, its names and its claims.
    pub async fn delete(&self, user: &User) -> Result<Saved, StoreError> {
        let delete = |table: &str, pk| Delete::builder().table_name(table).set_key(Some(key(pk)));
        let built = |delete: aws_sdk_dynamodb::types::builders::DeleteBuilder| {
            let delete = delete.build().map_err(|error| incomplete(&error))?;
            Ok::<_, StoreError>(TransactWriteItem::builder().delete(delete).build())
        };
        let writes = vec![
            built(
                delete(&self.users, user_key(&user.id))
                    .condition_expression("version = :version")
                    .expression_attribute_values(":version", integer(user.version)),
            )?,
            built(delete(&self.verifications, user_key(&user.id)))?,
        ];
        let names = NameWrites {
            claimed: Vec::new(),
            freed: self.names(user),
        };
        let written = self.transact_with_names(|| Ok(writes.clone()), names, &user.id);
        Ok(match written.await? {
            Ok(()) => Saved::Done,
            Err(_) => Saved::Lost,
        })
    }

    async fn replace(&self, before: &User, after: &User) -> Result<Saved, StoreError> {
        let item = item(&following(before, after))?;
        let sent = retry_conflicts(self.random, || {
            self.client
                .put_item()
                .table_name(&self.users)
                .set_item(Some(item.clone()))
                .condition_expression("version = :version")
                .expression_attribute_values(":version", integer(before.version))
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .send()
        });
        match sent.await {
            Ok(_) => Ok(Saved::Done),
            Err(error) => match error.as_service_error() {
                // An earlier reply was lost: what is there is ours.
                Some(PutItemError::ConditionalCheckFailedException(failed))
                    if failed.item.as_ref() == Some(&item) =>
                {
                    Ok(Saved::Done)
                }
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(Saved::Lost),
                _ => Err(unavailable(&error)),
            },
        }
    }

    /// Holds where the user is still in the version that was read.
    pub(super) fn in_version(
        &self,
        id: &str,
        version: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        checking(
            ConditionCheck::builder()
                .table_name(&self.users)
                .set_key(Some(key(user_key(id))))
                .condition_expression("version = :version")
                .expression_attribute_values(":version", integer(version)),
        )
    }

    /// A user's next state, where it is still in the one that was read.
    pub(super) fn replacing(
        &self,
        before: &User,
        after: &User,
    ) -> Result<TransactWriteItem, StoreError> {
        write(
            self.put(&following(before, after))?
                .condition_expression("version = :version")
                .expression_attribute_values(":version", integer(before.version)),
        )
    }

    fn put(
        &self,
        user: &User,
    ) -> Result<aws_sdk_dynamodb::types::builders::PutBuilder, StoreError> {
        Ok(Put::builder()
            .table_name(&self.users)
            .set_item(Some(item(user)?)))
    }

    /// Ends every claim of an account that goes out of use, with a write even where there is none: a claim that
    /// another request is about to start was decided while the account was in use.
    fn closing(&self, after: &User, read: &Verification) -> Result<TransactWriteItem, StoreError> {
        let (places, condition) = if read.revision == 0 {
            (
                ", #ttl = :ttl, sends = :none, unsent = :none, undone = :none",
                "attribute_not_exists(revision)",
            )
        } else {
            ("", "revision = :read")
        };
        let claims = Scenario::ALL.map(Scenario::attribute).join(", ");
        let update = Update::builder()
            .table_name(&self.verifications)
            .set_key(Some(key(user_key(&after.id))))
            .update_expression(format!("SET revision = :next{places} REMOVE {claims}"))
            .condition_expression(condition)
            .expression_attribute_values(":next", integer(read.revision + 1));
        let update = if read.revision == 0 {
            let ttl = integer((after.last_modified + KEPT).seconds());
            update
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", ttl)
                .expression_attribute_values(":none", AttributeValue::M(Item::new()))
        } else {
            // Kept for as long as it is: a lock that stays must not end with the account's rest.
            update.expression_attribute_values(":read", integer(read.revision))
        };
        updating(update)
    }

    /// Ends claims, and says anew how one's address is to stand, where each still has the code that was read.
    fn amending(
        &self,
        id: &str,
        cancel: &[(Scenario, CodeId)],
        restated: Option<Restated<'_>>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut update = Update::builder()
            .table_name(&self.verifications)
            .set_key(Some(key(user_key(id))))
            .expression_attribute_values(":one", integer(1));
        let stays = Scenario::PrimaryEmail;
        let mut set = String::new();
        if let Some(Restated { entry, .. }) = restated {
            set = format!(", {}.#entry = :entry", stays.attribute());
            update = update
                .expression_attribute_names("#entry", "entry")
                .expression_attribute_values(":entry", value(entry)?);
        }
        let ended: Vec<_> = cancel.iter().map(|(of, _)| of.attribute()).collect();
        let remove = if ended.is_empty() {
            String::new()
        } else {
            format!(" REMOVE {}", ended.join(", "))
        };
        let codes = cancel.iter().map(|(of, code)| (*of, code));
        let codes = codes.chain(restated.map(|restated| (stays, restated.code)));
        let mut conditions = Vec::new();
        for (scenario, code) in codes {
            let claim = scenario.attribute();
            conditions.push(format!("{claim}.codeId = :{claim}"));
            update = update.expression_attribute_values(format!(":{claim}"), text(code.as_str()));
        }
        let update =
            update.update_expression(format!("SET revision = revision + :one{set}{remove}"));
        updating(update.condition_expression(conditions.join(" AND ")))
    }
}

/// A user's next state as it is stored: it knows which sign-ins have ended.
fn following<'a>(before: &User, after: &'a User) -> Cow<'a, User> {
    if !after.ends_sign_ins_of(before) {
        return Cow::Borrowed(after);
    }
    let mut after = after.clone();
    after.sign_ins_ended = Some(after.version);
    Cow::Owned(after)
}
