//! A user as SCIM shows it, and the parts of a resource that is to become a user.
//! Numbers and profile are kept apart in `User`; here they are one resource.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::address::{AddressKind, Channel};
use crate::clock::Timestamp;
use crate::scim::parts::{EVERYONE, list_names};
use crate::scim::schema::{ENTERPRISE, USER, WSO2};
use crate::user::User;
use crate::user::addresses::Addresses;
use crate::user::emails::EmailPolicy;
use crate::user::primary_flag::{MOBILE_DETAILS, WAITING_FLAG};
use crate::verification::Verification;
use crate::verification::limits::TryLimits;

/// What a response shows beside the user itself.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub pending: &'a Verification,
    pub now: Timestamp,
    /// Scheme and host of this API.
    pub base_url: &'a str,
    /// Whether there are lists of numbers.
    pub multiple: bool,
    /// What there is of e-mail addresses beside `emails`.
    pub emails: &'a EmailPolicy,
    /// By what an account is locked.
    pub limits: &'a TryLimits,
}

/// A user as a resource without `meta` and without anything pending: what PATCH works on.
pub fn resource(user: &User, multiple: bool, emails: &EmailPolicy) -> Map<String, Value> {
    let mut resource = Map::new();
    resource.insert("schemas".into(), Value::Null);
    resource.insert("id".into(), user.id.as_str().into());
    resource.insert("userName".into(), user.user_name.as_str().into());
    resource.extend(user.profile.clone());
    resource.shift_remove(WAITING_FLAG);
    // In use, unless it was written otherwise.
    resource.entry("active").or_insert(Value::Bool(true));
    let roles = resource.shift_remove("roles");
    let details = resource.shift_remove(MOBILE_DETAILS);
    if let Some(primary) = &user.numbers.primary {
        let mut mobile = json!({ "type": "mobile", "value": primary });
        if let (Some(mobile), Some(Value::Object(details))) = (mobile.as_object_mut(), details) {
            mobile.extend(details);
        }
        match resource.get_mut("phoneNumbers") {
            Some(Value::Array(others)) => others.insert(0, mobile),
            _ => {
                resource.insert("phoneNumbers".into(), json!([mobile]));
            }
        }
    }
    resource.insert("roles".into(), with_everyone(roles));
    // What is said beside the addresses is kept in the profile.
    let mut extension = match resource.shift_remove(WSO2) {
        Some(Value::Object(said)) => said,
        _ => Map::new(),
    };
    if multiple {
        put_lists(&mut extension, &user.numbers);
    }
    if user.numbers.primary.is_some() {
        let verified = user.numbers.primary_verified;
        extension.insert("phoneVerified".into(), verified.into());
    }
    put_emails(&mut extension, user, emails);
    if !extension.is_empty() {
        resource.insert(WSO2.into(), extension.into());
    }
    resource
}

/// Lists that hold something.
fn put_lists<A>(extension: &mut Map<String, Value>, of: &Addresses<A>)
where
    A: AddressKind + Serialize,
{
    let [all, part] = list_names(A::CHANNEL);
    for (name, list) in [(all, &of.listed), (part, &of.verified)] {
        if !list.is_empty() {
            extension.insert(name.into(), json!(list));
        }
    }
}

fn put_emails(extension: &mut Map<String, Value>, user: &User, policy: &EmailPolicy) {
    let (verification, known) = (policy.scenarios.email, user.known_emails());
    if policy.lists.multiple {
        put_lists(extension, &known);
    }
    if verification && known.primary.is_some() {
        extension.insert("emailVerified".into(), known.primary_verified.into());
    }
}

/// The roles that were written, and the one that everyone has.
fn with_everyone(written: Option<Value>) -> Value {
    let mut roles = vec![json!({ "type": "default", "value": EVERYONE })];
    if let Some(Value::Array(written)) = written {
        roles.extend(written);
    }
    roles.into()
}

/// The whole user, as responses show it.
pub fn show(user: &User, view: View<'_>) -> Map<String, Value> {
    let mut resource = resource(user, view.multiple, view.emails);
    if !view.emails.scenarios.email {
        hide_verified_emails(&mut resource);
    }
    for (name, pending) in pending(&view) {
        for urn in [ENTERPRISE, WSO2] {
            let extension = resource.entry(urn).or_insert_with(|| json!({}));
            if let Some(extension) = extension.as_object_mut() {
                extension.insert(name.into(), pending.clone());
            }
        }
    }
    let mut computed = |name: &str, value: Value| {
        let extension = resource.entry(WSO2).or_insert_with(|| json!({}));
        if let Some(extension) = extension.as_object_mut() {
            extension.insert(name.into(), value);
        }
    };
    if !user.backup_codes.is_empty() {
        let remaining = user.backup_codes.remaining();
        computed("otpBackupCodesRemaining", remaining.into());
    }
    if view.pending.locked_until(view.now, view.limits).is_some() {
        computed("verificationLocked", true.into());
    }
    let present = [USER, ENTERPRISE, WSO2].into_iter();
    let present = present.filter(|urn| *urn == USER || resource.contains_key(*urn));
    let schemas: Vec<&str> = present.collect();
    resource.insert("schemas".into(), json!(schemas));
    resource.insert(
        "meta".into(),
        json!({
            "resourceType": "User",
            "created": user.created.rfc3339(),
            "lastModified": user.last_modified.rfc3339(),
            "location": location(&user.id, view.base_url),
            "version": version(user, &view),
        }),
    );
    resource
}

/// Where addresses are not verified, nothing is shown as verified.
fn hide_verified_emails(resource: &mut Map<String, Value>) {
    let [_, verified] = list_names(Channel::Email);
    if let Some(Value::Object(extension)) = resource.get_mut(WSO2) {
        extension.shift_remove(verified);
        if extension.is_empty() {
            resource.shift_remove(WSO2);
        }
    }
}

/// What waits for its code: the newest number, and all e-mail addresses.
fn pending(view: &View<'_>) -> Vec<(&'static str, Value)> {
    let mut shown = Vec::new();
    let numbers = view.pending.pending_addresses(Channel::Sms, view.now);
    if let Some(number) = numbers.first() {
        shown.push(("pendingMobileNumber", json!(number)));
    }
    let emails = view.pending.pending_addresses(Channel::Email, view.now);
    let emails = emails.iter().filter(|_| view.emails.scenarios.email);
    let emails: Vec<Value> = emails.map(|email| json!({ "value": email })).collect();
    if !emails.is_empty() {
        shown.push(("pendingEmails", emails.into()));
    }
    shown
}

/// The permanent address of a user (RFC 7643 §3.1 `meta.location`).
pub fn location(id: &str, base_url: &str) -> String {
    format!("{base_url}/scim2/Users/{id}")
}

/// A weak ETag: the user's version and a mark of what is pending.
pub fn version(user: &User, view: &View<'_>) -> String {
    match view.pending.mark(view.emails.scenarios, view.now) {
        Some(mark) => format!("W/\"{}-{mark}\"", user.version),
        None => format!("W/\"{}\"", user.version),
    }
}
