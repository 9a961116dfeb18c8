//! What a SCIM request can be refused with: RFC 7644 §3.12's `scimType` and a sentence for the client.
//! The sentence begins with the field it is about and never repeats a value.

use scim_v2::models::errors::ScimType;

/// Longest piece of a client's own text that is repeated to it.
const SHOWN_CHARS: usize = 80;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{scim_type}: {detail}")]
pub struct ScimError {
    pub scim_type: ScimType,
    pub detail: String,
}

impl ScimError {
    pub fn new(scim_type: ScimType, at: &str, reason: &str) -> Self {
        Self {
            scim_type,
            detail: format!("{at}: {reason}"),
        }
    }

    pub fn invalid_syntax(at: &str, reason: &str) -> Self {
        Self::new(ScimType::InvalidSyntax, at, reason)
    }

    pub fn invalid_value(at: &str, reason: &str) -> Self {
        Self::new(ScimType::InvalidValue, at, reason)
    }

    pub fn invalid_path(at: &str, reason: &str) -> Self {
        Self::new(ScimType::InvalidPath, at, reason)
    }

    pub fn invalid_filter(at: &str, reason: &str) -> Self {
        Self::new(ScimType::InvalidFilter, at, reason)
    }

    pub fn mutability(at: &str, reason: &str) -> Self {
        Self::new(ScimType::Mutability, at, reason)
    }

    pub fn too_many(at: &str, reason: &str) -> Self {
        Self::new(ScimType::TooMany, at, reason)
    }

    pub fn no_target(at: &str, reason: &str) -> Self {
        Self::new(ScimType::NoTarget, at, reason)
    }
}

/// A name the client chose, as an error may repeat it: short, on one line, without a filter and its values.
pub(super) fn shown(name: &str) -> String {
    name.chars()
        .take_while(|c| *c != '[')
        .take(SHOWN_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
