//! A user's pending claims, tries, failures, lock and sends: what the verification item holds.
//! Pure: every rule that needs no store is decided here, from the item and the time.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, number};
use crate::otp::{Binding, Code, CodeId, Key, KeyedHash};
use crate::phone_number::PhoneNumber;

pub const HOUR: Duration = Duration::from_hours(1);
pub const DAY: Duration = Duration::from_hours(24);

/// What a claim is about. A user has at most one pending claim in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// A new primary mobile number.
    Primary,
    /// A number added to `verifiedMobileNumbers`.
    VerifiedList,
}

impl Scenario {
    pub const ALL: [Self; 2] = [Self::Primary, Self::VerifiedList];

    /// The name that clients use as `RecoveryScenario`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "MOBILE_VERIFICATION_ON_UPDATE",
            Self::VerifiedList => "MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
    }

    /// The attribute of the item that holds its claim.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Primary => "primaryClaim",
            Self::VerifiedList => "listClaim",
        }
    }
}

/// A number that its claimer has yet to prove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    pub number: PhoneNumber,
    /// ISO 3166-1 code, so that a resend needs no numbering plans.
    pub region: String,
    pub started: Timestamp,
    pub expires: Timestamp,
    pub code_id: CodeId,
    pub code_hash: KeyedHash,
    pub key_version: String,
    pub code_expires: Timestamp,
    /// The item's `tries` when the code was made.
    pub tries_before: u64,
}

/// A message that was sent: for cooldowns and caps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub at: Timestamp,
    pub to: PhoneNumber,
}

/// One user's item. The default is what a user without an item has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Verification {
    /// Counts the writes of claims; 0 is no such write yet.
    pub revision: u64,
    /// Every try there ever was.
    pub tries: u64,
    /// Failures in the window that ends at `window_end`.
    pub failures: u64,
    pub window_end: Option<Timestamp>,
    pub last_failure: Option<Timestamp>,
    pub primary_claim: Option<Claim>,
    pub list_claim: Option<Claim>,
    /// By the id of the code that was sent.
    pub sends: BTreeMap<String, Sent>,
}

/// How many wrong codes are borne.
#[derive(Clone, Debug)]
pub struct TryLimits {
    pub tries_per_code: u64,
    pub failures: u64,
    pub failure_window: Duration,
    pub lock: Duration,
}

impl Default for TryLimits {
    fn default() -> Self {
        Self {
            tries_per_code: 5,
            failures: 10,
            failure_window: Duration::from_hours(1),
            lock: Duration::from_mins(15),
        }
    }
}

impl TryLimits {
    /// `MAX_TRIES_PER_CODE`, `MAX_FAILURES`, `FAILURE_WINDOW_MINUTES`, `LOCK_MINUTES`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let minutes =
            |variable, default| number(env, variable, default, 1..=1440).map(Duration::from_mins);
        Ok(Self {
            tries_per_code: number(env, "MAX_TRIES_PER_CODE", 5, 1..=10)?,
            failures: number(env, "MAX_FAILURES", 10, 1..=100)?,
            failure_window: minutes("FAILURE_WINDOW_MINUTES", 60)?,
            lock: minutes("LOCK_MINUTES", 15)?,
        })
    }
}

/// How often a user is sent messages.
#[derive(Clone, Debug)]
pub struct SendLimits {
    /// Between two messages to one number.
    pub cooldown: Duration,
    /// In any hour; 0 is no limit.
    pub per_hour: usize,
    /// In any day; 0 is no limit.
    pub per_day: usize,
}

impl Default for SendLimits {
    fn default() -> Self {
        Self {
            cooldown: Duration::from_mins(1),
            per_hour: 5,
            per_day: 10,
        }
    }
}

impl SendLimits {
    /// `RESEND_COOLDOWN_SECONDS`, `MAX_SENDS_PER_HOUR`, `MAX_SENDS_PER_DAY`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let most = |variable, default, largest| {
            let most = number(env, variable, default, 0..=largest)?;
            Ok(usize::try_from(most).unwrap_or(usize::MAX))
        };
        Ok(Self {
            cooldown: Duration::from_secs(number(env, "RESEND_COOLDOWN_SECONDS", 60, 0..=3600)?),
            per_hour: most("MAX_SENDS_PER_HOUR", 5, 1000)?,
            per_day: most("MAX_SENDS_PER_DAY", 10, 10_000)?,
        })
    }
}

/// Why no code may be sent or compared now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many failures.
    Locked { until: Timestamp },
    /// The same number had a message a moment ago.
    Cooldown { until: Timestamp },
    /// As many messages as there may be in a window.
    Capped { until: Timestamp },
    /// No messages go to the number's region.
    Region,
}

/// Which of the pending claims a typed code is compared with; the default is all of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Among<'a> {
    pub scenario: Option<Scenario>,
    pub number: Option<&'a PhoneNumber>,
}

impl Among<'_> {
    fn holds(&self, scenario: Scenario, claim: &Claim) -> bool {
        self.scenario.is_none_or(|only| only == scenario)
            && self.number.is_none_or(|only| *only == claim.number)
    }
}

/// What a typed code turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    Right(Scenario, &'a Claim),
    /// The right code, too late.
    Expired,
    Nothing,
}

impl Claim {
    fn lives(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    fn binding<'a>(&'a self, user: &'a str, scenario: Scenario) -> Binding<'a> {
        Binding {
            user,
            scenario: scenario.name(),
            number: self.number.as_e164(),
            id: &self.code_id,
        }
    }
}

impl Verification {
    /// The pending claim of a scenario.
    pub fn pending(&self, scenario: Scenario, now: Timestamp) -> Option<&Claim> {
        let claim = match scenario {
            Scenario::Primary => &self.primary_claim,
            Scenario::VerifiedList => &self.list_claim,
        };
        claim.as_ref().filter(|claim| claim.lives(now))
    }

    /// Forgets a claim, in memory.
    pub fn end(&mut self, scenario: Scenario) {
        match scenario {
            Scenario::Primary => self.primary_claim = None,
            Scenario::VerifiedList => self.list_claim = None,
        }
    }

    /// All pending claims.
    pub fn all_pending(&self, now: Timestamp) -> impl Iterator<Item = (Scenario, &Claim)> {
        Scenario::ALL
            .into_iter()
            .filter_map(move |scenario| Some((scenario, self.pending(scenario, now)?)))
    }

    /// The newest pending claim's number.
    pub fn pending_number(&self, now: Timestamp) -> Option<&PhoneNumber> {
        self.all_pending(now)
            .max_by_key(|(_, claim)| claim.started)
            .map(|(_, claim)| &claim.number)
    }

    /// A mark of what is shown of the pending state, for the resource's version.
    pub fn mark(&self, now: Timestamp) -> Option<String> {
        let number = self.pending_number(now)?;
        let digest = Sha256::digest(number.as_e164());
        let start = digest.first_chunk().copied().unwrap_or_default();
        Some(format!("{:08x}", u32::from_be_bytes(start)))
    }

    /// Whether a claim's code can still be typed.
    pub fn code_lives(&self, claim: &Claim, now: Timestamp, limits: &TryLimits) -> bool {
        now < claim.code_expires
            && self.tries.saturating_sub(claim.tries_before) < limits.tries_per_code
    }

    /// When the lock ends, while there is one.
    pub fn locked_until(&self, now: Timestamp, limits: &TryLimits) -> Option<Timestamp> {
        let last = self.last_failure?;
        // A failure counted after its window's end belongs to the next window, which holds only it so far.
        let in_window = self.window_end.is_some_and(|end| last < end);
        let until = last + limits.lock;
        (self.failures >= limits.failures && in_window && now < until).then_some(until)
    }

    /// Failures that no longer count: their window is over, or the lock that they led to is.
    pub fn failures_are_over(&self, now: Timestamp, limits: &TryLimits) -> bool {
        self.failures > 0
            && self.locked_until(now, limits).is_none()
            && (self.failures >= limits.failures || self.window_end.is_none_or(|end| end <= now))
    }

    /// Whether a message may go to this number now.
    pub fn may_send(
        &self,
        to: &PhoneNumber,
        now: Timestamp,
        tries: &TryLimits,
        sends: &SendLimits,
    ) -> Result<(), Refusal> {
        if let Some(until) = self.locked_until(now, tries) {
            return Err(Refusal::Locked { until });
        }
        let last = self.sends.values().filter(|sent| sent.to == *to);
        if let Some(until) = last.map(|sent| sent.at + sends.cooldown).max()
            && now < until
        {
            return Err(Refusal::Cooldown { until });
        }
        let hour = self.capped_until(sends.per_hour, HOUR, now);
        let day = self.capped_until(sends.per_day, DAY, now);
        match hour.max(day) {
            Some(until) => Err(Refusal::Capped { until }),
            None => Ok(()),
        }
    }

    /// When fewer messages than the cap lie in the window that ends then; None where that is now.
    fn capped_until(&self, most: usize, window: Duration, now: Timestamp) -> Option<Timestamp> {
        let mut within: Vec<Timestamp> = self
            .sends
            .values()
            .map(|sent| sent.at)
            .filter(|at| now < *at + window)
            .collect();
        within.sort_unstable();
        let oldest_that_counts = within.len().checked_sub(most)?;
        let until = *within.get(oldest_that_counts)? + window;
        (most > 0).then_some(until)
    }

    /// The versions of the key that a typed code would be compared with.
    pub fn key_versions(&self, now: Timestamp) -> Vec<String> {
        self.all_pending(now)
            .map(|(_, claim)| claim.key_version.clone())
            .collect()
    }

    /// Finds what a code, whose try has been counted, belongs to.
    pub fn find(
        &self,
        user: &str,
        code: &Code,
        among: Among<'_>,
        keys: &[Key],
        now: Timestamp,
        limits: &TryLimits,
    ) -> Found<'_> {
        let mut found = Found::Nothing;
        for (scenario, claim) in self.all_pending(now) {
            let past_cap = self.tries.saturating_sub(claim.tries_before) > limits.tries_per_code;
            if past_cap || !among.holds(scenario, claim) {
                continue;
            }
            let key = keys.iter().find(|key| key.version() == claim.key_version);
            let right = key.is_some_and(|key| {
                key.verify(code, claim.binding(user, scenario), &claim.code_hash)
            });
            if right && now < claim.code_expires {
                return Found::Right(scenario, claim);
            }
            if right {
                found = Found::Expired;
            }
        }
        found
    }
}

/// Makes the keyed hash of a new code for a claim.
pub fn hash_for(
    key: &Key,
    code: &Code,
    user: &str,
    scenario: Scenario,
    number: &PhoneNumber,
    id: &CodeId,
) -> KeyedHash {
    key.hash(
        code,
        Binding {
            user,
            scenario: scenario.name(),
            number: number.as_e164(),
            id,
        },
    )
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;

    use super::*;

    const MINUTE: i64 = 60_000;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * MINUTE)
    }

    fn phone(e164: &str) -> PhoneNumber {
        PhoneNumber::from_e164(e164).unwrap()
    }

    fn key() -> Key {
        Key::new("v1", &[1; 32]).unwrap()
    }

    fn code(text: &str) -> Code {
        Code::parse(text).unwrap()
    }

    /// A claim that started at minute 0 with the given code.
    fn claim(scenario: Scenario, number: &str, text: &str) -> Claim {
        let code_id = CodeId::generate(&mut SysRng).unwrap();
        Claim {
            code_hash: hash_for(&key(), &code(text), "u", scenario, &phone(number), &code_id),
            number: phone(number),
            region: "MY".into(),
            started: at(0),
            expires: at(24 * 60),
            code_id,
            key_version: "v1".into(),
            code_expires: at(5),
            tries_before: 0,
        }
    }

    #[test]
    fn the_lock_table() {
        let limits = TryLimits::default();
        // failures, window end, last failure, now -> locked until
        for (failures, end, last, now, expected) in [
            (9, 60, 1, 2, None),
            (10, 60, 1, 2, Some(16)),
            (10, 60, 59, 70, Some(74)),
            (10, 60, 1, 16, None),
            (12, 60, 1, 2, Some(16)),
            (10, 60, 61, 62, None),
        ] {
            let state = Verification {
                failures,
                window_end: Some(at(end)),
                last_failure: Some(at(last)),
                ..Verification::default()
            };
            assert_eq!(
                state.locked_until(at(now), &limits),
                expected.map(at),
                "{failures} {end} {last} {now}"
            );
        }
        assert_eq!(Verification::default().locked_until(at(0), &limits), None);
    }

    #[test]
    fn failures_end_with_their_window_or_their_lock() {
        let limits = TryLimits::default();
        for (failures, end, last, now, over) in [
            (0, 60, 1, 90, false),
            (9, 60, 1, 59, false),
            (9, 60, 1, 60, true),
            (10, 60, 59, 70, false),
            (10, 60, 1, 15, false),
            (10, 60, 1, 16, true),
        ] {
            let state = Verification {
                failures,
                window_end: Some(at(end)),
                last_failure: Some(at(last)),
                ..Verification::default()
            };
            assert_eq!(
                state.failures_are_over(at(now), &limits),
                over,
                "{failures} {end} {last} {now}"
            );
        }
    }

    #[test]
    fn the_cooldown_is_for_one_number() {
        let limits = TryLimits::default();
        let sends = SendLimits::default();
        let mut state = Verification::default();
        state.sends.insert(
            "a".into(),
            Sent {
                at: at(10),
                to: phone("+60123456789"),
            },
        );
        let may = |to, now| state.may_send(&phone(to), now, &limits, &sends);
        assert_eq!(
            may("+60123456789", at(10)),
            Err(Refusal::Cooldown { until: at(11) })
        );
        assert_eq!(may("+60123456789", at(11)), Ok(()));
        assert_eq!(may("+60129876543", at(10)), Ok(()));
    }

    #[test]
    fn the_caps_are_for_all_numbers_and_their_windows_move() {
        let tries = TryLimits::default();
        let sends = SendLimits {
            per_hour: 2,
            per_day: 3,
            ..SendLimits::default()
        };
        let sent = |minutes: &[i64]| Verification {
            sends: minutes
                .iter()
                .map(|minute| {
                    let (at, to) = (at(*minute), phone("+60129876543"));
                    (minute.to_string(), Sent { at, to })
                })
                .collect(),
            ..Verification::default()
        };
        // sent at, now -> refused until
        for (minutes, now, expected) in [
            (&[][..], 0, None),
            (&[0], 10, None),
            (&[0, 10], 20, Some(60)),
            (&[0, 10], 60, None),
            (&[0, 10, 65], 69, Some(24 * 60)),
            (&[0, 10, 65], 24 * 60, None),
        ] {
            let result = sent(minutes).may_send(&phone("+60123456789"), at(now), &tries, &sends);
            let until = expected.map(|until| Refusal::Capped { until: at(until) });
            assert_eq!(result.err(), until, "{minutes:?} {now}");
        }
        let off = SendLimits {
            per_hour: 0,
            per_day: 0,
            ..sends
        };
        let many = sent(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(
            many.may_send(&phone("+60123456789"), at(9), &tries, &off),
            Ok(())
        );
    }

    #[test]
    fn the_newest_living_claim_is_shown() {
        let mut state = Verification {
            primary_claim: Some(claim(Scenario::Primary, "+60123456789", "111111")),
            ..Verification::default()
        };
        let later = Claim {
            started: at(3),
            ..claim(Scenario::VerifiedList, "+60129876543", "222222")
        };
        state.list_claim = Some(later);
        assert_eq!(state.pending_number(at(4)), Some(&phone("+60129876543")));
        let mark = state.mark(at(4));
        state.list_claim.as_mut().unwrap().expires = at(4);
        assert_eq!(state.pending_number(at(4)), Some(&phone("+60123456789")));
        assert_ne!(state.mark(at(4)), mark);
        assert_eq!(state.pending_number(at(24 * 60)), None);
        assert_eq!(state.mark(at(24 * 60)), None);
    }

    #[test]
    fn what_a_code_turns_out_to_be() {
        let limits = TryLimits::default();
        let keys = [key()];
        let state = Verification {
            tries: 1,
            primary_claim: Some(claim(Scenario::Primary, "+60123456789", "111111")),
            list_claim: Some(claim(Scenario::VerifiedList, "+60129876543", "222222")),
            ..Verification::default()
        };
        let found = |state: &Verification, user: &str, text: &str, among, now| match state.find(
            user,
            &code(text),
            among,
            &keys,
            now,
            &limits,
        ) {
            Found::Right(scenario, _) => scenario.attribute(),
            Found::Expired => "expired",
            Found::Nothing => "nothing",
        };
        let tried = |tries| Verification {
            tries,
            ..state.clone()
        };
        let all = Among::default();
        let within = |scenario| Among {
            scenario: Some(scenario),
            ..all
        };
        let (first, second) = (phone("+60123456789"), phone("+60129876543"));
        let on = |number| Among {
            number: Some(number),
            ..all
        };
        let list_on_first = Among {
            number: Some(&first),
            ..within(Scenario::VerifiedList)
        };
        for (state, user, text, among, now, expected) in [
            (&state, "u", "111111", all, 1, "primaryClaim"),
            (&state, "u", "222222", all, 1, "listClaim"),
            (
                &state,
                "u",
                "222222",
                within(Scenario::VerifiedList),
                1,
                "listClaim",
            ),
            (
                &state,
                "u",
                "222222",
                within(Scenario::Primary),
                1,
                "nothing",
            ),
            (&state, "u", "222222", on(&second), 1, "listClaim"),
            (&state, "u", "222222", on(&first), 1, "nothing"),
            (&state, "u", "111111", list_on_first, 1, "nothing"),
            (&state, "u", "333333", all, 1, "nothing"),
            (&state, "other", "111111", all, 1, "nothing"),
            (&state, "u", "111111", all, 5, "expired"),
            (&state, "u", "111111", on(&second), 5, "nothing"),
            (&state, "u", "333333", all, 5, "nothing"),
            (&state, "u", "111111", all, 24 * 60, "nothing"),
            (&tried(5), "u", "111111", all, 1, "primaryClaim"),
            (&tried(6), "u", "111111", all, 1, "nothing"),
            (&tried(6), "u", "111111", all, 5, "nothing"),
        ] {
            assert_eq!(
                found(state, user, text, among, at(now)),
                expected,
                "{text} {among:?} {now}"
            );
        }
        assert_eq!(
            state.find("u", &code("111111"), Among::default(), &[], at(1), &limits),
            Found::Nothing
        );
    }

    #[test]
    fn a_code_lives_until_it_expires_or_was_tried_out() {
        let limits = TryLimits::default();
        let claim = claim(Scenario::Primary, "+60123456789", "111111");
        let lives = |tries, now| {
            Verification {
                tries,
                ..Verification::default()
            }
            .code_lives(&claim, at(now), &limits)
        };
        assert!(lives(4, 4));
        assert!(!lives(5, 4));
        assert!(!lives(0, 5));
    }
}
