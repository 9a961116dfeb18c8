//! Who was told of what: an item in `Verifications` for each change, kept for a day, which is longer than the stream
//! delivers a record. It is written before the message goes, and says for a while that somebody is at it:
//! an attempt that dies half way keeps the next one waiting, not silent.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use shared::address::Channel;
use shared::clock::Timestamp;
use shared::config::{ConfigError, Env, required};
use shared::platform::{Platform, aws};

use crate::change::Change;

/// The stream's records live 24 hours, and the mapping gives them up long before.
const KEPT: Duration = Duration::from_hours(24);

/// How long an attempt may be at it: longer than the function may run.
const AT_IT: Duration = Duration::from_mins(1);

/// The table `Verifications`, as far as this function goes.
#[derive(Debug)]
pub struct Ledger {
    client: Client,
    table: String,
}

/// The right to tell of one change.
#[derive(Debug)]
pub struct Turn {
    key: AttributeValue,
    attempt: AttributeValue,
    ttl: AttributeValue,
    /// How often the number was perhaps told.
    perhaps: u64,
}

/// How often a number is perhaps told before it is left at that.
const MOST_PERHAPS: u64 = 3;

impl Turn {
    /// Whether another outcome that is not known is the last.
    pub fn is_last(&self) -> bool {
        self.perhaps + 1 >= MOST_PERHAPS
    }
}

/// Why there is no telling now.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error("another attempt is at it, or died at it a moment ago")]
    Busy,
    #[error("storage is unavailable: {0}")]
    Unavailable(String),
}

impl Ledger {
    /// `VERIFICATIONS_TABLE`.
    pub fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            client: aws::dynamodb(&platform.aws),
            table: required(env, "VERIFICATIONS_TABLE")?,
        })
    }

    /// Takes the turn to tell of a change; None where that was done.
    pub async fn begin(
        &self,
        change: &Change,
        attempt: &str,
        now: Timestamp,
    ) -> Result<Option<Turn>, TurnError> {
        let mut turn = Turn {
            key: AttributeValue::S(key(change)),
            attempt: AttributeValue::S(attempt.to_owned()),
            ttl: integer((now + KEPT).seconds()),
            perhaps: 0,
        };
        let put = self
            .put(&turn)
            .item("busyUntil", integer((now + AT_IT).millis()))
            .condition_expression(
                "attribute_not_exists(pk) OR busyUntil <= :now OR #ttl <= :second",
            )
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", integer(now.millis()))
            .expression_attribute_values(":second", integer(now.seconds()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match put.send().await {
            Ok(put) => {
                turn.perhaps = perhaps(put.attributes.as_ref());
                return Ok(Some(turn));
            }
            Err(error) => error,
        };
        let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
        else {
            return Err(TurnError::Unavailable(cause(&error)));
        };
        let there = failed.item().cloned().unwrap_or_default();
        if !there.contains_key("busyUntil") {
            return Ok(None);
        }
        // An earlier reply was lost: the write is ours.
        if there.get("attempt") == Some(&turn.attempt) {
            turn.perhaps = perhaps(Some(&there));
            return Ok(Some(turn));
        }
        Err(TurnError::Busy)
    }

    /// The number was told, or cannot be. That this is not written down is no reason to tell it again.
    pub async fn done(&self, turn: Turn) {
        if let Err(error) = self.put(&turn).send().await {
            tracing::warn!(error = cause(&error), "what was told could not be kept");
        }
    }

    /// Whether the number was told is not known: the next attempt may begin at once, and knows how many there were.
    pub async fn perhaps(&self, turn: Turn) {
        let put = self.put(&turn).item("busyUntil", integer(0)).item(
            PERHAPS,
            integer(i64::try_from(turn.perhaps + 1).unwrap_or(i64::MAX)),
        );
        if let Err(error) = put.send().await {
            tracing::warn!(
                error = cause(&error),
                "what was perhaps told could not be kept"
            );
        }
    }

    /// Nobody was told: the next attempt may begin at once, else when this one's time is over.
    pub async fn give_back(&self, turn: Turn) {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("pk", turn.key)
            .condition_expression("attempt = :attempt")
            .expression_attribute_values(":attempt", turn.attempt);
        if let Err(error) = delete.send().await {
            tracing::warn!(error = cause(&error), "a turn could not be given back");
        }
    }

    fn put(&self, turn: &Turn) -> PutItemFluentBuilder {
        self.client
            .put_item()
            .table_name(&self.table)
            .item("pk", turn.key.clone())
            .item("attempt", turn.attempt.clone())
            .item("ttl", turn.ttl.clone())
    }
}

/// A change of both kinds is two.
fn key(change: &Change) -> String {
    let number = format!("TOLD#{}#{}", change.user, change.version);
    match change.to.channel() {
        Channel::Sms => number,
        Channel::Email => format!("{number}#email"),
    }
}

/// The attribute that says how often the number was perhaps told.
const PERHAPS: &str = "perhaps";

fn perhaps(item: Option<&HashMap<String, AttributeValue>>) -> u64 {
    let count = item.and_then(|item| item.get(PERHAPS)?.as_n().ok());
    count
        .and_then(|count| count.parse().ok())
        .unwrap_or_default()
}

fn integer(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The service's code, for logs.
fn cause<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    let code = error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code);
    code.unwrap_or("no answer").to_owned()
}
