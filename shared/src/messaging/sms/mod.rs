//! Text messages: a provider a file.

use std::sync::Arc;

use crate::address::Channel;
use crate::clock::Timestamp;
use crate::messaging::http_client::HttpClient;
use crate::messaging::message::{SendError, Text, as_told};
use crate::messaging::secret::{FieldError, Fields};
use crate::messaging::sms::custom::Custom;
use crate::messaging::sms::sns::Sns;
use crate::messaging::sms::twilio::Twilio;
use crate::messaging::sms::vonage::Vonage;
use crate::platform::Platform;
use crate::platform::outbox::Outbox;

pub(super) mod custom;
pub mod segments;
pub(super) mod senders;
pub(super) mod sns;
pub(super) mod twilio;
pub(super) mod vonage;

/// One way to send.
pub(crate) enum Provider {
    Sns(Sns),
    Twilio(Twilio),
    Vonage(Vonage),
    Custom(Box<Custom>),
    /// Local and tests only.
    Outbox(Arc<Outbox>, String),
}

impl Provider {
    /// The one where no secret names another: Amazon SNS, locally the inbox.
    pub(crate) fn default(platform: &Platform, sender: String) -> Self {
        match &platform.outbox {
            Some(outbox) => Self::Outbox(outbox.clone(), sender),
            None => Self::Sns(Sns::new(&platform.aws, sender)),
        }
    }

    /// One entry of the secret.
    pub(crate) fn of(
        mut fields: Fields,
        http: &HttpClient,
        platform: &Platform,
    ) -> Result<Self, FieldError> {
        match fields.text("provider")?.as_str() {
            "sns" => Sns::of(fields, &platform.aws).map(Self::Sns),
            "twilio" => Twilio::new(fields, http).map(Self::Twilio),
            "vonage" => Vonage::new(fields, http).map(Self::Vonage),
            "custom" => Custom::new(fields, http).map(|custom| Self::Custom(Box::new(custom))),
            _ => Err(fields.wrong("provider", "must be sns, twilio, vonage or custom")),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sns(_) => "sns",
            Self::Twilio(_) => "twilio",
            Self::Vonage(_) => "vonage",
            Self::Custom(_) => "custom",
            Self::Outbox(..) => "outbox",
        }
    }

    /// Opens the connection that a message goes by, where the provider keeps one.
    pub(crate) async fn warm_up(&self) {
        if let Self::Sns(sns) = self {
            sns.warm_up().await;
        }
    }

    pub(crate) async fn send(&self, text: &Text<'_>, now: Timestamp) -> Result<(), SendError> {
        match self {
            Self::Sns(sns) => sns.send(text).await,
            Self::Twilio(twilio) => twilio.send(text).await,
            Self::Vonage(vonage) => vonage.send(text).await,
            Self::Custom(custom) => custom.send(text, now).await,
            Self::Outbox(outbox, sender) => {
                let sender = text.sender.unwrap_or(sender);
                let outcome = outbox.deliver(text.to.as_e164(), text.body, sender, now);
                as_told(Channel::Sms, outcome)
            }
        }
    }
}
