//! Evaluating a filter on a resource (RFC 7644 §3.4.2.2), as its schema says: type, case, dates.
//! The grammar is `scim_v2`'s; `check` refuses what cannot be answered before anything is compared.

mod check;
mod dialect;
mod evaluate;
mod keys;
mod negation;
#[cfg(test)]
mod tests;

pub use scim_v2::filter::Filter;
use scim_v2::filter::{AttrPath, ValFilter};

use crate::scim::error::ScimError;
use crate::scim::schema::{self, Attribute, Schema};

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

/// What a path in a filter means: where its values are, and the attribute that describes one.
struct Found {
    schema: &'static Schema,
    attribute: &'static Attribute,
    sub: Option<&'static Attribute>,
}

impl Found {
    fn of(path: &AttrPath) -> Option<Self> {
        let (schema, attribute) = schema::find(path.uri.as_deref(), &path.name)?;
        let sub = match &path.sub_attr {
            Some(sub) => Some(attribute.sub(sub)?),
            None => None,
        };
        Some(Self {
            schema,
            attribute,
            sub,
        })
    }

    /// What is compared: RFC 7644's own example `emails co "x"` means the sub-attribute `value`.
    fn compared(&self) -> &'static Attribute {
        self.sub
            .or_else(|| self.attribute.sub("value"))
            .unwrap_or(self.attribute)
    }
}

/// Inside `[...]`: the sub-attribute of that name, or the value itself (`value`) where it has no parts.
fn of_value(attribute: &'static Attribute, path: &AttrPath) -> Option<&'static Attribute> {
    if path.uri.is_some() || path.sub_attr.is_some() {
        return None;
    }
    if attribute.sub_attributes().is_empty() {
        return path.name.eq_ignore_ascii_case("value").then_some(attribute);
    }
    attribute.sub(&path.name)
}
