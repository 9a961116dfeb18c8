//! Counters in the table `Verifications`: how often something happened in a clock hour or a UTC day.
//! Each is an item of its own and in no transaction; an hour and a day of one thing are one item and one write.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_types::retry::RetryConfig;

use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, required};
use crate::platform::random::Random;
use crate::platform::{Platform, aws};
use crate::store::error::{StoreError, unavailable};
use crate::store::item::{Item, integer, key, text};
use crate::store::retry::retry_conflicts;

/// How long a counter is kept after its longest window.
const KEPT: Duration = Duration::from_hours(1);

/// The table `Verifications`, as far as counters go: not everybody who counts knows users.
#[derive(Clone, Debug)]
pub struct Counters {
    client: Client,
    table: String,
    random: Random,
}

/// What is counted, and how often it may be in each of its windows.
#[derive(Clone, Debug)]
pub struct Counter {
    key: String,
    /// The longest first: it is the one that the item lives for.
    windows: Vec<Window>,
    /// Counts without a cap: what is free for whoever asks counts for others all the same.
    uncapped: bool,
}

/// A clock hour or a UTC day of a counter.
#[derive(Clone, Debug)]
struct Window {
    most: u64,
    until: Timestamp,
    /// Holds its count; the item of a day has one for each of its hours.
    attribute: String,
}

/// What became of a count.
#[derive(Debug)]
pub enum Count {
    /// One more; how many are left in the narrowest window.
    Counted { left: u64 },
    /// One of its windows is full: nothing was counted.
    Full { until: Timestamp },
}

impl Counter {
    /// What is counted in the windows of these lengths, the longest first, that `now` lies in, at most how often;
    /// None where nothing is capped (each `most` is 0, which is no cap).
    pub fn new(what: &str, windows: &[(Duration, u64)], now: Timestamp) -> Option<Self> {
        let windows = windows.iter().filter(|(_, most)| *most > 0);
        let windows: Vec<Window> = windows
            .enumerate()
            .map(|(n, (length, most))| {
                let until = now.end_of(*length);
                let attribute = match n {
                    0 => "sends".to_owned(),
                    _ => format!("until{}", until.seconds()),
                };
                Window {
                    most: *most,
                    until,
                    attribute,
                }
            })
            .collect();
        let until = windows.first()?.until;
        Some(Self {
            key: format!("SENDS#{what}#{}", until.seconds()),
            windows,
            uncapped: false,
        })
    }

    /// The same without a cap.
    #[must_use]
    pub fn uncapped(self) -> Self {
        Self {
            uncapped: true,
            ..self
        }
    }

    /// When its longest window ends.
    fn until(&self) -> Timestamp {
        let ends = self.windows.iter().map(|window| window.until);
        ends.max().unwrap_or(Timestamp::from_millis(0))
    }

    /// Which of its windows have no room, by the item as it is: when the last of them ends.
    fn full_until(&self, item: &Item) -> Option<Timestamp> {
        let full = self
            .windows
            .iter()
            .filter(|window| counted(item, &window.attribute) >= window.most);
        full.map(|window| window.until).max()
    }

    fn left(&self, item: &Item) -> u64 {
        let left = self.windows.iter();
        let left = left.map(|window| window.most.saturating_sub(counted(item, &window.attribute)));
        left.min().unwrap_or_default()
    }
}

fn counted(item: &Item, attribute: &str) -> u64 {
    let count = item.get(attribute);
    let count = count.and_then(|count| count.as_n().ok()?.parse().ok());
    count.unwrap_or_default()
}

impl Counters {
    /// `VERIFICATIONS_TABLE`.
    pub fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            client: aws::dynamodb(&platform.aws),
            table: required(env, "VERIFICATIONS_TABLE")?,
            random: platform.random,
        })
    }

    /// Counts one more in every window, or in none where one is full.
    pub async fn count(&self, counter: &Counter) -> Result<Count, StoreError> {
        let (adds, conditions) = (counter.windows.iter().enumerate())
            .map(|(n, _)| {
                let condition = format!("(attribute_not_exists(#n{n}) OR #n{n} < :most{n})");
                (format!("#n{n} :one"), condition)
            })
            .collect::<(Vec<_>, Vec<_>)>();
        let update = format!("SET #ttl = :ttl ADD {}", adds.join(", "));
        let counting = || {
            let mut write = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key(text(&*counter.key))))
                .update_expression(&update)
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", integer((counter.until() + KEPT).seconds()))
                .expression_attribute_values(":one", integer(1))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
            if !counter.uncapped {
                write = write.condition_expression(conditions.join(" AND "));
            }
            for (n, window) in counter.windows.iter().enumerate() {
                write = write.expression_attribute_names(format!("#n{n}"), &window.attribute);
                if !counter.uncapped {
                    let most = integer(window.most);
                    write = write.expression_attribute_values(format!(":most{n}"), most);
                }
            }
            write.send()
        };
        match retry_conflicts(self.random, counting).await {
            Ok(written) => Ok(Count::Counted {
                left: counter.left(&written.attributes.unwrap_or_default()),
            }),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let item = failed.item().cloned().unwrap_or_default();
                    let until = counter.full_until(&item);
                    Ok(Count::Full {
                        until: until.unwrap_or(counter.until()),
                    })
                }
                _ => Err(unavailable(&error)),
            },
        }
    }

    /// Counts one less, for what did not happen. Tried once: a reply that is lost would give back twice,
    /// and one more message than there may be would be sent.
    pub async fn give_back(&self, counter: &Counter) -> Result<(), StoreError> {
        let (adds, conditions) = (counter.windows.iter().enumerate())
            .map(|(n, _)| (format!("#n{n} :less"), format!("#n{n} > :none")))
            .collect::<(Vec<_>, Vec<_>)>();
        let mut giving = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(text(&*counter.key))))
            .update_expression(format!("ADD {}", adds.join(", ")))
            .condition_expression(conditions.join(" AND "))
            .expression_attribute_values(":less", integer(-1))
            .expression_attribute_values(":none", integer(0));
        for (n, window) in counter.windows.iter().enumerate() {
            giving = giving.expression_attribute_names(format!("#n{n}"), &window.attribute);
        }
        let given = giving
            .customize()
            .config_override(Config::builder().retry_config(RetryConfig::disabled()))
            .send()
            .await;
        given.map(drop).map_err(|error| unavailable(&error))
    }
}
/// Whose requests count together: an address, or the /64 that an IPv6 host has to itself (RFC 4291 §2.5.1).
pub fn host_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_bucket() {
        let host = |text: &str| host_of(text.parse().unwrap());
        assert_eq!(host("203.0.113.9"), "203.0.113.9");
        assert_eq!(host("::ffff:203.0.113.9"), host("203.0.113.9"));
        assert_eq!(host("2001:db8:1:2::1"), host("2001:db8:1:2:ffff::9"));
        assert_ne!(host("2001:db8:1:2::1"), host("2001:db8:1:3::1"));
    }
}
