//! A user as SCIM shows it, and the parts of a resource that is to become a user.
//! Numbers and profile are kept apart in `User`; here they are one resource.

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::scim::schema::{ENTERPRISE, USER, WSO2};
use crate::user::User;
use crate::user::primary_flag::{MOBILE_DETAILS, WAITING_FLAG};
use crate::verification::Verification;
use crate::verification::limits::TryLimits;

/// The role that every user has (WSO2's own), whatever is written.
pub(super) const EVERYONE: &str = "Internal/everyone";

/// What a response shows beside the user itself.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub pending: &'a Verification,
    pub now: Timestamp,
    /// Scheme and host of this API.
    pub base_url: &'a str,
    /// Whether there are lists of numbers.
    pub multiple: bool,
    /// By what an account is locked.
    pub limits: &'a TryLimits,
}

/// A user as a resource without `meta` and without anything pending: what PATCH works on.
pub fn resource(user: &User, multiple: bool) -> Map<String, Value> {
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
    // What is said beside the numbers is kept in the profile.
    let mut numbers = match resource.shift_remove(WSO2) {
        Some(Value::Object(said)) => said,
        _ => Map::new(),
    };
    if multiple {
        for (name, list) in [
            ("mobileNumbers", &user.numbers.mobile),
            ("verifiedMobileNumbers", &user.numbers.verified),
        ] {
            if !list.is_empty() {
                numbers.insert(name.into(), json!(list));
            }
        }
    }
    if user.numbers.primary.is_some() {
        numbers.insert("phoneVerified".into(), user.numbers.phone_verified.into());
    }
    if !numbers.is_empty() {
        resource.insert(WSO2.into(), numbers.into());
    }
    resource
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
    let mut resource = resource(user, view.multiple);
    if let Some(pending) = view.pending.pending_number(view.now) {
        for urn in [ENTERPRISE, WSO2] {
            let extension = resource.entry(urn).or_insert_with(|| json!({}));
            if let Some(extension) = extension.as_object_mut() {
                extension.insert("pendingMobileNumber".into(), json!(pending));
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
            "version": version(user, view.pending, view.now),
        }),
    );
    resource
}

/// The permanent address of a user (RFC 7643 §3.1 `meta.location`).
pub fn location(id: &str, base_url: &str) -> String {
    format!("{base_url}/scim2/Users/{id}")
}

/// A weak ETag: the user's version and a mark of what is pending.
pub fn version(user: &User, pending: &Verification, now: Timestamp) -> String {
    match pending.mark(now) {
        Some(mark) => format!("W/\"{}-{mark}\"", user.version),
        None => format!("W/\"{}\"", user.version),
    }
}
