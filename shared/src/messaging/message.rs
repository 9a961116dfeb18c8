//! A message on its way, and why it was not taken over.

#[cfg(feature = "email")]
use crate::address::email::EmailAddress;
use crate::address::phone_number::PhoneNumber;
use crate::address::{Address, Channel};
use crate::platform::outbox::Outcome;

/// A message on its way. It holds a code: no Debug.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// Whose message it is, for the audit log.
    pub user: &'a str,
    pub to: &'a Address,
    /// ISO 3166-1 code of a number's region; empty for an e-mail address.
    pub region: &'a str,
    /// The text, also that of an e-mail.
    pub body: &'a str,
    /// What an e-mail has beside its text; empty in a text message.
    pub subject: &'a str,
    pub html: &'a str,
    /// The code or token in the body, for gateways that take it by itself; empty where there is none.
    pub code: &'a str,
    /// Whom the request wants a text message to be from.
    pub sender: Option<&'a str>,
}

/// A text message on its way. It holds a code: no Debug.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    pub to: &'a PhoneNumber,
    /// ISO 3166-1 code of the number's region.
    pub region: &'a str,
    pub body: &'a str,
    /// The code in the body, for gateways that take it by itself; empty where there is none.
    pub code: &'a str,
    /// Whom the request wants it to be from.
    pub sender: Option<&'a str>,
}

/// An e-mail on its way. It holds a code: no Debug.
#[cfg(feature = "email")]
#[derive(Clone, Copy)]
pub struct Email<'a> {
    pub to: &'a EmailAddress,
    pub subject: &'a str,
    pub text: &'a str,
    pub html: &'a str,
    /// The code or token in it, for gateways that take it by itself; empty where there is none.
    pub code: &'a str,
}

/// Why a message was not taken over, or is not known to be: definitely not in every case but [`SendError::Unknown`].
/// The texts are for logs: codes of the provider, no numbers, no credentials.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address itself: opted out, unreachable, suppressed. No other provider would do better.
    #[error("the {what} was refused: {said}", what = noun(*.0), said = .1)]
    Refused(Channel, String),
    /// Too many messages for now.
    #[error("throttled: {0}")]
    Throttled(String),
    /// The provider cannot be reached, or says of itself that it is down: it has not got the message.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The message may have been taken over: the request had left, and no clear answer came back (time is up, a
    /// broken connection, a 5xx, an answer that makes no sense). Whoever sends again may send twice.
    #[error("unknown: {0}")]
    Unknown(String),
    /// The provider does not know us.
    #[error("not authorized: {0}")]
    Unauthorized(String),
    /// The provider does not take this message: its sender, its destination, the account.
    #[error("rejected: {0}")]
    Rejected(String),
}

impl SendError {
    /// Whether a provider may have taken the message over all the same.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// One word for logs.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Refused(..) => "refused",
            Self::Throttled(_) => "throttled",
            Self::Unavailable(_) => "unavailable",
            Self::Unknown(_) => "unknown",
            Self::Unauthorized(_) => "unauthorized",
            Self::Rejected(_) => "rejected",
        }
    }
}

/// What an address of the channel is called.
fn noun(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "number",
        Channel::Email => "address",
    }
}

/// What the inbox of the local server and the tests answers.
pub fn as_told(channel: Channel, outcome: Outcome) -> Result<(), SendError> {
    match outcome {
        Outcome::Delivered => Ok(()),
        Outcome::Refused => Err(SendError::Refused(channel, "as told".into())),
        Outcome::Unavailable => Err(SendError::Unavailable("as told".into())),
        Outcome::Unknown => Err(SendError::Unknown("as told".into())),
    }
}
