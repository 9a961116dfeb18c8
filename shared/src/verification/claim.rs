//! An address that its claimer has yet to prove, and the code that proves it.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::clock::Timestamp;
use crate::crypto::key::Key;
use crate::otp::{Binding, Code, CodeId, KeyedHash};
use crate::verification::scenario::{Scenario, Scenarios};

/// An address that its claimer has yet to prove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    #[serde(rename = "number")]
    pub address: Address,
    /// ISO 3166-1 code of a number, so that a resend needs no numbering plans; empty where there is none.
    pub region: String,
    pub started: Timestamp,
    pub expires: Timestamp,
    pub code_id: CodeId,
    pub code_hash: KeyedHash,
    pub key_version: String,
    pub code_expires: Timestamp,
    /// The item's tries, but for those of sign-ins, when the code was made.
    pub tries_before: u64,
    /// Whether its code is a link's token: that is guessed by nobody, and has no tries of its own to lose.
    #[serde(default, skip_serializing_if = "is_false")]
    pub link: bool,
    /// For a primary e-mail address: how it is to stand among `emails`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<EmailEntry>,
}

/// How a primary e-mail address is to stand among `emails` once it is proved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmailEntry {
    /// The `type` that the request gave it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The `display` that the request gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// Whether the old one stays beside it.
    #[serde(skip_serializing_if = "is_false")]
    pub beside: bool,
    /// The `type` that the request gives the old one.
    #[serde(rename = "besideType", skip_serializing_if = "Option::is_none")]
    pub beside_label: Option<String>,
    /// Whether the request says of it that it is the primary one.
    #[serde(rename = "primary", skip_serializing_if = "is_false")]
    pub flagged: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What is left of a claim that was committed moments ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpentClaim {
    /// The name of its scenario.
    pub scenario: String,
    #[serde(rename = "number")]
    pub address: Address,
    pub code_hash: KeyedHash,
    pub key_version: String,
    pub code_expires: Timestamp,
}

impl SpentClaim {
    pub fn of(scenario: Scenario, claim: &Claim) -> Self {
        Self {
            scenario: scenario.name().to_owned(),
            address: claim.address.clone(),
            code_hash: claim.code_hash.clone(),
            key_version: claim.key_version.clone(),
            code_expires: claim.code_expires,
        }
    }

    /// Whether the code was this claim's.
    pub(crate) fn has(&self, id: &str, user: &str, code: &Code, key: &Key) -> bool {
        let id = CodeId::of(id);
        let bound = Binding {
            user,
            scenario: &self.scenario,
            address: self.address.key(),
            id: &id,
        };
        code.is_behind(&self.code_hash, key, bound)
    }
}

/// A claim that was to be taken back when another had replaced it already, whose message may fail in its turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    pub at: Timestamp,
    /// What is pending in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Claim>,
}

/// A message that was sent: for cooldowns and caps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub at: Timestamp,
    pub to: Address,
}

/// Which of the pending claims a typed code is compared with; the default is all of those on numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClaimFilter<'a> {
    /// Those that the deployment has.
    pub scenarios: Scenarios,
    pub scenario: Option<Scenario>,
    pub address: Option<&'a Address>,
    /// Only those whose message holds a link.
    pub links: bool,
}

impl ClaimFilter<'_> {
    pub(crate) fn holds(&self, scenario: Scenario, claim: &Claim) -> bool {
        self.scenarios.contains(scenario)
            && self.scenario.is_none_or(|only| only == scenario)
            && self.address.is_none_or(|only| *only == claim.address)
            && (claim.link || !self.links)
    }
}

/// What a typed code turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum CodeMatch<'a> {
    Right(Scenario, &'a Claim),
    /// The right code, too late.
    Expired,
    Nothing,
}

impl Claim {
    pub(crate) fn lives(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    pub(crate) fn binding<'a>(&'a self, user: &'a str, scenario: Scenario) -> Binding<'a> {
        Binding {
            user,
            scenario: scenario.name(),
            address: self.address.key(),
            id: &self.code_id,
        }
    }
}

/// Makes the keyed hash of a new code for a claim.
pub fn hash_for(
    key: &Key,
    code: &Code,
    user: &str,
    scenario: Scenario,
    address: &Address,
    id: &CodeId,
) -> KeyedHash {
    code.hash(
        key,
        Binding {
            user,
            scenario: scenario.name(),
            address: address.key(),
            id,
        },
    )
}
