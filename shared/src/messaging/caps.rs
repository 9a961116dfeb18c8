//! How many messages may go to a number or an e-mail address, be asked for by an IP address, and be sent in all: a list
//! of rows, a row a cap, counted by the clock hour or UTC day, each channel apart; they refuse on any doubt. The caps of
//! one user are in `verification`.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::future::join_all;

use crate::address::{Address, Channel};
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, number};
use crate::crypto::key::Key;
use crate::crypto::keyring::current_key;
use crate::platform::Platform;
use crate::platform::random::Random;
use crate::store::{Count, Counter, Counters, StoreError, host_of};
use crate::telemetry::audit;
use crate::verification::limits::{Cap, DAY, HOUR, Refusal, sends_per_hour_and_day};
use crate::verification::logins::{LOGINS_PER_DAY, LOGINS_PER_HOUR};

/// A deployment's counter is split, so that no item is written by every request.
const SHARDS: u64 = 8;

/// The largest budget that can be set.
const MOST_IN_ALL: u64 = 100_000_000;

/// Who asks for a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requester {
    /// None where it cannot be told: then it is not counted, since it would be counted on others.
    pub address: Option<IpAddr>,
    /// A service that asks for many users: its address is not counted.
    pub service: bool,
    /// Somebody else than the user, by a scope: no number's cap holds, though the message counts on the number.
    pub privileged: bool,
}

impl Requester {
    /// The same, for somebody else or not.
    #[must_use]
    pub fn acting(self, privileged: bool) -> Self {
        Self { privileged, ..self }
    }
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Brings a code that somebody asked for: counts on where it goes, and on the IP address of whoever asks.
    Code(Requester),
    /// Brings a code of a sign-in: counts on its number apart from the others, and on the address of a browser.
    Login(Requester),
    /// Tells an address something. Counted apart from codes, on where it goes and in all: whoever has codes sent
    /// must not silence what others are to be told.
    Notice,
}

/// A cap.
#[derive(Debug)]
struct Row {
    /// Of which messages: a full count of one channel stops nothing of another.
    channel: Channel,
    cap: Cap,
    /// The first part of its counter's key.
    name: &'static str,
    /// Whose count a message adds to; None where it does not.
    counts: fn(&Occasion<'_>) -> Option<String>,
    /// Each with how often; the longest first, 0 is no cap.
    windows: Vec<(Duration, u64)>,
    /// Whether it holds for a message, which counts on it all the same.
    holds: fn(Purpose) -> bool,
    /// Over how many items its count is spread.
    shards: u64,
}

/// A message as the rows look at it.
struct Occasion<'a> {
    to: &'a Address,
    purpose: Purpose,
    key: &'a Key,
}

impl Occasion<'_> {
    /// All addresses are personal data: keys of counters hold only their HMAC.
    fn recipient(&self) -> String {
        let kind = match self.to.channel() {
            Channel::Sms => "number",
            Channel::Email => "email",
        };
        self.key.pseudonym(kind, &self.to.for_counters())
    }

    fn address(&self, of: IpAddr) -> String {
        self.key.pseudonym("address", &host_of(of))
    }
}

/// How often each may be; 0 is no cap.
#[derive(Clone, Copy, Debug)]
struct Settings {
    recipient_hour: u64,
    recipient_day: u64,
    address_hour: u64,
    codes_hour: u64,
    notices_hour: u64,
    login_hour: u64,
    login_day: u64,
}

impl Settings {
    /// None of all.
    const NONE: Self = Self {
        recipient_hour: 0,
        recipient_day: 0,
        address_hour: 0,
        codes_hour: 0,
        notices_hour: 0,
        login_hour: 0,
        login_day: 0,
    };

    /// Those of a number or e-mail address; the others are none.
    fn of_recipients(env: &Env<'_>) -> Result<Self, ConfigError> {
        let (recipient_hour, recipient_day) = sends_per_hour_and_day(env)?;
        Ok(Self {
            recipient_hour,
            recipient_day,
            ..Self::NONE
        })
    }

    /// Those of whatever codes have in common.
    fn of_codes(self, env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            address_hour: number(env, "MAX_SENDS_PER_IP_PER_HOUR", 20, 0..=1_000_000)?,
            codes_hour: number(env, "MAX_SENDS_PER_HOUR_IN_ALL", 1000, 0..=MOST_IN_ALL)?,
            ..self
        })
    }
}

/// The list, for one channel.
fn rows(channel: Channel, most: Settings) -> Vec<Row> {
    let of_recipient = vec![(DAY, most.recipient_day), (HOUR, most.recipient_hour)];
    vec![
        Row {
            channel,
            cap: Cap::Number,
            name: "NUMBER",
            counts: |message| {
                matches!(message.purpose, Purpose::Code(_)).then(|| message.recipient())
            },
            windows: of_recipient.clone(),
            holds: |purpose| !matches!(purpose, Purpose::Code(requester) if requester.privileged),
            shards: 1,
        },
        Row {
            channel,
            cap: Cap::Number,
            name: "NOTICE",
            counts: |message| {
                matches!(message.purpose, Purpose::Notice).then(|| message.recipient())
            },
            windows: of_recipient,
            holds: |_| true,
            shards: 1,
        },
        Row {
            channel,
            cap: Cap::Number,
            name: "LOGIN",
            counts: |message| {
                matches!(message.purpose, Purpose::Login(_)).then(|| message.recipient())
            },
            windows: vec![(DAY, most.login_day), (HOUR, most.login_hour)],
            holds: |_| true,
            shards: 1,
        },
        Row {
            channel,
            cap: Cap::Address,
            name: "ADDRESS",
            counts: |message| match message.purpose {
                Purpose::Code(requester) | Purpose::Login(requester) if !requester.service => {
                    requester.address.map(|address| message.address(address))
                }
                _ => None,
            },
            windows: vec![(HOUR, most.address_hour)],
            holds: |_| true,
            shards: 1,
        },
        Row {
            channel,
            cap: Cap::Deployment,
            name: "ALL",
            counts: |message| (message.purpose != Purpose::Notice).then(String::new),
            windows: vec![(HOUR, most.codes_hour)],
            holds: |_| true,
            shards: SHARDS.min(most.codes_hour).max(1),
        },
        Row {
            channel,
            cap: Cap::Deployment,
            name: "NOTICES",
            counts: |message| matches!(message.purpose, Purpose::Notice).then(String::new),
            windows: vec![(HOUR, most.notices_hour)],
            holds: |_| true,
            shards: SHARDS.min(most.notices_hour).max(1),
        },
    ]
}

/// The caps that are shared by users.
#[derive(Debug)]
pub struct Caps {
    counters: Counters,
    /// What the rows of another channel are made of.
    #[cfg(feature = "email")]
    settings: Settings,
    rows: Vec<Row>,
    key: Key,
    random: Random,
}

/// What a message has been counted on.
#[derive(Debug, Default)]
#[must_use = "a message that is not sent is given back"]
pub struct Reservation(Vec<Counter>);

/// Why a message was not counted.
#[derive(Debug, thiserror::Error)]
pub enum CapError {
    #[error("a counter is full")]
    Full(Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Caps {
    /// For whoever sends notices: `MAX_SENDS_PER_HOUR`, `MAX_SENDS_PER_DAY` (for a number as for a user),
    /// `MAX_NOTICES_PER_HOUR_IN_ALL`, and the secret `COUNTER_KEY_SECRET_ARN`, which never rotates.
    pub async fn of_notices(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let settings = Settings {
            notices_hour: number(env, "MAX_NOTICES_PER_HOUR_IN_ALL", 1000, 0..=MOST_IN_ALL)?,
            ..Settings::of_recipients(env)?
        };
        Self::new(env, platform, settings).await
    }

    /// For whoever sends codes: `MAX_SENDS_PER_IP_PER_HOUR` and `MAX_SENDS_PER_HOUR_IN_ALL` in place of the notices'.
    pub async fn of_codes(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let settings = Settings::of_recipients(env)?.of_codes(env)?;
        Self::new(env, platform, settings).await
    }

    /// For whoever sends the codes of sign-ins, whose caps of a number are no settings.
    pub async fn of_logins(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let settings = Settings {
            login_hour: LOGINS_PER_HOUR,
            login_day: LOGINS_PER_DAY,
            ..Settings::NONE.of_codes(env)?
        };
        Self::new(env, platform, settings).await
    }

    async fn new(
        env: &Env<'_>,
        platform: &Platform,
        settings: Settings,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            counters: Counters::from_env(env, platform)?,
            rows: rows(Channel::Sms, settings),
            #[cfg(feature = "email")]
            settings,
            key: current_key(env, "COUNTER_KEY_SECRET_ARN", platform).await?,
            random: platform.random,
        })
    }

    /// For whoever sends e-mails as well: the same caps once more, but for `MAX_EMAILS_PER_HOUR_IN_ALL`, which holds for
    /// codes and, counted apart from them, for notices.
    #[cfg(feature = "email")]
    pub fn count_emails(&mut self, env: &Env<'_>) -> Result<(), ConfigError> {
        let in_all = number(env, "MAX_EMAILS_PER_HOUR_IN_ALL", 5000, 0..=MOST_IN_ALL)?;
        let settings = Settings {
            codes_hour: in_all,
            notices_hour: in_all,
            ..self.settings
        };
        self.rows.extend(rows(Channel::Email, settings));
        Ok(())
    }

    /// Counts one more on the deployment's budget, for another provider that is tried after one that may have taken
    /// the message over; false where it is full, or cannot be counted.
    pub async fn once_more(&self, purpose: Purpose, to: &Address, now: Timestamp) -> bool {
        let key = &self.key;
        let message = Occasion { to, purpose, key };
        for row in self.rows.iter().filter(|row| row.cap == Cap::Deployment) {
            let Some(whose) = row.whose(&message) else {
                continue;
            };
            match self.count(row, &message, &whose, now).await {
                Ok(Counted::Uncapped | Counted::On(..)) => {}
                Ok(Counted::Full { .. }) | Err(_) => return false,
            }
        }
        true
    }

    /// Counts a message on every row that it counts on, in parallel; where one is full, on none.
    pub async fn reserve(
        &self,
        to: &Address,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Reservation, CapError> {
        let key = &self.key;
        let message = Occasion { to, purpose, key };
        let counting = self.rows.iter().filter_map(|row| {
            let whose = row.whose(&message)?;
            let message = &message;
            Some(async move { (row.cap, self.count(row, message, &whose, now).await) })
        });
        let mut reserved = Reservation::default();
        let mut full: Option<(Timestamp, Cap)> = None;
        let mut failed = None;
        for (cap, counted) in join_all(counting).await {
            match counted {
                Ok(Counted::Uncapped) => {}
                Ok(Counted::On(counter, left)) => {
                    if cap == Cap::Deployment && is_told(left) {
                        audit::budget(to.channel(), left);
                    }
                    reserved.0.push(counter);
                }
                Ok(Counted::Full { until }) => {
                    if cap == Cap::Deployment {
                        audit::budget(to.channel(), 0);
                    }
                    // The narrowest is named; all of them must have room again.
                    full =
                        Some(full.map_or((until, cap), |(other, named)| (until.max(other), named)));
                }
                Err(error) => failed = Some(error),
            }
        }
        let refused = match (failed, full) {
            (None, None) => return Ok(reserved),
            (None, Some((until, cap))) => CapError::Full(Refusal::Capped { until, cap }),
            (Some(error), _) => error.into(),
        };
        self.release(reserved).await;
        Err(refused)
    }

    /// For a message that was not sent. What cannot be given back stays counted until its window ends.
    pub async fn release(&self, reservation: Reservation) {
        for counter in reservation.0 {
            if let Err(error) = self.counters.give_back(&counter).await {
                tracing::warn!(%error, "a counter stays one too high until its window ends");
            }
        }
    }

    /// Counts on one of a row's items: a full one sends on to the next, so that the cap is exact all the same.
    async fn count(
        &self,
        row: &Row,
        message: &Occasion<'_>,
        whose: &str,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let start = self.random.below(row.shards);
        let mut full = now;
        for offset in 0..row.shards {
            let shard = (start + offset) % row.shards;
            let Some(counter) = row.counter(whose, shard, now) else {
                return Ok(Counted::Uncapped);
            };
            let counter = if (row.holds)(message.purpose) {
                counter
            } else {
                counter.uncapped()
            };
            match self.counters.count(&counter).await? {
                // The other shards are about as full; one that has no more says nothing of them.
                Count::Counted { left } => {
                    let left = (left * row.shards).max(u64::from(row.shards > 1));
                    return Ok(Counted::On(counter, left));
                }
                Count::Full { until } => full = until,
            }
        }
        Ok(Counted::Full { until: full })
    }
}

impl Row {
    /// Whose count the message adds to; None where it does not.
    fn whose(&self, message: &Occasion<'_>) -> Option<String> {
        let counts = self.channel == message.to.channel();
        counts.then(|| (self.counts)(message)).flatten()
    }

    /// One of its items, with its share of the cap; None where there is no cap.
    fn counter(&self, whose: &str, shard: u64, now: Timestamp) -> Option<Counter> {
        let part = |most: u64| most / self.shards + u64::from(shard < most % self.shards);
        let windows: Vec<_> = self
            .windows
            .iter()
            .map(|(length, most)| (*length, part(*most)))
            .collect();
        let apart = match self.channel {
            Channel::Sms => "",
            Channel::Email => "EMAIL#",
        };
        let name = if self.shards > 1 {
            format!("{apart}{}#{shard}", self.name)
        } else {
            format!("{apart}{}#{whose}", self.name)
        };
        Counter::new(&name, &windows, now)
    }
}

/// Whether what is left of a budget gets a line: all of the last, and of more at steps of at most an eighth of it, since
/// a line of each message costs.
fn is_told(left: u64) -> bool {
    let of_shard = left / SHARDS;
    of_shard.is_multiple_of((of_shard / 16).max(1).next_power_of_two())
}

/// What a row says to a message.
pub(crate) enum Counted {
    /// There is no such cap.
    Uncapped,
    On(Counter, u64),
    Full {
        until: Timestamp,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 1000 messages, in eight counters.
    #[test]
    fn what_is_left_is_told_at_steps_and_to_the_last() {
        let left = (0..=125).rev().map(|of_shard| of_shard * SHARDS);
        let told: Vec<u64> = left.filter(|left| is_told(*left)).collect();
        assert!(told.len() < 60, "{told:?}");
        assert!((0..32 * SHARDS).all(is_told));
        for (more, less) in told.iter().zip(told.iter().skip(1)) {
            let step = more - less;
            assert!(step == SHARDS || step * 8 <= *more, "{told:?}");
        }
    }
}
