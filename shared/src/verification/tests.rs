//! The rules as tables.

use crate::otp::CodeId;
use crate::platform::random::Random;
use crate::verification::claim::hash_for;

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
    let code_id = CodeId::generate(&mut Random::system()).unwrap();
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
        number: Some(number),
        ..all
    };
    let list_on_first = ClaimFilter {
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
