//! Evaluating a filter on a resource (RFC 7644 §3.4.2.2), as its schema says: type, case, dates.
//! The grammar is `scim_v2`'s; `check` refuses what cannot be answered before anything is compared.

mod check;
mod dialect;
mod evaluate;
mod found;
mod keys;
mod negation;
#[cfg(test)]
mod tests;

pub use scim_v2::filter::Filter;
use scim_v2::filter::ValFilter;

use crate::scim::error::ScimError;

pub use check::check;
pub(super) use check::check_values;
pub(super) use evaluate::value_matches;
pub use evaluate::{matches, matches_with};
pub use keys::{Key, MAX_KEYS, keys};
pub(super) use negation::spaced;

/// Longest filter, in bytes: a list of a hundred identifiers fits.
pub const MAX_FILTER_BYTES: usize = 10_000;

/// Most comparisons in a filter: each is made for every user that is looked at.
pub const MAX_TERMS: usize = 128;

/// A filter that follows the grammar and asks for what can be answered.
pub fn parse(text: &str) -> Result<Filter, ScimError> {
    if text.len() > MAX_FILTER_BYTES {
        let reason = format!("is longer than {MAX_FILTER_BYTES} bytes");
        return Err(ScimError::invalid_filter("filter", &reason));
    }
    let filter: Filter = dialect::in_grammar(&spaced(text))
        .parse()
        .map_err(|_| ScimError::invalid_filter("filter", "does not follow RFC 7644 §3.4.2.2"))?;
    if terms(&filter) > MAX_TERMS {
        let reason = format!("has more than {MAX_TERMS} comparisons");
        return Err(ScimError::invalid_filter("filter", &reason));
    }
    check(&filter)?;
    Ok(filter)
}

fn terms(filter: &Filter) -> usize {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().map(terms).sum(),
        Filter::Not(part) => terms(part),
        Filter::ValuePath(path) => terms_of_value(&path.filter),
        Filter::Attr(_) => 1,
    }
}

/// How many comparisons the filter of a value path makes with each value.
pub(super) fn terms_of_value(filter: &ValFilter) -> usize {
    match filter {
        ValFilter::And(parts) | ValFilter::Or(parts) => parts.iter().map(terms_of_value).sum(),
        ValFilter::Not(part) => terms_of_value(part),
        ValFilter::Attr(_) => 1,
    }
}
