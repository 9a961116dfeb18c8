//! Counters in the table `Verifications`: how often something happened in a clock hour or a UTC day.
//! Each is an item of its own and in no transaction.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::Config;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use aws_smithy_types::retry::RetryConfig;
use rand::RngExt;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, required};
use crate::platform::Platform;
use crate::store::error::{StoreError, unavailable};
use crate::store::item::{integer, key, text};
use crate::store::retry::retry_conflicts;

/// How long a counter is kept after its window.
const KEPT: Duration = Duration::from_hours(1);

/// The table `Verifications`, as far as counters go: not everybody who counts knows users.
#[derive(Clone, Debug)]
pub struct Counters {
    client: Client,
    table: String,
}

/// A counter with its cap.
#[derive(Clone, Debug)]
pub struct Counter {
    key: String,
    most: u64,
    /// When its window ends.
    pub until: Timestamp,
}

impl Counter {
    /// What is counted, at most how often, in the window of this length that `now` lies in.
    pub fn new(what: &[&str], most: u64, window: Duration, now: Timestamp) -> Self {
        let until = now.end_of(window);
        Self {
            key: format!("SENDS#{}#{}", what.join("#"), until.seconds()),
            most,
            until,
        }
    }
}

impl Counters {
    /// `VERIFICATIONS_TABLE`.
    pub fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            client: Client::new(&platform.aws),
            table: required(env, "VERIFICATIONS_TABLE")?,
        })
    }

    /// Counts one more; how many are left, or None where the counter is full.
    pub async fn count(&self, counter: &Counter) -> Result<Option<u64>, StoreError> {
        let counting = || {
            self.client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key(text(&*counter.key))))
                .update_expression("SET #ttl = :ttl ADD sends :one")
                .condition_expression("attribute_not_exists(sends) OR sends < :most")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", integer((counter.until + KEPT).seconds()))
                .expression_attribute_values(":one", integer(1))
                .expression_attribute_values(":most", integer(counter.most))
                .return_values(ReturnValue::UpdatedNew)
                .send()
        };
        match retry_conflicts(counting).await {
            Ok(written) => {
                let sends = written
                    .attributes
                    .as_ref()
                    .and_then(|item| item.get("sends"));
                let sends = sends.and_then(|sends| sends.as_n().ok()?.parse::<u64>().ok());
                Ok(Some(
                    counter.most.saturating_sub(sends.unwrap_or(counter.most)),
                ))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Counts one less, for what did not happen. Tried once: a reply that is lost would give back twice,
    /// and one more message than there may be would be sent.
    pub async fn give_back(&self, counter: &Counter) -> Result<(), StoreError> {
        let given = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(text(&*counter.key))))
            .update_expression("ADD sends :less")
            .condition_expression("sends > :none")
            .expression_attribute_values(":less", integer(-1))
            .expression_attribute_values(":none", integer(0))
            .customize()
            .config_override(Config::builder().retry_config(RetryConfig::disabled()))
            .send()
            .await;
        given.map(drop).map_err(|error| unavailable(&error))
    }

    /// A number below `shards`, any one as likely as another.
    pub fn any_of(shards: u64) -> u64 {
        UnwrapErr(SysRng).random_range(0..shards.max(1))
    }
}
