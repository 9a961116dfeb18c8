//! What came of a PATCH, or of a resource as it was written: the resource, and which attributes were named.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What came of it.
#[derive(Clone)]
pub struct Applied {
    pub resource: Map<String, Value>,
    pub written: Written,
}

/// What the request wrote, also where it wrote what already was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub(super) attributes: BTreeSet<(&'static str, &'static str)>,
    /// The number of type mobile among `phoneNumbers`, whichever way the request spelled it.
    pub primary_number: bool,
    /// A value of `emails` or the flag of the preferred one, not only how one is labelled.
    pub email_values: bool,
}

impl Written {
    /// `urn` and `name` in the schema's spelling.
    pub fn has(&self, urn: &str, name: &str) -> bool {
        self.attributes
            .iter()
            .any(|written| *written == (urn, name))
    }
}
