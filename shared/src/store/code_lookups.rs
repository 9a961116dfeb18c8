//! Claims by their code, in the table `Verifications`: for a privileged caller who names no user.
//! An entry only says where to look; whether a claim has that code is seen from the claim itself.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use crate::clock::Timestamp;
use crate::crypto::key::Key;
use crate::otp::Code;
use crate::store::client::Store;
use crate::store::error::{StoreError, unavailable};
use crate::store::item::{incomplete, integer, key, text};
use crate::store::retry::retry_conflicts;

/// How long an entry is kept after its code.
const KEPT: Duration = Duration::from_hours(1);

impl Store {
    /// Writes down whose claim has the code.
    pub async fn write_lookup(
        &self,
        code: &Code,
        made_with: &Key,
        user: &str,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let entry = format!("{} {user}", expires.millis());
        let writing = || {
            self.client
                .update_item()
                .table_name(&self.verifications)
                .set_key(Some(key(lookup_key(code, made_with))))
                .update_expression("SET #ttl = :ttl ADD holders :entry")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", integer((expires + KEPT).seconds()))
                .expression_attribute_values(":entry", AttributeValue::Ss(vec![entry.clone()]))
                .send()
        };
        let written = retry_conflicts(self.random, writing).await;
        written.map(drop).map_err(|error| unavailable(&error))
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
        let found = self
            .client
            .batch_get_item()
            .request_items(&self.verifications, wanted)
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
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
            let holders = item.get("holders").and_then(|holders| holders.as_ss().ok());
            for entry in holders.into_iter().flatten() {
                let Some((expires, user)) = entry.split_once(' ') else {
                    continue;
                };
                let lives = expires.parse().is_ok_and(|at| now.millis() < at);
                if lives && !users.iter().any(|known| known == user) {
                    users.push(user.to_owned());
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
