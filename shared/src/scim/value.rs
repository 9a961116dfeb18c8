//! A JSON value as an attribute wants it: one function for PATCH, PUT and POST.
//! Types are checked, what real clients send differently is put right, names get the schema's case.

use serde_json::{Map, Value};

use crate::scim::error::{ScimError, shown};
use crate::scim::schema::{Attribute, Kind};
use crate::spelling;

/// Longest string, in characters.
pub const MAX_STRING_CHARS: usize = 2_048;
/// Longest binary value, in characters of base64.
pub const MAX_BINARY_CHARS: usize = 8_192;
/// Most values of a multi-valued attribute.
pub const MAX_VALUES: usize = 100;

/// What happens to a read-only attribute: PATCH refuses it (RFC 7644 §3.5.2),
/// PUT and POST pass over it (§3.5.1, §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadOnly {
    Refused,
    Ignored,
}

/// The whole value of an attribute. `Null` is unassigned (RFC 7643 §2.5), also inside an object,
/// where it says which sub-attributes to clear.
pub(super) fn whole(
    attribute: &Attribute,
    value: &Value,
    at: &str,
    read_only: ReadOnly,
) -> Result<Value, ScimError> {
    if !attribute.multi_valued {
        return one(attribute, value, at, read_only);
    }
    let values = match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, item)| one(attribute, item, &format!("{at}[{i}]"), read_only))
            .collect::<Result<_, _>>()?,
        // WSO2's own form of a list of numbers.
        Value::String(list) if attribute.is_number_list() => list
            .split(',')
            .map(|item| one(attribute, &Value::from(item), at, read_only))
            .collect::<Result<_, _>>()?,
        // One value where several could be: Entra ID, Okta.
        single => vec![one(attribute, single, at, read_only)?],
    };
    let values: Vec<Value> = values.into_iter().filter(|v| !is_unassigned(v)).collect();
    several(attribute, &values, at)?;
    Ok(if values.is_empty() {
        Value::Null
    } else {
        Value::Array(values)
    })
}

/// One value: of a single-valued attribute, or one of several.
pub(super) fn one(
    attribute: &Attribute,
    value: &Value,
    at: &str,
    read_only: ReadOnly,
) -> Result<Value, ScimError> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(Value::Null),
        (Kind::Complex(_), Value::Object(members)) => object(attribute, members, at, read_only),
        // `emails` as plain strings (WSO2), `manager` as its identifier (Entra ID).
        (Kind::Complex(_), Value::String(_)) => match attribute.sub("value") {
            Some(sub) => {
                let value = one(sub, value, at, read_only)?;
                Ok(Value::Object(Map::from_iter([(
                    sub.name.to_owned(),
                    value,
                )])))
            }
            None => Err(ScimError::invalid_value(at, "must be an object")),
        },
        (Kind::Complex(_), _) => Err(ScimError::invalid_value(at, "must be an object")),
        (Kind::Boolean, Value::Bool(_)) => Ok(value.clone()),
        (Kind::Boolean, Value::String(text)) => boolean(text)
            .map(Value::Bool)
            .ok_or_else(|| ScimError::invalid_value(at, "must be true or false")),
        (Kind::Boolean, _) => Err(ScimError::invalid_value(at, "must be true or false")),
        (_, Value::String(text)) => string(attribute, text, at).map(Value::String),
        _ => Err(ScimError::invalid_value(at, "must be a string")),
    }
}

/// Entra ID writes `"True"` and `"False"`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Whether a value of `phoneNumbers` is the primary number.
pub(super) fn is_mobile(element: &Value) -> bool {
    element.get("type").and_then(Value::as_str) == Some("mobile")
}

pub(super) fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

/// What holds for the values of a multi-valued attribute together.
pub(super) fn several(attribute: &Attribute, values: &[Value], at: &str) -> Result<(), ScimError> {
    if values.len() > MAX_VALUES {
        let reason = format!("has more than {MAX_VALUES} values");
        return Err(ScimError::invalid_value(at, &reason));
    }
    if values.iter().filter(|v| is_primary(v)).count() > 1 {
        // RFC 7643 §2.4: true "MUST appear no more than once".
        return Err(ScimError::invalid_value(
            at,
            "has more than one primary value",
        ));
    }
    if attribute.is_phone_numbers() && values.iter().filter(|v| is_mobile(v)).count() > 1 {
        return Err(ScimError::invalid_value(
            at,
            "has more than one value of type mobile",
        ));
    }
    Ok(())
}

fn object(
    attribute: &Attribute,
    members: &Map<String, Value>,
    at: &str,
    read_only: ReadOnly,
) -> Result<Value, ScimError> {
    let mut read = Map::new();
    for (name, value) in members {
        let at = format!("{at}.{}", shown(name));
        let sub = attribute
            .sub(name)
            .ok_or_else(|| ScimError::invalid_syntax(&at, "is not a known attribute"))?;
        if sub.is_read_only() {
            refuse(&at, read_only)?;
            continue;
        }
        let value = one(sub, value, &at, read_only)?;
        if read.insert(sub.name.to_owned(), value).is_some() {
            return Err(ScimError::invalid_syntax(&at, "is given twice"));
        }
    }
    Ok(Value::Object(read))
}

/// A read-only attribute was written.
pub(super) fn refuse(at: &str, read_only: ReadOnly) -> Result<(), ScimError> {
    match read_only {
        ReadOnly::Refused => Err(ScimError::mutability(at, "is read-only")),
        ReadOnly::Ignored => Ok(()),
    }
}

fn string(attribute: &Attribute, text: &str, at: &str) -> Result<String, ScimError> {
    let line_break = |c| attribute.kind == Kind::Text && matches!(c, '\n' | '\r');
    let text = match attribute.kind {
        Kind::Phone => spelling::trimmed(text),
        _ => text,
    };
    if text.chars().any(|c| c.is_control() && !line_break(c)) {
        return Err(ScimError::invalid_value(at, "has a control character"));
    }
    if attribute.kind == Kind::Phone && !attribute.multi_valued && text.is_empty() {
        return Err(ScimError::invalid_value(at, "is empty"));
    }
    let most = match attribute.kind {
        Kind::Binary => MAX_BINARY_CHARS,
        _ => MAX_STRING_CHARS,
    };
    if text.chars().count() > most {
        let reason = format!("is longer than {most} characters");
        return Err(ScimError::invalid_value(at, &reason));
    }
    if attribute.kind == Kind::Binary && !text.chars().all(is_base64) {
        return Err(ScimError::invalid_value(at, "must be base64"));
    }
    if attribute.required && text.trim().is_empty() {
        return Err(ScimError::invalid_value(at, "must not be empty"));
    }
    // RFC 7643 §2.4: the service provider canonicalises labels such as "mobile".
    let canonical = attribute
        .canonical_values
        .iter()
        .find(|value| value.eq_ignore_ascii_case(text));
    Ok((*canonical.unwrap_or(&text)).to_owned())
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=')
}

/// Whether nothing is left of a value among several.
fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(members) => members.values().all(Value::is_null),
        _ => false,
    }
}
