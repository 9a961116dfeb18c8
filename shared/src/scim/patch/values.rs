//! Changing the values of a multi-valued attribute: all of them, those listed, or those a filter finds.
//! At most one stays primary, and a number of type mobile is there at most once.

use scim_v2::filter::{AttrExp, CompValue, CompareOp, ValFilter};
use serde_json::{Map, Value};

use crate::scim::compare::Phones;
use crate::scim::error::ScimError;
use crate::scim::filter::{terms_of_value as terms, value_matches};
use crate::scim::patch::change::Change;
use crate::scim::patch::members::{is_empty, merge, object, set};
use crate::scim::patch::message::Op;
use crate::scim::schema::Attribute;
use crate::scim::value::{
    self, MAX_VALUES, ReadOnly, cleared, has_content, is_cleared, is_emptied, is_mobile,
    is_primary, lacks_value,
};

pub(super) fn changed(
    mut values: Vec<Value>,
    change: &Change,
    phones: &Phones<'_>,
) -> Result<Vec<Value>, ScimError> {
    let primary = if change.target.is_all_values() {
        all(&mut values, change, phones)
    } else {
        selected(&mut values, change, phones)?
    };
    one_primary(&mut values, &primary, change)?;
    values.retain(|value| !is_empty(value));
    if values.len() > MAX_VALUES {
        let reason = format!("would have more than {MAX_VALUES} values");
        return Err(ScimError::invalid_value(&change.at, &reason));
    }
    Ok(values)
}

/// Without a filter. Says which values the change makes primary.
fn all(values: &mut Vec<Value>, change: &Change, phones: &Phones<'_>) -> Vec<usize> {
    let attribute = change.target.attribute;
    let given = given(change);
    if change.op == Op::Remove && !change.value.is_null() {
        values.retain(|value| !given.iter().any(|g| contains(attribute, value, g, phones)));
        return Vec::new();
    }
    if change.op != Op::Add {
        values.clear();
    }
    let (emptied, given): (Vec<_>, Vec<_>) =
        given.iter().partition(|one| is_emptied(attribute, one));
    for one in emptied {
        empty(values, one, attribute, phones);
    }
    let mut primary = Vec::new();
    for one in given {
        let i = place(values, one, attribute, phones);
        if is_primary(one) {
            primary.push(i);
        }
    }
    primary
}

/// WSO2's My Account empties a field by an entry without content. That of its type goes, where there is one.
fn empty(values: &mut [Value], emptied: &Value, attribute: &Attribute, phones: &Phones<'_>) {
    let Some(label) = attribute.sub("type") else {
        return;
    };
    let of_type = |value: &Value| match (value.get("type"), emptied.get("type")) {
        (Some(one), Some(other)) => same(label, one, other, phones),
        (one, other) => one.is_none() && other.is_none(),
    };
    let parts = emptied.as_object().into_iter().flatten();
    let parts: Vec<_> = parts.filter(|(_, part)| is_cleared(part)).collect();
    for value in values.iter_mut().filter(|value| of_type(value)) {
        let mut left = object(value.take());
        for (name, part) in &parts {
            set_part(attribute, &mut left, name, part, Op::Add);
        }
        *value = content(attribute, Value::Object(left));
    }
}

/// Sets a part of an entry. One whose `value` is cleared goes when all is applied: until then another operation may
/// give it a new one.
fn set_part(
    attribute: &Attribute,
    parts: &mut Map<String, Value>,
    name: &str,
    value: &Value,
    op: Op,
) {
    let clears = op == Op::Remove || is_cleared(value) || (value.is_null() && op != Op::Add);
    if clears && name == "value" && attribute.sub("value").is_some() {
        parts.insert(name.to_owned(), cleared());
    } else {
        set(parts, name, value, op);
    }
}

/// An entry of which something was cleared: nothing where only labels are left.
fn content(attribute: &Attribute, entry: Value) -> Value {
    if attribute.sub("value").is_some() || has_content(&entry) {
        entry
    } else {
        Value::Null
    }
}

pub(super) fn given(change: &Change) -> &[Value] {
    change.value.as_array().map_or(&[], Vec::as_slice)
}

/// Adds a value, or to a value that is there already what is new about it (RFC 7644 §3.5.2.1);
/// a number of type mobile takes the old one's place.
fn place(
    values: &mut Vec<Value>,
    given: &Value,
    attribute: &Attribute,
    phones: &Phones<'_>,
) -> usize {
    let takes_place = attribute.is_phone_numbers() && is_mobile(given);
    let there = values.iter().position(|value| {
        if takes_place {
            is_mobile(value)
        } else {
            contains(attribute, value, given, phones)
        }
    });
    let i = there.unwrap_or(values.len());
    match (values.get_mut(i), given) {
        (Some(Value::Object(parts)), Value::Object(members)) => {
            for (name, part) in members {
                if takes_place || !is_telling(name) {
                    set_part(attribute, parts, name, part, Op::Add);
                }
            }
        }
        (Some(_), _) => {}
        (None, Value::Object(members)) => {
            let mut parts = Map::new();
            merge(&mut parts, members, Op::Add);
            values.push(Value::Object(parts));
        }
        (None, _) => values.push(given.clone()),
    }
    i
}

/// RFC 7643 §2.4 tells values apart by these.
fn is_telling(name: &str) -> bool {
    matches!(name, "value" | "type")
}

/// Whether a value is the given one: by what tells values apart, or where no `value` is given by all that is.
pub(super) fn contains(
    attribute: &Attribute,
    value: &Value,
    given: &Value,
    phones: &Phones<'_>,
) -> bool {
    let Some(members) = given.as_object() else {
        return same(attribute, value, given, phones);
    };
    let says = |part: &Value| !part.is_null() && !is_cleared(part);
    let significant = members.get("value").is_some_and(says);
    members
        .iter()
        .filter(|(name, part)| says(part) && (!significant || is_telling(name)))
        .all(
            |(name, part)| match (attribute.sub(name), value.get(name)) {
                (Some(sub), Some(value)) => same(sub, value, part, phones),
                _ => false,
            },
        )
}

fn same(attribute: &Attribute, one: &Value, other: &Value, phones: &Phones<'_>) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => phones.same_text(attribute, one, other),
        _ => one == other,
    }
}

/// The values a filter finds, or without a filter (`emails.type`) every one. Says the same as `all`.
fn selected(
    values: &mut Vec<Value>,
    change: &Change,
    phones: &Phones<'_>,
) -> Result<Vec<usize>, ScimError> {
    let found: Vec<usize> = (0..)
        .zip(values.iter())
        .filter(|(_, value)| is_selected(value, change, phones))
        .map(|(i, _)| i)
        .collect();
    if found.is_empty() {
        return missing(values, change, phones);
    }
    let attribute = change.target.attribute;
    let mut primary = Vec::new();
    for i in found {
        if let Some(value) = values.get_mut(i) {
            let lacked = lacks_value(attribute, value);
            edit(value, change);
            // A value that had the flag before it had anything else takes it from the others now.
            let has_now = lacked && is_primary(value) && !lacks_value(attribute, value);
            if sets_primary(change) || has_now {
                primary.push(i);
            }
        }
    }
    Ok(primary)
}

pub(super) fn is_selected(value: &Value, change: &Change, phones: &Phones<'_>) -> bool {
    let target = &change.target;
    let filter = target.filter.as_ref();
    filter.is_none_or(|filter| value_matches(filter, target.attribute, value, phones))
}

fn edit(value: &mut Value, change: &Change) {
    let attribute = change.target.attribute;
    let had_content = has_content(value);
    let taken = value.take();
    let edited = match (change.target.sub, &change.value) {
        (Some(sub), part) => {
            let mut parts = object(taken);
            set_part(attribute, &mut parts, sub.name, part, change.op);
            Value::Object(parts)
        }
        (None, Value::Null) if change.op == Op::Add => taken,
        (None, Value::Object(members)) => {
            let mut parts = object(taken);
            for (name, part) in members {
                set_part(attribute, &mut parts, name, part, change.op);
            }
            Value::Object(parts)
        }
        (None, whole) => whole.clone(),
    };
    *value = if had_content {
        content(attribute, edited)
    } else {
        edited
    };
}

/// The filter found nothing. Entra ID then expects a value that satisfies it to be made, by add and by replace;
/// where there is none that would, RFC 7644 §3.5.2.3 wants noTarget.
fn missing(
    values: &mut Vec<Value>,
    change: &Change,
    phones: &Phones<'_>,
) -> Result<Vec<usize>, ScimError> {
    let attribute = change.target.attribute;
    if change.op == Op::Remove || change.value.is_null() || is_emptied(attribute, &change.value) {
        return Ok(Vec::new());
    }
    let made = described(change).map(|parts| {
        let mut value = Value::Object(parts);
        edit(&mut value, change);
        value
    });
    let value = made
        .filter(|value| is_selected(value, change, phones))
        .ok_or_else(|| ScimError::no_target(&change.at, "no value matches the path's filter"))?;
    let primary = is_primary(&value).then_some(values.len());
    values.push(value);
    Ok(primary.into_iter().collect())
}

/// The sub-attributes that a filter of nothing but `eq` and `and` names; none for any other filter.
pub(super) fn described(change: &Change) -> Option<Map<String, Value>> {
    let mut parts = Map::new();
    if change.target.attribute.sub_attributes().is_empty() {
        return None;
    }
    if let Some(filter) = &change.target.filter {
        describe(filter, change.target.attribute, &mut parts)?;
    }
    Some(parts)
}

fn describe(
    filter: &ValFilter,
    attribute: &Attribute,
    parts: &mut Map<String, Value>,
) -> Option<()> {
    match filter {
        ValFilter::And(filters) => filters
            .iter()
            .try_for_each(|filter| describe(filter, attribute, parts)),
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, wanted)) => {
            let sub = attribute
                .sub(&path.name)
                .filter(|sub| !sub.is_read_only())?;
            let wanted = match wanted {
                CompValue::Str(text) => Value::from(text.as_str()),
                CompValue::True => Value::Bool(true),
                CompValue::False => Value::Bool(false),
                CompValue::Null | CompValue::Number(_) => return None,
            };
            let wanted = value::one(sub, &wanted, "", ReadOnly::Refused).ok()?;
            let contradiction = parts.insert(sub.name.to_owned(), wanted.clone());
            contradiction
                .is_none_or(|other| other == wanted)
                .then_some(())
        }
        _ => None,
    }
}

/// Whether the change makes primary what it finds.
fn sets_primary(change: &Change) -> bool {
    change.op != Op::Remove
        && match change.target.sub {
            Some(sub) => sub.name == "primary" && change.value == Value::Bool(true),
            None => is_primary(&change.value),
        }
}

/// How many comparisons the change makes: filter terms times values, or values given times values there.
pub(super) fn comparisons(values: &[Value], change: &Change) -> usize {
    let each = match &change.target.filter {
        Some(filter) => terms(filter),
        None => given(change).len(),
    };
    each.saturating_mul(values.len())
}

/// RFC 7644 §3.5.2: "SHALL cause the server to automatically set "primary" to "false" for any other values".
fn one_primary(values: &mut [Value], primary: &[usize], change: &Change) -> Result<(), ScimError> {
    let chosen = match primary {
        [] => return Ok(()),
        [chosen] => *chosen,
        _ => {
            let reason = "would make more than one value primary";
            return Err(ScimError::invalid_value(&change.at, reason));
        }
    };
    // What has no value is preferred to nothing.
    let attribute = change.target.attribute;
    if values
        .get(chosen)
        .is_none_or(|value| lacks_value(attribute, value))
    {
        return Ok(());
    }
    for (i, value) in values.iter_mut().enumerate() {
        if i != chosen
            && is_primary(value)
            && let Value::Object(parts) = value
        {
            parts.insert("primary".to_owned(), Value::Bool(false));
        }
    }
    Ok(())
}
