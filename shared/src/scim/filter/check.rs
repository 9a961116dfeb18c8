//! Whether a filter asks for what can be answered: known attributes, comparisons that fit their type.
//! RFC 7644 §3.4.2.2 wants 400 invalidFilter otherwise.

use scim_v2::ScimDateTime;
use scim_v2::filter::{AttrExp, CompValue, CompareOp, Filter, ValFilter};

use crate::scim::error::{ScimError, shown};
use crate::scim::filter::found::{Found, of_value};
use crate::scim::schema::{Attribute, Kind, Returned};
use crate::scim::value::boolean;

pub fn check(filter: &Filter) -> Result<(), ScimError> {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().try_for_each(check),
        Filter::Not(part) => check(part),
        Filter::ValuePath(path) => {
            let found = Found::of(&path.attr)
                .filter(|found| found.attribute.multi_valued && found.sub.is_none())
                .ok_or_else(|| unknown(&path.attr.to_string()))?;
            check_values(&path.filter, found.attribute, "filter")
        }
        Filter::Attr(exp) => {
            let name = path_of(exp).to_string();
            let found = Found::of(path_of(exp)).ok_or_else(|| unknown(&name))?;
            let compared = match exp {
                AttrExp::Present(_) => found.sub.unwrap_or(found.attribute),
                AttrExp::Comparison(..) => found.compared(),
            };
            check_expression(exp, compared, "filter")
        }
    }
}

/// The same for the filter of a value path, on the attribute's sub-attributes.
pub(in super::super) fn check_values(
    filter: &ValFilter,
    attribute: &'static Attribute,
    at: &str,
) -> Result<(), ScimError> {
    match filter {
        ValFilter::And(parts) | ValFilter::Or(parts) => parts
            .iter()
            .try_for_each(|part| check_values(part, attribute, at)),
        ValFilter::Not(part) => check_values(part, attribute, at),
        ValFilter::Attr(exp) => {
            let path = path_of(exp);
            let sub = of_value(attribute, path).ok_or_else(|| {
                let reason = format!(
                    "filters by an unknown attribute: {}",
                    shown(&path.to_string())
                );
                ScimError::invalid_filter(at, &reason)
            })?;
            check_expression(exp, sub, at)
        }
    }
}

fn check_expression(exp: &AttrExp, attribute: &Attribute, at: &str) -> Result<(), ScimError> {
    let refused = |reason: &str| {
        let reason = format!("{}: {reason}", attribute.name);
        Err(ScimError::invalid_filter(at, &reason))
    };
    if attribute.returned == Returned::Never {
        return refused("cannot be asked for");
    }
    let AttrExp::Comparison(_, op, value) = exp else {
        return Ok(());
    };
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let fits_equality = match (attribute.kind, value) {
        // "Not assigned", which only equality can ask.
        (_, CompValue::Null)
        | (Kind::Boolean, CompValue::True | CompValue::False)
        | (Kind::Integer, CompValue::Number(_)) => true,
        // Entra ID: `primary eq "True"`.
        (Kind::Boolean, CompValue::Str(text)) => boolean(text).is_some(),
        _ => false,
    };
    if equality && fits_equality {
        return Ok(());
    }
    match (attribute.kind, value) {
        (Kind::Complex(_), _) => refused("is compared by a sub-attribute"),
        (Kind::Boolean, _) => refused("is compared by eq or ne with true or false"),
        (Kind::Integer, CompValue::Number(_)) if is_ordering(op) => Ok(()),
        (Kind::Integer, _) => refused("is compared with a number"),
        (Kind::Binary, CompValue::Str(_)) if is_ordering(op) => refused("has no order"),
        (Kind::DateTime, CompValue::Str(text))
            if (equality || is_ordering(op)) && text.parse::<ScimDateTime>().is_err() =>
        {
            refused("is compared with a dateTime")
        }
        (_, CompValue::Str(_)) => Ok(()),
        _ => refused("is compared with a string"),
    }
}

fn is_ordering(op: &CompareOp) -> bool {
    matches!(
        op,
        CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le
    )
}

fn path_of(exp: &AttrExp) -> &scim_v2::filter::AttrPath {
    match exp {
        AttrExp::Present(path) | AttrExp::Comparison(path, ..) => path,
    }
}

fn unknown(name: &str) -> ScimError {
    let reason = format!("asks for an unknown attribute: {}", shown(name));
    ScimError::invalid_filter("filter", &reason)
}
