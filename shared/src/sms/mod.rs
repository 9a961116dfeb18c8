//! Sending a text message: a closed set of ways behind one enum, a file each.
//! A failure is a failure: nothing is reported as sent that was not taken over.

mod message;
mod outbox;
mod sns;

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, text};
use crate::phone_number::PhoneNumber;
use crate::platform::Platform;

pub use message::MessageTemplate;
pub use outbox::{Message, Outbox, Outcome};
use sns::Sns;

/// Why a message was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The number itself: opted out, unreachable, no subscriber. No other provider would do better.
    #[error("the number cannot be reached: {0}")]
    Unreachable(String),
    /// The provider: down, slow, throttled, or not for us. The text is for the log.
    #[error("the provider failed: {0}")]
    Failed(String),
}

/// How messages are sent.
#[derive(Clone, Debug)]
pub enum Sms {
    Sns(Sns),
    /// Local and tests only.
    Outbox(Arc<Outbox>, String),
}

impl Sms {
    /// `SMS_SENDER_ID`: who a message is from, where the country allows it.
    pub fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let sender = text(env, "SMS_SENDER_ID", "");
        let alphanumeric =
            sender.len() <= 11 && sender.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !alphanumeric {
            return Err(ConfigError::new(
                "SMS_SENDER_ID",
                "must be at most 11 letters and digits",
            ));
        }
        Ok(match &platform.outbox {
            Some(outbox) => Self::Outbox(outbox.clone(), sender),
            None => Self::Sns(Sns::new(&platform.aws, sender)),
        })
    }

    /// Sends a text to a number, once.
    pub async fn send(
        &self,
        to: &PhoneNumber,
        body: &str,
        now: Timestamp,
    ) -> Result<(), SendError> {
        match self {
            Self::Sns(sns) => sns.send(to, body).await,
            Self::Outbox(outbox, sender) => match outbox.deliver(to.as_e164(), body, sender, now) {
                Outcome::Delivered => Ok(()),
                Outcome::Refused => Err(SendError::Unreachable("refused".into())),
                Outcome::Unavailable => Err(SendError::Failed("unavailable".into())),
            },
        }
    }
}
