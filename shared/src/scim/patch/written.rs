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
    /// None where at most labels of `emails` were written.
    pub emails: Option<NamedEmails>,
}

/// What a request says of which values `emails` has, and of which of them is preferred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedEmails {
    /// It says so of all of them: what it does not list is to go.
    pub all: bool,
    /// It says that there is to be none with the flag, also where there is none.
    pub no_primary: bool,
    /// The texts of those that it names otherwise than by the flag alone.
    pub values: Vec<String>,
}

impl NamedEmails {
    pub(super) fn extend(&mut self, other: Self) {
        self.all |= other.all;
        self.no_primary |= other.no_primary;
        self.values.extend(other.values);
    }
}

impl Written {
    /// `urn` and `name` in the schema's spelling.
    pub fn has(&self, urn: &str, name: &str) -> bool {
        self.attributes
            .iter()
            .any(|written| *written == (urn, name))
    }
}
