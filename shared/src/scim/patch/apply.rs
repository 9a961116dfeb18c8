//! Applying changes to a resource, in order and in memory (RFC 7644 §3.5.2.1 to §3.5.2.3).
//! What is left unassigned is absent: empty arrays, empty objects, an extension without attributes.

use serde_json::{Map, Value};

use crate::scim::compare::Phones;
use crate::scim::error::ScimError;
use crate::scim::patch::change::Change;
use crate::scim::patch::members::{is_empty, merge, object, set};
use crate::scim::patch::message::Op;
use crate::scim::patch::written::{Applied, Written};
use crate::scim::patch::{named, values};
use crate::scim::schema::{Attribute, SCHEMAS, Schema};
use crate::scim::value::{is_emptied, is_mobile, is_primary, lacks_value};

/// Most comparisons in one request: filter terms times the values that they are compared with.
const MAX_COMPARISONS: usize = 100_000;

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
    let mut comparisons = 0;
    for change in changes
        .iter()
        .filter(|change| !change.idle && !change.repeats)
    {
        comparisons += values::comparisons(there(change, &applied.resource), change);
        if comparisons > MAX_COMPARISONS {
            let reason = format!("asks for more than {MAX_COMPARISONS} comparisons");
            return Err(ScimError::too_many("Operations", &reason));
        }
        let names_number = one(change, &mut applied, phones)?;
        if names_number && change.op != Op::Remove {
            only_number(&mut mobile, change, &applied.resource, phones)?;
        }
    }
    settle(&mut applied.resource)?;
    Ok(applied)
}

/// The values of a multi-valued attribute.
fn there<'a>(change: &Change, resource: &'a Map<String, Value>) -> &'a [Value] {
    let schema = change.target.schema;
    let home = if schema.is_core() {
        Some(resource)
    } else {
        resource.get(schema.urn).and_then(Value::as_object)
    };
    let values = home.and_then(|home| home.get(change.target.attribute.name));
    values.and_then(Value::as_array).map_or(&[], Vec::as_slice)
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
        names_number = named::names_primary_number(change, &before, phones);
        written.primary_number |= names_number;
        if let Some(named) = named::named_emails(change, &before, phones) {
            written.emails.get_or_insert_default().extend(named);
        }
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
    let core = SCHEMAS.iter().filter(|schema| schema.is_core());
    for attribute in core
        .flat_map(|schema| schema.attributes)
        .filter(|a| a.multi_valued)
    {
        if let Some(Value::Array(values)) = resource.get_mut(attribute.name) {
            settle_values(attribute, values)?;
            if values.is_empty() {
                resource.shift_remove(attribute.name);
            }
        }
    }
    Ok(())
}

fn settle_values(attribute: &Attribute, values: &mut Vec<Value>) -> Result<(), ScimError> {
    // Entra ID removes only the `value` of a number.
    values.retain(|value| !is_emptied(attribute, value));
    let flagged = |value: &Value| is_primary(value) && !lacks_value(attribute, value);
    if values.iter().any(flagged) {
        let idle = values
            .iter_mut()
            .filter(|value| is_primary(value) && lacks_value(attribute, value));
        for value in idle.filter_map(Value::as_object_mut) {
            value.insert("primary".to_owned(), Value::Bool(false));
        }
    }
    if !attribute.is_phone_numbers() {
        return Ok(());
    }
    let refused = |reason| Err(ScimError::invalid_value("phoneNumbers", reason));
    let mut mobiles = values.iter().filter(|number| is_mobile(number));
    match (mobiles.next(), mobiles.next()) {
        (_, Some(_)) => refused("would have more than one value of type mobile"),
        (Some(mobile), None) if lacks_value(attribute, mobile) => {
            refused("the value of type mobile would have no value")
        }
        _ => Ok(()),
    }
}

fn number_of(element: &Value) -> Option<&str> {
    let number = element.get("value").and_then(Value::as_str);
    number.filter(|number| !number.is_empty())
}
