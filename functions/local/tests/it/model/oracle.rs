//! What must hold of everything that was seen. It keeps what was sent and what was typed, and knows no more of the
//! product than its promises: how codes are found, counted and locked is none of its business.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value};
use shared::clock::Timestamp;
use shared::platform::outbox::Outcome;
use shared::verification::scenario::Scenario;

use super::operation::{By, Setup, Step, USERS, What};
use super::world::{DESK, Done, Message, Seen};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How long a code lives.
const CODE: Duration = Duration::from_mins(5);

/// What is promised of messages; 0 is no cap.
struct Caps {
    user_hour: usize,
    user_day: usize,
    number_hour: usize,
    number_day: usize,
    address: usize,
    all: usize,
}

/// A message with a code.
struct Sent {
    user: usize,
    at: Timestamp,
    to: String,
    code: String,
    code_id: String,
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

/// How often there was what the test is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally(pub BTreeMap<&'static str, usize>);

pub struct Oracle {
    caps: Caps,
    unique: bool,
    sent: Vec<Sent>,
    /// Of the users and of the desk.
    failures: Vec<Vec<When>>,
    unsent: Vec<Vec<When>>,
    pub tally: Tally,
}

type Holds = Result<(), String>;

impl Oracle {
    pub fn new(setup: Setup) -> Self {
        let caps = match setup {
            Setup::Uncapped => [0; 6],
            Setup::Narrow => [5, 10, 5, 10, 6, 13],
            Setup::Defaults | Setup::Unique => [5, 10, 5, 10, 20, 1000],
        };
        let [user_hour, user_day, number_hour, number_day, address, all] = caps;
        Self {
            caps: Caps {
                user_hour,
                user_day,
                number_hour,
                number_day,
                address,
                all,
            },
            unique: setup == Setup::Unique,
            sent: Vec::new(),
            failures: vec![Vec::new(); USERS + 1],
            unsent: vec![Vec::new(); USERS],
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
        answers_make_sense(seen)?;
        self.note_messages(step, seen)?;
        self.note_unsent(seen)?;
        self.verified_by_their_codes(step, seen)?;
        self.right_codes_are_taken(step, seen)?;
        self.note_failures(step, seen)?;
        failures_change_nothing(seen)?;
        inactive_users_have_nothing_pending(seen)
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
                let same = *at == message.at.millis() && *to == message.to;
                let proves = message.proves.as_ref();
                same && proves.is_none_or(|(whose, code)| whose == user && code == id)
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
        let sent = Sent {
            user,
            at: message.at,
            to: message.to.clone(),
            code: message.code.clone(),
            code_id,
            told: seen.gateway == Outcome::Delivered,
            held,
            address: address.filter(|_| held == Some(true)),
            used: false,
        };
        self.tally.add("messages");
        self.sent.push(sent);
        self.within_the_users_caps(user)?;
        self.within_the_caps_of_all(step)
    }

    fn within_the_users_caps(&self, user: usize) -> Holds {
        let sent: Vec<_> = self.sent.iter().filter(|sent| sent.user == user).collect();
        let times: Vec<_> = sent.iter().map(|sent| sent.at).collect();
        for (most, window) in [(self.caps.user_hour, HOUR), (self.caps.user_day, DAY)] {
            if most > 0 && more_than(most, window, &times) {
                return Err(format!(
                    "user {user} was sent more than {most} in {window:?}"
                ));
            }
        }
        let Some(newest) = sent.last() else {
            return Ok(());
        };
        let same = sent.iter().filter(|sent| sent.to == newest.to);
        let same: Vec<_> = same.map(|sent| sent.at).collect();
        if more_than(1, MINUTE, &same) {
            return Err(format!(
                "two messages to {} of user {user} within a minute",
                newest.to
            ));
        }
        Ok(())
    }

    /// The newest message, among those of its clock hour and UTC day.
    fn within_the_caps_of_all(&self, step: &Step) -> Holds {
        let Some(newest) = self.sent.last() else {
            return Ok(());
        };
        let within = |window: Duration| {
            let end = newest.at.end_of(window);
            self.sent
                .iter()
                .filter(move |sent| sent.at.end_of(window) == end)
        };
        // Of several at once it is not known which was counted first: those that are held count by themselves.
        let one = matches!(step, Step::One(_) | Step::Unlock(..));
        for (most, window) in [(self.caps.number_hour, HOUR), (self.caps.number_day, DAY)] {
            let to = within(window).filter(|sent| sent.to == newest.to);
            let count = to.filter(|sent| one || sent.held == Some(true)).count();
            if most > 0 && newest.held == Some(true) && count > most {
                return Err(format!("{count} messages to {} in {window:?}", newest.to));
            }
        }
        let from = within(HOUR).filter(|sent| sent.address == newest.address);
        if self.caps.address > 0 && newest.address.is_some() && from.count() > self.caps.address {
            return Err("more messages than an address may ask for".to_owned());
        }
        if self.caps.all > 0 && within(HOUR).count() > self.caps.all {
            return Err("more messages than the budget".to_owned());
        }
        Ok(())
    }

    /// At most ten sends an hour that definitely failed.
    fn note_unsent(&mut self, seen: &Seen) -> Holds {
        if seen.gateway == Outcome::Unknown {
            return Ok(());
        }
        for done in seen.done.iter().filter(|done| done.answer.status == 502) {
            let user = done.call.user;
            self.tally.add("failed sends");
            self.unsent[user].push(seen.when());
            if more_than_in(10, HOUR, &self.unsent[user]) {
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
            let whose = (0..USERS).find(|user| match done.call.what {
                What::ValidateAnyones(_) => {
                    let id = seen.after.users[*user]["id"].as_str();
                    done.answer.body["userId"].as_str() == id
                }
                _ => *user == done.call.user,
            });
            let user = whose.ok_or("nobody's code was taken")?;
            let living = !matches!(step, Step::One(_));
            let sent = self.sent.iter_mut().find(|sent| {
                let pending = living
                    || claims(&seen.before.pending[user], seen.from)
                        .any(|(_, claim)| claim["codeId"] == *sent.code_id);
                sent.user == user
                    && sent.code == *typed
                    && sent.told
                    && !sent.used
                    && seen.from < sent.at + CODE
                    && pending
            });
            let sent = sent.ok_or_else(|| format!("{typed} was taken for user {user}"))?;
            sent.used = true;
            self.tally.add("verified");
            proved.insert((user, sent.to.clone()));
        }
        for user in 0..USERS {
            let before = verified(&seen.before.users[user]);
            for number in verified(&seen.after.users[user]).difference(&before) {
                if !proved.contains(&(user, number.clone())) {
                    return Err(format!(
                        "{number} is verified for user {user} without a code"
                    ));
                }
            }
        }
        Ok(())
    }

    /// A right code that nothing speaks against is taken, so that limits are not held by refusing everything.
    fn right_codes_are_taken(&mut self, step: &Step, seen: &Seen) -> Holds {
        let (Step::One(call), [done], false) = (step, seen.done.as_slice(), self.unique) else {
            return Ok(());
        };
        let (What::Validate(_, None), Some(typed)) = (&call.what, &done.typed) else {
            return Ok(());
        };
        let (user, state) = (
            &seen.before.users[call.user],
            &seen.before.pending[call.user],
        );
        let tries = state
            .get("tries")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        let right = claims(state, seen.to).any(|(_, claim)| {
            let sent = self
                .sent
                .iter()
                .find(|sent| claim["codeId"] == *sent.code_id);
            let before = claim["triesBefore"].as_u64().unwrap_or_default();
            let lives = |sent: &&Sent| seen.to < sent.at + CODE && tries - before < 5;
            sent.filter(lives).is_some_and(|sent| sent.code == *typed)
        });
        let recent = self.failures[call.user].iter();
        let recent = recent.filter(|failure| seen.to < failure.to + HOUR).count();
        if right && recent < 10 && is_active(user) && done.answer.gist() == "400 18001" {
            return Err(format!("user {}'s right code was refused", call.user));
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
            let failed = ["400 18001", "400 18002"].contains(&done.answer.gist().as_str());
            let user = match done.call.what {
                What::ValidateAnyones(_) => DESK,
                _ => done.call.user,
            };
            let one = matches!(step, Step::One(_));
            // Typed twice, or, where there were several requests at once, right until another one was faster.
            let twice = self.sent.iter().any(|sent| {
                let same = sent.user == user && Some(&sent.code) == done.typed.as_ref();
                same && (sent.used || !one) && seen.from < sent.at + CODE
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
}

impl Seen {
    const fn when(&self) -> When {
        When {
            from: self.from,
            to: self.to,
        }
    }
}

impl Tally {
    fn add(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    fn answer(&mut self, gist: &str) {
        let known = [
            "400 18002",
            "403 VRF-40301",
            "409 VRF-40901",
            "429 17003",
            "429 VRF-42900",
            "429 VRF-42901",
            "429 VRF-42902",
            "429 VRF-42903",
            "429 VRF-42904",
            "429 VRF-42905",
            "502 VRF-50200",
            "502 VRF-50201",
            "400 18001",
            "400 UMV-10002",
            "409 VRF-40900",
        ];
        if let Some(known) = known.iter().find(|known| **known == gist) {
            self.add(known);
        }
    }

    pub fn join(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }
}

/// No bug, and nothing failed that the gateway did not let fail.
fn answers_make_sense(seen: &Seen) -> Holds {
    for Done { call, answer, .. } in &seen.done {
        let unsent = answer.status == 502 && seen.gateway != Outcome::Delivered;
        if answer.status >= 500 && !unsent {
            return Err(format!("{call:?}: {answer}"));
        }
    }
    Ok(())
}

/// Where every request failed, users and claims are as they were; after one that sent nothing and compared nothing,
/// the whole pending state is.
fn failures_change_nothing(seen: &Seen) -> Holds {
    let failed = seen.done.iter().all(|done| done.answer.status >= 400);
    if !failed {
        return Ok(());
    }
    for user in 0..USERS {
        if seen.before.users[user] != seen.after.users[user] {
            return Err(format!("user {user} was changed by what failed"));
        }
        let pending = [&seen.before, &seen.after].map(|state| living(&state.pending[user], seen));
        let [before, after] = pending;
        let compared = seen.done.iter().any(|done| done.typed.is_some());
        let unknown = seen.gateway == Outcome::Unknown;
        let same = if compared || unknown || seen.done.len() > 1 {
            Scenario::ALL
                .iter()
                .all(|scenario| before.get(scenario.attribute()) == after.get(scenario.attribute()))
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

fn inactive_users_have_nothing_pending(seen: &Seen) -> Holds {
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

/// Without claims and sends that are over.
fn living(pending: &Map<String, Value>, seen: &Seen) -> Map<String, Value> {
    let mut pending = pending.clone();
    let over = |time: &Value, kept: Duration| {
        time.as_i64()
            .is_none_or(|at| Timestamp::from_millis(at) + kept <= seen.to)
    };
    for scenario in Scenario::ALL {
        let claim = pending.get(scenario.attribute());
        if claim.is_some_and(|claim| over(&claim["expires"], Duration::ZERO)) {
            pending.remove(scenario.attribute());
        }
    }
    if let Some(sends) = pending.get_mut("sends").and_then(Value::as_object_mut) {
        sends.retain(|_, sent| !over(&sent["at"], DAY));
    }
    pending.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
    pending
}

fn claims(
    pending: &Map<String, Value>,
    now: Timestamp,
) -> impl Iterator<Item = (Scenario, &Value)> {
    let claims = Scenario::ALL.into_iter();
    let claims = claims.filter_map(|scenario| Some((scenario, pending.get(scenario.attribute())?)));
    claims.filter(move |(_, claim)| claim["expires"].as_i64() > Some(now.millis()))
}

/// By the id of the code: when and where to.
fn sends(pending: &Map<String, Value>) -> BTreeMap<String, (i64, String)> {
    let sends = pending.get("sends").and_then(Value::as_object);
    let sends = sends.into_iter().flatten().map(|(id, sent)| {
        let to = sent["to"].as_str().unwrap_or_default().to_owned();
        (id.clone(), (sent["at"].as_i64().unwrap_or_default(), to))
    });
    sends.collect()
}

/// The numbers that are verified.
pub fn verified(user: &Value) -> BTreeSet<String> {
    let list = user["verifiedMobileNumbers"]
        .as_array()
        .into_iter()
        .flatten();
    let primary = Some(&user["primary"]).filter(|_| user["phoneVerified"] == true);
    let numbers = list.chain(primary).filter_map(Value::as_str);
    numbers.map(str::to_owned).collect()
}

fn is_active(user: &Value) -> bool {
    let profile = user["profile"].as_str().unwrap_or_default();
    let profile: Value = profile.parse().unwrap_or_default();
    profile["active"] != false
}

const fn may_send(done: &Done) -> bool {
    done.call.what.guess().is_none()
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
fn more_than_in(most: usize, window: Duration, times: &[When]) -> bool {
    let later = times.iter().skip(most);
    times
        .iter()
        .zip(later)
        .any(|(first, last)| last.to < first.from + window)
}
