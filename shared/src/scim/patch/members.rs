//! Members of objects: set, merged, looked at.

use serde_json::{Map, Value};

use crate::scim::patch::message::Op;
use crate::scim::value::is_cleared;

/// "Sub-attributes that are not specified in the "value" parameter are left unchanged" (RFC 7644 §3.5.2.3).
pub(super) fn merge(into: &mut Map<String, Value>, members: &Map<String, Value>, op: Op) {
    for (name, value) in members {
        set(into, name, value, op);
    }
}

/// Null clears, except where something is to be added: there it adds nothing (RFC 7643 §2.5).
/// The empty text clears everywhere.
pub(super) fn set(into: &mut Map<String, Value>, name: &str, value: &Value, op: Op) {
    match (op, value) {
        (Op::Add, Value::Null) => {}
        (Op::Remove, _) | (_, Value::Null) => {
            into.shift_remove(name);
        }
        (_, value) if is_cleared(value) => {
            into.shift_remove(name);
        }
        _ => {
            into.insert(name.to_owned(), value.clone());
        }
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
