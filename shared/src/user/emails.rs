//! A user's e-mail addresses: the primary one of `emails`, the lists, and how `emails` follows a right code.
//! `emails` itself stays with the profile; what is verified of it is kept beside it, and only where it was ever looked at.

use serde_json::{Map, Value};

use crate::address::email::{EmailAddress, key_of};
use crate::config::{ConfigError, Env};
use crate::user::addresses::Addresses;
use crate::user::numbers::ListPolicy;
use crate::verification::claim::EmailEntry;
use crate::verification::scenario::Scenarios;

/// The attribute of the profile.
pub const EMAILS: &str = "emails";

/// The `type` of an address of which none is known.
const LABEL: &str = "work";

const PRIMARY: &str = "primary";

const DISPLAY: &str = "display";

/// A user's e-mail addresses.
pub type Emails = Addresses<EmailAddress>;

/// Whether e-mail addresses are verified, and whether users have lists of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmailPolicy {
    pub scenarios: Scenarios,
    pub lists: ListPolicy,
}

impl EmailPolicy {
    /// `ENABLE_EMAIL_VERIFICATION`, `MULTIPLE_EMAIL_ADDRESSES`, `MAX_EMAIL_ADDRESSES`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            scenarios: Scenarios::from_env(env)?,
            lists: ListPolicy::of_emails(env)?,
        })
    }
}

/// The values of `emails`, each as its text.
pub fn values(profile: &Map<String, Value>) -> impl Iterator<Item = &str> {
    entries(profile).iter().filter_map(text_of)
}

/// The primary address of a user of whom verification knows nothing: the flagged value, otherwise the first.
pub fn primary_of(profile: &Map<String, Value>) -> Option<EmailAddress> {
    let entries = entries(profile);
    let flagged = entries.iter().find(|entry| is_primary(entry));
    let primary = flagged.and_then(text_of).or_else(|| values(profile).next());
    primary.map(EmailAddress::from_stored)
}

/// Puts a proved address where the old primary stood, which stays beside it where the claim says so.
pub fn put_primary(
    profile: &mut Map<String, Value>,
    old: Option<&EmailAddress>,
    new: &EmailAddress,
    said: &EmailEntry,
) {
    let mut entries = match profile.shift_remove(EMAILS) {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    let own = |entry: &Value| is_of(entry, new) && may_be_labelled(entry, said.label.as_deref());
    let own = entries.iter().position(own).filter(|_| old != Some(new));
    let stored = own.map(|at| entries.remove(at));
    let at = old.and_then(|old| place_of(&entries, old));
    let replaced = at.and_then(|at| entries.get(at));
    let flagged = replaced.is_some_and(is_primary);
    let label = said.label.clone();
    let label = label.or_else(|| stored.as_ref().and_then(label_of));
    let label = label.or_else(|| replaced.and_then(label_of));
    let mut made = Map::new();
    made.insert("value".to_owned(), new.shown().into());
    made.insert(
        "type".to_owned(),
        label.unwrap_or_else(|| LABEL.to_owned()).into(),
    );
    let display = said.display.clone();
    if let Some(display) = display.or_else(|| display_of(stored.as_ref()?)) {
        made.insert(DISPLAY.to_owned(), display.into());
    }
    let stays = said.beside && at.is_some();
    let others = entries.len() + usize::from(stays) > 1 || (at.is_none() && !entries.is_empty());
    if said.flagged || flagged || others {
        made.insert(PRIMARY.to_owned(), Value::Bool(true));
    }
    for other in entries.iter_mut().filter_map(Value::as_object_mut) {
        if other.get(PRIMARY) == Some(&Value::Bool(true)) {
            other.shift_remove(PRIMARY);
        }
    }
    let made = Value::Object(made);
    match at.and_then(|at| entries.get_mut(at)) {
        Some(place) if !stays => *place = made,
        place => {
            if let (Some(members), Some(label)) = (
                place.and_then(Value::as_object_mut),
                said.beside_label.clone(),
            ) {
                members.insert("type".to_owned(), label.into());
            }
            entries.insert(at.unwrap_or(0), made);
        }
    }
    profile.insert(EMAILS.to_owned(), entries.into());
}

/// The values of `emails`, each with what is said of it.
pub fn entries(profile: &Map<String, Value>) -> &[Value] {
    let entries = profile.get(EMAILS).and_then(Value::as_array);
    entries.map_or(&[], Vec::as_slice)
}

/// Whether an entry of `emails` is one of the address.
pub fn is_of(entry: &Value, address: &EmailAddress) -> bool {
    text_of(entry).is_some_and(|text| key_of(text) == address.key())
}

/// Which entry of an address is the primary one: that with the flag, otherwise the first.
pub fn place_of(entries: &[Value], address: &EmailAddress) -> Option<usize> {
    let is_it = |entry: &Value| is_of(entry, address);
    let flagged = |entry: &Value| is_primary(entry) && is_it(entry);
    let flagged = entries.iter().position(flagged);
    flagged.or_else(|| entries.iter().position(is_it))
}

/// Whether an entry is the one that has this label. An address may be there once for each; none says nothing.
pub fn may_be_labelled(entry: &Value, label: Option<&str>) -> bool {
    match (entry.get("type").and_then(Value::as_str), label) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => true,
    }
}

/// The address in an entry of `emails`.
pub fn text_of(entry: &Value) -> Option<&str> {
    let text = entry.get("value").and_then(Value::as_str);
    text.filter(|text| !text.is_empty())
}

/// The `type` of an entry.
pub fn label_of(entry: &Value) -> Option<String> {
    entry.get("type").and_then(Value::as_str).map(str::to_owned)
}

/// The `display` of an entry.
pub fn display_of(entry: &Value) -> Option<String> {
    entry
        .get(DISPLAY)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// Whether an entry is flagged as the preferred one (RFC 7643 §2.4).
pub fn is_primary(entry: &Value) -> bool {
    entry.get(PRIMARY) == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile(emails: Value) -> Map<String, Value> {
        Map::from_iter([(EMAILS.to_owned(), emails)])
    }

    fn address(text: &str) -> EmailAddress {
        EmailAddress::from_stored(text)
    }

    #[test]
    fn how_addresses_are_stored() {
        let emails = Emails {
            primary: Some(address("Bob@abc.com")),
            primary_verified: true,
            listed: vec![address("x@abc.com")],
            verified: Vec::new(),
        };
        let stored = json!({ "primary": "Bob@abc.com", "verified": true, "addresses": ["x@abc.com"], "verifiedAddresses": [] });
        assert_eq!(json!(emails), stored);
        assert_eq!(serde_json::from_value::<Emails>(stored).unwrap(), emails);
    }

    #[test]
    fn the_primary_of_a_user_from_before() {
        for (emails, primary) in [
            (json!([]), None),
            (json!([{ "type": "work" }]), None),
            (
                json!([{ "value": "a@x.com" }, { "value": "b@x.com" }]),
                Some("a@x.com"),
            ),
            (
                json!([{ "value": "a@x.com" }, { "value": "b@x.com", "primary": true }]),
                Some("b@x.com"),
            ),
            (json!([{ "value": "no address" }]), Some("no address")),
        ] {
            assert_eq!(primary_of(&profile(emails)), primary.map(address));
        }
    }

    #[test]
    fn where_a_proved_address_goes() {
        let beside = EmailEntry {
            beside: true,
            ..EmailEntry::default()
        };
        let home = EmailEntry {
            label: Some("home".to_owned()),
            display: Some("Bob".to_owned()),
            ..EmailEntry::default()
        };
        let retyped = EmailEntry {
            label: Some("work".to_owned()),
            beside_label: Some("home".to_owned()),
            ..beside.clone()
        };
        let plain = EmailEntry::default();
        // emails before, the old primary, how it is to stand -> emails after
        for (before, old, entry, after) in [
            (
                json!([{ "value": "a@x.com", "type": "home" }]),
                Some("a@x.com"),
                &plain,
                json!([{ "value": "n@x.com", "type": "home" }]),
            ),
            (
                json!([{ "value": "a@x.com", "primary": true, "display": "A" }]),
                Some("a@x.com"),
                &plain,
                json!([{ "value": "n@x.com", "type": "work", "primary": true }]),
            ),
            (
                json!([{ "value": "A@x.com", "type": "work" }]),
                Some("a@x.com"),
                &home,
                json!([{ "value": "n@x.com", "type": "home", "display": "Bob" }]),
            ),
            (
                json!([{ "value": "a@x.com", "type": "work" }]),
                Some("a@x.com"),
                &beside,
                json!([{ "value": "n@x.com", "type": "work", "primary": true }, { "value": "a@x.com", "type": "work" }]),
            ),
            (
                json!([{ "value": "s@x.com" }, { "value": "a@x.com", "primary": true }]),
                Some("a@x.com"),
                &plain,
                json!([{ "value": "s@x.com" }, { "value": "n@x.com", "type": "work", "primary": true }]),
            ),
            (
                json!([{ "value": "a@x.com" }, { "value": "N@x.com", "type": "other", "display": "N" }]),
                Some("a@x.com"),
                &plain,
                json!([{ "value": "n@x.com", "type": "other", "display": "N" }]),
            ),
            // An address may be there with more than one label.
            (
                json!([{ "value": "a@x.com", "type": "home" }, { "value": "a@x.com", "type": "work", "primary": true }]),
                Some("a@x.com"),
                &plain,
                json!([{ "value": "a@x.com", "type": "home" }, { "value": "n@x.com", "type": "work", "primary": true }]),
            ),
            (
                json!([{ "value": "a@x.com", "type": "work" }]),
                Some("a@x.com"),
                &retyped,
                json!([{ "value": "n@x.com", "type": "work", "primary": true }, { "value": "a@x.com", "type": "home" }]),
            ),
            (
                json!([{ "value": "a@x.com", "type": "work" }, { "value": "n@x.com", "type": "other" }]),
                Some("a@x.com"),
                &home,
                json!([{ "value": "n@x.com", "type": "home", "display": "Bob", "primary": true }, { "value": "n@x.com", "type": "other" }]),
            ),
            (
                json!([{ "value": "n@x.com", "type": "work" }, { "value": "n@x.com", "type": "home" }]),
                Some("n@x.com"),
                &plain,
                json!([{ "value": "n@x.com", "type": "work", "primary": true }, { "value": "n@x.com", "type": "home" }]),
            ),
            (
                json!([]),
                None,
                &plain,
                json!([{ "value": "n@x.com", "type": "work" }]),
            ),
            (
                json!([{ "value": "s@x.com" }]),
                None,
                &plain,
                json!([{ "value": "n@x.com", "type": "work", "primary": true }, { "value": "s@x.com" }]),
            ),
        ] {
            let mut profile = profile(before.clone());
            put_primary(
                &mut profile,
                old.map(address).as_ref(),
                &address("n@x.com"),
                entry,
            );
            assert_eq!(profile[EMAILS], after, "{before}");
        }
    }
}
