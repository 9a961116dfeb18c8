//! A resource, taken apart into what a user is made of.

use serde_json::{Map, Value};

use crate::address::Channel;
use crate::address::domains::DomainPolicy;
use crate::address::email::EmailAddress;
use crate::address::mailbox::MailboxError;
use crate::address::numbering::{Numbering, PhoneNumberError};
use crate::address::phone_number::PhoneNumber;
use crate::scim::backup_codes::WrittenCodes;
use crate::scim::error::ScimError;
use crate::scim::schema::{ENTERPRISE, WSO2};
use crate::user::emails::{EMAILS, is_primary, text_of};
use crate::user::known_emails::KnownEmails;
use crate::user::name::{self, NameError, is_name};
use crate::user::numbers::Numbers;
use crate::user::primary_flag::MOBILE_DETAILS;
use crate::user::{LARGEST_PROFILE, SMS_OTP_DISABLED, User};

/// The role that every user has (WSO2's own), whatever is written.
pub(super) const EVERYONE: &str = "Internal/everyone";

/// A resource, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    pub user_name: Option<String>,
    pub profile: Map<String, Value>,
    /// The mobile number as it was written.
    pub primary: Option<String>,
    pub numbers: Lists,
    pub emails: Lists,
    pub verify_mobile: bool,
    pub verify_email: bool,
    /// As it was written.
    pub verification_locked: Option<bool>,
    /// None where they were left out.
    pub backup_codes: Option<WrittenCodes>,
}

/// The lists of a kind of address as they were written; None where one was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    pub listed: Option<Vec<String>>,
    pub verified: Option<Vec<String>>,
}

impl Lists {
    fn take(extension: &mut Map<String, Value>, channel: Channel) -> Self {
        let [listed, verified] = list_names(channel);
        Self {
            listed: extension.shift_remove(listed).map(texts),
            verified: extension.shift_remove(verified).map(texts),
        }
    }
}

/// The attributes of `urn:scim:wso2:schema` that are lists of addresses, the verified part last.
pub const fn list_names(channel: Channel) -> [&'static str; 2] {
    match channel {
        Channel::Sms => ["mobileNumbers", "verifiedMobileNumbers"],
        Channel::Email => ["emailAddresses", "verifiedEmailAddresses"],
    }
}

impl Parts {
    /// Takes a resource in the schema's spelling apart.
    pub fn of(mut resource: Map<String, Value>) -> Self {
        // Not ours to keep: derived, read-only, or a secret that nobody asks for.
        for name in ["schemas", "id", "meta", "groups", "password"] {
            resource.shift_remove(name);
        }
        let mut parts = Self::default();
        if let Some(Value::String(name)) = resource.shift_remove("userName") {
            parts.user_name = Some(name);
        }
        if let Some(Value::Object(mut numbers)) = resource.shift_remove(WSO2) {
            parts.numbers = Lists::take(&mut numbers, Channel::Sms);
            parts.emails = Lists::take(&mut numbers, Channel::Email);
            let locked = numbers.shift_remove("verificationLocked");
            parts.verification_locked = locked.as_ref().and_then(Value::as_bool);
            let mut says = |name: &str| numbers.shift_remove(name) == Some(Value::Bool(true));
            parts.verify_mobile = says("verifyMobile");
            parts.verify_email = says("verifyEmail");
            parts.backup_codes = WrittenCodes::take(&mut numbers);
            numbers.retain(|name, value| name == SMS_OTP_DISABLED && value.is_boolean());
            if !numbers.is_empty() {
                resource.insert(WSO2.into(), numbers.into());
            }
        }
        if let Some(Value::Object(enterprise)) = resource.get_mut(ENTERPRISE) {
            enterprise.shift_remove("pendingMobileNumber");
            enterprise.shift_remove("pendingEmails");
            if enterprise.is_empty() {
                resource.shift_remove(ENTERPRISE);
            }
        }
        parts.profile = resource;
        parts.leave_out_defaults();
        parts.take_mobile();
        parts
    }

    /// Whether the resource had this list of addresses.
    pub fn names(&self, list: &str) -> bool {
        let kinds = [
            (Channel::Sms, &self.numbers),
            (Channel::Email, &self.emails),
        ];
        kinds.into_iter().any(|(channel, lists)| {
            let [listed, verified] = list_names(channel);
            (list == listed && lists.listed.is_some())
                || (list == verified && lists.verified.is_some())
        })
    }

    /// What every user is and has, unless it is written otherwise, is not kept.
    fn leave_out_defaults(&mut self) {
        if self.profile.get("active") == Some(&Value::Bool(true)) {
            self.profile.shift_remove("active");
        }
        let Some(Value::Array(roles)) = self.profile.get_mut("roles") else {
            return;
        };
        let name = |role: &Value| role.get("value").and_then(Value::as_str).map(str::to_owned);
        roles.retain(|role| !name(role).is_some_and(|name| name.eq_ignore_ascii_case(EVERYONE)));
        if roles.is_empty() {
            self.profile.shift_remove("roles");
        }
    }

    /// Moves the number of type mobile out of `phoneNumbers`, and its details into a place of their own.
    fn take_mobile(&mut self) {
        let Some(Value::Array(mut phones)) = self.profile.shift_remove("phoneNumbers") else {
            return;
        };
        let is_mobile = |phone: &Value| phone.get("type").and_then(Value::as_str) == Some("mobile");
        if let Some(at) = phones.iter().position(is_mobile)
            && let Value::Object(mut mobile) = phones.remove(at)
        {
            mobile.shift_remove("type");
            mobile.shift_remove("verified");
            if let Some(Value::String(value)) = mobile.shift_remove("value") {
                self.primary = Some(value);
                if !mobile.is_empty() {
                    self.profile.insert(MOBILE_DETAILS.into(), mobile.into());
                }
            }
        }
        if !phones.is_empty() {
            self.profile.insert("phoneNumbers".into(), phones.into());
        }
    }
}

/// Reads a userName. One that is `stored` may stay, whatever the rules were when it was written.
pub fn user_name(text: Option<String>, stored: Option<&str>) -> Result<String, ScimError> {
    let text = text.unwrap_or_default();
    if stored == Some(text.as_str()) {
        return Ok(text);
    }
    let wrong = |error: NameError| ScimError::invalid_value("userName", &error.to_string());
    name::check(&text).map_err(wrong)?;
    Ok(text)
}

/// Checks an externalId: it, too, must be found again.
pub fn external_id(profile: &Map<String, Value>) -> Result<(), ScimError> {
    match profile.get("externalId").and_then(Value::as_str) {
        Some(value) if !is_name(value) => Err(ScimError::invalid_value(
            "externalId",
            &NameError::TooLong.to_string(),
        )),
        _ => Ok(()),
    }
}

/// Checks that the user can be stored; one that was larger before may stay so.
pub fn fits(user: &User, before: Option<&User>) -> Result<(), ScimError> {
    let size = user.profile_size();
    if size <= LARGEST_PROFILE || before.is_some_and(|before| size <= before.profile_size()) {
        return Ok(());
    }
    let reason = format!(
        "would have more than {} KB of attributes",
        LARGEST_PROFILE / 1024
    );
    Err(ScimError::invalid_value("User", &reason))
}

fn texts(list: Value) -> Vec<String> {
    match list {
        Value::Array(items) => items
            .into_iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

/// Reads a number that a client wrote for a user: one that the user has is only compared,
/// a new one must be a mobile number.
pub fn number(
    attribute: &str,
    text: &str,
    stored: &Numbers,
    numbering: &Numbering,
) -> Result<PhoneNumber, ScimError> {
    let wrong = |error: PhoneNumberError| ScimError::invalid_value(attribute, &error.to_string());
    stored.read(text, numbering).map_err(wrong)
}

/// Reads a list of numbers; one that is named twice counts once.
pub fn numbers(
    attribute: &str,
    texts: &[String],
    stored: &Numbers,
    numbering: &Numbering,
) -> Result<Vec<PhoneNumber>, ScimError> {
    each_once(texts, |text| number(attribute, text, stored, numbering))
}

/// Reads an e-mail address that a client wrote for a user: one that the user has is only compared.
pub fn email(attribute: &str, text: &str, known: &KnownEmails) -> Result<EmailAddress, ScimError> {
    let wrong = |error: MailboxError| ScimError::invalid_value(attribute, &error.to_string());
    known.read(text).map_err(wrong)
}

/// Reads a list of e-mail addresses; one that is named twice counts once.
pub fn emails(
    attribute: &str,
    texts: &[String],
    known: &KnownEmails,
) -> Result<Vec<EmailAddress>, ScimError> {
    each_once(texts, |text| email(attribute, text, known))
}

fn each_once<A: PartialEq>(
    texts: &[String],
    read: impl Fn(&str) -> Result<A, ScimError>,
) -> Result<Vec<A>, ScimError> {
    let mut list = Vec::new();
    for text in texts {
        let address = read(text)?;
        if !list.contains(&address) {
            list.push(address);
        }
    }
    Ok(list)
}

/// Values of `emails`, each in the spelling that is known, or else an address.
pub fn spelled(values: &[Value], known: &KnownEmails) -> Result<Vec<Value>, ScimError> {
    let read = |value: &Value| {
        let mut value = value.clone();
        let address = text_of(&value).map(|text| email(EMAILS, text, known));
        if let (Some(address), Some(members)) = (address.transpose()?, value.as_object_mut()) {
            members.insert("value".to_owned(), address.shown().into());
        }
        Ok(value)
    };
    values.iter().map(read).collect()
}

/// Refuses a value that is flagged as the primary one and has no address. What is stored may stay.
pub fn preferred_has_value(stored: &[Value], values: &[Value]) -> Result<(), ScimError> {
    let lacks = |value: &&Value| is_primary(value) && text_of(value).is_none();
    match values.iter().find(lacks) {
        Some(value) if !stored.contains(value) => {
            let reason = "the primary value has no value";
            Err(ScimError::invalid_value(EMAILS, reason))
        }
        _ => Ok(()),
    }
}

/// Refuses addresses of which one is in a domain that no messages go to.
pub fn in_domains<'a>(
    mut addresses: impl Iterator<Item = &'a EmailAddress>,
    domains: &DomainPolicy,
) -> Result<(), ScimError> {
    if addresses.all(|address| domains.allow(address)) {
        return Ok(());
    }
    let reason = "no messages go to the domain of an address";
    Err(ScimError::invalid_value(EMAILS, reason))
}

/// Refuses a write of a kind's lists where there are none; `named` says which attributes the request writes.
pub fn without_lists(channel: Channel, named: impl Fn(&str) -> bool) -> Result<(), ScimError> {
    let reason = match channel {
        Channel::Sms => "is not there: there is one mobile number per user",
        Channel::Email => "is not there: there are no lists of e-mail addresses",
    };
    match list_names(channel).into_iter().find(|name| named(name)) {
        Some(name) => Err(ScimError::invalid_path(name, reason)),
        None => Ok(()),
    }
}
