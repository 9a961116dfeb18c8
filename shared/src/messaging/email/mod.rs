//! E-mails: a provider a file.

use std::sync::Arc;

use crate::address::Channel;
use crate::clock::Timestamp;
use crate::messaging::email::custom::Custom;
use crate::messaging::email::ses::Ses;
use crate::messaging::email::settings::Identity;
use crate::messaging::http_client::HttpClient;
use crate::messaging::message::{Email, SendError, as_told};
use crate::messaging::secret::{FieldError, Fields};
use crate::platform::Platform;
use crate::platform::outbox::{EmailParts, Outbox};

mod custom;
mod html;
mod link;
mod sender;
mod ses;
pub mod settings;
pub mod template;

/// One way to send.
pub(crate) enum Provider {
    Ses(Ses),
    Custom(Box<Custom>),
    /// Local and tests only.
    Outbox(Arc<Outbox>, String),
}

impl Provider {
    /// The one where no secret names another: Amazon SES, locally the inbox.
    pub(crate) fn default(platform: &Platform, identity: &Identity) -> Self {
        match &platform.outbox {
            Some(outbox) => Self::Outbox(outbox.clone(), identity.sender.as_text()),
            None => Self::Ses(Ses::new(&platform.aws, identity)),
        }
    }

    /// One entry of the secret.
    pub(crate) fn of(
        mut fields: Fields,
        http: &HttpClient,
        platform: &Platform,
        identity: &Identity,
    ) -> Result<Self, FieldError> {
        match fields.text("provider")?.as_str() {
            "ses" => {
                fields.done()?;
                Ok(Self::Ses(Ses::new(&platform.aws, identity)))
            }
            "custom" => {
                let custom = Custom::new(fields, http, identity)?;
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
