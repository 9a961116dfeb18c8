//! What is read-only in the value of a PATCH: no error where it is what the client has read, since many send back
//! a resource with their changes in it; and RFC 7644 §3.5.2's mutability where it is anything else.

use serde_json::{Map, Value};

use crate::scim::error::ScimError;
use crate::scim::patch::change::Change;
use crate::scim::patch::message::Op;
use crate::scim::value::is_blank;

/// Makes a resource as its readers see it.
pub type Shown<'a> = dyn Fn() -> Map<String, Value> + 'a;

/// The resource is only made where a change asks what it shows, which few do.
pub(super) fn check(changes: &[Change], shown: &Shown<'_>) -> Result<(), ScimError> {
    let mut repeated = changes.iter().filter(|change| change.repeats).peekable();
    if repeated.peek().is_none() {
        return Ok(());
    }
    let shown = shown();
    match repeated.find(|change| !is_unchanged(change, &shown)) {
        Some(change) => Err(ScimError::mutability(&change.at, "is read-only")),
        None => Ok(()),
    }
}

fn is_unchanged(change: &Change, shown: &Map<String, Value>) -> bool {
    let target = &change.target;
    if target.attribute.name == "schemas" {
        return keeps_schemas(change, shown);
    }
    let home = if target.schema.is_core() {
        Some(shown)
    } else {
        shown.get(target.schema.urn).and_then(Value::as_object)
    };
    let there = home.and_then(|home| home.get(target.attribute.name));
    let there = match target.sub {
        Some(sub) => there.and_then(|there| there.get(sub.name)),
        None => there,
    };
    same(&change.value, there, target.leaf().name)
}

/// None of those that are there is left out where they are replaced.
fn keeps_schemas(change: &Change, shown: &Map<String, Value>) -> bool {
    let given = change.value.as_array().map_or(&[][..], Vec::as_slice);
    let there = shown.get("schemas").and_then(Value::as_array);
    let is_given = |urn: &Value| {
        let mut given = given.iter().filter_map(Value::as_str);
        urn.as_str()
            .is_some_and(|urn| given.any(|one| one.eq_ignore_ascii_case(urn)))
    };
    change.op == Op::Add || there.is_none_or(|there| there.iter().all(is_given))
}

/// Of an object, what is given of it.
fn same(given: &Value, there: Option<&Value>, name: &str) -> bool {
    let Some(there) = there else {
        return match given {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            text => is_blank(text),
        };
    };
    match (given, there) {
        (Value::Object(given), Value::Object(there)) => given.iter().all(|(name, given)| {
            let mut there = there.iter();
            let found = there.find(|(known, _)| known.eq_ignore_ascii_case(name));
            same(given, found.map(|(_, value)| value), name)
        }),
        (Value::Array(given), Value::Array(there)) => {
            given.len() == there.len()
                && given
                    .iter()
                    .zip(there)
                    .all(|(given, there)| same(given, Some(there), name))
        }
        // Another host leads to the same resource: behind a proxy, by a name of its own.
        (Value::String(given), Value::String(there)) if name.eq_ignore_ascii_case("location") => {
            path(given) == path(there)
        }
        _ => given == there,
    }
}

fn path(url: &str) -> &str {
    url.find("/scim2/")
        .and_then(|at| url.get(at..))
        .unwrap_or(url)
}
