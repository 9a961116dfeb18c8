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
/// where it says which sub-attributes to clear; what adds something clears by the empty text alone.
pub(super) fn whole(
    attribute: &Attribute,
    value: &Value,
    at: &str,
    read_only: ReadOnly,
) -> Result<Value, ScimError> {
    if !attribute.multi_valued {
        return match value {
            Value::Array(items) => one(attribute, sole(attribute, items, at)?, at, read_only),
            value => one(attribute, value, at, read_only),
        };
    }
    let values = match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, item)| one(attribute, item, &format!("{at}[{i}]"), read_only))
            .collect::<Result<_, _>>()?,
        // WSO2's own form of a list.
        Value::String(list) if attribute.is_text_list() => list
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

/// What is in an array where one value is wanted: nothing, or `manager` as Microsoft's example has it.
fn sole<'a>(attribute: &Attribute, items: &'a [Value], at: &str) -> Result<&'a Value, ScimError> {
    match items {
        [] => Ok(&Value::Null),
        [one] if is_blank(one) || !attribute.sub_attributes().is_empty() => Ok(one),
        _ => Err(ScimError::invalid_value(at, wanted(attribute.kind))),
    }
}

fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Complex(_) => "must be an object",
        Kind::Boolean => "must be true or false",
        Kind::Integer => "must be a whole number",
        _ => "must be a string",
    }
}

/// One value: of a single-valued attribute, or one of several. A text without anything in it clears: it is read as
/// the empty text, which no attribute has as its value.
pub(super) fn one(
    attribute: &Attribute,
    value: &Value,
    at: &str,
    read_only: ReadOnly,
) -> Result<Value, ScimError> {
    let wrong = || ScimError::invalid_value(at, wanted(attribute.kind));
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(Value::Null),
        (_, blank) if is_blank(blank) => {
            if attribute.required {
                return Err(ScimError::invalid_value(at, "must not be empty"));
            }
            Ok(cleared())
        }
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
            None => Err(wrong()),
        },
        (Kind::Boolean, Value::Bool(_)) => Ok(value.clone()),
        (Kind::Boolean, Value::String(text)) => boolean(text).map(Value::Bool).ok_or_else(wrong),
        (Kind::Integer, Value::Number(number)) if number.is_i64() => Ok(value.clone()),
        (Kind::Complex(_) | Kind::Boolean | Kind::Integer, _) => Err(wrong()),
        (_, Value::String(text)) => string(attribute, text, at).map(Value::String),
        _ => Err(wrong()),
    }
}

/// What a text that clears is read as.
pub(super) fn cleared() -> Value {
    Value::String(String::new())
}

pub(super) fn is_cleared(value: &Value) -> bool {
    value.as_str() == Some("")
}

/// `""`, as WSO2's My Account sends it, or nothing but white space.
pub(super) fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Whether an entry of a multi-valued attribute says that what it names is to go: its `value` is cleared, or, where
/// the attribute has none (`addresses`), nothing is left beside its labels.
pub(super) fn is_emptied(attribute: &Attribute, entry: &Value) -> bool {
    let Some(members) = entry.as_object() else {
        return false;
    };
    if attribute.sub("value").is_some() {
        return members.get("value").is_some_and(is_cleared);
    }
    members.values().any(is_cleared) && !has_content(entry)
}

/// Whether an entry says more than which one it is.
pub(super) fn has_content(entry: &Value) -> bool {
    let mut members = entry.as_object().into_iter().flatten();
    members.any(|(name, part)| {
        !matches!(name.as_str(), "type" | "primary" | "display")
            && !part.is_null()
            && !is_cleared(part)
    })
}

/// Whether it is an entry that could have a `value` and has none.
pub(super) fn lacks_value(attribute: &Attribute, entry: &Value) -> bool {
    attribute.sub("value").is_some()
        && entry.is_object()
        && entry
            .get("value")
            .is_none_or(|value| value.is_null() || is_cleared(value))
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
    let values = || values.iter().filter(|value| !is_emptied(attribute, value));
    if values().filter(|v| is_primary(v)).count() > 1 {
        // RFC 7643 §2.4: true "MUST appear no more than once".
        return Err(ScimError::invalid_value(
            at,
            "has more than one primary value",
        ));
    }
    // Whoever counts on them counts one too many.
    let twice = |(at, code)| values().take(at).any(|before| before == code);
    if attribute.is_backup_codes() && values().enumerate().any(twice) {
        return Err(ScimError::invalid_value(at, "has a code twice"));
    }
    if attribute.is_phone_numbers() && values().filter(|v| is_mobile(v)).count() > 1 {
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
        let sub = match (attribute.sub(name), read_only) {
            (Some(sub), _) => sub,
            (None, ReadOnly::Ignored) => continue,
            (None, ReadOnly::Refused) => {
                return Err(ScimError::invalid_syntax(&at, "is not a known attribute"));
            }
        };
        if sub.is_read_only() {
            // That a number is verified is no detail that a client may believe it has written.
            if attribute.is_phone_numbers() {
                refuse(&at, read_only)?;
            }
            continue;
        }
        let value = match whole(sub, value, &at, read_only)? {
            Value::Null if attribute.multi_valued && sub.name == "value" => cleared(),
            value => value,
        };
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
    // As numbers are pasted: with a line break at the end.
    let text = match attribute.kind {
        Kind::Phone => spelling::trimmed(text),
        _ => text,
    };
    let nothing_left = attribute.kind == Kind::Phone && text.is_empty();
    if nothing_left || text.chars().any(|c| c.is_control() && !line_break(c)) {
        return Err(ScimError::invalid_value(at, "has a control character"));
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
