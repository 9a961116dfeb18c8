//! E-mails: a provider a file.

use std::sync::Arc;

use crate::address::Channel;
use crate::address::email::EmailAddress;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, required, text};
use crate::messaging::email::custom::Custom;
use crate::messaging::email::sender::Sender;
use crate::messaging::email::ses::Ses;
use crate::messaging::http_client::HttpClient;
use crate::messaging::message::{SendError, as_told};
use crate::messaging::secret::{FieldError, Fields};
use crate::platform::Platform;
use crate::platform::outbox::{EmailParts, Outbox};

mod custom;
mod html;
mod link;
mod sender;
mod ses;
pub mod template;

/// An e-mail on its way. It holds a code: no Debug.
#[derive(Clone, Copy)]
pub struct Email<'a> {
    pub to: &'a EmailAddress,
    pub subject: &'a str,
    pub text: &'a str,
    pub html: &'a str,
    /// The code or token in it, for gateways that take it by itself; empty where there is none.
    pub code: &'a str,
}

/// What all providers are given.
#[derive(Clone, Debug)]
pub struct Settings {
    sender: Sender,
    configuration_set: Option<String>,
}

impl Settings {
    /// `EMAIL_SENDER`, as `ACME <no-reply@acme.example>`, and `EMAIL_CONFIGURATION_SET` of Amazon SES.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let wrong = |variable: &str, reason: &str| ConfigError::new(variable, reason);
        let sender = Sender::parse(&required(env, "EMAIL_SENDER")?).ok_or_else(|| {
            wrong(
                "EMAIL_SENDER",
                "must be a mailbox such as ACME <no-reply@acme.example>",
            )
        })?;
        let name = text(env, "EMAIL_CONFIGURATION_SET", "");
        // https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if name.len() > 64 || !name.bytes().all(known) {
            let reason = "must be at most 64 letters, digits, _ and -";
            return Err(wrong("EMAIL_CONFIGURATION_SET", reason));
        }
        Ok(Self {
            sender,
            configuration_set: Some(name).filter(|name| !name.is_empty()),
        })
    }
}

/// One way to send.
pub(crate) enum Provider {
    Ses(Ses),
    Custom(Box<Custom>),
    /// Local and tests only.
    Outbox(Arc<Outbox>, String),
}

impl Provider {
    /// The one where no secret names another: Amazon SES, locally the inbox.
    pub(crate) fn default(platform: &Platform, settings: &Settings) -> Self {
        match &platform.outbox {
            Some(outbox) => Self::Outbox(outbox.clone(), settings.sender.as_text()),
            None => Self::Ses(Ses::new(&platform.aws, settings)),
        }
    }

    /// One entry of the secret.
    pub(crate) fn of(
        mut fields: Fields,
        http: &HttpClient,
        platform: &Platform,
        settings: &Settings,
    ) -> Result<Self, FieldError> {
        match fields.text("provider")?.as_str() {
            "ses" => {
                fields.done()?;
                Ok(Self::Ses(Ses::new(&platform.aws, settings)))
            }
            "custom" => {
                let custom = Custom::new(fields, http, settings)?;
                Ok(Self::Custom(Box::new(custom)))
            }
            _ => Err(fields.wrong("provider", "must be ses or custom")),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ses(_) => "ses",
            Self::Custom(_) => "custom",
            Self::Outbox(..) => "outbox",
        }
    }

    pub(crate) async fn send(&self, email: &Email<'_>, now: Timestamp) -> Result<(), SendError> {
        match self {
            Self::Ses(ses) => ses.send(email).await,
            Self::Custom(custom) => custom.send(email, now).await,
            Self::Outbox(outbox, sender) => {
                let parts = EmailParts {
                    subject: email.subject.to_owned(),
                    html: email.html.to_owned(),
                };
                let to = email.to.mailbox();
                let outcome = outbox.deliver_email(&to, email.text, parts, sender, now);
                as_told(Channel::Email, outcome)
            }
        }
    }
}
