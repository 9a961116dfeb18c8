//! What no two users have alike: items `USERNAME#<folded>` and `EXTERNALID#<value>`, each with its user's id.
//! They are written in one transaction with the user. (Only users have an attribute `id`: the index `Ids` lives on it.)

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Delete, KeysAndAttributes, Put, TransactWriteItem};

use super::users::write;
use super::{Store, StoreError, incomplete, key, string, text};
use crate::user::{LONGEST_NAME, User, folded};

/// The attribute of an item that holds its user's id.
const OWNER: &str = "user";

/// What identifies a user beside its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    UserName,
    ExternalId,
}

impl Unique {
    /// SCIM's name of the attribute.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::UserName => "userName",
            Self::ExternalId => "externalId",
        }
    }

    /// The key of the item for a value; none where no user can have the value.
    fn key(self, value: &str) -> Option<String> {
        if value.is_empty() || value.len() > LONGEST_NAME {
            return None;
        }
        Some(match self {
            Self::UserName => format!("USERNAME#{}", folded(value)),
            // RFC 7643 §3.1: case exact.
            Self::ExternalId => format!("EXTERNALID#{value}"),
        })
    }
}

/// A user's names as keys of their items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub unique: Unique,
    key: String,
}

pub(super) fn names(user: &User) -> Vec<Name> {
    let values = [
        (Unique::UserName, Some(user.user_name.as_str())),
        (Unique::ExternalId, user.external_id()),
    ];
    let keys = values.into_iter().filter_map(|(unique, value)| {
        let key = unique.key(value?)?;
        Some(Name { unique, key })
    });
    keys.collect()
}

/// The names that `after` has and `before` has not.
pub(super) fn new_names(before: &User, after: &User) -> Vec<Name> {
    let old = names(before);
    let new = names(after).into_iter();
    new.filter(|name| !old.contains(name)).collect()
}

impl Store {
    /// The id of the user with this userName, in any case.
    pub async fn id_by_name(&self, user_name: &str) -> Result<Option<String>, StoreError> {
        self.id_by(Unique::UserName, user_name).await
    }

    /// The id of the user with this externalId.
    pub async fn id_by_external_id(&self, value: &str) -> Result<Option<String>, StoreError> {
        self.id_by(Unique::ExternalId, value).await
    }

    async fn id_by(&self, unique: Unique, value: &str) -> Result<Option<String>, StoreError> {
        let Some(pk) = unique.key(value) else {
            return Ok(None);
        };
        Ok(self
            .get(&self.users, text(pk))
            .await?
            .and_then(|mut item| string(&mut item, OWNER)))
    }

    /// The ids of the users with these names, at most 100 of them; in no order.
    pub async fn ids_by(&self, wanted: &[(Unique, &str)]) -> Result<Vec<String>, StoreError> {
        let mut keys: Vec<String> = wanted
            .iter()
            .filter_map(|(unique, value)| unique.key(value))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let owners = self.owners(keys).await?.into_iter();
        Ok(owners.map(|(_, id)| id).collect())
    }

    /// Which of its new names another user has. One read, and none where there are no new names.
    pub async fn taken(&self, before: &User, after: &User) -> Result<Option<Unique>, StoreError> {
        let wanted = new_names(before, after);
        let keys = wanted.iter().map(|name| name.key.clone()).collect();
        let mut owners = self.owners(keys).await?;
        owners.retain(|(_, id)| *id != before.id);
        let mut taken = wanted.into_iter();
        let taken = taken.find(|name| owners.iter().any(|(key, _)| *key == name.key));
        Ok(taken.map(|name| name.unique))
    }

    /// The items with these keys, each with its user's id.
    async fn owners(&self, keys: Vec<String>) -> Result<Vec<(String, String)>, StoreError> {
        let items = match keys.as_slice() {
            [] => Vec::new(),
            [one] => self
                .get(&self.users, text(one))
                .await?
                .into_iter()
                .collect(),
            several => {
                let keys = several.iter().map(|pk| key(text(pk)));
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(keys.collect()))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| incomplete(&error))?;
                let batch = HashMap::from([(self.users.clone(), wanted)]);
                let items = self.batch(batch).await?.into_iter();
                items.map(|(_, item)| item).collect::<Vec<_>>()
            }
        };
        let owners = items
            .into_iter()
            .filter_map(|mut item| Some((string(&mut item, "pk")?, string(&mut item, OWNER)?)));
        Ok(owners.collect())
    }

    /// Takes a name that nobody has.
    pub(super) fn claiming(
        &self,
        name: &Name,
        user: &str,
    ) -> Result<TransactWriteItem, StoreError> {
        write(
            Put::builder()
                .table_name(&self.users)
                .item("pk", text(&name.key))
                .item(OWNER, text(user))
                .condition_expression("attribute_not_exists(pk)"),
        )
    }

    /// Gives a name back, in the transaction that changes or deletes its user.
    pub(super) fn freeing(&self, name: &Name) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.users)
            .set_key(Some(key(text(&name.key))))
            .build()
            .map_err(|error| incomplete(&error))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}
