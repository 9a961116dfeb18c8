//! Many users: their ids from the index `Ids` of the table `Users`, then the users themselves in batches.
//! The index holds keys only, so that a change of a user does not write it; it follows creation and deletion
//! within a moment.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::platform::aws::boxed;
use crate::store::client::{MOST_KEYS, Store};
use crate::store::error::{StoreError, unavailable};
use crate::store::item::{Item, incomplete, key, parsed, string, text, user_key};
use crate::user::{LONGEST_ID, User};
use crate::verification::Verification;

/// The index: of all items only users have an `id`.
const INDEX: &str = "Ids";

/// As many users as one batch reads, each with its verification item.
pub const USERS_AT_ONCE: usize = MOST_KEYS / 2;

/// A part of the index, in the index's own order, which stays the same from one request to the next.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ids {
    pub ids: Vec<String>,
    /// Whether there may be more behind the last one.
    pub more: bool,
}

impl Store {
    /// Ids of users that come after one, which need not be there any more: one read of at most 1 MB.
    pub async fn ids(&self, after: Option<&str>, limit: Option<usize>) -> Result<Ids, StoreError> {
        let start = after.map(|id| {
            let mut start = key(user_key(id));
            start.insert("id".to_owned(), text(id));
            start
        });
        let scan = self
            .client
            .scan()
            .table_name(&self.users)
            .index_name(INDEX)
            .set_limit(limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)))
            .set_exclusive_start_key(start);
        let page = boxed(scan.send()).await;
        let page = page.map_err(|error| unavailable(&error))?;
        let items = page.items.unwrap_or_default().into_iter();
        Ok(Ids {
            ids: items
                .filter_map(|mut item| string(&mut item, "id"))
                .collect(),
            more: page.last_evaluated_key.is_some_and(|key| !key.is_empty()),
        })
    }

    /// Users with everything pending, in the order of their ids, as far as they are there:
    /// one consistent read, of at most 50.
    pub async fn read_all(&self, ids: &[String]) -> Result<Vec<(User, Verification)>, StoreError> {
        let mut wanted: Vec<&str> = ids.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found = self.read_some(&wanted).await?;
        let users = ids.iter().filter_map(|id| {
            let (user, pending) = found.remove(id)?;
            Some((user?, pending))
        });
        Ok(users.collect())
    }

    /// A user and everything pending, in one consistent read.
    pub async fn read(&self, id: &str) -> Result<(Option<User>, Verification), StoreError> {
        Ok(self.read_some(&[id]).await?.remove(id).unwrap_or_default())
    }

    /// What there is under each of these ids, none of which is there twice.
    async fn read_some(
        &self,
        ids: &[&str],
    ) -> Result<HashMap<String, (Option<User>, Verification)>, StoreError> {
        let mut found: HashMap<String, (Option<User>, Verification)> = HashMap::new();
        let ids = ids.iter().filter(|id| is_key(id));
        let keys: Vec<Item> = ids.map(|id| key(user_key(id))).collect();
        if keys.is_empty() {
            return Ok(found);
        }
        let wanted = || {
            KeysAndAttributes::builder()
                .set_keys(Some(keys.clone()))
                .consistent_read(true)
                .build()
                .map_err(|error| incomplete(&error))
        };
        let batch = HashMap::from([
            (self.users.clone(), wanted()?),
            (self.verifications.clone(), wanted()?),
        ]);
        for (table, mut item) in self.batch(batch).await? {
            let pk = string(&mut item, "pk").unwrap_or_default();
            let id = pk.strip_prefix("USER#").unwrap_or_default();
            let found = found.entry(id.to_owned()).or_default();
            if table == self.users {
                found.0 = Some(parsed(item)?);
            } else {
                found.1 = parsed(item)?;
            }
        }
        Ok(found)
    }
}

/// Whether a user can have this id: a key of DynamoDB is not empty and has a limit.
fn is_key(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST_ID
}
