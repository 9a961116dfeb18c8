//! The user as it is to be stored, once it is decided what becomes of its addresses.

use serde_json::{Map, Value};
use shared::address::phone_number::PhoneNumber;
use shared::clock::Timestamp;
use shared::user::User;
use shared::user::backup_codes::BackupCodes;
use shared::user::emails::EMAILS;
use shared::user::primary_flag::{self, WAITING_FLAG};
use shared::verification::Verification;
use shared::verification::claim::EmailEntry;
use shared::verification::scenario::Scenario;

use crate::apply::Applied;
use crate::decide::{Decision, Primary};
use crate::emails;
use crate::plan::Plan;

/// What an update makes of a user.
#[derive(Debug)]
pub struct Next {
    /// None where nothing changes.
    pub user: Option<User>,
    /// How a primary e-mail address that waits for its code is to stand among `emails`.
    pub entry: Option<EmailEntry>,
}

/// What the update sees beside the user.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    pub pending: &'a Verification,
    pub now: Timestamp,
    /// Whether e-mail addresses are verified.
    pub verifies_emails: bool,
    /// By the route `/Me`: a change that the user makes itself is counted in what is stored.
    pub me: bool,
}

pub fn next(
    at: Moment<'_>,
    user: &User,
    applied: Applied,
    backup_codes: BackupCodes,
    plan: &Plan,
) -> Next {
    let mut profile = applied.profile;
    wait(
        at,
        user,
        &applied.numbers.primary,
        &plan.numbers,
        &mut profile,
    );
    let entry = match &applied.emails.primary {
        Primary::To(address) if plan.emails.addresses.primary.as_ref() != Some(address) => {
            let old = plan.emails.addresses.primary.as_ref();
            Some(emails::hold_back(&user.profile, &mut profile, old, address))
        }
        _ => None,
    };
    let looked_at = at.verifies_emails && profile.get(EMAILS) != user.profile.get(EMAILS);
    let known = user.emails.is_some() || plan.emails.addresses != user.known_emails();
    let mut after = User {
        user_name: applied.user_name,
        profile,
        numbers: plan.numbers.addresses.clone(),
        emails: (looked_at || known).then(|| plan.emails.addresses.clone()),
        backup_codes,
        ..user.clone()
    };
    if after == *user {
        return Next { user: None, entry };
    }
    after.version += 1;
    after.last_modified = at.now;
    if at.me {
        after.count_own_change(at.now);
    }
    Next {
        user: Some(after),
        entry,
    }
}

/// Whether a number is the preferred one changes when the number does: while it waits for its code, the flag waits.
fn wait(
    at: Moment<'_>,
    user: &User,
    wanted: &Primary<PhoneNumber>,
    decision: &Decision<PhoneNumber>,
    profile: &mut Map<String, Value>,
) {
    let pending = at.pending.pending(Scenario::Primary, at.now);
    let ended = decision.cancel.contains(&Scenario::Primary);
    let pending = pending.filter(|_| !ended);
    let pending = pending.and_then(|claim| claim.address.as_phone());
    let started = match &decision.start {
        Some((Scenario::Primary, number)) => Some(number),
        _ => None,
    };
    let waiting = started.or(pending);
    match wanted {
        Primary::To(number) if decision.addresses.primary.as_ref() != Some(number) => {
            let flag = primary_flag::hold_back(&user.profile, profile);
            if let Some(flag) = flag.filter(|_| waiting == Some(number)) {
                primary_flag::wait_with(profile, number, flag);
            }
        }
        _ => {
            let flag = user.profile.get(WAITING_FLAG);
            if let (Some(flag), true) = (flag, waiting.is_some()) {
                profile.insert(WAITING_FLAG.to_owned(), flag.clone());
            }
        }
    }
}
