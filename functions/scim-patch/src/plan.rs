//! What becomes of both kinds of address in one update: the decision table, once for each. Pure.

use shared::address::email::EmailAddress;
use shared::address::phone_number::PhoneNumber;
use shared::address::{AddressKind, Channel};
use shared::challenge::issue::NewClaim;
use shared::clock::Timestamp;
use shared::scim::import::SaidVerified;
use shared::store::Restated;
use shared::user::User;
use shared::user::addresses::Addresses;
use shared::verification::Verification;
use shared::verification::claim::{Claim, EmailEntry};
use shared::verification::limits::TryLimits;
use shared::verification::scenario::Scenario;

use crate::apply::Applied;
use crate::decide::{Actor, Decision, Policy, Refused, Situation, Standing, Wanted, decide};
use crate::import::decide_import;

/// The table's settings for each kind.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    pub numbers: &'a Policy,
    pub emails: &'a Policy,
}

/// What an update is decided by beside its addresses.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    pub pending: &'a Verification,
    pub actor: Actor,
    pub standing: Standing,
    pub now: Timestamp,
    pub limits: &'a TryLimits,
    /// What the caller says was verified elsewhere, where it may.
    pub import: Option<SaidVerified>,
}

/// What is to be done.
#[derive(Debug)]
pub struct Plan {
    pub numbers: Decision<PhoneNumber>,
    pub emails: Decision<EmailAddress>,
}

impl Plan {
    /// Decides both, or says which kind is refused and why.
    pub fn of(
        at: &Circumstances<'_>,
        policies: Policies<'_>,
        user: &User,
        applied: &Applied,
    ) -> Result<Self, (Channel, Refused)> {
        let emails = user.known_emails();
        Ok(Self {
            numbers: at.decided(policies.numbers, &user.numbers, &applied.numbers)?,
            emails: at.decided(policies.emails, &emails, &applied.emails)?,
        })
    }

    /// Whether anything about the addresses becomes another.
    pub fn changes(&self, user: &User) -> bool {
        self.numbers.changes(&user.numbers) || self.emails.changes(&user.known_emails())
    }

    /// The claims that start.
    pub fn claims(&self, expires: Timestamp, entry: Option<&EmailEntry>) -> Vec<NewClaim> {
        let number = self
            .numbers
            .start
            .as_ref()
            .map(|(scenario, number)| NewClaim {
                scenario: *scenario,
                region: number.region(),
                address: number.clone().into(),
                expires,
                entry: None,
            });
        let email = self
            .emails
            .start
            .as_ref()
            .map(|(scenario, email)| NewClaim {
                scenario: *scenario,
                region: String::new(),
                address: email.clone().into(),
                expires,
                entry: entry
                    .cloned()
                    .filter(|_| *scenario == Scenario::PrimaryEmail),
            });
        number.into_iter().chain(email).collect()
    }

    /// A claim on a primary e-mail address that stays, where the request says anew how that is to stand.
    pub fn restated<'a>(
        &self,
        pending: &'a Verification,
        entry: Option<&'a EmailEntry>,
        now: Timestamp,
    ) -> Option<Restated<'a>> {
        let scenario = Scenario::PrimaryEmail;
        let claim = pending.pending(scenario, now)?;
        let entry = entry.filter(|entry| claim.entry.as_ref() != Some(*entry))?;
        let goes = self.emails.start.is_some() || self.emails.cancel.contains(&scenario);
        (!goes).then_some(Restated {
            code: &claim.code_id,
            entry,
        })
    }

    /// The scenarios whose claims end.
    pub fn cancel(&self) -> impl Iterator<Item = Scenario> {
        self.numbers
            .cancel
            .iter()
            .chain(&self.emails.cancel)
            .copied()
    }

    /// The claims that end.
    pub fn ended<'a>(
        &'a self,
        pending: &'a Verification,
        now: Timestamp,
    ) -> impl Iterator<Item = (Scenario, &'a Claim)> {
        self.cancel()
            .filter_map(move |scenario| Some((scenario, pending.pending(scenario, now)?)))
    }
}

impl Circumstances<'_> {
    fn decided<A: AddressKind>(
        &self,
        policy: &Policy,
        before: &Addresses<A>,
        wanted: &Wanted<A>,
    ) -> Result<Decision<A>, (Channel, Refused)> {
        let at = Situation {
            before,
            pending: self.pending,
            policy,
            actor: self.actor,
            standing: self.standing,
            now: self.now,
            limits: self.limits,
        };
        let decision = match self.import {
            Some(said) => decide_import(&at, wanted, said.of(A::CHANNEL)),
            None => decide(&at, wanted),
        };
        decision.map_err(|why| (A::CHANNEL, why))
    }
}
