//! A user's pending claims, tries, failures, lock and sends: what the verification item holds.
//! Pure: every rule that needs no store is decided here, from the item and the time.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, number};
use crate::otp::{Binding, Code, CodeId, Key, KeyedHash};
use crate::phone_number::PhoneNumber;

pub const HOUR: Duration = Duration::from_hours(1);
pub const DAY: Duration = Duration::from_hours(24);

/// What a claim is about. A user has at most one pending claim in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// A new primary mobile number.
    Primary,
    /// A number added to `verifiedMobileNumbers`.
    VerifiedList,
}

impl Scenario {
    pub const ALL: [Self; 2] = [Self::Primary, Self::VerifiedList];

    /// The name that clients use as `RecoveryScenario`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "MOBILE_VERIFICATION_ON_UPDATE",
            Self::VerifiedList => "MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
    }

    /// The attribute of the item that holds its claim.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Primary => "primaryClaim",
            Self::VerifiedList => "listClaim",
        }
    }
}

/// A number that its claimer has yet to prove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    pub number: PhoneNumber,
    /// ISO 3166-1 code, so that a resend needs no numbering plans.
    pub region: String,
    pub started: Timestamp,
    pub expires: Timestamp,
    pub code_id: CodeId,
    pub code_hash: KeyedHash,
    pub key_version: String,
    pub code_expires: Timestamp,
    /// The item's `tries` when the code was made.
    pub tries_before: u64,
}

/// A message that was sent: for cooldowns and caps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub at: Timestamp,
    pub to: PhoneNumber,
}

/// One user's item. The default is what a user without an item has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Verification {
    /// Counts the writes of claims; 0 is no such write yet.
    pub revision: u64,
    /// Every try there ever was.
    pub tries: u64,
    /// Failures in the window that ends at `window_end`.
    pub failures: u64,
    pub window_end: Option<Timestamp>,
    pub last_failure: Option<Timestamp>,
    pub primary_claim: Option<Claim>,
    pub list_claim: Option<Claim>,
    /// By the id of the code that was sent.
    pub sends: BTreeMap<String, Sent>,
}

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many failures.
    Locked { until: Timestamp },
    /// The same number had a message a moment ago.
    Cooldown { until: Timestamp },
    /// As many messages as there may be in a window.
    Capped { until: Timestamp, cap: Cap },
    /// No messages go to the number's region.
    Region,
}

/// Whose messages are as many as they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cap {
    User,
    Number,
    Address,
    Deployment,
}

/// Which of the pending claims a typed code is compared with; the default is all of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Among<'a> {
    pub scenario: Option<Scenario>,
    pub number: Option<&'a PhoneNumber>,
}

impl Among<'_> {
    fn holds(&self, scenario: Scenario, claim: &Claim) -> bool {
        self.scenario.is_none_or(|only| only == scenario)
            && self.number.is_none_or(|only| *only == claim.number)
    }
}

/// What a typed code turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    Right(Scenario, &'a Claim),
    /// The right code, too late.
    Expired,
    Nothing,
}

impl Claim {
    fn lives(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    fn binding<'a>(&'a self, user: &'a str, scenario: Scenario) -> Binding<'a> {
        Binding {
            user,
            scenario: scenario.name(),
            number: self.number.as_e164(),
            id: &self.code_id,
        }
    }
}

impl Verification {
    /// The pending claim of a scenario.
    pub fn pending(&self, scenario: Scenario, now: Timestamp) -> Option<&Claim> {
        let claim = match scenario {
            Scenario::Primary => &self.primary_claim,
            Scenario::VerifiedList => &self.list_claim,
        };
        claim.as_ref().filter(|claim| claim.lives(now))
    }

    /// Forgets a claim, in memory.
    pub fn end(&mut self, scenario: Scenario) {
        match scenario {
            Scenario::Primary => self.primary_claim = None,
            Scenario::VerifiedList => self.list_claim = None,
        }
    }

    /// All pending claims.
    pub fn all_pending(&self, now: Timestamp) -> impl Iterator<Item = (Scenario, &Claim)> {
        Scenario::ALL
            .into_iter()
            .filter_map(move |scenario| Some((scenario, self.pending(scenario, now)?)))
    }

    /// The newest pending claim's number.
    pub fn pending_number(&self, now: Timestamp) -> Option<&PhoneNumber> {
        self.all_pending(now)
            .max_by_key(|(_, claim)| claim.started)
            .map(|(_, claim)| &claim.number)
    }

    /// A mark of what is shown of the pending state, for the resource's version.
    pub fn mark(&self, now: Timestamp) -> Option<String> {
        let number = self.pending_number(now)?;
        let digest = Sha256::digest(number.as_e164());
        let start = digest.first_chunk().copied().unwrap_or_default();
        Some(format!("{:08x}", u32::from_be_bytes(start)))
    }

    /// Whether a claim's code can still be typed.
    pub fn code_lives(&self, claim: &Claim, now: Timestamp, limits: &TryLimits) -> bool {
        now < claim.code_expires
            && self.tries.saturating_sub(claim.tries_before) < limits.tries_per_code
    }

    /// When the lock ends, while there is one.
    pub fn locked_until(&self, now: Timestamp, limits: &TryLimits) -> Option<Timestamp> {
        let last = self.last_failure?;
        // A failure counted after its window's end belongs to the next window, which holds only it so far.
        let in_window = self.window_end.is_some_and(|end| last < end);
        let until = last + limits.lock;
        (self.failures >= limits.failures && in_window && now < until).then_some(until)
    }

    /// Failures that no longer count: their window is over, or the lock that they led to is.
    pub fn failures_are_over(&self, now: Timestamp, limits: &TryLimits) -> bool {
        self.failures > 0
            && self.locked_until(now, limits).is_none()
            && (self.failures >= limits.failures || self.window_end.is_none_or(|end| end <= now))
    }

    /// Whether a message may go to this number now.
    pub fn may_send(
        &self,
        to: &PhoneNumber,
        now: Timestamp,
        tries: &TryLimits,
        sends: &SendLimits,
    ) -> Result<(), Refusal> {
        if let Some(until) = self.locked_until(now, tries) {
            return Err(Refusal::Locked { until });
        }
        let last = self.sends.values().filter(|sent| sent.to == *to);
        if let Some(until) = last.map(|sent| sent.at + sends.cooldown).max()
            && now < until
        {
            return Err(Refusal::Cooldown { until });
        }
        let hour = self.capped_until(sends.per_hour, HOUR, now);
        let day = self.capped_until(sends.per_day, DAY, now);
        match hour.max(day) {
            Some(until) => Err(Refusal::Capped {
                until,
                cap: Cap::User,
            }),
            None => Ok(()),
        }
    }

    /// When fewer messages than the cap lie in the window that ends then; None where that is now.
    fn capped_until(&self, most: usize, window: Duration, now: Timestamp) -> Option<Timestamp> {
        let mut within: Vec<Timestamp> = self
            .sends
            .values()
            .map(|sent| sent.at)
            .filter(|at| now < *at + window)
            .collect();
        within.sort_unstable();
        let oldest_that_counts = within.len().checked_sub(most)?;
        let until = *within.get(oldest_that_counts)? + window;
        (most > 0).then_some(until)
    }

    /// The versions of the key that a typed code would be compared with.
    pub fn key_versions(&self, now: Timestamp) -> Vec<String> {
        self.all_pending(now)
            .map(|(_, claim)| claim.key_version.clone())
            .collect()
    }

    /// Finds what a code, whose try has been counted, belongs to.
    pub fn find(
        &self,
        user: &str,
        code: &Code,
        among: Among<'_>,
        keys: &[Key],
        now: Timestamp,
        limits: &TryLimits,
    ) -> Found<'_> {
        let mut found = Found::Nothing;
        for (scenario, claim) in self.all_pending(now) {
            let past_cap = self.tries.saturating_sub(claim.tries_before) > limits.tries_per_code;
            if past_cap || !among.holds(scenario, claim) {
                continue;
            }
            let key = keys.iter().find(|key| key.version() == claim.key_version);
            let right = key.is_some_and(|key| {
                key.verify(code, claim.binding(user, scenario), &claim.code_hash)
            });
            if right && now < claim.code_expires {
                return Found::Right(scenario, claim);
            }
            if right {
                found = Found::Expired;
            }
        }
        found
    }
}

/// Makes the keyed hash of a new code for a claim.
pub fn hash_for(
    key: &Key,
    code: &Code,
    user: &str,
    scenario: Scenario,
    number: &PhoneNumber,
    id: &CodeId,
) -> KeyedHash {
    key.hash(
        code,
        Binding {
            user,
            scenario: scenario.name(),
            number: number.as_e164(),
            id,
        },
    )
}

#[cfg(test)]
mod tests;
