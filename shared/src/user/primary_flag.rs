//! Which of the phone numbers is the preferred one (`primary`, RFC 7643 §2.4) while a mobile number waits for its
//! code: the flag that was written with a number moves where the number becomes the user's, not before.

use serde_json::{Map, Value, json};

use crate::address::phone_number::PhoneNumber;

/// Where the profile keeps what else a client wrote about the mobile number (`display`, `primary`).
pub const MOBILE_DETAILS: &str = "mobilePhoneNumber";

/// Where the profile keeps the flag that waits, with its number; never shown.
pub const WAITING_FLAG: &str = "waitingPhoneNumber";

const OTHERS: &str = "phoneNumbers";
const PRIMARY: &str = "primary";

/// Puts the flags of phone numbers back as they were, as far as the mobile number that was written took or gave one.
/// Says whether that number is to be the preferred one, where this differs from what is.
pub fn hold_back(before: &Map<String, Value>, after: &mut Map<String, Value>) -> Option<bool> {
    let (had, wanted) = (of_mobile(before), of_mobile(after));
    if had == wanted || (had && others(after).any(is_primary)) {
        return None;
    }
    set(after, had);
    if wanted {
        let preferred = others(before).find(|other| is_primary(other));
        let preferred = preferred.and_then(|other| other.get("value")).cloned();
        for other in others_mut(after) {
            if preferred.is_some() && other.get("value") == preferred.as_ref() {
                other.insert(PRIMARY.to_owned(), Value::Bool(true));
            }
        }
    }
    Some(wanted)
}

/// Keeps the flag of a number until the number is the user's.
pub fn wait_with(profile: &mut Map<String, Value>, number: &PhoneNumber, primary: bool) {
    let waiting = json!({ "value": number.as_e164(), PRIMARY: primary });
    profile.insert(WAITING_FLAG.to_owned(), waiting);
}

/// The number is the user's now: its flag, where one waits for it, is its own.
pub(super) fn move_with(profile: &mut Map<String, Value>, number: &PhoneNumber) {
    let Some(waiting) = profile.shift_remove(WAITING_FLAG) else {
        return;
    };
    if waiting.get("value").and_then(Value::as_str) != Some(number.as_e164()) {
        return;
    }
    let primary = is_primary(&waiting);
    set(profile, primary);
    if primary {
        for other in others_mut(profile) {
            if other.get(PRIMARY) == Some(&Value::Bool(true)) {
                other.insert(PRIMARY.to_owned(), Value::Bool(false));
            }
        }
    }
}

fn of_mobile(profile: &Map<String, Value>) -> bool {
    profile.get(MOBILE_DETAILS).is_some_and(is_primary)
}

fn is_primary(value: &Value) -> bool {
    value.get(PRIMARY) == Some(&Value::Bool(true))
}

fn set(profile: &mut Map<String, Value>, primary: bool) {
    let details = profile
        .entry(MOBILE_DETAILS)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(details) = details {
        if primary {
            details.insert(PRIMARY.to_owned(), Value::Bool(true));
        } else {
            details.shift_remove(PRIMARY);
        }
        if details.is_empty() {
            profile.shift_remove(MOBILE_DETAILS);
        }
    }
}

fn others(profile: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let others = profile.get(OTHERS).and_then(Value::as_array);
    others.into_iter().flatten()
}

fn others_mut(profile: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let others = profile.get_mut(OTHERS).and_then(Value::as_array_mut);
    others
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn phone() -> PhoneNumber {
        PhoneNumber::from_e164("+60123456789").unwrap()
    }

    #[test]
    fn the_flag_of_a_number_that_waits_moves_with_the_number() {
        let before = map(&json!({ OTHERS: [{ "value": "1", "primary": true }] }));
        let written = json!({
            MOBILE_DETAILS: { "primary": true, "display": "m" },
            OTHERS: [{ "value": "1", "primary": false }, { "value": "2" }],
        });
        let mut after = map(&written);
        assert_eq!(hold_back(&before, &mut after), Some(true));
        assert_eq!(
            Value::Object(after.clone()),
            json!({
                MOBILE_DETAILS: { "display": "m" },
                OTHERS: [{ "value": "1", "primary": true }, { "value": "2" }],
            })
        );
        wait_with(&mut after, &phone(), true);
        move_with(&mut after, &phone());
        assert_eq!(Value::Object(after), written);
    }

    #[test]
    fn a_flag_that_waits_for_another_number_is_forgotten() {
        let mut profile = Map::new();
        wait_with(
            &mut profile,
            &PhoneNumber::from_e164("+60129876543").unwrap(),
            true,
        );
        move_with(&mut profile, &phone());
        assert_eq!(profile, Map::new());
    }

    #[test]
    fn what_takes_no_flag_and_gives_none_is_as_it_was_written() {
        for (before, after) in [
            (
                json!({}),
                json!({ OTHERS: [{ "value": "1", "primary": true }] }),
            ),
            (
                json!({ MOBILE_DETAILS: { "primary": true } }),
                json!({ MOBILE_DETAILS: { "primary": true } }),
            ),
            // Another one is preferred at once.
            (
                json!({ MOBILE_DETAILS: { "primary": true } }),
                json!({ OTHERS: [{ "value": "1", "primary": true }] }),
            ),
        ] {
            let mut kept = map(&after);
            assert_eq!(hold_back(&map(&before), &mut kept), None);
            assert_eq!(Value::Object(kept), after);
        }
    }
}
