//! What a change says of the primary number, and of `emails`: what it names is an update also where it stays as it is.

use serde_json::Value;

use crate::scim::compare::Phones;
use crate::scim::patch::change::Change;
use crate::scim::patch::message::Op;
use crate::scim::patch::values::{contains, described, given, is_selected};
use crate::scim::patch::written::NamedEmails;
use crate::scim::value::{is_mobile, is_primary};

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
    let telling = |name: &str| matches!(name, "value" | "primary");
    if target.sub.is_some_and(|sub| !telling(sub.name)) {
        return None;
    }
    if change.op == Op::Remove {
        // What is removed is not there any more; what stays is not named by that.
        let described = described(change).map(Value::Object);
        return Some(NamedEmails {
            all: target.is_all_values() && change.value.is_null(),
            no_primary: target.sub.is_none() && described.as_ref().is_some_and(is_primary),
            values: Vec::new(),
        });
    }
    let text = |value: &Value| value.get("value")?.as_str().map(str::to_owned);
    let tells = |value: &Value| value.get("value").is_some() || value.get("primary").is_some();
    if target.is_all_values() {
        let said = change.op == Op::Replace || given(change).iter().any(tells);
        let values = given(change).iter().filter_map(text).collect();
        return said.then_some(NamedEmails {
            all: change.op == Op::Replace,
            values,
            ..NamedEmails::default()
        });
    }
    let (said, value) = match target.sub {
        Some(sub) => (true, (sub.name == "value").then_some(&change.value)),
        None => (tells(&change.value), change.value.get("value")),
    };
    let found = before
        .iter()
        .filter(|one| value.is_some() && is_selected(one, change, phones));
    let written = value.and_then(Value::as_str).map(str::to_owned);
    let values = found.filter_map(text).chain(written).collect();
    said.then(|| NamedEmails {
        values,
        ..NamedEmails::default()
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
