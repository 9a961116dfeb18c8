//! What an update says of e-mail addresses: which value of `emails` is to be the primary one, and how `emails` stands while
//! that waits for its code. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use shared::address::Channel;
use shared::address::domains::DomainPolicy;
use shared::address::email::EmailAddress;
use shared::address::mailbox::MailboxError;
use shared::clock::Timestamp;
use shared::config::{ConfigError, Env};
use shared::scim::parts::{self, Lists, Parts, list_names};
use shared::scim::{NamedEmails, ScimError};
use shared::user::User;
use shared::user::emails::{
    EMAILS, EmailPolicy, display_of, entries, is_of, is_primary, label_of, may_be_labelled,
    place_of, text_of, values,
};
use shared::user::known_emails::KnownEmails;
use shared::verification::Verification;
use shared::verification::claim::EmailEntry;
use shared::verification::scenario::Scenario;

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
        let spelled = parts::preferred_has_value(entries(&user.profile), entries(&parts.profile))
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
    let claim = before.pending.pending(Scenario::PrimaryEmail, before.now);
    let current = Current {
        primary: stored.primary.as_ref(),
        waiting: claim.and_then(|claim| claim.address.as_email()),
    };
    let wanted = Wanted {
        primary: primary(current, &user.profile, &parts.profile, written),
        listed: list(listed, lists.listed, &known, standing)?,
        verified: list(verified, lists.verified, &known, standing)?,
        verify: parts.verify_email,
    };
    if standing != Standing::Deactivated {
        check_domains(&before.rules.domains, &known, &wanted)?;
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
    current: Current<'_>,
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
            let mut texts = named.values.iter().map(|text| text.trim());
            named.all || texts.any(|text| EmailAddress::from_stored(text) == *address)
        })
    };
    let mut flagged = entries(after).iter().filter(|value| is_primary(value));
    let flagged = flagged.find_map(text_of).map(EmailAddress::from_stored);
    let (before, after) = (addresses(before), addresses(after));
    let Current {
        primary: current,
        waiting,
    } = current;
    // What waits to become the only primary does so until something is said of it, or of all values.
    let only = waiting.filter(|_| current.is_none() && named.is_some_and(|named| !named.all));
    let others = |addresses: &[EmailAddress]| -> BTreeSet<EmailAddress> {
        let others = addresses.iter().filter(|one| Some(*one) != current);
        others.cloned().collect()
    };
    let others_change = others(&before) != others(&after);
    let chosen = flagged.or_else(|| {
        let kept = current.filter(|current| after.contains(current));
        let next = || match only {
            Some(waiting) => after.contains(waiting).then_some(waiting),
            None => after.iter().find(|address| !before.contains(address)),
        };
        kept.or_else(next).cloned()
    });
    match chosen {
        Some(address) if Some(&address) != current => Primary::To(address),
        Some(address) if !others_change && is_named(&address) => Primary::To(address),
        None if current.is_some() => Primary::Removed,
        None if !others_change && named.is_some_and(|named| named.all || named.no_primary) => {
            Primary::Removed
        }
        // An unchanged primary in a request that changes other values, or says nothing of it, is no update of it.
        Some(_) | None => Primary::Untouched,
    }
}

/// The primary address before a request, and what waits to become it.
#[derive(Clone, Copy, Debug)]
struct Current<'a> {
    primary: Option<&'a EmailAddress>,
    waiting: Option<&'a EmailAddress>,
}

fn addresses(profile: &Map<String, Value>) -> Vec<EmailAddress> {
    values(profile).map(EmailAddress::from_stored).collect()
}

/// Refuses an address that is new as the primary one or in a list, where its domain is not to be verified. What is known
/// is only compared, until it needs a code.
fn check_domains(
    domains: &DomainPolicy,
    known: &KnownEmails,
    wanted: &Wanted<EmailAddress>,
) -> Result<(), ScimError> {
    let primary = match &wanted.primary {
        Primary::To(address) => Some(address),
        Primary::Untouched | Primary::Removed => None,
    };
    let lists = [&wanted.listed, &wanted.verified].into_iter().flatten();
    let addresses = primary.into_iter().chain(lists.flatten());
    let new = addresses.filter(|address| known.find(address.shown()).is_none());
    parts::in_domains(new, domains)
}

/// Refuses a message to what is stored and yet no address: it may be from before verification was switched on.
pub fn may_be_sent_to(email: Option<&EmailAddress>) -> Result<(), ScimError> {
    let parsed = email.map(|email| EmailAddress::parse(email.shown()));
    let wrong = |error: MailboxError| ScimError::invalid_value(EMAILS, &error.to_string());
    parsed.transpose().map(drop).map_err(wrong)
}

/// Keeps the old primary as it is stored while a new one waits for its code; says how that is to stand. An address may
/// be there more than once, each time with another label: the other ones are values like any.
pub fn hold_back(
    stored: &Map<String, Value>,
    profile: &mut Map<String, Value>,
    old: Option<&EmailAddress>,
    new: &EmailAddress,
) -> EmailEntry {
    let stored = entries(stored);
    let values = entries(profile).to_vec();
    let asked_at = asked(stored, &values, new);
    let asked = asked_at.and_then(|at| values.get(at));
    let old_entry = old.and_then(|old| stored.get(place_of(stored, old)?));
    let listed_at = old_entry.and_then(|entry| still_listed(stored, &values, entry));
    let listed = listed_at.and_then(|at| values.get(at));
    let entry = EmailEntry {
        label: asked.and_then(label_of),
        display: asked.and_then(display_of),
        flagged: asked.is_some_and(is_primary),
        beside: listed.is_some(),
        beside_label: listed.and_then(label_of),
    };
    let label = entry.label.as_deref();
    let kept_new = stored
        .iter()
        .find(|one| is_of(one, new) && may_be_labelled(one, label));
    let mut held = Vec::with_capacity(values.len() + 1);
    for (at, value) in values.into_iter().enumerate() {
        if Some(at) == listed_at {
            held.extend(old_entry.cloned());
        } else if Some(at) == asked_at {
            // In its place stands what was stored: itself as another value, or the old one that it is to replace.
            held.extend(kept_new.cloned());
            held.extend(old_entry.filter(|_| !entry.beside).cloned());
        } else {
            held.push(value);
        }
    }
    unflag_others(&mut held, old);
    put(profile, held);
    entry
}

/// Which value is the one that is to be the primary: the flagged one, otherwise the first that is not stored like that.
fn asked(stored: &[Value], values: &[Value], new: &EmailAddress) -> Option<usize> {
    let is_stored = |value: &Value| {
        let mut stored = stored.iter().filter(|one| is_of(one, new));
        stored.any(|one| label_of(one) == label_of(value))
    };
    let at = place_of(values, new)?;
    let flagged = values.get(at).is_some_and(is_primary);
    let fresh = |value: &Value| is_of(value, new) && !is_stored(value);
    let fresh = values.iter().position(fresh).filter(|_| !flagged);
    Some(fresh.unwrap_or(at))
}

/// Which value is the old primary's entry, perhaps with another label: none that is stored beside it.
fn still_listed(stored: &[Value], values: &[Value], old: &Value) -> Option<usize> {
    let address = EmailAddress::from_stored(text_of(old)?);
    let label = label_of(old);
    let others = stored
        .iter()
        .filter(|one| is_of(one, &address))
        .map(label_of);
    let others: Vec<_> = others.filter(|other| *other != label).collect();
    let is_it = |value: &&Value| is_of(value, &address) && !others.contains(&label_of(value));
    let same_label = |value: &Value| is_of(value, &address) && label_of(value) == label;
    let same = values.iter().position(same_label);
    same.or_else(|| values.iter().position(|value| is_it(&value)))
}

/// The flag stays with the old primary, where it has it.
fn unflag_others(values: &mut [Value], old: Option<&EmailAddress>) {
    let is_old = |value: &Value| old.is_some_and(|old| is_of(value, old));
    let flagged = |value: &Value| is_primary(value) && is_old(value);
    if !values.iter().any(flagged) {
        return;
    }
    let others = values.iter_mut().filter(|value| !is_old(value));
    for value in others.filter(|value| is_primary(value)) {
        if let Some(members) = value.as_object_mut() {
            members.shift_remove("primary");
        }
    }
}

#[cfg(test)]
mod tests;
