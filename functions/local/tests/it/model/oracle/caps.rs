//! What is promised of messages: so many to a user, to a number or mailbox, asked for by an address, and in all; those
//! of either channel by themselves.

use std::time::Duration;

use shared::address::Channel;
use shared::clock::Timestamp;

use super::{DAY, HOUR, Holds, Sent, When};
use crate::model::kind::mailbox;
use crate::model::operation::{Rules, Step};

const MINUTE: Duration = Duration::from_mins(1);

/// How many there may be; 0 is no cap.
pub struct Caps {
    user_hour: usize,
    user_day: usize,
    mailbox_hour: usize,
    mailbox_day: usize,
    address: usize,
    all: [usize; 2],
}

impl Caps {
    pub fn of(rules: Rules) -> Self {
        let (per_user_or_mailbox, address, all) = match rules {
            Rules::Uncapped => ([0, 0], 0, [0, 0]),
            Rules::Narrow => ([5, 10], 6, [13, 13]),
            Rules::Defaults | Rules::Unique => ([5, 10], 20, [5000, 1000]),
        };
        let [hour, day] = per_user_or_mailbox;
        Self {
            user_hour: hour,
            user_day: day,
            mailbox_hour: hour,
            mailbox_day: day,
            address,
            all,
        }
    }

    fn all(&self, channel: Channel) -> usize {
        let mut all = Channel::ALL.into_iter().zip(self.all);
        all.find(|(of, _)| *of == channel).map_or(0, |(_, all)| all)
    }

    /// What the user of the newest message was sent, this one with it.
    pub fn hold_for_the_user(&self, sent: &[Sent]) -> Holds {
        let Some(newest) = sent.last() else {
            return Ok(());
        };
        let user = newest.user;
        let same = |sent: &&Sent| !sent.gone && sent.user == user;
        let theirs: Vec<_> = sent.iter().filter(same).collect();
        let of_channel = theirs.iter().filter(|sent| sent.channel == newest.channel);
        let times: Vec<_> = of_channel.map(|sent| sent.at).collect();
        for (most, window) in [(self.user_hour, HOUR), (self.user_day, DAY)] {
            if most > 0 && more_than(most, window, &times) {
                return Err(format!(
                    "user {user} was sent more than {most} in {window:?}"
                ));
            }
        }
        let there = theirs.iter().filter(|sent| sent.to == newest.to);
        let times: Vec<_> = there.map(|sent| sent.at).collect();
        if more_than(1, MINUTE, &times) {
            return Err(format!(
                "two messages to {} of user {user} within a minute",
                newest.to
            ));
        }
        Ok(())
    }

    /// The newest message, among those of its clock hour and UTC day.
    pub fn hold_for_all(&self, step: &Step, sent: &[Sent]) -> Holds {
        let Some(newest) = sent.last() else {
            return Ok(());
        };
        let within = |window: Duration| {
            let end = newest.at.end_of(window);
            let same = sent.iter().filter(|sent| sent.channel == newest.channel);
            same.filter(move |sent| sent.at.end_of(window) == end)
        };
        // Of several at once it is not known which was counted first: those that are held count by themselves.
        let one = matches!(step, Step::One(_) | Step::Unlock(..));
        let there = mailbox(&newest.to);
        for (most, window) in [(self.mailbox_hour, HOUR), (self.mailbox_day, DAY)] {
            let to = within(window).filter(|sent| mailbox(&sent.to) == there);
            let count = to.filter(|sent| one || sent.held == Some(true)).count();
            if most > 0 && newest.held == Some(true) && count > most {
                return Err(format!("{count} messages to {there} in {window:?}"));
            }
        }
        let from = within(HOUR).filter(|sent| sent.address == newest.address);
        if self.address > 0 && newest.address.is_some() && from.count() > self.address {
            return Err("more messages than an address may ask for".to_owned());
        }
        let all = self.all(newest.channel);
        if all > 0 && within(HOUR).count() > all {
            return Err("more messages than the budget".to_owned());
        }
        Ok(())
    }
}

/// Whether more than `most` of these times, in order, lie within a window.
fn more_than(most: usize, window: Duration, times: &[Timestamp]) -> bool {
    let mut times = times.to_vec();
    times.sort_unstable();
    let later = times.iter().skip(most);
    times
        .iter()
        .zip(later)
        .any(|(first, last)| *last < *first + window)
}

/// The same, where nothing else can be.
pub fn more_than_in(most: usize, window: Duration, times: &[When]) -> bool {
    let later = times.iter().skip(most);
    times
        .iter()
        .zip(later)
        .any(|(first, last)| last.to < first.from + window)
}
