//! What an update says of e-mail addresses: which value of `emails` is to be the primary one, and how `emails` stands while
//! that waits for its code. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use shared::address::Channel;
use shared::address::domains::DomainPolicy;
use shared::address::email::{EmailAddress, key_of};
use shared::address::mailbox::MailboxError;
use shared::clock::Timestamp;
use shared::config::{ConfigError, Env};
use shared::scim::parts::{self, Lists, Parts, list_names};
use shared::scim::{NamedEmails, ScimError};
use shared::user::User;
use shared::user::addresses::Addresses;
use shared::user::emails::{
    EMAILS, EmailPolicy, display_of, entries, is_primary, label_of, text_of, values,
};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailsWritten {
    /// By operations; perhaps not at all, or no more than their labels.
    Patched(Option<NamedEmails>),
    /// With the whole user: what is the same as stored is no update.
    Replaced,
}

/// What the addresses are to become. In the profile each gets the spelling that is known.
pub fn wanted(
    before: EmailsBefore<'_>,
    parts: &mut Parts,
    written: &EmailsWritten,
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
        let spelled = preferred_has_value(entries(&user.profile), entries(&parts.profile))
            .and_then(|()| parts::spelled(entries(&parts.profile), &known));
        match spelled {
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

/// What is said of the primary address is said with it. What is stored may stay.
fn preferred_has_value(stored: &[Value], values: &[Value]) -> Result<(), ScimError> {
    let lacks = |value: &&Value| is_primary(value) && text_of(value).is_none();
    match values.iter().find(lacks) {
        Some(value) if !stored.contains(value) => {
            let reason = "the primary value has no value";
            Err(ScimError::invalid_value(EMAILS, reason))
        }
        _ => Ok(()),
    }
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
    written: &EmailsWritten,
) -> Primary<EmailAddress> {
    let named = match written {
        EmailsWritten::Patched(None) => return Primary::Untouched,
        EmailsWritten::Patched(named) => named.as_ref(),
        EmailsWritten::Replaced => None,
    };
    // By more than its flag, which makes another the primary and leaves this one what it is.
    let is_named = |address: &EmailAddress| {
        named.is_some_and(|named| {
            named.all
                || named
                    .values
                    .iter()
                    .any(|text| key_of(text.trim()) == address.key())
        })
    };
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
        Some(address) if !others_change && is_named(&address) => Primary::To(address),
        None if current.is_some() => Primary::Removed,
        None if !others_change && named.is_some_and(|named| named.all) => Primary::Removed,
        // An unchanged primary in a request that changes other values, or says nothing of it, is no update of it.
        Some(_) | None => Primary::Untouched,
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
        let mut flagged = entries(profile).iter().filter(|value| is_primary(value));
        Self {
            addresses: values(profile).map(EmailAddress::from_stored).collect(),
            keys: keys(profile),
            flagged: flagged.find_map(text_of).map(EmailAddress::from_stored),
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

/// Refuses a message to what is stored and yet no address: it may be from before verification was switched on.
pub fn may_be_sent_to(email: Option<&EmailAddress>) -> Result<(), ScimError> {
    let parsed = email.map(|email| EmailAddress::parse(email.shown()));
    let wrong = |error: MailboxError| ScimError::invalid_value(EMAILS, &error.to_string());
    parsed.transpose().map(drop).map_err(wrong)
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
        display: asked.and_then(display_of),
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
mod tests;
