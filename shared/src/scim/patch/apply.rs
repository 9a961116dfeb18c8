//! Applying changes to a resource, in order and in memory (RFC 7644 §3.5.2.1 to §3.5.2.3).
//! What is left unassigned is absent: empty arrays, empty objects, an extension without attributes.

use crate::scim::patch::members::is_empty;
use crate::scim::patch::members::merge;
use crate::scim::patch::members::object;
use crate::scim::patch::members::set;
use serde_json::{Map, Value};

use crate::scim::compare::Phones;
use crate::scim::error::ScimError;
use crate::scim::patch::change::Change;
use crate::scim::patch::message::Op;
use crate::scim::patch::{Applied, Written, values};
use crate::scim::schema::Schema;
use crate::scim::value::is_mobile;

pub(in super::super) fn apply(
    changes: &[Change],
    resource: &Map<String, Value>,
    phones: &Phones<'_>,
) -> Result<Applied, ScimError> {
    let mut applied = Applied {
        resource: resource.clone(),
        written: Written::default(),
    };
    let mut mobile = None;
    for change in changes.iter().filter(|change| !change.idle) {
        let names_number = one(change, &mut applied, phones)?;
        if names_number && change.op != Op::Remove {
            only_number(&mut mobile, change, &applied.resource, phones)?;
        }
    }
    settle(&mut applied.resource)?;
    Ok(applied)
}

/// One request names one mobile number, in however many operations.
fn only_number(
    named: &mut Option<String>,
    change: &Change,
    resource: &Map<String, Value>,
    phones: &Phones<'_>,
) -> Result<(), ScimError> {
    let attribute = change.target.attribute;
    let numbers = resource.get(attribute.name).and_then(Value::as_array);
    let mobile = numbers.and_then(|numbers| numbers.iter().find(|number| is_mobile(number)));
    let (Some(number), Some(value)) = (mobile.and_then(number_of), attribute.sub("value")) else {
        return Ok(());
    };
    match named {
        Some(first) if !phones.same_text(value, first, number) => {
            let reason = "more than one value of type mobile";
            Err(ScimError::invalid_value(&change.at, reason))
        }
        _ => {
            *named = Some(number.to_owned());
            Ok(())
        }
    }
}

/// Applies a change; says whether it named the primary number.
fn one(change: &Change, applied: &mut Applied, phones: &Phones<'_>) -> Result<bool, ScimError> {
    let schema = change.target.schema;
    let attribute = change.target.attribute;
    let Applied { resource, written } = applied;
    written.attributes.insert((schema.urn, attribute.name));
    let mut home = take_home(schema, resource);
    let before = home
        .get_mut(attribute.name)
        .map(Value::take)
        .unwrap_or_default();
    let mut names_number = false;
    let after = if attribute.multi_valued {
        let before = list(before);
        names_number = values::names_primary_number(change, &before, phones);
        written.primary_number |= names_number;
        Value::Array(values::changed(before, change, phones)?)
    } else {
        single(before, change)
    };
    put(&mut home, attribute.name, after);
    if schema.is_core() {
        *resource = home;
    } else {
        put(resource, schema.urn, Value::Object(home));
    }
    Ok(names_number)
}

/// The object that has the schema's attributes; it is put back when one of them is changed.
fn take_home(schema: &Schema, resource: &mut Map<String, Value>) -> Map<String, Value> {
    if schema.is_core() {
        return std::mem::take(resource);
    }
    object(
        resource
            .get_mut(schema.urn)
            .map(Value::take)
            .unwrap_or_default(),
    )
}

fn put(home: &mut Map<String, Value>, name: &str, value: Value) {
    if is_empty(&value) {
        home.shift_remove(name);
    } else {
        home.insert(name.to_owned(), value);
    }
}

fn single(before: Value, change: &Change) -> Value {
    let Some(sub) = change.target.sub else {
        return match (change.op, &change.value) {
            (Op::Add, Value::Null) => before,
            (_, Value::Object(members)) => {
                let mut merged = object(before);
                merge(&mut merged, members, change.op);
                Value::Object(merged)
            }
            (Op::Remove, _) => Value::Null,
            (_, value) => value.clone(),
        };
    };
    let mut parts = object(before);
    set(&mut parts, sub.name, &change.value, change.op);
    Value::Object(parts)
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        Value::Null => Vec::new(),
        single => vec![single],
    }
}

/// What must hold once all is applied, whichever way the operations led there.
fn settle(resource: &mut Map<String, Value>) -> Result<(), ScimError> {
    // Accepted and never kept.
    resource.shift_remove("password");
    let Some(Value::Array(numbers)) = resource.get_mut("phoneNumbers") else {
        return Ok(());
    };
    // Entra ID removes only the `value` of a number.
    numbers.retain(|number| number_of(number).is_some());
    if numbers.iter().filter(|number| is_mobile(number)).count() > 1 {
        let reason = "would have more than one value of type mobile";
        return Err(ScimError::invalid_value("phoneNumbers", reason));
    }
    if numbers.is_empty() {
        resource.shift_remove("phoneNumbers");
    }
    Ok(())
}

fn number_of(element: &Value) -> Option<&str> {
    element.get("value").and_then(Value::as_str)
}
