//! The evaluation itself: does a resource, or one value of a multi-valued attribute, match.
//! What `check` would refuse matches nothing.

use std::cmp::Ordering;

use scim_v2::ScimDateTime;
use scim_v2::filter::{AttrExp, CompValue, CompareOp, Filter, ValFilter};
use serde_json::{Map, Number, Value};

use crate::scim::compare::{Normalise, Phones};
use crate::scim::filter::found::{Found, of_value};
use crate::scim::schema::{Attribute, Kind};
use crate::scim::value::boolean;

/// Phone numbers are compared as they are written.
pub fn matches(filter: &Filter, resource: &Map<String, Value>) -> bool {
    matches_with(filter, resource, &|_| None)
}

/// Phone numbers are equal where `normalise` gives the same for both.
pub fn matches_with(
    filter: &Filter,
    resource: &Map<String, Value>,
    normalise: &Normalise<'_>,
) -> bool {
    resource_matches(filter, resource, &Phones::new(normalise))
}

fn resource_matches(filter: &Filter, resource: &Map<String, Value>, phones: &Phones<'_>) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|f| resource_matches(f, resource, phones)),
        Filter::Or(parts) => parts.iter().any(|f| resource_matches(f, resource, phones)),
        Filter::Not(part) => !resource_matches(part, resource, phones),
        Filter::ValuePath(path) => Found::of(&path.attr).is_some_and(|found| {
            values(&found, resource)
                .into_iter()
                .any(|value| value_matches(&path.filter, found.attribute, value, phones))
        }),
        Filter::Attr(AttrExp::Present(path)) => Found::of(path).is_some_and(|found| {
            parts(values(&found, resource), found.sub)
                .into_iter()
                .any(is_present)
        }),
        Filter::Attr(AttrExp::Comparison(path, op, wanted)) => {
            Found::of(path).is_some_and(|found| {
                let what = found.compared();
                let sub = (what != found.attribute).then_some(what);
                let given = compared(values(&found, resource), sub);
                compare(what, op, wanted, &given, phones)
            })
        }
    }
}

/// Whether one value of a multi-valued attribute matches.
pub(in super::super) fn value_matches(
    filter: &ValFilter,
    attribute: &'static Attribute,
    value: &Value,
    phones: &Phones<'_>,
) -> bool {
    let part = |f: &ValFilter| value_matches(f, attribute, value, phones);
    match filter {
        ValFilter::And(parts) => parts.iter().all(part),
        ValFilter::Or(parts) => parts.iter().any(part),
        ValFilter::Not(inner) => !part(inner),
        ValFilter::Attr(exp) => {
            let (AttrExp::Present(path) | AttrExp::Comparison(path, ..)) = exp;
            let Some(what) = of_value(attribute, path) else {
                return false;
            };
            let sub = (what != attribute).then_some(what);
            match exp {
                AttrExp::Present(_) => parts(vec![value], sub).into_iter().any(is_present),
                AttrExp::Comparison(_, op, wanted) => {
                    compare(what, op, wanted, &compared(vec![value], sub), phones)
                }
            }
        }
    }
}

/// All values of the attribute in the resource.
fn values<'a>(found: &Found, resource: &'a Map<String, Value>) -> Vec<&'a Value> {
    let home = if found.schema.is_core() {
        Some(resource)
    } else {
        resource.get(found.schema.urn).and_then(Value::as_object)
    };
    match home.and_then(|home| home.get(found.attribute.name)) {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

/// The sub-attribute of each, or without one the values themselves.
fn parts<'a>(values: Vec<&'a Value>, sub: Option<&Attribute>) -> Vec<&'a Value> {
    match sub {
        Some(sub) => values.into_iter().filter_map(|v| v.get(sub.name)).collect(),
        None => values,
    }
}

/// What is compared of each value. RFC 7643 §2.4: "If not specified, the value of "primary" SHALL be assumed to be
/// "false"": of a value that is there, not of an attribute that is not.
fn compared<'a>(values: Vec<&'a Value>, sub: Option<&Attribute>) -> Vec<&'a Value> {
    match sub {
        Some(sub) if sub.name == "primary" => values
            .into_iter()
            .map(|value| value.get(sub.name).unwrap_or(&Value::Bool(false)))
            .collect(),
        sub => parts(values, sub),
    }
}

/// RFC 7644 table 3: "a non-empty or non-null value, or ... a non-empty node".
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => members.values().any(is_present),
        _ => true,
    }
}

/// One match among several values is enough. No value at all equals null and differs from everything else.
fn compare(
    attribute: &Attribute,
    op: &CompareOp,
    wanted: &CompValue,
    given: &[&Value],
    phones: &Phones<'_>,
) -> bool {
    let assigned = given.iter().any(|v| is_present(v));
    match (op, wanted) {
        (CompareOp::Eq, CompValue::Null) => !assigned,
        (CompareOp::Ne, CompValue::Null) => assigned,
        (_, CompValue::Null) => false,
        (CompareOp::Ne, _) => {
            given.is_empty() || given.iter().any(|v| !equal(attribute, v, wanted, phones))
        }
        (CompareOp::Eq, _) => given.iter().any(|v| equal(attribute, v, wanted, phones)),
        (op, CompValue::Str(wanted)) => given
            .iter()
            .filter_map(|v| v.as_str())
            .any(|v| holds(attribute, op, v, wanted, phones)),
        (op, CompValue::Number(wanted)) => given
            .iter()
            .filter_map(|v| number_order(v, wanted))
            .any(|order| is_ordered(op, order)),
        _ => false,
    }
}

fn equal(attribute: &Attribute, given: &Value, wanted: &CompValue, phones: &Phones<'_>) -> bool {
    match (given, wanted) {
        (Value::Bool(given), CompValue::True) => *given,
        (Value::Bool(given), CompValue::False) => !given,
        (Value::Bool(given), CompValue::Str(wanted)) => boolean(wanted) == Some(*given),
        (given, CompValue::Number(wanted)) => {
            number_order(given, wanted).is_some_and(Ordering::is_eq)
        }
        (Value::String(given), CompValue::Str(wanted)) if attribute.kind == Kind::DateTime => {
            order(attribute, given, wanted, phones) == Some(Ordering::Equal)
        }
        (Value::String(given), CompValue::Str(wanted)) => {
            phones.same_text(attribute, given, wanted)
        }
        _ => false,
    }
}

fn holds(
    attribute: &Attribute,
    op: &CompareOp,
    given: &str,
    wanted: &str,
    phones: &Phones<'_>,
) -> bool {
    let by_case = |test: fn(&str, &str) -> bool| {
        if attribute.case_exact {
            test(given, wanted)
        } else {
            test(&phones.folded(given), &phones.folded(wanted))
        }
    };
    match op {
        CompareOp::Co => by_case(|given, wanted| given.contains(wanted)),
        CompareOp::Sw => by_case(|given, wanted| given.starts_with(wanted)),
        CompareOp::Ew => by_case(|given, wanted| given.ends_with(wanted)),
        op => order(attribute, given, wanted, phones).is_some_and(|order| is_ordered(op, order)),
    }
}

fn is_ordered(op: &CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        _ => false,
    }
}

/// None where one of them is no number.
fn number_order(given: &Value, wanted: &Number) -> Option<Ordering> {
    given.as_f64()?.partial_cmp(&wanted.as_f64()?)
}

/// Chronological for dates, else lexicographical; none where there is no order.
fn order(
    attribute: &Attribute,
    given: &str,
    wanted: &str,
    phones: &Phones<'_>,
) -> Option<Ordering> {
    match attribute.kind {
        Kind::DateTime => {
            let given: ScimDateTime = given.parse().ok()?;
            given.xsd_partial_cmp(&wanted.parse().ok()?)
        }
        Kind::Binary => None,
        _ if attribute.case_exact => Some(given.cmp(wanted)),
        _ => Some(phones.folded(given).cmp(&phones.folded(wanted))),
    }
}
