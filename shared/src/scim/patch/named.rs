//! What a change says of the primary number, and of `emails`: what it names is an update also where it stays as it is.

use serde_json::Value;

use crate::scim::compare::Phones;
use crate::scim::patch::change::Change;
use crate::scim::patch::message::Op;
use crate::scim::patch::values::{contains, described, given, is_selected};
use crate::scim::patch::written::NamedEmails;
use crate::scim::value::is_mobile;

/// What the change says of which values `emails` has and which of them is preferred; None where it says nothing of it.
pub(super) fn named_emails(
    change: &Change,
    before: &[Value],
    phones: &Phones<'_>,
) -> Option<NamedEmails> {
    let target = &change.target;
    if !target.attribute.is_emails() {
        return None;
    }
    let text = |value: &Value| value.get("value")?.as_str().map(str::to_owned);
    let tells = |value: &Value| value.get("value").is_some() || value.get("primary").is_some();
    if target.is_all_values() {
        let all = change.op == Op::Replace || (change.op == Op::Remove && change.value.is_null());
        let named = NamedEmails {
            all,
            values: given(change).iter().filter_map(text).collect(),
        };
        let said = all || change.op == Op::Remove || given(change).iter().any(tells);
        return said.then_some(named);
    }
    let (said, names) = match (target.sub, &change.value) {
        (Some(sub), _) => (matches!(sub.name, "value" | "primary"), sub.name == "value"),
        (None, value) if value.is_object() && change.op != Op::Remove => {
            (tells(value), value.get("value").is_some())
        }
        _ => (true, true),
    };
    let found = before
        .iter()
        .filter(|value| names && is_selected(value, change, phones));
    let written = match target.sub {
        Some(_) => change.value.as_str().map(str::to_owned),
        None => text(&change.value),
    };
    let values = found.filter_map(text).chain(written.filter(|_| names));
    said.then(|| NamedEmails {
        all: false,
        values: values.collect(),
    })
}

/// Whether the change writes the primary number, even with what it is already or where there is none.
pub(super) fn names_primary_number(change: &Change, before: &[Value], phones: &Phones<'_>) -> bool {
    let target = &change.target;
    if !target.attribute.is_phone_numbers() {
        return false;
    }
    if target.is_all_values() {
        let is_its_number = |given: &Value| {
            before
                .iter()
                .any(|value| is_mobile(value) && contains(target.attribute, value, given, phones))
        };
        return match change.op {
            Op::Add => given(change).iter().any(is_mobile),
            Op::Remove if !change.value.is_null() => given(change)
                .iter()
                .any(|given| is_mobile(given) || is_its_number(given)),
            Op::Remove | Op::Replace => true,
        };
    }
    let selects = before
        .iter()
        .any(|value| is_mobile(value) && is_selected(value, change, phones));
    let writes_number = match (target.sub, &change.value) {
        (Some(sub), _) => matches!(sub.name, "value" | "type"),
        (None, Value::Null) => change.op != Op::Add,
        (None, value) => {
            change.op == Op::Remove
                || value.get("value").is_some()
                // That the number of type mobile is one says nothing.
                || value.get("type").is_some_and(|label| label != "mobile" || !selects)
        }
    };
    let describes = || described(change).is_some_and(|parts| is_mobile(&Value::Object(parts)));
    // Another number that becomes the one of type mobile.
    let makes = || is_mobile(&change.value) || change.value == "mobile";
    writes_number && (selects || describes() || makes())
}
