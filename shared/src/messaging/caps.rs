//! How many messages may go to a number, be asked for by an address, and be sent in all, codes and notices:
//! counters by the clock hour or UTC day, which refuse on any doubt. The caps of one user are in `verification`.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use lambda_http::Request;

use crate::address::phone_number::PhoneNumber;
use crate::api::caller::{AUTHENTICATE, CODES, Caller, UPDATE};
use crate::api::request;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, number};
use crate::crypto::key::Key;
use crate::crypto::keyring::current_key;
use crate::platform::Platform;
use crate::store::{Counter, Counters, StoreError};
use crate::telemetry::audit;
use crate::verification::limits::{Cap, DAY, HOUR, sends_per_hour_and_day};

/// The deployment's counter is split, so that no item is written by every request.
const SHARDS: u64 = 8;

/// Where a request for a message comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requester {
    pub address: Option<IpAddr>,
    /// A service that asks for many users: its address is not counted.
    pub service: bool,
}

impl Requester {
    pub fn of(request: &Request, caller: &Caller) -> Self {
        Self {
            address: request::source_address(request),
            service: [UPDATE, CODES, AUTHENTICATE]
                .iter()
                .any(|scope| caller.has(scope)),
        }
    }
}

/// What kind of message is counted; each counts on the deployment's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// Counts on its number, and on the address of whoever asks for it.
    Code(Requester),
    /// Tells a number something. Counts on the number, apart from codes: whoever has codes sent to a number
    /// must not silence what it is to be told.
    Notice,
}

/// The caps that are shared by users; 0 is none.
#[derive(Debug)]
pub struct Caps {
    counters: Counters,
    number_hour: u64,
    number_day: u64,
    address_hour: u64,
    all_hour: u64,
    /// Numbers and addresses are personal data: keys of counters hold only their HMAC.
    key: Key,
}

/// What a message has been counted on.
#[derive(Debug, Default)]
#[must_use = "a message that is not sent is given back"]
pub struct Reservation(Vec<Counter>);

/// A message that may be sent, or when it may.
#[derive(Debug)]
pub enum Counted {
    Room(Reservation),
    Full { until: Timestamp, cap: Cap },
}

impl Caps {
    /// `MAX_SENDS_PER_HOUR`, `MAX_SENDS_PER_DAY` (for a number as for a user), `MAX_SENDS_PER_HOUR_IN_ALL`,
    /// and the secret `COUNTER_KEY_SECRET_ARN`, which never rotates.
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let key = current_key(env, "COUNTER_KEY_SECRET_ARN", platform).await?;
        let (number_hour, number_day) = sends_per_hour_and_day(env)?;
        Ok(Self {
            counters: Counters::from_env(env, platform)?,
            number_hour,
            number_day,
            address_hour: 0,
            all_hour: number(env, "MAX_SENDS_PER_HOUR_IN_ALL", 1000, 0..=100_000_000)?,
            key,
        })
    }

    /// For whoever sends codes: `MAX_SENDS_PER_IP_PER_HOUR` as well.
    pub async fn of_codes(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            address_hour: number(env, "MAX_SENDS_PER_IP_PER_HOUR", 20, 0..=1_000_000)?,
            ..Self::from_env(env, platform).await?
        })
    }

    /// Counts a message on everything that it counts on, in parallel; where one is full, on nothing.
    pub async fn spend(
        &self,
        to: &PhoneNumber,
        message: Message,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let number = self.key.pseudonym("number", to.as_e164());
        let (by_hour, by_day, origin) = match message {
            Message::Code(origin) => ("NUMBER#H", "NUMBER#D", Some(origin)),
            Message::Notice => ("NOTICE#H", "NOTICE#D", None),
        };
        let counter = |most, kind: &str, mark: &str, period: Duration| {
            (most > 0).then(|| Counter::new(&[kind, mark], most, period, now))
        };
        let hour = counter(self.number_hour, by_hour, &number, HOUR);
        let day = counter(self.number_day, by_day, &number, DAY);
        let address = origin
            .filter(|origin| !origin.service)
            .map(|origin| self.key.pseudonym("address", &bucket(origin.address)));
        let address = address.and_then(|mark| counter(self.address_hour, "ADDRESS#H", &mark, HOUR));
        let (hour, day, address, all) = tokio::join!(
            self.one(hour),
            self.one(day),
            self.one(address),
            self.any_shard(now)
        );
        let mut spent = Reservation::default();
        let mut full = None;
        let mut failed = None;
        let outcomes = [
            (Cap::Number, hour),
            (Cap::Number, day),
            (Cap::Address, address),
            (Cap::Deployment, all),
        ];
        for (cap, outcome) in outcomes {
            match outcome {
                Ok(Outcome::None) => {}
                Ok(Outcome::Counted(counter, left)) => {
                    if cap == Cap::Deployment {
                        audit::budget(left);
                    }
                    spent.0.push(counter);
                }
                Ok(Outcome::Full { until }) => {
                    if cap == Cap::Deployment {
                        audit::budget(0);
                    }
                    // The narrowest is named; all of them must have room again.
                    full =
                        Some(full.map_or((until, cap), |(other, named)| (until.max(other), named)));
                }
                Err(error) => failed = Some(error),
            }
        }
        let none = match (failed, full) {
            (None, None) => return Ok(Counted::Room(spent)),
            (None, Some((until, cap))) => Ok(Counted::Full { until, cap }),
            (Some(error), _) => Err(error),
        };
        self.give_back(spent).await;
        none
    }

    /// For a message that was not sent. What cannot be given back stays counted until its window ends.
    pub async fn give_back(&self, spent: Reservation) {
        for counter in spent.0 {
            if let Err(error) = self.counters.give_back(&counter).await {
                tracing::warn!(%error, "a counter stays one too high until its window ends");
            }
        }
    }

    /// A full shard sends on to the next: the budget is exact all the same.
    async fn any_shard(&self, now: Timestamp) -> Result<Outcome, StoreError> {
        if self.all_hour == 0 {
            return Ok(Outcome::None);
        }
        let shards = SHARDS.min(self.all_hour);
        let start = Counters::any_of(shards);
        for offset in 0..shards {
            let shard = (start + offset) % shards;
            let most = self.all_hour / shards + u64::from(shard < self.all_hour % shards);
            let counter = Counter::new(&["ALL#H", &shard.to_string()], most, HOUR, now);
            if let Outcome::Counted(counter, left) = self.one(Some(counter)).await? {
                // The other shards are about as full; one that has no more says nothing of them.
                return Ok(Outcome::Counted(
                    counter,
                    (left * shards).max(u64::from(shards > 1)),
                ));
            }
        }
        Ok(Outcome::Full {
            until: now.end_of(HOUR),
        })
    }

    async fn one(&self, counter: Option<Counter>) -> Result<Outcome, StoreError> {
        let Some(counter) = counter else {
            return Ok(Outcome::None);
        };
        Ok(match Box::pin(self.counters.count(&counter)).await? {
            Some(left) => Outcome::Counted(counter, left),
            None => Outcome::Full {
                until: counter.until,
            },
        })
    }
}

enum Outcome {
    /// There is no such cap.
    None,
    Counted(Counter, u64),
    Full {
        until: Timestamp,
    },
}

/// IPv6 hosts have a /64 of addresses each (RFC 4291 §2.5.1); an unknown address is one bucket, too.
fn bucket(address: Option<IpAddr>) -> String {
    match address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(v4)) => v4.to_string(),
        Some(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
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
        let bucket = |text: &str| bucket(Some(text.parse().unwrap()));
        assert_eq!(bucket("203.0.113.9"), "203.0.113.9");
        assert_eq!(bucket("::ffff:203.0.113.9"), bucket("203.0.113.9"));
        assert_eq!(bucket("2001:db8:1:2::1"), bucket("2001:db8:1:2:ffff::9"));
        assert_ne!(bucket("2001:db8:1:2::1"), bucket("2001:db8:1:3::1"));
    }
}
