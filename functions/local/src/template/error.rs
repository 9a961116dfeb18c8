//! What is wrong with a template, or with what it was given.

/// Why a template, or a value given for one of its parameters, cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TemplateError {
    #[error("template {path}: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("template: {0}")]
    Invalid(String),
    #[error("parameter {name}: {reason}")]
    Parameter { name: String, reason: String },
    #[error("parameter rule {rule}: {reason}")]
    Rule { rule: String, reason: String },
}

impl TemplateError {
    pub(super) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }

    pub(crate) fn parameter(name: &str, reason: impl Into<String>) -> Self {
        Self::Parameter {
            name: name.to_owned(),
            reason: reason.into(),
        }
    }
}
