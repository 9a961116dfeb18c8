//! PATCH (RFC 7644 §3.5.2): the message read into changes, and the changes applied to a resource in memory.
//! All or nothing: the first operation that cannot be applied is the answer, and the resource is as it was.

mod apply;
mod change;
mod members;
mod message;
mod named;
#[cfg(test)]
mod tests;
mod unchanged;
mod values;
mod written;

use std::fmt;

use serde_json::{Map, Value};

use crate::scim::compare::{Normalise, Phones};
use crate::scim::error::ScimError;

pub(super) use apply::apply;
use change::MAX_CHANGES;
pub(super) use change::{Change, Source, members};
pub use unchanged::Shown;
pub use written::{Applied, NamedEmails};

/// A PATCH request that is right in itself: known attributes, writable, values of their types.
#[derive(Clone)]
pub struct Patch {
    changes: Vec<Change>,
}

/// Only which attributes it names: the values may be personal data.
impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.changes.iter().map(|change| change.target.name());
        f.debug_list().entries(names).finish()
    }
}

impl Patch {
    pub fn parse(body: &Value) -> Result<Self, ScimError> {
        let operations = message::operations(body)?;
        if operations.iter().map(change::count).sum::<usize>() > MAX_CHANGES {
            let reason = format!("has more than {MAX_CHANGES} changes");
            return Err(ScimError::too_many("Operations", &reason));
        }
        let mut changes = Vec::new();
        for operation in &operations {
            changes.extend(change::changes(operation)?);
        }
        Ok(Self { changes })
    }

    /// Whether an operation names the attribute, even one that changes nothing.
    pub fn names(&self, urn: &str, name: &str) -> bool {
        let named = self.changes.iter().filter(|change| !change.implied);
        let mut targets = named.map(|change| &change.target);
        targets.any(|target| target.schema.urn == urn && target.attribute.name == name)
    }

    /// Phone numbers are compared as they are written.
    pub fn apply(&self, resource: &Map<String, Value>) -> Result<Map<String, Value>, ScimError> {
        self.apply_with(resource, &|| resource.clone(), &|_| None)
            .map(|applied| applied.resource)
    }

    /// Phone numbers are equal where `normalise` gives the same for both. What is read-only may be in a value as it
    /// is in `shown`, the resource as its readers see it.
    pub fn apply_with(
        &self,
        resource: &Map<String, Value>,
        shown: &Shown<'_>,
        normalise: &Normalise<'_>,
    ) -> Result<Applied, ScimError> {
        unchanged::check(&self.changes, shown)?;
        apply(&self.changes, resource, &Phones::new(normalise))
    }
}
