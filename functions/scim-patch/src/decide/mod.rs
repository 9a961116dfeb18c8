//! The decision table: what an update of mobile numbers writes, which claim it starts, which it ends.
//! Pure: it sees the numbers before, what they are to become, and what is pending; no operations, no paths.

use shared::address::phone_number::PhoneNumber;
use shared::clock::Timestamp;
use shared::config::{ConfigError, Env, flag};
use shared::user::numbers::{ListPolicy, Numbers};
use shared::verification::Verification;
use shared::verification::limits::TryLimits;
use shared::verification::scenario::Scenario;

/// The settings of the table.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Policy {
    pub verification: bool,
    pub skip_by_privileged: bool,
    pub verify_claim: bool,
    pub multiple: bool,
    pub max_numbers: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            verification: true,
            skip_by_privileged: false,
            verify_claim: false,
            multiple: true,
            max_numbers: 10,
        }
    }
}

impl Policy {
    /// `ENABLE_VERIFICATION`, `SKIP_VERIFICATION_BY_PRIVILEGED_USER`, `USE_VERIFY_CLAIM`,
    /// and the settings of the lists.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let lists = ListPolicy::from_env(env)?;
        Ok(Self {
            verification: flag(env, "ENABLE_VERIFICATION", true)?,
            skip_by_privileged: flag(env, "SKIP_VERIFICATION_BY_PRIVILEGED_USER", false)?,
            verify_claim: flag(env, "USE_VERIFY_CLAIM", false)?,
            multiple: lists.multiple,
            max_numbers: lists.max,
        })
    }
}

/// What is to become of the primary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Primary {
    #[default]
    Untouched,
    Removed,
    /// Written, perhaps with the number that is there.
    To(PhoneNumber),
}

/// What the numbers are to become; a list that is None is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub primary: Primary,
    pub mobile: Option<Vec<PhoneNumber>>,
    pub verified: Option<Vec<PhoneNumber>>,
    /// The request carries `verifyMobile=true`.
    pub verify_mobile: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The user itself.
    Owner,
    /// Somebody else, by the update scope.
    Privileged,
}

/// Whether the account is in use once the update is done: no code is sent or taken for one that is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Active,
    /// It was not, and nothing is said about it.
    Inactive,
    /// The update says so, perhaps again.
    Deactivated,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Stored at once.
    pub numbers: Numbers,
    /// The claim to start, with its number.
    pub start: Option<(Scenario, PhoneNumber)>,
    /// The pending claims that end.
    pub cancel: Vec<Scenario>,
}

impl Decision {
    /// Whether anything about the numbers becomes another.
    pub fn changes(&self, before: &Numbers) -> bool {
        self.numbers != *before || self.start.is_some() || !self.cancel.is_empty()
    }
}

/// Why the update is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// More than one number would need a code.
    Several,
    TooManyNumbers,
    /// Additions to the verified list while verification is off.
    VerificationOff,
    /// A number of an inactive account would need a code.
    Inactive,
}

/// Everything that the table looks at.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    pub before: &'a Numbers,
    pub pending: &'a Verification,
    pub policy: &'a Policy,
    pub actor: Actor,
    pub standing: Standing,
    pub now: Timestamp,
    pub limits: &'a TryLimits,
}

/// Decides an update.
pub fn decide(at: &Situation<'_>, wanted: &Wanted) -> Result<Decision, Refused> {
    let removals;
    let wanted = if at.standing == Standing::Deactivated {
        removals = at.removals(wanted);
        &removals
    } else {
        wanted
    };
    let mut decision = Decision {
        numbers: at.before.clone(),
        start: None,
        cancel: Vec::new(),
    };
    let primary = at.primary_update(wanted);
    at.decide_primary(primary, wanted, &mut decision);
    let changed_primary =
        matches!(primary, Primary::To(number) if Some(number) != at.before.primary.as_ref());
    if at.policy.multiple {
        at.decide_lists(wanted, changed_primary, &mut decision)?;
    }
    if at.standing != Standing::Active {
        if decision.start.is_some() {
            return Err(Refused::Inactive);
        }
        decision.cancel.extend(Scenario::ALL);
        decision.cancel.sort_unstable();
        decision.cancel.dedup();
    }
    at.keep_what_is_pending(&mut decision);
    Ok(decision)
}

impl Situation<'_> {
    /// An unchanged primary in a request that changes the lists is no update of the primary.
    fn primary_update<'w>(&self, wanted: &'w Wanted) -> &'w Primary {
        let differs = |list: &Option<Vec<PhoneNumber>>, stored: &[PhoneNumber]| {
            list.as_ref().is_some_and(|list| !same(list, stored))
        };
        let lists_change = differs(&wanted.mobile, &self.before.mobile)
            || differs(&wanted.verified, &self.before.verified);
        match &wanted.primary {
            Primary::To(number) if lists_change && Some(number) == self.before.primary.as_ref() => {
                &Primary::Untouched
            }
            primary => primary,
        }
    }

    /// A deactivation is never refused: what is added beside it is dropped.
    fn removals(&self, wanted: &Wanted) -> Wanted {
        let rest = |list: &Option<Vec<PhoneNumber>>, stored: &[PhoneNumber]| {
            let list = list.as_ref()?.iter();
            Some(
                list.filter(|number| stored.contains(number))
                    .cloned()
                    .collect(),
            )
        };
        Wanted {
            primary: match wanted.primary {
                Primary::Removed => Primary::Removed,
                Primary::Untouched | Primary::To(_) => Primary::Untouched,
            },
            mobile: rest(&wanted.mobile, &self.before.mobile),
            verified: rest(&wanted.verified, &self.before.verified),
            verify_mobile: wanted.verify_mobile,
        }
    }

    /// Whether a number that needs a code gets one, instead of being written unverified.
    fn verifies(&self, wanted: &Wanted) -> bool {
        let skipped = self.actor == Actor::Privileged && self.policy.skip_by_privileged;
        let asked = !self.policy.verify_claim || wanted.verify_mobile;
        self.policy.verification && !skipped && asked
    }

    fn verified_list(&self) -> &[PhoneNumber] {
        if self.policy.multiple {
            &self.before.verified
        } else {
            &[]
        }
    }

    fn decide_primary(&self, primary: &Primary, wanted: &Wanted, decision: &mut Decision) {
        let current = self.before.primary.as_ref();
        match primary {
            Primary::Untouched => {}
            Primary::Removed => {
                decision.numbers.primary = None;
                decision.numbers.primary_verified = false;
                decision.cancel.push(Scenario::Primary);
            }
            Primary::To(number) if !self.policy.verification => {
                if Some(number) != current {
                    decision.write_primary(number, false);
                }
            }
            Primary::To(number) if self.verified_list().contains(number) => {
                decision.write_primary(number, true);
            }
            Primary::To(number) if Some(number) == current && self.before.primary_verified => {
                decision.cancel.push(Scenario::Primary);
            }
            Primary::To(number) if self.verifies(wanted) => {
                decision.start = Some((Scenario::Primary, number.clone()));
            }
            Primary::To(number) => decision.write_primary(number, false),
        }
    }

    fn decide_lists(
        &self,
        wanted: &Wanted,
        changed_primary: bool,
        decision: &mut Decision,
    ) -> Result<(), Refused> {
        if let Some(list) = &wanted.mobile {
            decision.numbers.mobile.clone_from(list);
            // Who leaves this list leaves the other.
            decision
                .numbers
                .verified
                .retain(|number| list.contains(number));
        }
        if let Some(list) = &wanted.verified {
            self.decide_verified(list, wanted, changed_primary, decision)?;
        }
        let started = match &decision.start {
            Some((Scenario::VerifiedList, number)) => Some(number),
            _ => None,
        };
        let ended = decision.cancel.contains(&Scenario::VerifiedList);
        let kept = self.pending_in(Scenario::VerifiedList).filter(|_| !ended);
        // A claim that waits for its code has its place already.
        let mobile = &decision.numbers.mobile;
        let held = started
            .or(kept)
            .is_some_and(|number| !mobile.contains(number));
        let grows = started.is_some() || mobile.iter().any(|n| !self.before.mobile.contains(n));
        if grows && mobile.len() + usize::from(held) > self.policy.max_numbers {
            return Err(Refused::TooManyNumbers);
        }
        Ok(())
    }

    fn decide_verified(
        &self,
        list: &[PhoneNumber],
        wanted: &Wanted,
        changed_primary: bool,
        decision: &mut Decision,
    ) -> Result<(), Refused> {
        let additions = self.additions(list)?;
        decision
            .numbers
            .verified
            .retain(|number| list.contains(number));
        let pending = self.pending_in(Scenario::VerifiedList);
        if pending.is_some_and(|number| !list.contains(number)) {
            decision.cancel.push(Scenario::VerifiedList);
        }
        let (free, need): (Vec<_>, Vec<_>) = additions
            .into_iter()
            .partition(|number| self.before.is_verified(number));
        if !self.verifies(wanted) {
            for number in &need {
                decision.join_mobile(number);
            }
        }
        if changed_primary {
            // The primary wins: one code at a time.
            return Ok(());
        }
        for number in free {
            decision.numbers.join_lists(number);
        }
        match need.as_slice() {
            [number] if self.verifies(wanted) => self.start_in_list(number, decision),
            [_, _, ..] if self.verifies(wanted) => return Err(Refused::Several),
            _ => {}
        }
        Ok(())
    }

    /// What the verified list is to have more than now.
    fn additions<'n>(&self, list: &'n [PhoneNumber]) -> Result<Vec<&'n PhoneNumber>, Refused> {
        let added = list.iter();
        let added = added.filter(|number| !self.before.verified.contains(number));
        let added: Vec<&PhoneNumber> = added.collect();
        if !self.policy.verification && !added.is_empty() {
            return Err(Refused::VerificationOff);
        }
        if list.len() > self.policy.max_numbers {
            return Err(Refused::TooManyNumbers);
        }
        Ok(added)
    }

    fn start_in_list(&self, number: &PhoneNumber, decision: &mut Decision) {
        if self.before.primary.as_ref() == Some(number) {
            decision.join_mobile(number);
        }
        if decision.start.is_none() {
            decision.start = Some((Scenario::VerifiedList, number.clone()));
        }
    }

    fn pending_in(&self, scenario: Scenario) -> Option<&PhoneNumber> {
        self.pending
            .pending(scenario, self.now)
            .map(|claim| &claim.number)
    }

    /// The same number again: nothing is sent while its code lives, or, for anyone but the owner,
    /// while the claim lives (a provisioning client repeats itself).
    fn keep_what_is_pending(&self, decision: &mut Decision) {
        let claims = |scenario| self.pending.pending(scenario, self.now);
        decision.start.take_if(|(scenario, number)| {
            claims(*scenario).is_some_and(|claim| {
                claim.number == *number
                    && (self.actor == Actor::Privileged
                        || self.pending.code_lives(claim, self.now, self.limits))
            })
        });
        // A claim that is replaced needs no end of its own, and what is not pending cannot end.
        let started = decision.start.as_ref().map(|(scenario, _)| *scenario);
        decision
            .cancel
            .retain(|scenario| claims(*scenario).is_some() && started != Some(*scenario));
    }
}

impl Decision {
    fn write_primary(&mut self, number: &PhoneNumber, verified: bool) {
        self.numbers.primary = Some(number.clone());
        self.numbers.primary_verified = verified;
        self.cancel.push(Scenario::Primary);
    }

    fn join_mobile(&mut self, number: &PhoneNumber) {
        if !self.numbers.mobile.contains(number) {
            self.numbers.mobile.push(number.clone());
        }
    }
}

/// The order of a list says nothing.
pub fn same(one: &[PhoneNumber], other: &[PhoneNumber]) -> bool {
    one.len() == other.len() && one.iter().all(|number| other.contains(number))
}

#[cfg(test)]
mod tests;
