//! Whom e-mails are from, and who sends them.

use crate::config::{ConfigError, Env, text};
use crate::messaging::email::sender::Sender;

/// How e-mails are sent, where they are.
#[derive(Clone, Debug)]
pub struct Settings {
    sender: Option<Sender>,
    configuration_set: Option<String>,
    /// The secret that names the providers; empty for Amazon SES.
    pub secret_arn: String,
}

/// What all providers are given.
#[derive(Clone, Debug)]
pub struct Identity {
    pub sender: Sender,
    pub configuration_set: Option<String>,
}

impl Settings {
    /// `EMAIL_SENDER`, as `ACME <no-reply@acme.example>`, `EMAIL_CONFIGURATION_SET` of Amazon SES, and
    /// `EMAIL_SECRET_ARN`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let wrong = |variable: &str, reason: &str| ConfigError::new(variable, reason);
        let sender = text(env, "EMAIL_SENDER", "");
        let parsed = Sender::parse(&sender);
        if parsed.is_none() && !sender.is_empty() {
            let reason = "must be a mailbox such as ACME <no-reply@acme.example>";
            return Err(wrong("EMAIL_SENDER", reason));
        }
        let name = text(env, "EMAIL_CONFIGURATION_SET", "");
        // https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if name.len() > 64 || !name.bytes().all(known) {
            let reason = "must be at most 64 letters, digits, _ and -";
            return Err(wrong("EMAIL_CONFIGURATION_SET", reason));
        }
        Ok(Self {
            sender: parsed,
            configuration_set: Some(name).filter(|name| !name.is_empty()),
            secret_arn: text(env, "EMAIL_SECRET_ARN", ""),
        })
    }

    /// What is needed once e-mails are sent.
    pub fn identity(&self) -> Result<Identity, ConfigError> {
        let sender = self.sender.clone();
        Ok(Identity {
            sender: sender.ok_or_else(|| ConfigError::new("EMAIL_SENDER", "is missing"))?,
            configuration_set: self.configuration_set.clone(),
        })
    }
}
