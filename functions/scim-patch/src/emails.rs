//! What an update says of e-mail addresses: which value of `emails` is to be the primary one, and how `emails` stands while
//! that waits for its code. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use shared::address::Channel;
use shared::address::domains::DomainPolicy;
use shared::address::email::{EmailAddress, key_of};
use shared::clock::Timestamp;
use shared::config::{ConfigError, Env};
use shared::scim::ScimError;
use shared::scim::parts::{self, Lists, Parts, list_names};
use shared::user::User;
use shared::user::addresses::Addresses;
use shared::user::emails::{EMAILS, EmailPolicy, entries, is_primary, label_of, text_of, values};
use shared::user::known_emails::KnownEmails;
use shared::verification::Verification;
use shared::verification::claim::EmailEntry;

use crate::decide::{Primary, Standing, Wanted};

/// Which addresses there may be.
#[derive(Clone, Debug, Default)]
pub struct EmailRules {
    pub policy: EmailPolicy,
    pub domains: DomainPolicy,
}

impl EmailRules {
    /// The settings of `EmailPolicy` and `DomainPolicy`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            policy: EmailPolicy::from_env(env)?,
            domains: DomainPolicy::from_env(env)?,
        })
    }
}

/// What a request's addresses are read against.
#[derive(Clone, Copy, Debug)]
pub struct EmailsBefore<'a> {
    pub user: &'a User,
    pub pending: &'a Verification,
    pub now: Timestamp,
    pub rules: &'a EmailRules,
    pub standing: Standing,
}

/// How a request wrote `emails`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailsWritten {
    /// By operations; perhaps not at all, or no more than their labels.
    Patched { values: bool },
    /// With the whole user: what is the same as stored is no update.
    Replaced,
}

/// What the addresses are to become. In the profile each gets the spelling that is known.
pub fn wanted(
    before: EmailsBefore<'_>,
    parts: &mut Parts,
    written: EmailsWritten,
) -> Result<Wanted<EmailAddress>, ScimError> {
    let EmailsBefore { user, standing, .. } = before;
    let verification = before.rules.policy.scenarios.email;
    let lists = std::mem::take(&mut parts.emails);
    if !verification && user.emails.is_none() && lists == Lists::default() {
        // Ordinary attributes, as ever for whoever never had them verified.
        return Ok(Wanted::default());
    }
    let known = KnownEmails::of(user, before.pending, before.now);
    if verification {
        match parts::spelled(entries(&parts.profile), &known) {
            Ok(values) => put(&mut parts.profile, values),
            // Nothing keeps an account from being closed.
            Err(_) if standing == Standing::Deactivated => {
                put(&mut parts.profile, entries(&user.profile).to_vec());
            }
            Err(error) => return Err(error),
        }
    }
    let [listed, verified] = list_names(Channel::Email);
    let stored = user.known_emails();
    let wanted = Wanted {
        primary: primary(&stored, &user.profile, &parts.profile, written),
        listed: list(listed, lists.listed, &known, standing)?,
        verified: list(verified, lists.verified, &known, standing)?,
        verify: parts.verify_email,
    };
    if standing != Standing::Deactivated {
        check_domains(&before.rules.domains, &stored, &wanted)?;
    }
    Ok(wanted)
}

fn put(profile: &mut Map<String, Value>, values: Vec<Value>) {
    if values.is_empty() {
        profile.shift_remove(EMAILS);
    } else {
        profile.insert(EMAILS.to_owned(), values.into());
    }
}

fn list(
    name: &str,
    texts: Option<Vec<String>>,
    known: &KnownEmails,
    standing: Standing,
) -> Result<Option<Vec<EmailAddress>>, ScimError> {
    let Some(mut texts) = texts else {
        return Ok(None);
    };
    if standing == Standing::Deactivated {
        texts.retain(|text| known.read(text).is_ok());
    }
    parts::emails(name, &texts, known).map(Some)
}

/// The flagged value; without one the stored primary, if it is still there; without that the first value that was not
/// stored before. So the removal of one value never makes another the primary.
fn primary(
    stored: &Addresses<EmailAddress>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    written: EmailsWritten,
) -> Primary<EmailAddress> {
    if written == (EmailsWritten::Patched { values: false }) {
        return Primary::Untouched;
    }
    let (before, after) = (keys(before), Values::of(after));
    let current = stored.primary.as_ref();
    let others_change = {
        let other = |key: &&String| current.is_none_or(|current| current.key() != *key);
        let others = |keys: &[String]| keys.iter().filter(other).cloned().collect::<BTreeSet<_>>();
        others(&before) != others(&after.keys)
    };
    let chosen = after.flagged.clone().or_else(|| {
        let kept = current.filter(|current| after.has(current)).cloned();
        kept.or_else(|| after.first_not_in(&before))
    });
    match chosen {
        Some(address) if Some(&address) != current => Primary::To(address),
        // An unchanged primary in a request that changes other values is no update of it.
        Some(_) if others_change || written == EmailsWritten::Replaced => Primary::Untouched,
        Some(address) => Primary::To(address),
        None if current.is_some() => Primary::Removed,
        None if others_change || written == EmailsWritten::Replaced => Primary::Untouched,
        None => Primary::Removed,
    }
}

/// The values of `emails` as they are to be.
struct Values {
    addresses: Vec<EmailAddress>,
    keys: Vec<String>,
    flagged: Option<EmailAddress>,
}

impl Values {
    fn of(profile: &Map<String, Value>) -> Self {
        let flagged = entries(profile).iter().find(|value| is_primary(value));
        Self {
            addresses: values(profile).map(EmailAddress::from_stored).collect(),
            keys: keys(profile),
            flagged: flagged.and_then(text_of).map(EmailAddress::from_stored),
        }
    }

    fn has(&self, address: &EmailAddress) -> bool {
        self.addresses.contains(address)
    }

    fn first_not_in(&self, keys: &[String]) -> Option<EmailAddress> {
        let mut addresses = self.addresses.iter();
        let is_new = |address: &&EmailAddress| keys.iter().all(|key| key != address.key());
        addresses.find(is_new).cloned()
    }
}

fn keys(profile: &Map<String, Value>) -> Vec<String> {
    values(profile).map(key_of).collect()
}

/// Refuses an address that is new as the primary one or in a list, where its domain is not to be verified.
fn check_domains(
    domains: &DomainPolicy,
    stored: &Addresses<EmailAddress>,
    wanted: &Wanted<EmailAddress>,
) -> Result<(), ScimError> {
    let primary = match &wanted.primary {
        Primary::To(address) if Some(address) != stored.primary.as_ref() => Some(address),
        _ => None,
    };
    let lists = [&wanted.listed, &wanted.verified].into_iter().flatten();
    let new = lists.flatten().filter(|address| !stored.holds(address));
    parts::in_domains(primary.into_iter().chain(new), domains)
}

/// Refuses a message to what is stored and yet no address, or in a domain that no messages go to by now: both may be
/// from before verification was switched on.
pub fn may_be_sent_to(
    email: Option<&EmailAddress>,
    domains: &DomainPolicy,
) -> Result<(), ScimError> {
    let Some(email) = email else {
        return Ok(());
    };
    let parsed = EmailAddress::parse(email.shown());
    parsed.map_err(|error| ScimError::invalid_value(EMAILS, &error.to_string()))?;
    parts::in_domains(std::iter::once(email), domains)
}

/// Keeps the old primary as it is stored while a new one waits for its code; says how that is to stand.
pub fn hold_back(
    stored: &Map<String, Value>,
    profile: &mut Map<String, Value>,
    old: Option<&EmailAddress>,
    new: &EmailAddress,
) -> EmailEntry {
    let is = |value: &Value, address: &EmailAddress| {
        text_of(value).is_some_and(|text| key_of(text) == address.key())
    };
    let stored_value = |address: &EmailAddress| {
        let mut values = entries(stored).iter();
        values.find(|value| is(value, address)).cloned()
    };
    let mut values = entries(profile).to_vec();
    let asked = values.iter().find(|value| is(value, new));
    let entry = EmailEntry {
        label: asked.and_then(label_of),
        flagged: asked.is_some_and(is_primary),
        beside: old.is_some_and(|old| values.iter().any(|value| is(value, old))),
    };
    let mut kept_old = old.and_then(stored_value);
    let mut kept_new = stored_value(new);
    let mut held = Vec::with_capacity(values.len());
    for value in values.drain(..) {
        if old.is_some_and(|old| is(&value, old)) {
            held.extend(kept_old.take());
        } else if is(&value, new) {
            // In its place stands what was stored: itself as another value, or the old one that it is to replace.
            held.extend(kept_new.take());
            if !entry.beside {
                held.extend(kept_old.take());
            }
        } else {
            held.push(value);
        }
    }
    held.extend(kept_old.take());
    unflag_others(&mut held, old);
    put(profile, held);
    entry
}

/// The flag stays with the old primary, where it has it.
fn unflag_others(values: &mut [Value], old: Option<&EmailAddress>) {
    let is_old = |value: &Value| {
        old.is_some_and(|old| text_of(value).is_some_and(|text| key_of(text) == old.key()))
    };
    if !values
        .iter()
        .any(|value| is_primary(value) && is_old(value))
    {
        return;
    }
    for value in values
        .iter_mut()
        .filter(|value| is_primary(value) && !is_old(value))
    {
        if let Some(members) = value.as_object_mut() {
            members.shift_remove("primary");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile(values: &Value) -> Map<String, Value> {
        Map::from_iter([(EMAILS.to_owned(), values.clone())])
    }

    fn emails(primary: Option<&str>) -> Addresses<EmailAddress> {
        Addresses {
            primary: primary.map(EmailAddress::from_stored),
            ..Addresses::default()
        }
    }

    #[test]
    fn which_value_is_to_be_the_primary() {
        let to = |text: &str| Primary::To(EmailAddress::from_stored(text));
        let (patched, put) = (
            EmailsWritten::Patched { values: true },
            EmailsWritten::Replaced,
        );
        let (a, b) = (json!({ "value": "a@x.com" }), json!({ "value": "b@x.com" }));
        let (c, flagged_b) = (
            json!({ "value": "c@x.com" }),
            json!({ "value": "b@x.com", "primary": true }),
        );
        // stored primary, values before, values after, how -> the primary
        for (stored, before, after, written, wanted) in [
            (
                Some("a@x.com"),
                json!([a]),
                json!([c]),
                patched,
                to("c@x.com"),
            ),
            (
                Some("a@x.com"),
                json!([a, b]),
                json!([a, flagged_b]),
                patched,
                to("b@x.com"),
            ),
            (
                Some("a@x.com"),
                json!([a, b]),
                json!([b, a]),
                patched,
                to("a@x.com"),
            ),
            (
                Some("a@x.com"),
                json!([a, b]),
                json!([b]),
                patched,
                Primary::Removed,
            ),
            (
                Some("a@x.com"),
                json!([a, b]),
                json!([a]),
                patched,
                Primary::Untouched,
            ),
            (
                Some("a@x.com"),
                json!([a]),
                json!([a, c]),
                patched,
                Primary::Untouched,
            ),
            (
                Some("a@x.com"),
                json!([a]),
                json!([{ "value": "A@X.com" }]),
                patched,
                to("a@x.com"),
            ),
            (
                Some("a@x.com"),
                json!([a]),
                json!([a]),
                put,
                Primary::Untouched,
            ),
            (
                Some("a@x.com"),
                json!([a]),
                json!([a]),
                EmailsWritten::Patched { values: false },
                Primary::Untouched,
            ),
            (
                Some("a@x.com"),
                json!([a]),
                json!([b, c]),
                put,
                to("b@x.com"),
            ),
            (
                Some("a@x.com"),
                json!([a]),
                json!([]),
                put,
                Primary::Removed,
            ),
            (None, json!([b]), json!([b, c]), patched, to("c@x.com")),
            (None, json!([b]), json!([]), patched, Primary::Untouched),
            (None, json!([]), json!([]), patched, Primary::Removed),
        ] {
            let found = primary(
                &emails(stored),
                &profile(&before),
                &profile(&after),
                written,
            );
            assert_eq!(found, wanted, "{stored:?} {before} {after}");
        }
    }

    #[test]
    fn the_old_primary_stays_while_a_new_one_waits() {
        let old = json!({ "value": "a@x.com", "type": "work", "primary": true });
        let (other, home) = (
            json!({ "value": "b@x.com" }),
            json!({ "value": "n@x.com", "type": "home", "primary": true }),
        );
        let entry = |label: Option<&str>, beside| EmailEntry {
            label: label.map(str::to_owned),
            beside,
            flagged: label.is_some(),
        };
        // stored, as the request has it -> kept, how it is to stand
        for (stored, asked, kept, wanted) in [
            (
                json!([old]),
                json!([{ "value": "n@x.com" }]),
                json!([old]),
                entry(None, false),
            ),
            (
                json!([old, other]),
                json!([home, other]),
                json!([old, other]),
                entry(Some("home"), false),
            ),
            (
                json!([old]),
                json!([{ "value": "a@x.com", "primary": false }, home]),
                json!([old]),
                entry(Some("home"), true),
            ),
            (
                json!([old]),
                json!([home, other]),
                json!([old, other]),
                entry(Some("home"), false),
            ),
            // A value that was stored before stays one meanwhile.
            (
                json!([old, { "value": "n@x.com" }]),
                json!([old, home]),
                json!([old, { "value": "n@x.com" }]),
                entry(Some("home"), true),
            ),
        ] {
            let mut profile = profile(&asked);
            let address = EmailAddress::from_stored;
            let stored = self::profile(&stored);
            let entry = hold_back(
                &stored,
                &mut profile,
                Some(&address("a@x.com")),
                &address("n@x.com"),
            );
            assert_eq!((&profile[EMAILS], entry), (&kept, wanted), "{asked}");
        }
    }
}
