//! Any gateway that sends text messages, by [`Gateway`]: how it wants numbers written, and whom messages are from.

use crate::clock::Timestamp;
use crate::messaging::custom::{Gateway, Places, Values};
use crate::messaging::http_client::HttpClient;
use crate::messaging::message::{SendError, Text};
use crate::messaging::secret::{FieldError, Fields};
use crate::messaging::sms::senders::Senders;

/// How `{{mobile}}` and `$ctx.num` are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberFormat {
    /// The former with the plus sign, the latter without.
    ByPlace,
    E164,
    Digits,
}

pub struct Custom {
    gateway: Gateway,
    numbers: NumberFormat,
    senders: Senders,
}

impl Custom {
    pub fn new(mut fields: Fields, http: &HttpClient) -> Result<Self, FieldError> {
        let sender = fields.optional_text("sender")?;
        let custom = Self {
            gateway: Gateway::of(&mut fields, http, &Places::OF_TEXTS)?,
            numbers: numbers(&mut fields)?,
            senders: Senders::of(&mut fields, sender)?,
        };
        fields.done()?;
        Ok(custom)
    }

    pub async fn send(&self, text: &Text<'_>, now: Timestamp) -> Result<(), SendError> {
        let digits = text.to.as_e164().trim_start_matches('+');
        let (mobile, digits) = match self.numbers {
            NumberFormat::ByPlace => (text.to.as_e164(), digits),
            NumberFormat::E164 => (text.to.as_e164(), text.to.as_e164()),
            NumberFormat::Digits => (digits, digits),
        };
        let sender = self.senders.pick(text.sender, text.region);
        let values = Values {
            body: text.body,
            to: mobile,
            digits,
            code: text.code,
            sender: sender.unwrap_or_default(),
            ..Values::default()
        };
        self.gateway.send(&values, now).await
    }
}

fn numbers(fields: &mut Fields) -> Result<NumberFormat, FieldError> {
    match fields.optional_text("numberFormat")?.as_deref() {
        None => Ok(NumberFormat::ByPlace),
        Some("e164") => Ok(NumberFormat::E164),
        Some("digits") => Ok(NumberFormat::Digits),
        Some(_) => Err(fields.wrong("numberFormat", "must be e164 or digits")),
    }
}
