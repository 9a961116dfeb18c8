//! The table `Users`: `USER#<id>` with the user, `USERNAME#<folded>` with its id.
//! Every write is conditional on the version that was read.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, TransactWriteItem, Update,
};

use super::{
    Item, Store, StoreError, incomplete, integer, key, parsed, retry_conflicts, text, unavailable,
    user_key,
};
use crate::otp::CodeId;
use crate::user::{LONGEST_NAME, User, folded};
use crate::verification::{Scenario, Verification};

/// A batch whose keys are throttled is asked again this often.
const BATCH_ATTEMPTS: u32 = 3;

/// What became of a new user.
#[derive(Debug, PartialEq, Eq)]
pub enum Created {
    Done,
    NameTaken,
}

/// A changed user, and the claims that end with the change.
#[derive(Debug)]
pub struct Save<'a> {
    pub before: &'a User,
    /// None where only claims end.
    pub after: Option<&'a User>,
    pub cancel: &'a [(Scenario, CodeId)],
}

/// What became of a change.
#[derive(Debug, PartialEq, Eq)]
pub enum Saved {
    Done,
    /// The user or a claim is not any more what was read.
    Lost,
    NameTaken,
}

impl Store {
    /// A user and everything pending, in one consistent read.
    pub async fn read(&self, id: &str) -> Result<(Option<User>, Verification), StoreError> {
        if id.len() > LONGEST_NAME {
            return Ok((None, Verification::default()));
        }
        let wanted = || {
            KeysAndAttributes::builder()
                .keys(key(user_key(id)))
                .consistent_read(true)
                .build()
                .map_err(|error| incomplete(&error))
        };
        let mut open = std::collections::HashMap::from([
            (self.users.clone(), wanted()?),
            (self.verifications.clone(), wanted()?),
        ]);
        let (mut user, mut verification) = (None, Verification::default());
        for attempt in 0..BATCH_ATTEMPTS {
            let batch = self
                .client
                .batch_get_item()
                .set_request_items(Some(open))
                .send();
            let batch = batch.await.map_err(|error| unavailable(&error))?;
            for (table, items) in batch.responses.unwrap_or_default() {
                for item in items {
                    if table == self.users {
                        user = Some(parsed(item)?);
                    } else {
                        verification = parsed(item)?;
                    }
                }
            }
            open = batch.unprocessed_keys.unwrap_or_default();
            if open.is_empty() {
                return Ok((user, verification));
            }
            tokio::time::sleep(Duration::from_millis(25 << attempt)).await;
        }
        Err(StoreError::Unavailable("keys left unprocessed".into()))
    }

    /// A user.
    pub async fn user(&self, id: &str) -> Result<Option<User>, StoreError> {
        if id.len() > LONGEST_NAME {
            return Ok(None);
        }
        self.get(&self.users, user_key(id))
            .await?
            .map(parsed)
            .transpose()
    }

    /// The id of the user with this name.
    pub async fn id_by_name(&self, user_name: &str) -> Result<Option<String>, StoreError> {
        if user_name.len() > LONGEST_NAME {
            return Ok(None);
        }
        let item = self.get(&self.users, name_key(user_name)).await?;
        Ok(item.and_then(|mut item| match item.remove("id") {
            Some(AttributeValue::S(id)) => Some(id),
            _ => None,
        }))
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
        Ok(get.send().await.map_err(|error| unavailable(&error))?.item)
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

    /// Writes a user that is new, together with its name.
    pub async fn create(&self, user: &User) -> Result<Created, StoreError> {
        let put = self
            .put(user)?
            .condition_expression("attribute_not_exists(pk)");
        let writes = vec![write(put)?, self.claim_name(user)?];
        Ok(match self.transact(writes).await? {
            Ok(()) => Created::Done,
            Err(_) => Created::NameTaken,
        })
    }

    /// Writes a change, all or nothing: one plain write where one item changes, else a transaction.
    pub async fn save(&self, save: Save<'_>) -> Result<Saved, StoreError> {
        let renamed = save
            .after
            .filter(|after| folded(&after.user_name) != folded(&save.before.user_name));
        if let (Some(after), [], None) = (save.after, save.cancel, renamed) {
            return self.replace(save.before, after).await;
        }
        if save.after.is_none() && save.cancel.is_empty() {
            return Ok(Saved::Done);
        }
        let mut writes = Vec::new();
        if let Some(after) = save.after {
            writes.push(self.replacing(save.before, after)?);
        }
        if !save.cancel.is_empty() {
            writes.push(self.cancelling(&save.before.id, save.cancel)?);
        }
        let name_at = writes.len();
        if let Some(after) = renamed {
            writes.push(self.claim_name(after)?);
            writes.push(self.free_name(save.before)?);
        }
        Ok(match self.transact(writes).await? {
            Ok(()) => Saved::Done,
            Err(at) if at == name_at => Saved::NameTaken,
            Err(_) => Saved::Lost,
        })
    }

    /// Deletes a user, its name and its claims.
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
            self.free_name(user)?,
            built(delete(&self.verifications, user_key(&user.id)))?,
        ];
        Ok(match self.transact(writes).await? {
            Ok(()) => Saved::Done,
            Err(_) => Saved::Lost,
        })
    }

    async fn replace(&self, before: &User, after: &User) -> Result<Saved, StoreError> {
        let item = item(after)?;
        let sent = retry_conflicts(|| {
            self.client
                .put_item()
                .table_name(&self.users)
                .set_item(Some(item.clone()))
                .condition_expression("version = :version")
                .expression_attribute_values(":version", integer(before.version))
                .send()
        });
        match sent.await {
            Ok(_) => Ok(Saved::Done),
            Err(error) if error.as_service_error().is_some_and(aws_sdk_dynamodb::operation::put_item::PutItemError::is_conditional_check_failed_exception) => {
                Ok(Saved::Lost)
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// A user's next state, where it is still in the one that was read.
    pub(super) fn replacing(
        &self,
        before: &User,
        after: &User,
    ) -> Result<TransactWriteItem, StoreError> {
        write(
            self.put(after)?
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

    fn claim_name(&self, user: &User) -> Result<TransactWriteItem, StoreError> {
        write(
            Put::builder()
                .table_name(&self.users)
                .item("pk", name_key(&user.user_name))
                .item("id", text(&user.id))
                .condition_expression("attribute_not_exists(pk)"),
        )
    }

    fn free_name(&self, user: &User) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.users)
            .set_key(Some(key(name_key(&user.user_name))))
            .build()
            .map_err(|error| incomplete(&error))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Ends claims, where each still has the code that was read.
    fn cancelling(
        &self,
        id: &str,
        cancel: &[(Scenario, CodeId)],
    ) -> Result<TransactWriteItem, StoreError> {
        let claims: Vec<_> = cancel
            .iter()
            .map(|(scenario, _)| scenario.attribute())
            .collect();
        let conditions: Vec<_> = claims
            .iter()
            .map(|claim| format!("{claim}.codeId = :{claim}"))
            .collect();
        let mut update = Update::builder()
            .table_name(&self.verifications)
            .set_key(Some(key(user_key(id))))
            .update_expression(format!(
                "SET revision = revision + :one REMOVE {}",
                claims.join(", ")
            ))
            .condition_expression(conditions.join(" AND "))
            .expression_attribute_values(":one", integer(1));
        for (scenario, code_id) in cancel {
            update = update.expression_attribute_values(
                format!(":{}", scenario.attribute()),
                text(code_id.as_str()),
            );
        }
        let update = update.build().map_err(|error| incomplete(&error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

fn item(user: &User) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(user)
        .map_err(|error| StoreError::Unexpected(format!("a user cannot be stored: {error}")))?;
    item.insert("pk".to_owned(), user_key(&user.id));
    Ok(item)
}

fn name_key(user_name: &str) -> AttributeValue {
    text(format!("USERNAME#{}", folded(user_name)))
}

fn write(
    put: aws_sdk_dynamodb::types::builders::PutBuilder,
) -> Result<TransactWriteItem, StoreError> {
    let put = put.build().map_err(|error| incomplete(&error))?;
    Ok(TransactWriteItem::builder().put(put).build())
}
