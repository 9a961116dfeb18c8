//! The rules as tables.

use sha2::{Digest, Sha256};

use super::*;
use crate::otp::CodeId;
use crate::platform::random::Random;
use crate::verification::claim::hash_for;
use crate::verification::failures::note;
use crate::verification::limits::{Cap, DAY};

const MINUTE: i64 = 60_000;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis(minutes * MINUTE)
}

fn phone(e164: &str) -> Address {
    Address::from_stored(e164)
}

fn key() -> Key {
    Key::new("v1", &[1; 32]).unwrap()
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

/// A claim that started at minute 0 with the given code.
fn claim(scenario: Scenario, number: &str, text: &str) -> Claim {
    let code_id = CodeId::generate(&mut Random::system()).unwrap();
    Claim {
        code_hash: hash_for(&key(), &code(text), "u", scenario, &phone(number), &code_id),
        address: phone(number),
        region: "MY".into(),
        started: at(0),
        expires: at(24 * 60),
        code_id,
        key_version: "v1".into(),
        code_expires: at(5),
        tries_before: 0,
        link: false,
        entry: None,
    }
}

/// Failures at these minutes, the row's with a number pending.
fn failures(minutes: &[i64], locks: u32) -> Failures {
    let tries = minutes.iter().enumerate();
    let ids = tries.map(|(n, minute)| (format!("{n:03}"), *minute));
    Failures {
        hour: ids.clone().map(|(id, minute)| (id, at(minute))).collect(),
        row: ids
            .map(|(id, _)| (note(&id, "primaryClaim"), "+60123456789".to_owned()))
            .collect(),
        locks,
    }
}

#[test]
fn the_lock_table() {
    let limits = TryLimits::default();
    let nine: Vec<i64> = (0..9).collect();
    let ten: Vec<i64> = (0..10).collect();
    let slow: Vec<i64> = (0..10).map(|n| n * 7).collect();
    let late: Vec<i64> = (0..9).map(|_| 0).chain([59]).collect();
    // failures, locks before, now -> locked until
    for (minutes, locks, now, expected) in [
        (&nine, 0, 8, None),
        // The lock of 15 minutes ends at 24, but the first failure leaves the hour at 60.
        (&ten, 0, 9, Some(60)),
        (&ten, 0, 59, Some(60)),
        (&ten, 0, 60, None),
        // Seven minutes apart no hour holds ten.
        (&slow, 0, 63, None),
        // The lock's end is the later.
        (&late, 0, 59, Some(74)),
        (&late, 0, 74, None),
        (&late, 1, 74, Some(89)),
        (&late, 3, 89, Some(59 + 120)),
        // It grows up to a day.
        (&late, 20, 89, Some(59 + 24 * 60)),
    ] {
        let state = Verification {
            failures: failures(minutes, locks),
            ..Verification::default()
        };
        assert_eq!(
            state.locked_until(at(now), &limits),
            expected.map(at),
            "{minutes:?} {locks} {now}"
        );
    }
}

#[test]
fn a_hundred_in_a_row_end_with_an_administrator() {
    let limits = TryLimits::default();
    let every_hour: Vec<i64> = (0..100).map(|n| n * 60).collect();
    let mut state = Verification {
        failures: failures(&every_hour, 0),
        ..Verification::default()
    };
    let years = at(365 * 24 * 60);
    let until = state.locked_until(years, &limits);
    assert_eq!(until, Some(years + DAY), "Retry-After: 86400");
    let first = state.failures.row.keys().next().cloned().unwrap();
    state.failures.row.insert(first, String::new());
    assert_eq!(state.locked_until(years, &limits), None, "99 in a row");
}

#[test]
fn a_success_strikes_its_number_out_of_the_row() {
    let mut failures = failures(&[0, 1, 2], 2);
    failures
        .row
        .insert(note("001", "listClaim"), "+60129876543".into());
    failures
        .row
        .insert(note("003", "primaryClaim"), String::new());
    let (struck, empty) = failures.struck("+60129876543", "002");
    assert_eq!(
        struck,
        ["001_listClaim", "002_primaryClaim", "003_primaryClaim"]
    );
    assert!(!empty);
    let (struck, empty) = failures.struck("+60123456789", "009");
    assert_eq!(struck.len(), 4);
    assert!(!empty, "the list's note is left");
    assert_eq!(failures.in_a_row(), 3);
}

#[test]
fn what_is_over_goes_and_locks_grow_with_it() {
    let limits = TryLimits::default();
    let ten: Vec<i64> = (0..10).collect();
    let over = failures(&ten, 1).over(at(65), &limits);
    assert_eq!((over.hour.len(), over.locks), (6, 2));
    let spread: Vec<i64> = (0..10).map(|n| n * 7).collect();
    assert_eq!(failures(&spread, 1).over(at(65), &limits).locks, 1);
    let unnoted = Failures {
        row: BTreeMap::new(),
        ..failures(&ten, 3)
    };
    assert_eq!(unnoted.over(at(65), &limits).locks, 0, "the row is empty");
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
        let until = expected.map(|until| Refusal::Capped {
            until: at(until),
            cap: Cap::User,
        });
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

/// Before, those that were on their way at the same moment all failed beside the ten.
#[test]
fn what_is_on_its_way_may_fail_too() {
    let off = SendLimits {
        per_hour: 0,
        per_day: 0,
        ..SendLimits::default()
    };
    // failed at, on their way since, now -> refused until, in seconds
    let seconds = |seconds: i64| Timestamp::from_millis(seconds * 1000);
    for (failed, sent, now, expected) in [
        (0, 12, 10, None),
        (9, 0, 10, None),
        (10, 0, 10, Some(3_600)),
        (9, 1, 10, Some(31)),
        (9, 1, 31, None),
        (7, 2, 10, None),
        (7, 4, 10, Some(32)),
        (1, 9, 3_600, None),
    ] {
        let state = Verification {
            unsent: (0..failed)
                .map(|n| (format!("failed{n}"), seconds(n)))
                .collect(),
            sends: (0..sent)
                .map(|n| {
                    let (at, to) = (seconds(n + 1), phone("+60129876543"));
                    (format!("sent{n}"), Sent { at, to })
                })
                .collect(),
            ..Verification::default()
        };
        let tries = TryLimits::default();
        let may = state.may_send(&phone("+60123456789"), seconds(now), &tries, &off);
        let until = expected.map(|until| Refusal::Capped {
            until: seconds(until),
            cap: Cap::Unsent,
        });
        assert_eq!(may.err(), until, "{failed} {sent} {now}");
    }
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
    assert_eq!(
        state.pending_addresses(Channel::Sms, at(4)).first(),
        Some(&&phone("+60129876543"))
    );
    let mark = state.mark(Scenarios::default(), at(4));
    state.list_claim.as_mut().unwrap().expires = at(4);
    assert_eq!(
        state.pending_addresses(Channel::Sms, at(4)).first(),
        Some(&&phone("+60123456789"))
    );
    assert_ne!(state.mark(Scenarios::default(), at(4)), mark);
    assert_eq!(
        state.pending_addresses(Channel::Sms, at(24 * 60)).first(),
        None
    );
    assert_eq!(state.mark(Scenarios::default(), at(24 * 60)), None);
}

/// An ETag goes through proxies and logs: numbers are few enough to try each against a plain digest.
#[test]
fn the_mark_tells_nothing_of_the_number() {
    let pending = || Verification {
        primary_claim: Some(claim(Scenario::Primary, "+60123456789", "111111")),
        ..Verification::default()
    };
    let state = pending();
    let mark = state.mark(Scenarios::default(), at(1)).unwrap();
    assert_eq!(
        state.mark(Scenarios::default(), at(2)),
        Some(mark.clone()),
        "it stays while the claim does"
    );
    assert_ne!(
        pending().mark(Scenarios::default(), at(1)),
        Some(mark.clone()),
        "the same number of another claim"
    );
    let digest = Sha256::digest("+60123456789");
    let plain = digest.first_chunk().copied().map(u32::from_be_bytes);
    assert_ne!(
        plain.map(|start| format!("{start:08x}")),
        Some(mark.clone())
    );
    assert!(mark.len() == 8 && mark.bytes().all(|byte| byte.is_ascii_hexdigit()));
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
        CodeMatch::Right(scenario, _) => scenario.attribute(),
        CodeMatch::Expired => "expired",
        CodeMatch::Nothing => "nothing",
    };
    let tried = |tries| Verification {
        tries,
        ..state.clone()
    };
    let all = ClaimFilter::default();
    let within = |scenario| ClaimFilter {
        scenario: Some(scenario),
        ..all
    };
    let (first, second) = (phone("+60123456789"), phone("+60129876543"));
    let on = |number| ClaimFilter {
        address: Some(number),
        ..all
    };
    let list_on_first = ClaimFilter {
        address: Some(&first),
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
        state.find(
            "u",
            &code("111111"),
            ClaimFilter::default(),
            &[],
            at(1),
            &limits
        ),
        CodeMatch::Nothing
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
