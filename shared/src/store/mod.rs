//! DynamoDB: one function per access pattern, each one round trip unless it says otherwise.
//! Two tables: `Users` is kept, `Verifications` is everything that ends.

mod counters;
mod list;
mod lookups;
mod names;
mod users;
mod verifications;

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, TransactWriteItem};
use rand::RngExt;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde::de::DeserializeOwned;

use crate::config::{self, ConfigError, Env, required};
use crate::platform::Platform;

pub use counters::{Counter, Counters};
pub use list::{Ids, USERS_AT_ONCE};
pub use names::Unique;
pub use users::{Created, Save, Saved};
pub use verifications::{ClaimWrite, Committed, Counted, Started};

/// What the store cannot do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, slow, out of reach, or fought over for too long: nothing is known to be written.
    #[error("storage is unavailable: {0}")]
    Unavailable(String),
    /// An item or an answer that this code did not make.
    #[error("unexpected: {0}")]
    Unexpected(String),
}

type Item = HashMap<String, AttributeValue>;

/// TransactionConflict is retried this often; the SDK does not do it.
const CONFLICT_RETRIES: u32 = 3;

/// A batch that brings nothing, since its keys are throttled, is asked for again this often.
const BATCH_ATTEMPTS: u32 = 3;

/// A batch has at most this many keys.
const MOST_KEYS: usize = 100;

/// The two tables.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    users: String,
    verifications: String,
    /// Whether a verified number belongs to one user.
    unique_numbers: bool,
}

impl Store {
    /// `USERS_TABLE`, `VERIFICATIONS_TABLE`.
    pub fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            client: Client::new(&platform.aws),
            users: required(env, "USERS_TABLE")?,
            verifications: required(env, "VERIFICATIONS_TABLE")?,
            unique_numbers: false,
        })
    }

    /// For whoever writes users: `VERIFIED_NUMBER_UNIQUENESS` (none or verified).
    pub fn of_users(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let variable = "VERIFIED_NUMBER_UNIQUENESS";
        let unique_numbers = match config::text(env, variable, "none").as_str() {
            "none" => false,
            "verified" => true,
            _ => return Err(ConfigError::new(variable, "must be none or verified")),
        };
        Ok(Self {
            unique_numbers,
            ..Self::from_env(env, platform)?
        })
    }

    /// Items by their keys, each with its table; in no order.
    async fn batch(
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
            let batch = batch.await.map_err(|error| unavailable(&error))?;
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
    async fn transact(
        &self,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Result<(), usize>, StoreError> {
        let sent = retry_conflicts(|| {
            self.client
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .send()
        });
        match sent.await {
            Ok(_) => Ok(Ok(())),
            Err(error) => failed_condition(&error)
                .map(Err)
                .ok_or_else(|| unavailable(&error)),
        }
    }
}

/// Calls again, after a random pause, while another transaction holds an item.
async fn retry_conflicts<T, E, F>(mut call: impl FnMut() -> F) -> Result<T, SdkError<E>>
where
    F: Future<Output = Result<T, SdkError<E>>>,
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    for attempt in 0..CONFLICT_RETRIES {
        match call().await {
            Err(error) if is_conflict(&error) => {
                pause(attempt).await;
            }
            done => return done,
        }
    }
    call().await
}

/// A random pause before the next attempt, longer with each: those who collided do not meet again.
pub async fn pause(attempt: u32) {
    let longest = 20 << attempt.min(4);
    let millis = UnwrapErr(SysRng).random_range(5..=longest);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// Whether a transaction elsewhere was in the way: an exception on plain writes, a reason in transactions.
fn is_conflict<E: ProvideErrorMetadata + std::error::Error + 'static>(error: &SdkError<E>) -> bool {
    let Some(service) = error.as_service_error() else {
        return false;
    };
    if service.code() == Some("TransactionConflictException") {
        return true;
    }
    let service: &(dyn std::error::Error + 'static) = service;
    let reasons = service
        .downcast_ref::<TransactWriteItemsError>()
        .map(cancellation_codes)
        .unwrap_or_default();
    reasons.iter().any(|code| code == "TransactionConflict")
        && reasons.iter().all(|code| code != "ConditionalCheckFailed")
}

fn cancellation_codes(error: &TransactWriteItemsError) -> Vec<String> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        return Vec::new();
    };
    cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code().unwrap_or_default().to_owned())
        .collect()
}

fn failed_condition(error: &SdkError<TransactWriteItemsError>) -> Option<usize> {
    cancellation_codes(error.as_service_error()?)
        .iter()
        .position(|code| code == "ConditionalCheckFailed")
}

fn unavailable<E: ProvideErrorMetadata>(error: &SdkError<E>) -> StoreError {
    match error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
    {
        // Our own mistake, not the service's state.
        Some(
            code @ ("ValidationException" | "ResourceNotFoundException" | "AccessDeniedException"),
        ) => StoreError::Unexpected(format!("DynamoDB says {code}")),
        Some(code) => StoreError::Unavailable(code.to_owned()),
        None => StoreError::Unavailable(
            match error {
                SdkError::TimeoutError(_) => "timeout",
                SdkError::DispatchFailure(_) => "no connection",
                SdkError::ResponseError(_) => "broken response",
                _ => "no request could be made",
            }
            .to_owned(),
        ),
    }
}

fn parsed<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|error| StoreError::Unexpected(format!("an item cannot be read: {error}")))
}

fn value(of: &impl serde::Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(of)
        .map_err(|error| StoreError::Unexpected(format!("an item cannot be made: {error}")))
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// Takes a text out of an item.
fn string(item: &mut Item, attribute: &str) -> Option<String> {
    match item.remove(attribute) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}

fn integer(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

/// A built request that lacks a member is a mistake of this module.
fn incomplete(error: &aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unexpected(error.to_string())
}

fn user_key(id: &str) -> AttributeValue {
    text(format!("USER#{id}"))
}

fn key(pk: AttributeValue) -> Item {
    HashMap::from([("pk".to_owned(), pk)])
}
