//! What the function needs, made once at start.

use serde_json::json;
use shared::config::{ConfigError, Env, flag, number, text};
use shared::platform::Platform;
use shared::runtime::Start;

use crate::confirm_email::ConfirmEmail;

/// What every request is served with.
#[derive(Debug)]
pub struct App {
    /// Off, nothing is there.
    pub hosted: bool,
    /// `/ui/settings.json`: what the components ask the deployment, once.
    pub settings: String,
    pub confirm_email: ConfirmEmail,
}

impl Start for App {
    async fn from_env(env: &Env<'_>, _: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            hosted: flag(env, "HOSTED_PAGES", true)?,
            settings: settings(env)?,
            confirm_email: ConfirmEmail::from_env(env)?,
        })
    }
}

/// The template's parameters that decide what a component shows; by their names there.
fn settings(env: &Env<'_>) -> Result<String, ConfigError> {
    let settings = json!({
        "OtpLength": number(env, "OTP_LENGTH", 6, 4..=10)?,
        "OtpCharacters": text(env, "OTP_CHARACTERS", "numeric"),
        "ResendCooldownSeconds": number(env, "RESEND_COOLDOWN_SECONDS", 60, 0..=3600)?,
        "DefaultRegion": text(env, "DEFAULT_REGION", ""),
        "EnableEmailVerification": flag(env, "ENABLE_EMAIL_VERIFICATION", false)?,
        "EmailLinks": !text(env, "EMAIL_LINK_URL", "").is_empty(),
    });
    Ok(settings.to_string())
}
