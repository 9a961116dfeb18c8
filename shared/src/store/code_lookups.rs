//! Claims by their code, in the table `Verifications`: for a privileged caller who names no user.
//! An entry only says where to look; whether a claim has that code is seen from the claim itself.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue};

use crate::clock::Timestamp;
use crate::crypto::key::Key;
use crate::otp::Code;
use crate::platform::aws::boxed;
use crate::store::client::Store;
use crate::store::error::{StoreError, unavailable};
use crate::store::item::{Item, incomplete, integer, key, text};
use crate::store::retry::retry_conflicts;

/// How long an entry is kept after its code.
const KEPT: Duration = Duration::from_hours(1);

impl Store {
    /// Writes down whose claim has the code; who had it before and no longer has goes.
    pub async fn write_lookup(
        &self,
        code: &Code,
        made_with: &Key,
        user: &str,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let entry = format!("{} {user}", expires.millis());
        let update = || {
            self.client
                .update_item()
                .table_name(&self.verifications)
                .set_key(Some(key(lookup_key(code, made_with))))
        };
        let writing = || {
            update()
                .update_expression("SET #ttl = :ttl ADD holders :entry")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", integer((expires + KEPT).seconds()))
                .expression_attribute_values(":entry", AttributeValue::Ss(vec![entry.clone()]))
                .return_values(ReturnValue::UpdatedNew)
                .send()
        };
        let written = retry_conflicts(self.random, writing).await;
        let written = written.map_err(|error| unavailable(&error))?;
        let holders = holders(written.attributes.unwrap_or_default());
        let gone = holders.filter(|holder| holder.expires <= now);
        let gone: Vec<String> = gone.map(|holder| holder.entry).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let pruning = || {
            update()
                .update_expression("DELETE holders :gone")
                .expression_attribute_values(":gone", AttributeValue::Ss(gone.clone()))
                .send()
        };
        if let Err(error) = retry_conflicts(self.random, pruning).await {
            tracing::warn!(error = %unavailable(&error), "holders of a code that is dead stay");
        }
        Ok(())
    }

    /// The users whose claims may have the code, each once.
    pub async fn look_up(
        &self,
        code: &Code,
        keys: &[Key],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let wanted = keys
            .iter()
            .map(|made_with| key(lookup_key(code, made_with)));
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(wanted.collect()))
            .consistent_read(true)
            .build()
            .map_err(|error| incomplete(&error))?;
        let batch = self
            .client
            .batch_get_item()
            .request_items(&self.verifications, wanted);
        let found = boxed(batch.send()).await;
        let found = found.map_err(|error| unavailable(&error))?;
        if found
            .unprocessed_keys()
            .is_some_and(|left| !left.is_empty())
        {
            return Err(StoreError::Unavailable("throttled".into()));
        }
        let mut users: Vec<String> = Vec::new();
        for item in found
            .responses
            .into_iter()
            .flat_map(HashMap::into_values)
            .flatten()
        {
            for holder in holders(item).filter(|holder| now < holder.expires) {
                if !users.contains(&holder.user) {
                    users.push(holder.user);
                }
            }
        }
        Ok(users)
    }
}

fn lookup_key(code: &Code, made_with: &Key) -> AttributeValue {
    text(format!(
        "CODE#{}",
        made_with.pseudonym("lookup", code.expose())
    ))
}

/// Whose claim had the code, and until when.
struct Holder {
    entry: String,
    expires: Timestamp,
    user: String,
}

fn holders(mut item: Item) -> impl Iterator<Item = Holder> {
    let entries = match item.remove("holders") {
        Some(AttributeValue::Ss(entries)) => entries,
        _ => Vec::new(),
    };
    entries.into_iter().filter_map(|entry| {
        let (expires, user) = entry.split_once(' ')?;
        Some(Holder {
            expires: Timestamp::from_millis(expires.parse().ok()?),
            user: user.to_owned(),
            entry,
        })
    })
}
