//! What holds of every step by itself, whatever came before it.

use serde_json::{Map, Value};
use shared::address::Channel;
use shared::platform::outbox::Outcome;
use shared::verification::scenario::Scenario;

use super::Holds;
use super::pending::{claims, living};
use crate::model::kind::{emails_of, is_active, kind};
use crate::model::operation::{Setup, Step, USERS, What};
use crate::model::world::{Done, Seen};

/// Addresses of a kind that a user may have.
const MOST: usize = 10;

/// No bug, and nothing failed that the gateways did not let fail.
pub fn answers_make_sense(seen: &Seen) -> Holds {
    for Done { call, answer, .. } in &seen.done {
        let mut channels = call.what.sends_on().into_iter();
        let failing = channels.any(|channel| seen.gateways.of(channel) != Outcome::Delivered);
        if answer.status >= 500 && !(answer.status == 502 && failing) {
            return Err(format!("{call:?}: {answer}"));
        }
    }
    Ok(())
}

/// Where every request failed, users and claims are as they were; after one that sent nothing and compared nothing with
/// a user's claims, the whole pending state is.
pub fn failures_change_nothing(seen: &Seen) -> Holds {
    let failed = seen.done.iter().all(|done| done.answer.status >= 400);
    if !failed {
        return Ok(());
    }
    let open = |done: &Done| matches!(done.call.what, What::Confirm(_));
    let mut typed = seen.done.iter().filter(|done| done.typed.is_some());
    let compared = typed.any(|done| !open(done));
    let counted = compared || !seen.messages.is_empty() || seen.done.len() > 1;
    for user in 0..USERS {
        if seen.before.users[user] != seen.after.users[user] {
            return Err(format!("user {user} was changed by what failed"));
        }
        let [before, after] =
            [&seen.before, &seen.after].map(|state| living(&state.pending[user], seen.to));
        let same = if counted {
            same_claims(&before, &after, |_| true)
        } else {
            before == after
        };
        if !same {
            return Err(format!(
                "what failed left user {user} {after:#?} instead of {before:#?}"
            ));
        }
    }
    Ok(())
}

fn same_claims(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    of: impl Fn(Scenario) -> bool,
) -> bool {
    let scenarios = Scenario::ALL.into_iter().filter(|scenario| of(*scenario));
    let mut attributes = scenarios.map(Scenario::attribute);
    attributes.all(|attribute| before.get(attribute) == after.get(attribute))
}

/// An update of one kind of address leaves the other kind alone.
pub fn kinds_are_apart(step: &Step, seen: &Seen) -> Holds {
    let Step::One(call) = step else {
        return Ok(());
    };
    let Some(only) = call.what.updates_only() else {
        return Ok(());
    };
    for other in Channel::ALL.into_iter().filter(|channel| *channel != only) {
        let stored = |users: &[Value]| kind(other).stored(&users[call.user]);
        if stored(&seen.before.users) != stored(&seen.after.users) {
            return Err(format!("{call:?} changed addresses of {other:?}"));
        }
        let pending = [&seen.before, &seen.after];
        let [before, after] = pending.map(|state| living(&state.pending[call.user], seen.to));
        if !same_claims(&before, &after, |scenario| scenario.channel() == other) {
            return Err(format!("{call:?} changed claims of {other:?}"));
        }
    }
    Ok(())
}

/// Verified lists are part of the lists, these have their most or are none, and `emails` has the primary address,
/// whatever waits.
pub fn users_are_whole(setup: Setup, seen: &Seen) -> Holds {
    for (n, user) in seen.after.users.iter().enumerate() {
        for channel in Channel::ALL {
            let stored = kind(channel).stored(user);
            let most = if setup.lists { MOST } else { 0 };
            if !stored.verified.is_subset(&stored.listed) || stored.listed.len() > most {
                return Err(format!("the lists of user {n} are {stored:?}"));
            }
            if stored.primary_verified && stored.primary.is_none() {
                return Err(format!("user {n} has no primary, and it is verified"));
            }
        }
        let primary = kind(Channel::Email).stored(user).primary;
        if primary.is_some_and(|primary| !emails_of(user).contains(&primary)) {
            return Err(format!("the primary address of user {n} is not shown"));
        }
    }
    Ok(())
}

pub fn inactive_users_have_nothing_pending(seen: &Seen) -> Holds {
    for user in 0..USERS {
        let pending = claims(&seen.after.pending[user], seen.to).next();
        if let (false, Some((_, claim))) = (is_active(&seen.after.users[user]), pending) {
            return Err(format!(
                "user {user} is inactive, and {} is pending",
                claim["number"]
            ));
        }
    }
    Ok(())
}
