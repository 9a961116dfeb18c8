//! A resource, taken apart into what a user is made of.

use serde_json::{Map, Value};

use crate::address::numbering::{Numbering, PhoneNumberError};
use crate::address::phone_number::PhoneNumber;
use crate::scim::backup_codes::WrittenCodes;
use crate::scim::error::ScimError;
use crate::scim::schema::{ENTERPRISE, WSO2};
use crate::scim::show::EVERYONE;
use crate::user::name::{self, NameError, is_name};
use crate::user::numbers::Numbers;
use crate::user::primary_flag::MOBILE_DETAILS;
use crate::user::{LARGEST_PROFILE, SMS_OTP_DISABLED, User};

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
    /// As it was written.
    pub verification_locked: Option<bool>,
    /// None where they were left out.
    pub backup_codes: Option<WrittenCodes>,
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
            parts.mobile = numbers.shift_remove("mobileNumbers").map(texts);
            parts.verified = numbers.shift_remove("verifiedMobileNumbers").map(texts);
            let locked = numbers.shift_remove("verificationLocked");
            parts.verification_locked = locked.as_ref().and_then(Value::as_bool);
            parts.verify_mobile = numbers.shift_remove("verifyMobile") == Some(Value::Bool(true));
            parts.backup_codes = WrittenCodes::take(&mut numbers);
            numbers.retain(|name, value| name == SMS_OTP_DISABLED && value.is_boolean());
            if !numbers.is_empty() {
                resource.insert(WSO2.into(), numbers.into());
            }
        }
        if let Some(Value::Object(enterprise)) = resource.get_mut(ENTERPRISE) {
            enterprise.shift_remove("pendingMobileNumber");
            if enterprise.is_empty() {
                resource.shift_remove(ENTERPRISE);
            }
        }
        parts.profile = resource;
        parts.leave_out_defaults();
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
