//! When messages of one user went out: the cooldown and the caps that follow from it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::address::{Address, Channel};
use crate::clock::Timestamp;
use crate::otp::CodeId;
use crate::verification::claim::Sent;
use crate::verification::limits::{
    Cap, DAY, HOUR, LONGEST_SEND, MOST_UNSENT_PER_HOUR, Refusal, SendLimits,
};

/// The messages of a user, of which those of one channel count together.
#[derive(Clone, Copy, Debug)]
pub struct SendHistory<'a> {
    /// By the id of the code that was sent.
    pub sends: &'a BTreeMap<String, Sent>,
    /// Those that definitely were not taken over, by the id of their code: when.
    pub unsent: &'a BTreeMap<String, Timestamp>,
}

impl SendHistory<'_> {
    /// Whether a message may go to this address now.
    pub fn may_send(
        &self,
        to: &Address,
        now: Timestamp,
        limits: &SendLimits,
    ) -> Result<(), Refusal> {
        // A `+tag` makes no mailbox of its own.
        let mailbox = to.for_counters();
        let sends = self.sends.values();
        let last = sends.filter(|sent| sent.to.for_counters() == mailbox);
        if let Some(until) = last.map(|sent| sent.at + limits.cooldown).max()
            && now < until
        {
            return Err(Refusal::Cooldown { until });
        }
        let channel = to.channel();
        let sent = || self.of(channel).map(|sent| sent.at);
        let hour = full_until(sent(), limits.per_hour, HOUR, now);
        let day = full_until(sent(), limits.per_day, DAY, now);
        if let Some(until) = hour.max(day) {
            let cap = Cap::User;
            return Err(Refusal::Capped { until, cap });
        }
        match self.unsent_until(channel, now) {
            Some(until) => Err(Refusal::Capped {
                until,
                cap: Cap::Unsent,
            }),
            None => Ok(()),
        }
    }

    /// When fewer messages than may be have failed in the hour that ends then; None where that is now. Where any has,
    /// those that may still be on their way count with them: they may fail, too.
    fn unsent_until(&self, channel: Channel, now: Timestamp) -> Option<Timestamp> {
        let unsent = self.unsent.iter();
        let unsent = unsent.filter(|(id, _)| channel_of(id) == channel);
        let failed = unsent.map(|(_, at)| *at + HOUR);
        let mut ends: Vec<_> = failed.filter(|end| now < *end).collect();
        if !ends.is_empty() {
            let under_way = self.of(channel).map(|sent| sent.at + LONGEST_SEND);
            ends.extend(under_way.filter(|end| now < *end));
        }
        ends.sort_unstable();
        let oldest_that_counts = ends.len().checked_sub(MOST_UNSENT_PER_HOUR)?;
        ends.get(oldest_that_counts).copied()
    }

    fn of(&self, channel: Channel) -> impl Iterator<Item = &Sent> {
        let sends = self.sends.values();
        sends.filter(move |sent| sent.to.channel() == channel)
    }
}

/// Begins what stands for a failed e-mail; a failed text message has nothing before the id of its code.
const FAILED_EMAIL: &str = "email_";

/// What a message that was not taken over is remembered by.
pub fn unsent_id(id: &CodeId, channel: Channel) -> String {
    match channel {
        Channel::Sms => id.as_str().to_owned(),
        Channel::Email => format!("{FAILED_EMAIL}{}", id.as_str()),
    }
}

fn channel_of(unsent: &str) -> Channel {
    if unsent.starts_with(FAILED_EMAIL) {
        Channel::Email
    } else {
        Channel::Sms
    }
}

/// When fewer than `most` lie in the window that ends then; None where that is now, or there is no cap (0).
fn full_until(
    times: impl Iterator<Item = Timestamp>,
    most: usize,
    window: Duration,
    now: Timestamp,
) -> Option<Timestamp> {
    let mut within: Vec<Timestamp> = times.filter(|at| now < *at + window).collect();
    within.sort_unstable();
    let oldest_that_counts = within.len().checked_sub(most)?;
    let until = *within.get(oldest_that_counts)? + window;
    (most > 0).then_some(until)
}
