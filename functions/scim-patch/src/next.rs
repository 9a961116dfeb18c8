//! The user as it is to be stored, once it is decided what becomes of its numbers.

use serde_json::{Map, Value};
use shared::user::User;
use shared::user::backup_codes::BackupCodes;
use shared::user::primary_flag::{self, WAITING_FLAG};
use shared::verification::scenario::Scenario;

use crate::apply::Applied;
use crate::decide::{Decision, Primary, Situation};

/// None where nothing changes. A change that the user makes itself is counted in what is stored.
pub fn next(
    at: &Situation<'_>,
    user: &User,
    applied: Applied,
    backup_codes: BackupCodes,
    decision: &Decision,
    me: bool,
) -> Option<User> {
    let mut profile = applied.profile;
    wait(at, user, &applied.numbers.primary, decision, &mut profile);
    let mut after = User {
        user_name: applied.user_name,
        profile,
        numbers: decision.numbers.clone(),
        backup_codes,
        ..user.clone()
    };
    if after == *user {
        return None;
    }
    after.version += 1;
    after.last_modified = at.now;
    if me {
        after.count_own_change(at.now);
    }
    Some(after)
}

/// Whether a number is the preferred one changes when the number does: while it waits for its code, the flag waits.
fn wait(
    at: &Situation<'_>,
    user: &User,
    wanted: &Primary,
    decision: &Decision,
    profile: &mut Map<String, Value>,
) {
    let pending = at.pending.pending(Scenario::Primary, at.now);
    let ended = decision.cancel.contains(&Scenario::Primary);
    let pending = pending.filter(|_| !ended).map(|claim| &claim.number);
    let started = match &decision.start {
        Some((Scenario::Primary, number)) => Some(number),
        _ => None,
    };
    let waiting = started.or(pending);
    match wanted {
        Primary::To(number) if decision.numbers.primary.as_ref() != Some(number) => {
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
