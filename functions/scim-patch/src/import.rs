//! Numbers that were verified elsewhere: what a caller with the import scope says is written without a code, and the
//! rest of its request is decided as everybody's. Pure.

use shared::user::numbers::Numbers;
use shared::verification::scenario::Scenario;

use crate::decide::{Decision, Primary, Refused, Situation, Wanted, decide};

/// What such a caller says beside the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// Whether the primary number was verified.
    pub phone_verified: Option<bool>,
}

impl Import {
    /// The primary is imported where it is said whether it was verified, the verified list where it is written.
    /// A claim that is pending on what is imported ends.
    pub fn decide(self, at: &Situation<'_>, wanted: &Wanted) -> Result<Decision, Refused> {
        let mut rest = wanted.clone();
        let mut imported = at.before.clone();
        let mut cancel = Vec::new();
        if let Some(verified) = self.primary_verified {
            match std::mem::take(&mut rest.primary) {
                Primary::Untouched => {}
                Primary::Removed => imported.primary = None,
                Primary::To(number) => imported.primary = Some(number),
            }
            imported.primary_verified = verified && imported.primary.is_some();
            cancel.push(Scenario::Primary);
        }
        if let Some(verified) = rest.verified.take() {
            let mut mobile = rest.mobile.take().unwrap_or(imported.mobile);
            let missing = verified.iter().filter(|number| !mobile.contains(number));
            let missing: Vec<_> = missing.cloned().collect();
            mobile.extend(missing);
            imported.mobile = mobile;
            imported.verified = verified;
            cancel.push(Scenario::VerifiedList);
        }
        if imported.mobile.len() > at.policy.max_numbers {
            return Err(Refused::TooManyNumbers);
        }
        decided(at, &imported, &rest, cancel)
    }
}

fn decided(
    at: &Situation<'_>,
    imported: &Numbers,
    rest: &Wanted,
    cancel: Vec<Scenario>,
) -> Result<Decision, Refused> {
    let before = imported;
    let mut decision = decide(&Situation { before, ..*at }, rest)?;
    for scenario in cancel {
        let pending = at.pending.pending(scenario, at.now).is_some();
        if pending && !decision.cancel.contains(&scenario) {
            decision.cancel.push(scenario);
        }
    }
    Ok(decision)
}
