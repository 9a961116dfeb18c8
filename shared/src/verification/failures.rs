//! Wrong codes: those of the hour, those in a row, and the lock that they lead to.
//! Every try counts as a failure until it succeeds; what a success ends is its own try, and for the row those that
//! were made while its address was pending.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::email::key_of;
use crate::clock::Timestamp;
use crate::verification::limits::{DAY, TryLimits};

/// Failures without a success after which nobody but an administrator ends the lock (NIST SP 800-63B-4 §3.2.2).
pub const MOST_IN_A_ROW: usize = 100;

/// What `Retry-After` says where only an administrator can end the lock.
const UNTIL_UNLOCKED: Duration = DAY;

/// The longest that a lock grows to.
const LONGEST_LOCK: Duration = DAY;

/// The tries of a user that have not succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Failures {
    /// When each was made, by the try's id.
    #[serde(rename = "recent")]
    pub hour: BTreeMap<String, Timestamp>,
    /// The addresses that were pending, by the try's id and the scenario; empty where none was.
    #[serde(rename = "streak")]
    pub row: BTreeMap<String, String>,
    /// How many locks there have been in this row.
    pub locks: u32,
}

impl Failures {
    /// Tries in the window that ends now.
    pub fn within(&self, now: Timestamp, limits: &TryLimits) -> usize {
        let times = self.hour.values();
        times
            .filter(|at| now < **at + limits.failure_window)
            .count()
    }

    /// Tries in a row.
    pub fn in_a_row(&self) -> usize {
        let noted = self.row.iter().filter(|(_, number)| !number.is_empty());
        let tries: BTreeSet<_> = noted.map(|(key, _)| try_of(key)).collect();
        tries.len()
    }

    /// When the lock ends and a failure has left the window, whichever is later; None where that is now.
    pub fn locked_until(&self, now: Timestamp, limits: &TryLimits) -> Option<Timestamp> {
        if self.in_a_row() >= MOST_IN_A_ROW {
            return Some(now + UNTIL_UNLOCKED);
        }
        let (last, first) = self.full_window(limits)?;
        let factor = 1_u32.checked_shl(self.locks).unwrap_or(u32::MAX);
        let lock = limits
            .lock
            .saturating_mul(factor)
            .min(LONGEST_LOCK.max(limits.lock));
        let until = (last + lock).max(first + limits.failure_window);
        (now < until).then_some(until)
    }

    /// The last of the failures, and the first of as many as are borne, where they lie in one window.
    fn full_window(&self, limits: &TryLimits) -> Option<(Timestamp, Timestamp)> {
        let mut times: Vec<Timestamp> = self.hour.values().copied().collect();
        times.sort_unstable();
        let most = usize::try_from(limits.failures).unwrap_or(usize::MAX);
        let first = *times.get(times.len().checked_sub(most)?)?;
        let last = *times.last()?;
        (last < first + limits.failure_window).then_some((last, first))
    }

    /// What no longer matters: ids of tries that have left the window, and notes of nothing.
    pub fn over(&self, now: Timestamp, limits: &TryLimits) -> Over {
        let old = self.hour.iter();
        let old = old.filter(|(_, at)| **at + limits.failure_window <= now);
        let noted = self.row.iter().filter(|(_, number)| number.is_empty());
        let locks = match self.full_window(limits) {
            Some(_) if self.in_a_row() == 0 => 0,
            Some(_) => self.locks + 1,
            None => self.locks,
        };
        Over {
            hour: old.map(|(id, _)| id.clone()).collect(),
            row: noted.map(|(key, _)| key.clone()).collect(),
            locks,
        }
    }

    /// What a success on an address strikes out of the row; and whether the row is empty then.
    pub fn struck(&self, proved: &str, own: &str) -> (Vec<String>, bool) {
        // An e-mail address was perhaps noted in another spelling; nothing else has one.
        let is_struck = |noted: &str| noted.is_empty() || key_of(noted) == key_of(proved);
        let (struck, left): (Vec<_>, Vec<_>) = self
            .row
            .iter()
            .partition(|(key, noted)| try_of(key) == own || is_struck(noted));
        let struck = struck.into_iter().map(|(key, _)| key.clone()).collect();
        (struck, left.is_empty())
    }
}

/// See [`Failures::over`].
#[derive(Debug, PartialEq, Eq)]
pub struct Over {
    pub hour: Vec<String>,
    pub row: Vec<String>,
    /// How many locks there have been with the one that these tries led to.
    pub locks: u32,
}

/// The key in the row of a try's note for a scenario.
pub fn note(id: &str, attribute: &str) -> String {
    format!("{id}_{attribute}")
}

fn try_of(key: &str) -> &str {
    key.split_once('_').map_or(key, |(id, _)| id)
}
