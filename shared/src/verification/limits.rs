//! How many wrong codes are borne, how often messages are sent, and why one is not.

use std::time::Duration;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, number};

pub const HOUR: Duration = Duration::from_hours(1);

pub const DAY: Duration = Duration::from_hours(24);

/// How many wrong codes are borne.
#[derive(Clone, Debug)]
pub struct TryLimits {
    pub tries_per_code: u64,
    pub failures: u64,
    pub failure_window: Duration,
    pub lock: Duration,
}

impl Default for TryLimits {
    fn default() -> Self {
        Self {
            tries_per_code: 5,
            failures: 10,
            failure_window: Duration::from_hours(1),
            lock: Duration::from_mins(15),
        }
    }
}

impl TryLimits {
    /// `MAX_TRIES_PER_CODE`, `MAX_FAILURES`, `FAILURE_WINDOW_MINUTES`, `LOCK_MINUTES`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let minutes =
            |variable, default| number(env, variable, default, 1..=1440).map(Duration::from_mins);
        Ok(Self {
            tries_per_code: number(env, "MAX_TRIES_PER_CODE", 5, 1..=10)?,
            failures: number(env, "MAX_FAILURES", 10, 1..=100)?,
            failure_window: minutes("FAILURE_WINDOW_MINUTES", 60)?,
            lock: minutes("LOCK_MINUTES", 15)?,
        })
    }
}

/// Messages of a user that were definitely not taken over, after which no more are tried for the hour.
pub const MOST_UNSENT_PER_HOUR: usize = 10;

/// How long a message may be on its way to a provider: as long as API Gateway waits for a function.
pub const LONGEST_SEND: Duration = Duration::from_secs(30);

/// How often a user is sent messages.
#[derive(Clone, Debug)]
pub struct SendLimits {
    /// Between two messages to one number.
    pub cooldown: Duration,
    /// In any hour; 0 is no limit.
    pub per_hour: usize,
    /// In any day; 0 is no limit.
    pub per_day: usize,
}

impl Default for SendLimits {
    fn default() -> Self {
        Self {
            cooldown: Duration::from_mins(1),
            per_hour: 5,
            per_day: 10,
        }
    }
}

impl SendLimits {
    /// `RESEND_COOLDOWN_SECONDS`, `MAX_SENDS_PER_HOUR`, `MAX_SENDS_PER_DAY`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let (hour, day) = sends_per_hour_and_day(env)?;
        let most = |sends| usize::try_from(sends).unwrap_or(usize::MAX);
        Ok(Self {
            cooldown: Duration::from_secs(number(env, "RESEND_COOLDOWN_SECONDS", 60, 0..=3600)?),
            per_hour: most(hour),
            per_day: most(day),
        })
    }
}

/// `MAX_SENDS_PER_HOUR`, `MAX_SENDS_PER_DAY`: of a user, and to a number.
pub fn sends_per_hour_and_day(env: &Env<'_>) -> Result<(u64, u64), ConfigError> {
    Ok((
        number(env, "MAX_SENDS_PER_HOUR", 5, 0..=1000)?,
        number(env, "MAX_SENDS_PER_DAY", 10, 0..=10_000)?,
    ))
}

/// Why no code may be sent or compared now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too many failures.
    #[error("the account is locked")]
    Locked { until: Timestamp },
    /// The same number had a message a moment ago.
    #[error("a message went there a moment ago")]
    Cooldown { until: Timestamp },
    /// As many messages as there may be in a window.
    #[error("{cap}")]
    Capped { until: Timestamp, cap: Cap },
    /// No messages go to the number's region.
    #[error("messages do not go to its region")]
    Region,
    /// No codes go to the e-mail address's domain.
    #[error("codes do not go to its domain")]
    Domain,
}

impl std::fmt::Display for Cap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::User => "the user was sent as many messages as may be",
            Self::Number => "as many messages as may be went there",
            Self::Address => "as many messages as may be were asked for from there",
            Self::Deployment => "the messages of all are used up for this hour",
            Self::Unsent => "too many messages of the user failed",
            Self::Lookups => "too many codes without a user were tried",
        })
    }
}

/// Whose messages are as many as they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cap {
    User,
    Number,
    Address,
    Deployment,
    /// Messages of a user that failed.
    Unsent,
    /// Tries of privileged callers who name no user, of the whole deployment.
    Lookups,
}

/// `PENDING_VALIDITY_HOURS`: how long a claim lives, at most 7 days.
pub fn pending_validity(env: &Env<'_>) -> Result<Duration, ConfigError> {
    number(env, "PENDING_VALIDITY_HOURS", 24, 1..=168).map(Duration::from_hours)
}
