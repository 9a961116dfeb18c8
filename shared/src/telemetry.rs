//! Log lines: JSON on standard output, which Lambda hands to CloudWatch.
//! Only this project's own lines below WARN: a library's might hold what a message or an item holds.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{ConfigError, Env, text};

/// `LOG_LEVEL`: ERROR, WARN, INFO or DEBUG. Once per process; later calls change nothing.
pub fn start(env: &Env<'_>) -> Result<(), ConfigError> {
    let level: LevelFilter = text(env, "LOG_LEVEL", "INFO")
        .parse()
        .map_err(|_| ConfigError::new("LOG_LEVEL", "must be ERROR, WARN, INFO or DEBUG"))?;
    let own = [
        "shared",
        "scim_patch",
        "scim_users",
        "validate_code",
        "resend_code",
        "sms_otp",
        "notify_old_number",
        "local",
    ];
    let targets = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_targets(own.map(|target| (target, level)));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false);
    // Fails only where a subscriber is set already, such as in tests.
    let _ = tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .try_init();
    Ok(())
}
