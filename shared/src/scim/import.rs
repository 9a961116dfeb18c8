//! What only a caller with the import scope may say: that an address was verified elsewhere (`phoneVerified`,
//! `emailVerified`). Everybody else's schema has these read-only, so they are taken out of the body before that is read.

use serde_json::{Map, Value};

use crate::scim::ScimError;
use crate::scim::schema::WSO2;

/// What is said of the primary address of each kind; None where it is not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaidVerified {
    pub phone: Option<bool>,
    pub email: Option<bool>,
}

/// Takes the flags out of a user as POST and PUT have it.
///
/// # Errors
/// Where one is no boolean.
pub fn from_resource(resource: &mut Map<String, Value>) -> Result<SaidVerified, ScimError> {
    Ok(SaidVerified {
        phone: one_from_resource(resource, PHONE)?,
        email: one_from_resource(resource, EMAIL)?,
    })
}

/// Takes the flags out of a PATCH: an operation of its own, or a member of one without a path. The last one counts.
///
/// # Errors
/// Where one is no boolean.
pub fn from_patch(patch: &mut Map<String, Value>) -> Result<SaidVerified, ScimError> {
    Ok(SaidVerified {
        phone: one_from_patch(patch, PHONE)?,
        email: one_from_patch(patch, EMAIL)?,
    })
}

const PHONE: &str = "phoneVerified";
const EMAIL: &str = "emailVerified";

fn one_from_resource(
    resource: &mut Map<String, Value>,
    flag: &str,
) -> Result<Option<bool>, ScimError> {
    let mut said = take(resource, &format!("{WSO2}:{flag}"))?;
    for (name, member) in resource.iter_mut() {
        if let (true, Value::Object(extension)) = (name.eq_ignore_ascii_case(WSO2), member) {
            said = take(extension, flag)?.or(said);
        }
    }
    Ok(said)
}

fn one_from_patch(patch: &mut Map<String, Value>, flag: &str) -> Result<Option<bool>, ScimError> {
    let operations = patch
        .iter_mut()
        .find(|(name, _)| name.eq_ignore_ascii_case("Operations"));
    let Some((_, Value::Array(operations))) = operations else {
        return Ok(None);
    };
    let mut said = None;
    for operation in operations.iter_mut().filter_map(Value::as_object_mut) {
        said = from_operation(operation, flag)?.or(said);
    }
    Ok(said)
}

fn from_operation(
    operation: &mut Map<String, Value>,
    flag: &str,
) -> Result<Option<bool>, ScimError> {
    let spelled = |wanted: &str| {
        let mut names = operation.keys();
        names
            .find(|name| name.eq_ignore_ascii_case(wanted))
            .cloned()
    };
    let path = spelled("path").and_then(|name| operation.get(&name)?.as_str().map(str::to_owned));
    let Some(value) = spelled("value").and_then(|name| operation.get_mut(&name)) else {
        return Ok(None);
    };
    let is = |wanted: &str| {
        path.as_ref()
            .is_some_and(|path| path.eq_ignore_ascii_case(wanted))
    };
    if is(&format!("{WSO2}:{flag}")) {
        let said = boolean(flag, value)?;
        // What is left of it changes nothing: an operation on everything with nothing in it.
        operation.clear();
        operation.insert("op".to_owned(), "replace".into());
        operation.insert("value".to_owned(), Value::Object(Map::new()));
        return Ok(Some(said));
    }
    match value {
        Value::Object(members) if path.is_none() => one_from_resource(members, flag),
        Value::Object(members) if is(WSO2) => take(members, flag),
        _ => Ok(None),
    }
}

fn take(members: &mut Map<String, Value>, name: &str) -> Result<Option<bool>, ScimError> {
    let spelled = members
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))
        .cloned();
    let taken = spelled.and_then(|key| members.shift_remove(&key));
    taken.as_ref().map(|value| boolean(name, value)).transpose()
}

fn boolean(name: &str, value: &Value) -> Result<bool, ScimError> {
    let name = name.rsplit(':').next().unwrap_or(name);
    value
        .as_bool()
        .ok_or_else(|| ScimError::invalid_value(name, "must be true or false"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => unreachable!("{other}"),
        }
    }

    #[test]
    fn the_flag_is_taken_from_wherever_it_may_be_said() {
        let full_name = "urn:scim:wso2:schema:phoneVerified";
        for (operation, said) in [
            (
                json!({"op": "replace", "path": full_name, "value": true}),
                Some(true),
            ),
            (
                json!({"op": "add", "path": full_name.to_uppercase(), "value": false}),
                Some(false),
            ),
            (
                json!({"op": "replace", "path": WSO2, "value": {"phoneverified": true}}),
                Some(true),
            ),
            (
                json!({"op": "replace", "value": {WSO2: {"phoneVerified": true, "x": 1}}}),
                Some(true),
            ),
            (
                json!({"op": "replace", "value": {full_name: true}}),
                Some(true),
            ),
            (
                json!({"op": "replace", "path": "title", "value": "x"}),
                None,
            ),
            (json!({"op": "remove", "path": full_name}), None),
        ] {
            let mut patch = object(json!({ "Operations": [operation] }));
            assert_eq!(from_patch(&mut patch).unwrap().phone, said, "{operation}");
            let left = json!(patch).to_string().to_lowercase();
            let gone = !left.contains("phoneverified");
            assert_eq!(
                gone,
                said.is_some() || !operation.to_string().contains("phoneV"),
                "{left}"
            );
        }
        let mut resource = object(json!({"userName": "bob", WSO2: {"phoneVerified": true}}));
        assert_eq!(from_resource(&mut resource).unwrap().phone, Some(true));
        assert_eq!(
            from_resource(&mut resource).unwrap(),
            SaidVerified::default()
        );
        let mut wrong = object(json!({WSO2: {"phoneVerified": "true"}}));
        assert!(from_resource(&mut wrong).is_err());
    }
}
