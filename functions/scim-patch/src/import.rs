//! Addresses that were verified elsewhere: what a caller with the import scope says is written without a code, and the
//! rest of its request is decided as everybody's. Pure.

use shared::address::AddressKind;
use shared::user::addresses::Addresses;
use shared::verification::scenario::Scenario;

use crate::decide::{Decision, Primary, Refused, Situation, Wanted, decide, list_of, primary_of};

/// Decides what such a caller writes of one kind of address. `said` is whether it says that the primary was verified.
/// The primary is imported where it says so, the verified list where it is written. A claim that is pending on what is
/// imported ends.
pub fn decide_import<A: AddressKind>(
    at: &Situation<'_, A>,
    wanted: &Wanted<A>,
    said: Option<bool>,
) -> Result<Decision<A>, Refused> {
    let mut rest = wanted.clone();
    let mut imported = at.before.clone();
    let mut cancel = Vec::new();
    if let Some(verified) = said {
        match std::mem::replace(&mut rest.primary, Primary::Untouched) {
            Primary::Untouched => {}
            Primary::Removed => imported.primary = None,
            Primary::To(address) => imported.primary = Some(address),
        }
        imported.primary_verified = verified && imported.primary.is_some();
        cancel.push(primary_of::<A>());
    }
    if let Some(verified) = rest.verified.take() {
        let mut listed = rest.listed.take().unwrap_or(imported.listed);
        let missing = verified.iter().filter(|address| !listed.contains(address));
        let missing: Vec<_> = missing.cloned().collect();
        listed.extend(missing);
        imported.listed = listed;
        imported.verified = verified;
        cancel.push(list_of::<A>());
    }
    if imported.listed.len() > at.policy.max {
        return Err(Refused::TooMany);
    }
    decided(at, &imported, &rest, cancel)
}

fn decided<A: AddressKind>(
    at: &Situation<'_, A>,
    before: &Addresses<A>,
    rest: &Wanted<A>,
    cancel: Vec<Scenario>,
) -> Result<Decision<A>, Refused> {
    let mut decision = decide(&Situation { before, ..*at }, rest)?;
    for scenario in cancel {
        let pending = at.pending.pending(scenario, at.now).is_some();
        if pending && !decision.cancel.contains(&scenario) {
            decision.cancel.push(scenario);
        }
    }
    Ok(decision)
}
