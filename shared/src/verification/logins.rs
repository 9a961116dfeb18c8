//! The messages of a user's sign-ins: caps of their own, so that verifying a number uses up none of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::phone_number::PhoneNumber;
use crate::clock::Timestamp;
use crate::verification::claim::Sent;
use crate::verification::limits::{DAY, HOUR, Refusal, SendLimits};
use crate::verification::sends::SendHistory;

/// Most login codes to a number in a clock hour, and of a user in any hour.
pub const LOGINS_PER_HOUR: u64 = 10;

/// Most login codes to a number in a UTC day, and of a user in any day.
pub const LOGINS_PER_DAY: u64 = 30;

/// Between two login codes to one number of a user.
const COOLDOWN: Duration = Duration::from_secs(30);

/// How often a user is sent login codes.
pub fn login_limits() -> SendLimits {
    let most = |sends| usize::try_from(sends).unwrap_or(usize::MAX);
    SendLimits {
        cooldown: COOLDOWN,
        per_hour: most(LOGINS_PER_HOUR),
        per_day: most(LOGINS_PER_DAY),
    }
}

/// The login codes of a user: what they count on, and what failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Logins {
    /// Counts the writes of this part of the item; 0 is none yet.
    pub revision: u64,
    /// By the id of the code that was sent.
    pub sends: BTreeMap<String, Sent>,
    /// Those that definitely were not taken over, by the id of their code: when.
    pub unsent: BTreeMap<String, Timestamp>,
}

impl Logins {
    /// Whether nothing is known of any.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a code may go to this number now; a lock is asked for elsewhere.
    pub fn may_send(&self, to: &PhoneNumber, now: Timestamp) -> Result<(), Refusal> {
        let history = SendHistory {
            sends: &self.sends,
            unsent: &self.unsent,
        };
        history.may_send(&to.clone().into(), now, &login_limits())
    }

    /// With one message more, and without those that no window holds any more.
    #[must_use]
    pub fn with(&self, id: &str, to: &PhoneNumber, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.revision += 1;
        next.sends.retain(|_, sent| now < sent.at + DAY);
        next.unsent.retain(|_, at| now < *at + HOUR);
        let to = to.clone().into();
        next.sends.insert(id.to_owned(), Sent { at: now, to });
        next
    }
}
