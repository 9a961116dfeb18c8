//! Reading a whole resource for POST and PUT (RFC 7644 §3.3, §3.5.1) into the representation PATCH works on.
//! Names get the schema's spelling, what is read-only is passed over, what is unassigned is absent.

use serde_json::{Map, Value};

use crate::scim::compare::Phones;
use crate::scim::error::ScimError;
use crate::scim::patch::{Change, Source, apply, members};
use crate::scim::schema::{SCHEMAS, USER, WSO2};
use crate::user::SMS_OTP_DISABLED;

/// The resource of a request. WSO2's attributes that stay where a PUT leaves them out (the lists of addresses, backup
/// codes, `smsOtpDisabled`) stand there as `[]` or null where they are given as `[]`, null or `""` (RFC 7644 §3.5.1).
pub fn from_body(body: &Value) -> Result<Map<String, Value>, ScimError> {
    let given = body
        .as_object()
        .ok_or_else(|| ScimError::invalid_syntax("body", "must be an object"))?;
    check_schemas(given)?;
    let changes = members(body, None, "", Source::Resource)?;
    let mut resource = apply(&changes, &Map::new(), &Phones::new(&|_| None))?.resource;
    for cleared in changes.iter().filter(|change| clears_what_stays(change)) {
        let extension = resource
            .entry(WSO2)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(members) = extension {
            let attribute = cleared.target.attribute;
            let nothing = if attribute.multi_valued {
                Value::Array(Vec::new())
            } else {
                Value::Null
            };
            members.insert(attribute.name.to_owned(), nothing);
        }
    }
    Ok(resource)
}

/// Every required attribute has a value.
pub fn required(resource: &Map<String, Value>) -> Result<(), ScimError> {
    let mut all = SCHEMAS
        .iter()
        .filter(|schema| schema.is_core())
        .flat_map(|schema| schema.attributes);
    match all.find(|a| a.required && !resource.contains_key(a.name)) {
        Some(missing) => Err(ScimError::invalid_value(missing.name, "is required")),
        None => Ok(()),
    }
}

fn clears_what_stays(change: &Change) -> bool {
    let attribute = change.target.attribute;
    let stays = attribute.is_text_list() || attribute.name == SMS_OTP_DISABLED;
    stays && change.value.is_null()
}

/// `schemas` may be left out; what is there must be those of a user.
fn check_schemas(body: &Map<String, Value>) -> Result<(), ScimError> {
    let refused = |reason| Err(ScimError::invalid_syntax("schemas", reason));
    let mut found = body
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("schemas"));
    let Some((_, value)) = found.next() else {
        return Ok(());
    };
    if found.next().is_some() {
        return refused("is given twice");
    }
    let Some(urns) = value.as_array() else {
        return refused("must be an array of strings");
    };
    let mut core = urns.is_empty();
    // What nobody knows is passed over, like the attributes of it.
    for urn in urns {
        match urn.as_str() {
            None => return refused("must be an array of strings"),
            Some(urn) => core |= urn.eq_ignore_ascii_case(USER),
        }
    }
    if core {
        Ok(())
    } else {
        refused("must contain urn:ietf:params:scim:schemas:core:2.0:User")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn read(body: &Value) -> Result<Value, String> {
        from_body(body)
            .map(Value::Object)
            .map_err(|e| e.to_string())
    }

    #[test]
    fn what_is_read() {
        let rows = [
            (json!({}), json!({})),
            (
                json!({ "USERNAME": "b", "Name": { "GIVENNAME": "B", "familyName": null }, "title": null }),
                json!({ "userName": "b", "name": { "givenName": "B" } }),
            ),
            (
                json!({ "schemas": [CORE.to_uppercase(), WSO2], "userName": "b" }),
                json!({ "userName": "b" }),
            ),
            (json!({ "schemas": [] }), json!({})),
            (
                json!({ "active": "True", "emails": ["a@x", { "value": "b@x", "type": "WORK" }], "ims": [], "photos": null }),
                json!({ "active": true, "emails": [{ "value": "a@x" }, { "value": "b@x", "type": "work" }] }),
            ),
            (
                json!({ "urn:ietf:params:scim:schemas:core:2.0:User:title": "t", "urn:ietf:params:scim:schemas:core:2.0:USER": { "locale": "de" } }),
                json!({ "title": "t", "locale": "de" }),
            ),
            (
                json!({ ENTERPRISE: { "Department": "A", "manager": "m", "pendingMobileNumber": "+1" } }),
                json!({ ENTERPRISE: { "department": "A", "manager": { "value": "m" } } }),
            ),
            // Read-only, whatever is in it.
            (
                json!({ "id": 1, "META": [], "groups": {}, "phoneVerified": "x", "pendingMobileNumber": 1,
                    WSO2: { "phoneVerified": true, "PendingMobileNumber": "x" },
                    ENTERPRISE: { "phoneVerified": true, "pendingMobileNumber": "x" },
                    "phoneNumbers": [{ "value": "+1", "type": "work", "verified": true }] }),
                json!({ "phoneNumbers": [{ "value": "+1", "type": "work" }] }),
            ),
            (json!({ "password": "s3cret" }), json!({})),
            // What nobody knows (RFC 7644 §3.3).
            (
                json!({ "nope": 1, "urn:x": {}, "schemas": [CORE, "urn:x"], WSO2: { "nope": 1 },
                    "emails[type eq \"work\"].value": "x", "name": { "nope": 1, "givenName": "B" } }),
                json!({ "name": { "givenName": "B" } }),
            ),
            (
                json!({ "mobileNumbers": "+1, +2", "urn:scim:wso2:schema:verifiedMobileNumbers": ["+1"] }),
                json!({ WSO2: { "mobileNumbers": ["+1", "+2"], "verifiedMobileNumbers": ["+1"] } }),
            ),
            // Left out is not the same as emptied.
            (
                json!({ WSO2: { "mobileNumbers": [], "verifyMobile": "true" } }),
                json!({ WSO2: { "mobileNumbers": [], "verifyMobile": true } }),
            ),
            (
                json!({ WSO2: { "verifiedMobileNumbers": "" } }),
                json!({ WSO2: { "verifiedMobileNumbers": [] } }),
            ),
            (
                json!({ "verifiedMobileNumbers": null }),
                json!({ WSO2: { "verifiedMobileNumbers": [] } }),
            ),
            (
                json!({ WSO2: null }),
                json!({ WSO2: { "mobileNumbers": [], "verifiedMobileNumbers": [], "emailAddresses": [],
                    "verifiedEmailAddresses": [], "smsOtpDisabled": null, "otpBackupCodes": [] } }),
            ),
            (
                json!({ "otpBackupCodes": "12345678, abcde-fghjk", "SMSOTPDISABLED": "True", "otpBackupCodesRemaining": 7 }),
                json!({ WSO2: { "otpBackupCodes": ["12345678", " abcde-fghjk"], "smsOtpDisabled": true } }),
            ),
            (
                json!({ ENTERPRISE: { "otpBackupCodes": [], "smsOtpDisabled": "" } }),
                json!({ WSO2: { "otpBackupCodes": [], "smsOtpDisabled": null } }),
            ),
            (json!({ WSO2: {} }), json!({})),
            (
                json!({ "phoneNumbers": [{ "type": "work", "value": "+2" }], "mobileNumbers": [{ "type": "Mobile", "value": " +1 " }] }),
                json!({ "phoneNumbers": [{ "type": "work", "value": "+2" }, { "type": "mobile", "value": "+1" }] }),
            ),
            (
                json!({ "phoneNumbers": [{ "type": "MOBILE", "value": "+1" }, { "type": "fax" }] }),
                json!({ "phoneNumbers": [{ "type": "mobile", "value": "+1" }, { "type": "fax" }] }),
            ),
        ];
        for (body, wanted) in rows {
            assert_eq!(read(&body), Ok(wanted), "{body}");
        }
    }

    #[test]
    fn what_is_refused() {
        let rows = [
            (json!([]), "invalidSyntax: body: must be an object"),
            (
                json!({ WSO2: "x" }),
                "invalidValue: urn:scim:wso2:schema: must be an object",
            ),
            (
                json!({ "title": "a", "TITLE": "a" }),
                "invalidSyntax: title: is given twice",
            ),
            (
                json!({ "schemas": [], "Schemas": [] }),
                "invalidSyntax: schemas: is given twice",
            ),
            (
                json!({ "schemas": "x" }),
                "invalidSyntax: schemas: must be an array of strings",
            ),
            (
                json!({ "schemas": [1] }),
                "invalidSyntax: schemas: must be an array of strings",
            ),
            (
                json!({ "schemas": [WSO2] }),
                "invalidSyntax: schemas: must contain urn:ietf:params:scim:schemas:core:2.0:User",
            ),
            (
                json!({ "userName": "" }),
                "invalidValue: userName: must not be empty",
            ),
            (
                json!({ "userName": 1 }),
                "invalidValue: userName: must be a string",
            ),
            (
                json!({ "emails": [{ "value": "a", "primary": true }, { "value": "b", "primary": "true" }] }),
                "invalidValue: emails: has more than one primary value",
            ),
            (
                json!({ "phoneNumbers": [{ "value": "1", "type": "mobile" }, { "value": "2", "type": "Mobile" }] }),
                "invalidValue: phoneNumbers: has more than one value of type mobile",
            ),
            (
                json!({ "phoneNumbers": [{ "value": "1", "type": "mobile" }], WSO2: { "mobileNumbers": { "type": "mobile", "value": "1" } } }),
                "invalidValue: phoneNumbers: more than one value of type mobile",
            ),
        ];
        for (body, wanted) in rows {
            assert_eq!(read(&body), Err(wanted.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_user_needs_a_name() {
        let with = |body: Value| required(&from_body(&body).expect("a resource"));
        assert_eq!(with(json!({ "userName": "b" })), Ok(()));
        for body in [json!({}), json!({ "userName": null })] {
            let error = with(body).expect_err("no name");
            assert_eq!(error.to_string(), "invalidValue: userName: is required");
        }
    }
}
