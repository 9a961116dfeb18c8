//! Settings, read once at start from a look-up function into small structs.
//! A bad value stops the start with the variable's name.

/// What a setting is looked up with: the process environment on Lambda, the template's values locally.
pub type Env<'a> = dyn Fn(&str) -> Option<String> + Send + Sync + 'a;

/// A setting that cannot be used. The value is not repeated: it may be a secret put in the wrong place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{variable}: {reason}")]
pub struct ConfigError {
    pub variable: String,
    pub reason: String,
}

impl ConfigError {
    pub fn new(variable: &str, reason: impl Into<String>) -> Self {
        Self {
            variable: variable.to_owned(),
            reason: reason.into(),
        }
    }
}

/// The process environment, which is where Lambda puts a function's settings.
#[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
pub fn process_env(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// A setting that must be there.
pub fn required(env: &Env<'_>, variable: &str) -> Result<String, ConfigError> {
    env(variable)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| ConfigError::new(variable, "is missing"))
}

/// A text with a default.
pub fn text(env: &Env<'_>, variable: &str, default: &str) -> String {
    env(variable).unwrap_or_else(|| default.to_owned())
}

/// A whole number within a range.
pub fn number(
    env: &Env<'_>,
    variable: &str,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, ConfigError> {
    let Some(value) = env(variable) else {
        return Ok(default);
    };
    value
        .parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            ConfigError::new(
                variable,
                format!("must be a whole number from {least} to {most}"),
            )
        })
}

/// `true` or `false`.
pub fn flag(env: &Env<'_>, variable: &str, default: bool) -> Result<bool, ConfigError> {
    match env(variable).as_deref() {
        None => Ok(default),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(ConfigError::new(variable, "must be true or false")),
    }
}
