//! What must hold of everything that was seen. It keeps what was sent and what was typed, and knows no more of the
//! product than its promises: how codes are found, counted and locked is none of its business.

mod caps;
mod pending;
mod promises;
mod tally;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use shared::address::Channel;
use shared::clock::Timestamp;
use shared::platform::outbox::Outcome;

use self::caps::{Caps, more_than_in};
use self::pending::{claims, sends};
pub use self::tally::{Tally, WANTED};
use super::kind::{is_active, kind, lives, spelled};
use super::operation::{By, Rules, Setup, Step, USERS, What};
use super::world::{DESK, Done, FEW_TOKENS, Message, Seen, TOKEN};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A message with a code.
struct Sent {
    user: usize,
    /// The user was deleted: its code proves nothing, and counts on the user no more.
    gone: bool,
    at: Timestamp,
    channel: Channel,
    to: String,
    code: String,
    code_id: String,
    /// Until when its code lives, at most.
    until: Timestamp,
    /// Told to have been taken over: else its code proves nothing.
    told: bool,
    /// Held to the caps of its number; None where it cannot be told.
    held: Option<bool>,
    /// Where it was asked for from, where that counts and can be told.
    address: Option<usize>,
    used: bool,
}

/// When a request came: its own time lies between the two.
#[derive(Clone, Copy)]
struct When {
    from: Timestamp,
    to: Timestamp,
}

pub struct Oracle {
    setup: Setup,
    caps: Caps,
    sent: Vec<Sent>,
    /// Of the users and of the desk.
    failures: Vec<Vec<When>>,
    /// Of the users, on either channel.
    unsent: Vec<Vec<(Channel, When)>>,
    /// Tokens that were tried from each address, by the end of the clock hour.
    tried: Vec<(usize, Timestamp)>,
    pub tally: Tally,
}

type Holds = Result<(), String>;

impl Oracle {
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            caps: Caps::of(setup.rules),
            sent: Vec::new(),
            failures: vec![Vec::new(); USERS + 1],
            unsent: vec![Vec::new(); USERS],
            tried: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// The codes that were sent to each user, oldest first.
    pub fn codes(&self) -> Vec<Vec<String>> {
        let of = |user| {
            let sent = self.sent.iter().filter(move |sent| sent.user == user);
            sent.map(|sent| sent.code.clone()).collect()
        };
        (0..USERS).map(of).collect()
    }

    pub fn judge(&mut self, step: &Step, seen: &Seen) -> Holds {
        if let Step::Recreate(user, _) = step {
            self.forget(*user);
        }
        promises::answers_make_sense(seen)?;
        self.note_messages(step, seen)?;
        self.note_unsent(seen)?;
        self.verified_by_their_codes(step, seen)?;
        self.right_codes_are_taken(step, seen)?;
        self.note_failures(step, seen)?;
        self.note_tokens(seen)?;
        promises::failures_change_nothing(seen)?;
        promises::kinds_are_apart(step, seen)?;
        promises::users_are_whole(self.setup, seen)?;
        promises::inactive_users_have_nothing_pending(seen)
    }

    /// What counted on a user that was deleted.
    fn forget(&mut self, user: usize) {
        let sent = self.sent.iter_mut();
        for sent in sent.filter(|sent| sent.user == user) {
            sent.gone = true;
        }
        self.failures[user].clear();
        self.unsent[user].clear();
        self.tally.add("deleted");
    }

    /// Whose each message is: what is stored says so, and each is there.
    fn note_messages(&mut self, step: &Step, seen: &Seen) -> Holds {
        let mut counted = Vec::new();
        for user in 0..USERS {
            let before = sends(&seen.before.pending[user]);
            for (id, sent) in sends(&seen.after.pending[user]) {
                if !before.contains_key(&id) {
                    counted.push((user, id, sent));
                }
            }
        }
        // Those that are known by their code first.
        let (known, others): (Vec<_>, Vec<_>) =
            (seen.messages.iter()).partition(|message| message.proves.is_some());
        for message in known.into_iter().chain(others) {
            let at = counted.iter().position(|(user, id, (at, to))| {
                let same = *at == message.at.millis() && *to == spelled(&message.to);
                let proves = message.proves.as_ref();
                same && proves.is_none_or(|it| it.user == *user && it.code_id == *id)
            });
            let Some(at) = at else {
                return Err(format!("a message to {} counts on nobody", message.to));
            };
            let (user, code_id, _) = counted.swap_remove(at);
            self.note_message(step, seen, message, (user, code_id))?;
        }
        match counted.first() {
            Some((user, ..)) if !matches!(step, Step::Burst(..) | Step::Crowd(_)) => Err(format!(
                "user {user} is counted a message that there was not"
            )),
            _ => Ok(()),
        }
    }

    fn note_message(
        &mut self,
        step: &Step,
        seen: &Seen,
        message: &Message,
        (user, code_id): (usize, String),
    ) -> Holds {
        let of_user = || seen.done.iter().filter(|done| done.call.user == user);
        if of_user().next().is_none() {
            return Err(format!("user {user} asked for nothing"));
        }
        let admins = of_user().filter(|done| done.call.by == By::Admin && may_send(done));
        let owners = of_user().filter(|done| done.call.by == By::Owner && may_send(done));
        let held = match (admins.count(), owners.count()) {
            (0, _) => Some(true),
            (_, 0) => Some(false),
            _ => None,
        };
        let address = of_user().next().map(|done| done.call.address);
        // Where one message of a request cannot be sent, the code of the other is dead.
        let taken_back =
            matches!(step, Step::One(_)) && of_user().any(|done| done.answer.status >= 400);
        let sent = Sent {
            user,
            gone: false,
            at: message.at,
            channel: message.channel,
            to: spelled(&message.to),
            code: message.code.clone(),
            code_id,
            until: message.at + lives(message.channel, self.setup),
            told: seen.gateways.of(message.channel) == Outcome::Delivered && !taken_back,
            held,
            address: address.filter(|_| held == Some(true)),
            used: false,
        };
        self.tally.message(sent.channel);
        self.sent.push(sent);
        self.caps.hold_for_the_user(&self.sent)?;
        self.caps.hold_for_all(step, &self.sent)
    }

    /// At most ten sends an hour on either channel that definitely failed.
    fn note_unsent(&mut self, seen: &Seen) -> Holds {
        for done in seen.done.iter().filter(|done| done.answer.status == 502) {
            let user = done.call.user;
            self.tally.add("failed sends");
            let channels = done.call.what.sends_on().into_iter();
            let failing =
                channels.filter(|channel| seen.gateways.of(*channel) != Outcome::Delivered);
            let failing: Vec<_> = failing.collect();
            // Of two it is not known which.
            let [channel] = failing[..] else { continue };
            if seen.gateways.of(channel) == Outcome::Unknown {
                continue;
            }
            self.unsent[user].push((channel, seen.when()));
            let theirs = self.unsent[user].iter();
            let theirs = theirs
                .filter(|(of, _)| *of == channel)
                .map(|(_, when)| *when);
            if more_than_in(10, HOUR, &theirs.collect::<Vec<_>>()) {
                return Err(format!("user {user} had more than ten sends that failed"));
            }
        }
        Ok(())
    }

    /// A code that was taken lived, was this user's, and is taken once; and without one nothing becomes verified.
    fn verified_by_their_codes(&mut self, step: &Step, seen: &Seen) -> Holds {
        let mut proved = BTreeSet::new();
        for done in seen.done.iter().filter(|done| done.answer.status < 300) {
            let Some(typed) = &done.typed else { continue };
            let whose = self.whose(done, typed, seen);
            let user = whose.ok_or("nobody's code was taken")?;
            let one = matches!(step, Step::One(_));
            let sent = self.sent.iter_mut().find(|sent| {
                let pending = !one
                    || claims(&seen.before.pending[user], seen.from)
                        .any(|(_, claim)| claim["codeId"] == *sent.code_id);
                sent.user == user
                    && !sent.gone
                    && sent.code == *typed
                    && sent.told
                    && !sent.used
                    && seen.from < sent.until
                    && sent.opens(&done.call.what)
                    && pending
            });
            let sent = sent.ok_or_else(|| format!("{typed} was taken for user {user}"))?;
            sent.used = true;
            proved.insert((user, sent.to.clone()));
            let channel = sent.channel;
            self.tally
                .verified(channel, matches!(done.call.what, What::Confirm(_)));
        }
        let verified = |channel, user: &Value| kind(channel).stored(user).all_verified();
        for user in 0..USERS {
            let [before, after] = [&seen.before, &seen.after].map(|state| &state.users[user]);
            for channel in Channel::ALL {
                for address in verified(channel, after).difference(&verified(channel, before)) {
                    if !proved.contains(&(user, address.clone())) {
                        return Err(format!(
                            "{address} is verified for user {user} without a code"
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whose code was taken.
    fn whose(&self, done: &Done, typed: &str, seen: &Seen) -> Option<usize> {
        match done.call.what {
            What::ValidateAnyones(_) => (0..USERS).find(|user| {
                let id = seen.after.users[*user]["id"].as_str();
                done.answer.body["userId"].as_str() == id
            }),
            // The door does not say.
            What::Confirm(_) => {
                let sent = self.sent.iter().rfind(|sent| sent.code == typed);
                sent.map(|sent| sent.user)
            }
            _ => Some(done.call.user),
        }
    }

    /// A right code that nothing speaks against is taken, so that limits are not held by refusing everything.
    fn right_codes_are_taken(&mut self, step: &Step, seen: &Seen) -> Holds {
        let (Step::One(call), [done]) = (step, seen.done.as_slice()) else {
            return Ok(());
        };
        let Some(typed) = done.typed.as_ref() else {
            return Ok(());
        };
        let user = match call.what {
            What::Validate(_, None) => call.user,
            // Whoever has the link.
            What::Confirm(_) => match self.sent.iter().rfind(|sent| sent.code == *typed) {
                Some(sent) => sent.user,
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        let state = &seen.before.pending[user];
        let tries = state.get("tries").and_then(Value::as_u64);
        let right = claims(state, seen.to).any(|(_, claim)| {
            let mut sent = self.sent.iter();
            let sent = sent.find(|sent| claim["codeId"] == *sent.code_id);
            let before = claim["triesBefore"].as_u64().unwrap_or_default();
            // A link has no tries of its own to lose.
            let tries_left = claim["link"] == true || tries.unwrap_or_default() - before < 5;
            sent.is_some_and(|sent| {
                sent.code == *typed && seen.to < sent.until && tries_left && sent.opens(&call.what)
            })
        });
        let recent = self.failures[user].iter();
        let recent = recent.filter(|failure| seen.to < failure.to + HOUR).count();
        let unhindered = recent < 10 && is_active(&seen.before.users[user]);
        if right && unhindered && done.answer.gist() == "400 18001" {
            return Err(format!("user {user}'s right code was refused"));
        }
        Ok(())
    }

    /// At most ten codes that prove nothing in any hour.
    fn note_failures(&mut self, step: &Step, seen: &Seen) -> Holds {
        if let (Step::Unlock(user, _), [done]) = (step, seen.done.as_slice())
            && done.answer.status == 200
        {
            self.failures[*user].clear();
            self.tally.add("unlocked");
        }
        for done in &seen.done {
            self.tally.answer(&done.answer.gist());
            // At the open door nothing counts on anybody.
            let open = matches!(done.call.what, What::Confirm(_));
            let failed = !open && ["400 18001", "400 18002"].contains(&done.answer.gist().as_str());
            let user = match done.call.what {
                What::ValidateAnyones(_) => DESK,
                _ => done.call.user,
            };
            let one = matches!(step, Step::One(_));
            // Typed twice, or, where there were several requests at once, right until another one was faster.
            let twice = self.sent.iter().any(|sent| {
                let same = sent.user == user && Some(&sent.code) == done.typed.as_ref();
                same && (sent.used || !one) && seen.from < sent.until
            });
            if !failed || twice {
                continue;
            }
            self.failures[user].push(seen.when());
            if more_than_in(10, HOUR, &self.failures[user]) {
                return Err(format!(
                    "more than ten failures of account {user} in an hour"
                ));
            }
        }
        Ok(())
    }

    /// Few tokens are compared that come from one address; those that are locked out are not.
    fn note_tokens(&mut self, seen: &Seen) -> Holds {
        let end = seen.from.end_of(HOUR);
        if self.setup.rules != Rules::Narrow || end != seen.to.end_of(HOUR) {
            return Ok(());
        }
        for done in &seen.done {
            let typed = done.typed.as_ref();
            let token = typed.is_some_and(|typed| typed.len() == TOKEN);
            let open = matches!(done.call.what, What::Confirm(_));
            if !open || !token || done.answer.gist() == "429 VRF-42903" {
                continue;
            }
            let tried = (done.call.address, end);
            self.tried.push(tried);
            let times = self.tried.iter().filter(|other| **other == tried);
            if times.count() > FEW_TOKENS {
                return Err("more tokens than may be tried from one address".to_owned());
            }
        }
        Ok(())
    }
}

impl Sent {
    /// Whether it is the door of such a code.
    fn opens(&self, what: &What) -> bool {
        match what {
            What::Confirm(_) => self.code.len() == TOKEN,
            What::Passcode(..) => self.channel == Channel::Sms,
            _ => true,
        }
    }
}

impl Seen {
    const fn when(&self) -> When {
        When {
            from: self.from,
            to: self.to,
        }
    }
}

const fn may_send(done: &Done) -> bool {
    done.call.what.guess().is_none()
}
