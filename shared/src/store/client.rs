//! The two tables: `Users` is kept, `Verifications` is everything that ends.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, TransactWriteItem};

use crate::config::{self, ConfigError, Env, required};
use crate::platform::Platform;
use crate::platform::aws::{self, boxed};
use crate::platform::random::Random;
use crate::store::StoreError;
use crate::store::error::{failed_condition, unavailable};
use crate::store::item::Item;
use crate::store::retry::retry_conflicts;
use crate::verification::scenario::Scenarios;

/// A batch that brings nothing, since its keys are throttled, is asked for again this often.
const BATCH_ATTEMPTS: u32 = 3;

/// A batch has at most this many keys.
pub(super) const MOST_KEYS: usize = 100;

/// The two tables.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) client: Client,
    pub(super) users: String,
    pub(super) verifications: String,
    pub(super) random: Random,
    /// Whether a verified number belongs to one user.
    pub(super) unique_numbers: bool,
    /// Whether a verified e-mail address does.
    pub(super) unique_emails: bool,
    /// What claims there are.
    pub(super) scenarios: Scenarios,
}

impl Store {
    /// `USERS_TABLE`, `VERIFICATIONS_TABLE`.
    pub fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            client: aws::dynamodb(&platform.aws),
            users: required(env, "USERS_TABLE")?,
            verifications: required(env, "VERIFICATIONS_TABLE")?,
            random: platform.random,
            unique_numbers: false,
            unique_emails: false,
            scenarios: Scenarios::default(),
        })
    }

    /// For whoever writes users or takes codes: `VERIFIED_NUMBER_UNIQUENESS` and `VERIFIED_EMAIL_UNIQUENESS` (none or
    /// verified), `ENABLE_EMAIL_VERIFICATION`.
    pub fn of_users(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            unique_numbers: uniqueness(env, "VERIFIED_NUMBER_UNIQUENESS")?,
            unique_emails: uniqueness(env, "VERIFIED_EMAIL_UNIQUENESS")?,
            scenarios: Scenarios::from_env(env)?,
            ..Self::from_env(env, platform)?
        })
    }

    /// What claims the deployment has.
    pub fn scenarios(&self) -> Scenarios {
        self.scenarios
    }

    /// Items by their keys, each with its table; in no order.
    pub(super) async fn batch(
        &self,
        mut open: HashMap<String, KeysAndAttributes>,
    ) -> Result<Vec<(String, Item)>, StoreError> {
        let mut found = Vec::new();
        let mut attempt = 0;
        while attempt < BATCH_ATTEMPTS {
            let batch = self
                .client
                .batch_get_item()
                .set_request_items(Some(open))
                .send();
            let batch = boxed(batch).await.map_err(|error| unavailable(&error))?;
            let before = found.len();
            for (table, items) in batch.responses.unwrap_or_default() {
                found.extend(items.into_iter().map(|item| (table.clone(), item)));
            }
            open = batch.unprocessed_keys.unwrap_or_default();
            if open.is_empty() {
                return Ok(found);
            }
            // Large items come in several parts: that is no failure.
            if found.len() == before {
                tokio::time::sleep(Duration::from_millis(25 << attempt)).await;
                attempt += 1;
            }
        }
        Err(StoreError::Unavailable("keys left unprocessed".into()))
    }

    /// Writes all or nothing. `Err` names the first write whose condition did not hold.
    /// An attempt takes its writes with it: they are made for each, since there is seldom a second one.
    pub(super) async fn transact(
        &self,
        writes: impl Fn() -> Result<Vec<TransactWriteItem>, StoreError>,
    ) -> Result<Result<(), usize>, StoreError> {
        let sent = retry_conflicts(self.random, || async {
            let writes = writes().map_err(SdkError::construction_failure)?;
            let transaction = self.client.transact_write_items();
            transaction.set_transact_items(Some(writes)).send().await
        });
        match sent.await {
            Ok(_) => Ok(Ok(())),
            Err(error) => match failed_condition(&error) {
                Some(at) => Ok(Err(at)),
                None => Err(unwritten(error)),
            },
        }
    }
}

/// What went wrong: the writes could not be made, or the call failed.
fn unwritten(error: SdkError<TransactWriteItemsError>) -> StoreError {
    let failed = unavailable(&error);
    match error.into_source().map(<dyn Error + Send + Sync>::downcast) {
        Ok(Ok(mistake)) => *mistake,
        _ => failed,
    }
}

fn uniqueness(env: &Env<'_>, variable: &str) -> Result<bool, ConfigError> {
    match config::text(env, variable, "none").as_str() {
        "none" => Ok(false),
        "verified" => Ok(true),
        _ => Err(ConfigError::new(variable, "must be none or verified")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mistake of this code is told as one, and not as a storage that does not answer.
    #[tokio::test]
    async fn writes_that_cannot_be_made_are_a_mistake() {
        let store = Store {
            client: aws::dynamodb(&aws::loopback("http://127.0.0.1:9")),
            users: "Users".to_owned(),
            verifications: "Verifications".to_owned(),
            random: Random::system(),
            unique_numbers: false,
            unique_emails: false,
            scenarios: Scenarios::default(),
        };
        let mistake = || Err(StoreError::Unexpected("a mistake".to_owned()));
        let written = store.transact(mistake).await;
        assert!(
            matches!(&written, Err(StoreError::Unexpected(text)) if text == "a mistake"),
            "{written:?}"
        );
    }
}
