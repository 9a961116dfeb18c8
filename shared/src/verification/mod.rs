//! A user's pending claims, tries, failures, lock and sends: what the verification item holds.
//! Pure: every rule that needs no store is decided here, from the item and the time.

pub mod claim;
pub mod failures;
pub mod flow;
pub mod limits;
pub mod logins;
pub mod scenario;
pub mod sends;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::{Address, Channel};
use crate::clock::Timestamp;
use crate::crypto::key::Key;
use crate::otp::Code;
use crate::verification::claim::{Claim, ClaimFilter, CodeMatch, Sent, SpentClaim, Undone};
use crate::verification::failures::Failures;
use crate::verification::limits::{Refusal, SendLimits, TryLimits};
use crate::verification::logins::Logins;
use crate::verification::scenario::{Scenario, Scenarios};
use crate::verification::sends::SendHistory;

/// One user's item. The default is what a user without an item has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Verification {
    /// Counts the writes of claims; 0 is no such write yet.
    pub revision: u64,
    /// Every try there ever was.
    pub tries: u64,
    /// Those of them that were made at sign-ins, which have codes of their own.
    #[serde(skip_serializing_if = "is_zero")]
    pub login_tries: u64,
    /// Tries that have not succeeded.
    #[serde(rename = "failed")]
    pub failures: Failures,
    primary_claim: Option<Claim>,
    list_claim: Option<Claim>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_email_claim: Option<Claim>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_list_claim: Option<Claim>,
    /// By the id of the code that was sent.
    pub sends: BTreeMap<String, Sent>,
    /// Messages that definitely were not taken over, by the id of their code: when.
    pub unsent: BTreeMap<String, Timestamp>,
    /// Claims that were committed moments ago, by the id of their code.
    pub spent: BTreeMap<String, SpentClaim>,
    /// Claims that were taken back once another had replaced them, by the id of their code.
    pub undone: BTreeMap<String, Undone>,
    /// The codes of its sign-ins.
    #[serde(skip_serializing_if = "Logins::is_empty")]
    pub logins: Logins,
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
            Scenario::PrimaryEmail => self.primary_email_claim.as_ref(),
            Scenario::VerifiedEmailList => self.email_list_claim.as_ref(),
        }
    }

    /// Where the claim of a scenario has its place.
    pub fn claim_mut(&mut self, scenario: Scenario) -> &mut Option<Claim> {
        match scenario {
            Scenario::Primary => &mut self.primary_claim,
            Scenario::VerifiedList => &mut self.list_claim,
            Scenario::PrimaryEmail => &mut self.primary_email_claim,
            Scenario::VerifiedEmailList => &mut self.email_list_claim,
        }
    }

    /// What is to be pending again where a claim goes that had replaced this one: it, or, where it was taken back
    /// meanwhile, what was pending before it.
    pub fn still(&self, replaced: Option<Claim>, now: Timestamp) -> Option<Claim> {
        let mut claim = replaced;
        for _ in 0..=self.undone.len() {
            let id = claim.as_ref()?.code_id.as_str();
            let Some(undone) = self.undone.get(id) else {
                break;
            };
            claim.clone_from(&undone.before);
        }
        claim.filter(|claim| claim.lives(now))
    }

    /// All pending claims.
    pub fn all_pending(&self, now: Timestamp) -> impl Iterator<Item = (Scenario, &Claim)> {
        Scenario::ALL
            .into_iter()
            .filter_map(move |scenario| Some((scenario, self.pending(scenario, now)?)))
    }

    /// The pending addresses of a kind, newest first, each once.
    pub fn pending_addresses(&self, channel: Channel, now: Timestamp) -> Vec<&Address> {
        let mut addresses = Vec::new();
        for claim in self.newest_first(channel, now) {
            if !addresses.contains(&&claim.address) {
                addresses.push(&claim.address);
            }
        }
        addresses
    }

    fn newest_first(&self, channel: Channel, now: Timestamp) -> Vec<&Claim> {
        let pending = self.all_pending(now);
        let of_kind = pending.filter(|(scenario, _)| scenario.channel() == channel);
        let mut claims: Vec<_> = of_kind.map(|(_, claim)| claim).collect();
        // Of two of one moment the later row of the table comes first.
        claims.reverse();
        claims.sort_by_key(|claim| std::cmp::Reverse(claim.started));
        claims
    }

    /// A mark of what is shown as pending, for the resource's version: of the newest number's claim, and of all on
    /// e-mail addresses where the deployment has such. Made of keyed hashes, so that it tells nothing of the address to
    /// whoever sees it in a log, and whoever shows it needs no key. A renewed code has another.
    pub fn mark(&self, scenarios: Scenarios, now: Timestamp) -> Option<String> {
        let number = self.newest_first(Channel::Sms, now);
        let emails = scenarios
            .email
            .then(|| self.newest_first(Channel::Email, now));
        let shown = number
            .into_iter()
            .take(1)
            .chain(emails.into_iter().flatten());
        let mark: String = shown.map(|claim| claim.code_hash.mark()).collect();
        (!mark.is_empty()).then_some(mark)
    }

    /// Whether a claim's code can still be typed.
    pub fn code_lives(&self, claim: &Claim, now: Timestamp, limits: &TryLimits) -> bool {
        now < claim.code_expires && (claim.link || self.tries_of(claim) < limits.tries_per_code)
    }

    fn tries_of(&self, claim: &Claim) -> u64 {
        self.claim_tries().saturating_sub(claim.tries_before)
    }

    /// Every try that could have been one of a claim's code.
    pub fn claim_tries(&self) -> u64 {
        self.tries.saturating_sub(self.login_tries)
    }

    /// When codes are compared and sent again, where they are not now.
    pub fn locked_until(&self, now: Timestamp, limits: &TryLimits) -> Option<Timestamp> {
        self.failures.locked_until(now, limits)
    }

    /// Whether a message may go to this address now.
    pub fn may_send(
        &self,
        to: &Address,
        now: Timestamp,
        tries: &TryLimits,
        sends: &SendLimits,
    ) -> Result<(), Refusal> {
        if let Some(until) = self.locked_until(now, tries) {
            return Err(Refusal::Locked { until });
        }
        let history = SendHistory {
            sends: &self.sends,
            unsent: &self.unsent,
        };
        history.may_send(to, now, sends)
    }

    /// The versions of the key that a typed code would be compared with.
    pub fn key_versions(&self, now: Timestamp) -> Vec<String> {
        let pending = self.all_pending(now).map(|(_, claim)| &claim.key_version);
        let spent = self.spent.values().map(|claim| &claim.key_version);
        pending.chain(spent).cloned().collect()
    }

    /// Whether the code is that of a claim that was committed moments ago: typed twice, it is no guess.
    pub fn was_spent(
        &self,
        user: &str,
        code: &Code,
        among: ClaimFilter<'_>,
        keys: &[Key],
        now: Timestamp,
    ) -> bool {
        self.spent.iter().any(|(id, claim)| {
            now < claim.code_expires
                && among.address.is_none_or(|only| *only == claim.address)
                && keys
                    .iter()
                    .filter(|key| key.version() == claim.key_version)
                    .any(|key| claim.has(id, user, code, key))
        })
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
            let past_cap = !claim.link && self.tries_of(claim) > limits.tries_per_code;
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests;
