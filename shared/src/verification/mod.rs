//! A user's pending claims, tries, failures, lock and sends: what the verification item holds.
//! Pure: every rule that needs no store is decided here, from the item and the time.

pub mod claim;
pub mod limits;
pub mod scenario;

use crate::verification::claim::Claim;
use crate::verification::claim::ClaimFilter;
use crate::verification::claim::CodeMatch;
use crate::verification::claim::Sent;
use crate::verification::limits::Cap;
use crate::verification::limits::DAY;
use crate::verification::limits::HOUR;
use crate::verification::limits::Refusal;
use crate::verification::limits::SendLimits;
use crate::verification::limits::TryLimits;
use crate::verification::scenario::Scenario;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::address::phone_number::PhoneNumber;
use crate::clock::Timestamp;
use crate::crypto::key::Key;
use crate::otp::Code;

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
    primary_claim: Option<Claim>,
    list_claim: Option<Claim>,
    /// By the id of the code that was sent.
    pub sends: BTreeMap<String, Sent>,
}

impl Verification {
    /// The pending claim of a scenario.
    pub fn pending(&self, scenario: Scenario, now: Timestamp) -> Option<&Claim> {
        self.claim(scenario).filter(|claim| claim.lives(now))
    }

    /// The claim of a scenario, whether or not its time is over.
    pub fn claim(&self, scenario: Scenario) -> Option<&Claim> {
        match scenario {
            Scenario::Primary => self.primary_claim.as_ref(),
            Scenario::VerifiedList => self.list_claim.as_ref(),
        }
    }

    /// Where the claim of a scenario has its place.
    pub fn claim_mut(&mut self, scenario: Scenario) -> &mut Option<Claim> {
        match scenario {
            Scenario::Primary => &mut self.primary_claim,
            Scenario::VerifiedList => &mut self.list_claim,
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
        among: ClaimFilter<'_>,
        keys: &[Key],
        now: Timestamp,
        limits: &TryLimits,
    ) -> CodeMatch<'_> {
        let mut found = CodeMatch::Nothing;
        for (scenario, claim) in self.all_pending(now) {
            let past_cap = self.tries.saturating_sub(claim.tries_before) > limits.tries_per_code;
            if past_cap || !among.holds(scenario, claim) {
                continue;
            }
            let key = keys.iter().find(|key| key.version() == claim.key_version);
            let right = key.is_some_and(|key| {
                code.is_behind(&claim.code_hash, key, claim.binding(user, scenario))
            });
            if right && now < claim.code_expires {
                return CodeMatch::Right(scenario, claim);
            }
            if right {
                found = CodeMatch::Expired;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
