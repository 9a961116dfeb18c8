//! The decision table: what an update of a kind of address writes, which claim it starts, which it ends.
//! One table for mobile numbers and e-mail addresses. Pure: it sees the addresses before, what they are to become,
//! and what is pending; no operations, no paths.

use shared::address::AddressKind;
use shared::clock::Timestamp;
use shared::config::{ConfigError, Env, flag};
use shared::user::addresses::Addresses;
use shared::user::emails::EmailPolicy;
use shared::user::numbers::ListPolicy;
use shared::verification::Verification;
use shared::verification::limits::TryLimits;
use shared::verification::scenario::{Effect, Scenario};

/// The settings of the table, for one kind of address.
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
    pub max: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            verification: true,
            skip_by_privileged: false,
            verify_claim: false,
            multiple: true,
            max: 10,
        }
    }
}

impl Policy {
    /// `ENABLE_VERIFICATION`, `SKIP_VERIFICATION_BY_PRIVILEGED_USER`, `USE_VERIFY_CLAIM`,
    /// and the settings of the lists.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let verification = flag(env, "ENABLE_VERIFICATION", true)?;
        Self::new(env, verification, ListPolicy::from_env(env)?)
    }

    /// The same for e-mail addresses, with settings of their own for whether they are verified, and their lists.
    pub fn of_emails(env: &Env<'_>, policy: &EmailPolicy) -> Result<Self, ConfigError> {
        Self::new(env, policy.scenarios.email, policy.lists)
    }

    fn new(env: &Env<'_>, verification: bool, lists: ListPolicy) -> Result<Self, ConfigError> {
        Ok(Self {
            verification,
            skip_by_privileged: flag(env, "SKIP_VERIFICATION_BY_PRIVILEGED_USER", false)?,
            verify_claim: flag(env, "USE_VERIFY_CLAIM", false)?,
            multiple: lists.multiple,
            max: lists.max,
        })
    }
}

/// What is to become of the primary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Primary<A> {
    Untouched,
    Removed,
    /// Written, perhaps with the address that is there.
    To(A),
}

/// What the addresses are to become; a list that is None is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<A> {
    pub primary: Primary<A>,
    pub listed: Option<Vec<A>>,
    pub verified: Option<Vec<A>>,
    /// The request carries `verifyMobile=true`, or `verifyEmail=true`.
    pub verify: bool,
}

impl<A> Default for Wanted<A> {
    fn default() -> Self {
        Self {
            primary: Primary::Untouched,
            listed: None,
            verified: None,
            verify: false,
        }
    }
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
pub struct Decision<A> {
    /// Stored at once.
    pub addresses: Addresses<A>,
    /// The claim to start, with its address.
    pub start: Option<(Scenario, A)>,
    /// The pending claims that end.
    pub cancel: Vec<Scenario>,
}

impl<A: AddressKind> Decision<A> {
    /// Whether anything about the addresses becomes another.
    pub fn changes(&self, before: &Addresses<A>) -> bool {
        self.addresses != *before || self.start.is_some() || !self.cancel.is_empty()
    }
}

/// Why the update is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// More than one address would need a code.
    Several,
    TooMany,
    /// Additions to the verified list while verification is off.
    VerificationOff,
    /// An address of an inactive account would need a code.
    Inactive,
}

/// Everything that the table looks at.
pub struct Situation<'a, A> {
    pub before: &'a Addresses<A>,
    pub pending: &'a Verification,
    pub policy: &'a Policy,
    pub actor: Actor,
    pub standing: Standing,
    pub now: Timestamp,
    pub limits: &'a TryLimits,
}

impl<A> Clone for Situation<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Situation<'_, A> {}

/// Decides an update.
pub fn decide<A: AddressKind>(
    at: &Situation<'_, A>,
    wanted: &Wanted<A>,
) -> Result<Decision<A>, Refused> {
    let removals;
    let wanted = if at.standing == Standing::Deactivated {
        removals = at.removals(wanted);
        &removals
    } else {
        wanted
    };
    let mut decision = Decision {
        addresses: at.before.clone(),
        start: None,
        cancel: Vec::new(),
    };
    let primary = at.primary_update(wanted);
    at.decide_primary(primary, wanted, &mut decision);
    let changed_primary =
        matches!(primary, Primary::To(address) if Some(address) != at.before.primary.as_ref());
    if at.policy.multiple {
        at.decide_lists(wanted, changed_primary, &mut decision)?;
    }
    if at.standing != Standing::Active {
        if decision.start.is_some() {
            return Err(Refused::Inactive);
        }
        let own = Scenario::ALL.into_iter();
        let own = own.filter(|scenario| scenario.channel() == A::CHANNEL);
        decision.cancel.extend(own);
        decision.cancel.sort_unstable();
        decision.cancel.dedup();
    }
    at.keep_what_is_pending(&mut decision);
    Ok(decision)
}

impl<A: AddressKind> Situation<'_, A> {
    /// An unchanged primary in a request that changes the lists is no update of the primary.
    fn primary_update<'w>(&self, wanted: &'w Wanted<A>) -> &'w Primary<A> {
        let differs = |list: &Option<Vec<A>>, stored: &[A]| {
            list.as_ref().is_some_and(|list| !same(list, stored))
        };
        let lists_change = differs(&wanted.listed, &self.before.listed)
            || differs(&wanted.verified, &self.before.verified);
        match &wanted.primary {
            Primary::To(address)
                if lists_change && Some(address) == self.before.primary.as_ref() =>
            {
                &Primary::Untouched
            }
            primary => primary,
        }
    }

    /// A deactivation is never refused: what is added beside it is dropped.
    fn removals(&self, wanted: &Wanted<A>) -> Wanted<A> {
        let rest = |list: &Option<Vec<A>>, stored: &[A]| {
            let list = list.as_ref()?.iter();
            Some(
                list.filter(|address| stored.contains(address))
                    .cloned()
                    .collect(),
            )
        };
        Wanted {
            primary: match wanted.primary {
                Primary::Removed => Primary::Removed,
                Primary::Untouched | Primary::To(_) => Primary::Untouched,
            },
            listed: rest(&wanted.listed, &self.before.listed),
            verified: rest(&wanted.verified, &self.before.verified),
            verify: wanted.verify,
        }
    }

    /// Whether an address that needs a code gets one, instead of being written unverified.
    fn verifies(&self, wanted: &Wanted<A>) -> bool {
        let skipped = self.actor == Actor::Privileged && self.policy.skip_by_privileged;
        let asked = !self.policy.verify_claim || wanted.verify;
        self.policy.verification && !skipped && asked
    }

    fn verified_list(&self) -> &[A] {
        if self.policy.multiple {
            &self.before.verified
        } else {
            &[]
        }
    }

    fn decide_primary(&self, primary: &Primary<A>, wanted: &Wanted<A>, decision: &mut Decision<A>) {
        let current = self.before.primary.as_ref();
        match primary {
            Primary::Untouched => {}
            Primary::Removed => {
                decision.addresses.primary = None;
                decision.addresses.primary_verified = false;
                decision.cancel.push(primary_of::<A>());
            }
            Primary::To(address) if !self.policy.verification => {
                if Some(address) != current {
                    decision.write_primary(address, false);
                }
            }
            Primary::To(address) if self.verified_list().contains(address) => {
                decision.write_primary(address, true);
            }
            Primary::To(address) if Some(address) == current && self.before.primary_verified => {
                decision.cancel.push(primary_of::<A>());
            }
            Primary::To(address) if self.verifies(wanted) => {
                decision.start = Some((primary_of::<A>(), address.clone()));
            }
            Primary::To(address) => decision.write_primary(address, false),
        }
    }

    fn decide_lists(
        &self,
        wanted: &Wanted<A>,
        changed_primary: bool,
        decision: &mut Decision<A>,
    ) -> Result<(), Refused> {
        if let Some(list) = &wanted.listed {
            decision.addresses.listed.clone_from(list);
            // Who leaves this list leaves the other.
            decision
                .addresses
                .verified
                .retain(|address| list.contains(address));
        }
        if let Some(list) = &wanted.verified {
            self.decide_verified(list, wanted, changed_primary, decision)?;
        }
        let started = match &decision.start {
            Some((scenario, address)) if *scenario == list_of::<A>() => Some(address),
            _ => None,
        };
        let ended = decision.cancel.contains(&list_of::<A>());
        let kept = self.pending_in(list_of::<A>()).filter(|_| !ended);
        // A claim that waits for its code has its place already.
        let listed = &decision.addresses.listed;
        let held = started
            .or(kept)
            .is_some_and(|address| !listed.contains(address));
        let grows = started.is_some() || listed.iter().any(|one| !self.before.listed.contains(one));
        if grows && listed.len() + usize::from(held) > self.policy.max {
            return Err(Refused::TooMany);
        }
        Ok(())
    }

    fn decide_verified(
        &self,
        list: &[A],
        wanted: &Wanted<A>,
        changed_primary: bool,
        decision: &mut Decision<A>,
    ) -> Result<(), Refused> {
        let additions = self.additions(list)?;
        decision
            .addresses
            .verified
            .retain(|address| list.contains(address));
        let pending = self.pending_in(list_of::<A>());
        if pending.is_some_and(|address| !list.contains(address)) {
            decision.cancel.push(list_of::<A>());
        }
        let (free, need): (Vec<_>, Vec<_>) = additions
            .into_iter()
            .partition(|address| self.before.is_verified(address));
        if !self.verifies(wanted) {
            for address in &need {
                decision.join_listed(address);
            }
        }
        if changed_primary {
            // The primary wins: one code at a time.
            return Ok(());
        }
        for address in free {
            decision.addresses.join_lists(address);
        }
        match need.as_slice() {
            [address] if self.verifies(wanted) => self.start_in_list(address, decision),
            [_, _, ..] if self.verifies(wanted) => return Err(Refused::Several),
            _ => {}
        }
        Ok(())
    }

    /// What the verified list is to have more than now.
    fn additions<'n>(&self, list: &'n [A]) -> Result<Vec<&'n A>, Refused> {
        let added = list.iter();
        let added = added.filter(|address| !self.before.verified.contains(address));
        let added: Vec<&A> = added.collect();
        if !self.policy.verification && !added.is_empty() {
            return Err(Refused::VerificationOff);
        }
        if list.len() > self.policy.max {
            return Err(Refused::TooMany);
        }
        Ok(added)
    }

    fn start_in_list(&self, address: &A, decision: &mut Decision<A>) {
        if self.before.primary.as_ref() == Some(address) {
            decision.join_listed(address);
        }
        if decision.start.is_none() {
            decision.start = Some((list_of::<A>(), address.clone()));
        }
    }

    fn pending_in(&self, scenario: Scenario) -> Option<&A> {
        self.pending
            .pending(scenario, self.now)
            .and_then(|claim| A::of(&claim.address))
    }

    /// The same address again: nothing is sent while its code lives, or, for anyone but the owner,
    /// while the claim lives (a provisioning client repeats itself).
    fn keep_what_is_pending(&self, decision: &mut Decision<A>) {
        let claims = |scenario| self.pending.pending(scenario, self.now);
        decision.start.take_if(|(scenario, address)| {
            claims(*scenario).is_some_and(|claim| {
                A::of(&claim.address) == Some(address)
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

impl<A: AddressKind> Decision<A> {
    fn write_primary(&mut self, address: &A, verified: bool) {
        self.addresses.primary = Some(address.clone());
        self.addresses.primary_verified = verified;
        self.cancel.push(primary_of::<A>());
    }

    fn join_listed(&mut self, address: &A) {
        if !self.addresses.listed.contains(address) {
            self.addresses.listed.push(address.clone());
        }
    }
}

/// The scenario of a new primary of the kind.
pub fn primary_of<A: AddressKind>() -> Scenario {
    Scenario::of(A::CHANNEL, Effect::BecomesPrimary)
}

/// The scenario of an addition to the kind's verified list.
pub fn list_of<A: AddressKind>() -> Scenario {
    Scenario::of(A::CHANNEL, Effect::JoinsLists)
}

/// The order of a list says nothing.
pub fn same<A: PartialEq>(one: &[A], other: &[A]) -> bool {
    one.len() == other.len() && one.iter().all(|address| other.contains(address))
}

#[cfg(test)]
mod tests;
