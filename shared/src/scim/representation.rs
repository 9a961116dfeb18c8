//! A user as SCIM shows it, and the parts of a resource that is to become a user.
//! Numbers and profile are kept apart in `User`; here they are one resource.

use serde_json::{Map, Value, json};

use super::error::ScimError;
use super::schema::{ENTERPRISE, USER, WSO2};
use crate::clock::Timestamp;
use crate::phone_number::{Numbering, PhoneNumber, PhoneNumberError};
use crate::user::{LONGEST_NAME, Numbers, User};
use crate::verification::Verification;

/// Where the profile keeps what else a client wrote about the mobile number (`display`, `primary`).
const MOBILE_DETAILS: &str = "mobilePhoneNumber";

/// What a response shows beside the user itself.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub pending: &'a Verification,
    pub now: Timestamp,
    /// Scheme and host of this API.
    pub base_url: &'a str,
    /// Whether there are lists of numbers.
    pub multiple: bool,
}

/// A user as a resource without `meta` and without anything pending: what PATCH works on.
pub fn resource(user: &User, multiple: bool) -> Map<String, Value> {
    let mut resource = Map::new();
    resource.insert("schemas".into(), Value::Null);
    resource.insert("id".into(), user.id.as_str().into());
    resource.insert("userName".into(), user.user_name.as_str().into());
    resource.extend(user.profile.clone());
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
    resource.insert(
        "roles".into(),
        json!([{ "type": "default", "value": "Internal/everyone" }]),
    );
    let mut numbers = Map::new();
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
            "location": location(user, view.base_url),
            "version": version(user, view.pending, view.now),
        }),
    );
    resource
}

pub fn location(user: &User, base_url: &str) -> String {
    format!("{base_url}/scim2/Users/{}", user.id)
}

/// A weak ETag: the user's version and a mark of what is pending.
pub fn version(user: &User, pending: &Verification, now: Timestamp) -> String {
    match pending.mark(now) {
        Some(mark) => format!("W/\"{}-{mark}\"", user.version),
        None => format!("W/\"{}\"", user.version),
    }
}

/// A resource, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    pub user_name: Option<String>,
    pub profile: Map<String, Value>,
    /// The mobile number as it was written.
    pub primary: Option<String>,
    /// None where the list was left out.
    pub mobile: Option<Vec<String>>,
    pub verified: Option<Vec<String>>,
    pub verify_mobile: bool,
}

impl Parts {
    /// Takes a resource in the schema's spelling apart.
    pub fn of(mut resource: Map<String, Value>) -> Self {
        // Not ours to keep: derived, read-only, or a secret that nobody asks for.
        for name in ["schemas", "id", "meta", "roles", "groups", "password"] {
            resource.shift_remove(name);
        }
        let mut parts = Self::default();
        if let Some(Value::String(name)) = resource.shift_remove("userName") {
            parts.user_name = Some(name);
        }
        if let Some(Value::Object(mut numbers)) = resource.shift_remove(WSO2) {
            parts.mobile = numbers.shift_remove("mobileNumbers").map(texts);
            parts.verified = numbers.shift_remove("verifiedMobileNumbers").map(texts);
            parts.verify_mobile = numbers.shift_remove("verifyMobile") == Some(Value::Bool(true));
        }
        if let Some(Value::Object(enterprise)) = resource.get_mut(ENTERPRISE) {
            enterprise.shift_remove("pendingMobileNumber");
            if enterprise.is_empty() {
                resource.shift_remove(ENTERPRISE);
            }
        }
        parts.profile = resource;
        parts.take_mobile();
        parts
    }

    /// Whether the resource had this list of numbers.
    pub fn names(&self, list: &str) -> bool {
        match list {
            "mobileNumbers" => self.mobile.is_some(),
            _ => self.verified.is_some(),
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

/// Reads a userName: what is stored must also be found again.
pub fn user_name(text: Option<String>) -> Result<String, ScimError> {
    match text {
        None => Err(ScimError::invalid_value("userName", "is required")),
        Some(name) if name.trim().is_empty() => {
            Err(ScimError::invalid_value("userName", "is required"))
        }
        Some(name) if name.len() > LONGEST_NAME => Err(ScimError::invalid_value(
            "userName",
            "is longer than 255 bytes",
        )),
        Some(name) => Ok(name),
    }
}

/// Checks an externalId: it, too, must be found again.
pub fn external_id(profile: &Map<String, Value>) -> Result<(), ScimError> {
    match profile.get("externalId").and_then(Value::as_str) {
        Some(value) if value.len() > LONGEST_NAME => Err(ScimError::invalid_value(
            "externalId",
            "is longer than 255 bytes",
        )),
        _ => Ok(()),
    }
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
    let mut list = Vec::new();
    for text in texts {
        let number = number(attribute, text, stored, numbering)?;
        if !list.contains(&number) {
            list.push(number);
        }
    }
    Ok(list)
}

/// The attributes of `urn:scim:wso2:schema` that are lists of numbers.
const LISTS: [&str; 2] = ["mobileNumbers", "verifiedMobileNumbers"];

/// Refuses a write of the lists where there are none; `named` says which attributes the request writes.
pub fn without_lists(named: impl Fn(&str) -> bool) -> Result<(), ScimError> {
    match LISTS.into_iter().find(|name| named(name)) {
        Some(name) => Err(ScimError::invalid_path(
            name,
            "is not there: there is one mobile number per user",
        )),
        None => Ok(()),
    }
}
