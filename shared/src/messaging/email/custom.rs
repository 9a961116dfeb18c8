//! Any gateway that sends e-mails, by [`Gateway`].

use crate::clock::Timestamp;
use crate::messaging::custom::{Gateway, Places, Values};
use crate::messaging::email::settings::Identity;
use crate::messaging::http_client::HttpClient;
use crate::messaging::message::{Email, SendError};
use crate::messaging::secret::{FieldError, Fields};

pub struct Custom {
    gateway: Gateway,
    sender: String,
    sender_address: String,
}

impl Custom {
    pub fn new(
        mut fields: Fields,
        http: &HttpClient,
        identity: &Identity,
    ) -> Result<Self, FieldError> {
        let gateway = Gateway::of(&mut fields, http, &Places::OF_EMAILS)?;
        fields.done()?;
        Ok(Self {
            gateway,
            sender: identity.sender.as_text(),
            sender_address: identity.sender.address().to_owned(),
        })
    }

    pub async fn send(&self, email: &Email<'_>, now: Timestamp) -> Result<(), SendError> {
        let values = Values {
            body: email.text,
            html: email.html,
            subject: email.subject,
            to: &email.to.mailbox(),
            code: email.code,
            sender: &self.sender,
            sender_address: &self.sender_address,
            ..Values::default()
        };
        self.gateway.send(&values, now).await
    }
}
