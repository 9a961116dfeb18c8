//! A sender as a function makes it: from a secret that can be changed while it is in use.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use aws_types::SdkConfig;
use serde_json::{Value, json};
use shared::address::{Address, Channel};
use shared::clock::{Clock, Timestamp};
use shared::config::ConfigError;
use shared::messaging::courier::{Courier, deadline};
use shared::messaging::email::settings::Settings;
use shared::messaging::message::{Message, SendError};
use shared::platform::outbox::Outbox;
use shared::platform::random::Random;
use shared::platform::secrets::{LocalSecret, Secrets};
use shared::platform::{Platform, aws};
use tempfile::NamedTempFile;
use tokio::time::Instant;

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:providers-AbCdEf";

pub const NUMBER: &str = "+60123456789";
pub const ADDRESS: &str = "Bob+x@abc.com";
pub const CODE: &str = "012345";
pub const BODY: &str = "Your code : 012345";
pub const NOW: Timestamp = Timestamp::from_millis(1_768_471_200_000);

/// As on Lambda, without secrets.
pub fn platform() -> Platform {
    Platform {
        clock: Clock::system(),
        aws: aws::loopback("http://127.0.0.1:9"),
        secrets: Secrets::Local(Arc::default()),
        random: Random::system(),
        outbox: None,
    }
}

/// In every credential of these tests, and to be found in no error.
pub const HIDDEN: &str = "hidden";

pub const SUBJECT: &str = "Verify your email address for ACME";
pub const HTML: &str = "<p>Your code : <b>012345</b></p>";

/// Of e-mails.
pub const FROM: &str = "ACME, Inc. <no-reply@acme.example>";

pub struct Sender {
    courier: Courier,
    channel: Channel,
    secret: NamedTempFile,
}

impl Sender {
    /// Where plain http to this machine is allowed, as in the local server.
    pub async fn new(secret: &Value) -> Self {
        Self::start(&secret.to_string(), true).await.unwrap()
    }

    /// The same for e-mails.
    pub async fn emails(secret: &Value) -> Self {
        let secret = secret.to_string();
        Self::start_emails(&secret, true).await.unwrap()
    }

    /// Amazon SNS, which answers at this address.
    pub async fn sns(url: &str) -> Self {
        let sns = json!({"provider": "sns"}).to_string();
        let aws = aws::loopback(url);
        let sender = Self::with_aws(Channel::Sms, &sns, true, aws).await;
        sender.unwrap()
    }

    /// Providers of e-mails, of which Amazon SES answers at this address.
    pub async fn ses(url: &str, secret: &Value) -> Self {
        let aws = aws::loopback(url);
        let sender = Self::with_aws(Channel::Email, &secret.to_string(), true, aws).await;
        sender.unwrap()
    }

    /// As on Lambda, or as in the local server.
    pub async fn start(secret: &str, local: bool) -> Result<Self, ConfigError> {
        let aws = aws::loopback("http://127.0.0.1:9");
        Self::with_aws(Channel::Sms, secret, local, aws).await
    }

    /// The same for e-mails.
    pub async fn start_emails(secret: &str, local: bool) -> Result<Self, ConfigError> {
        let aws = aws::loopback("http://127.0.0.1:9");
        Self::with_aws(Channel::Email, secret, local, aws).await
    }

    async fn with_aws(
        channel: Channel,
        secret: &str,
        local: bool,
        aws: SdkConfig,
    ) -> Result<Self, ConfigError> {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(secret.as_bytes()).unwrap();
        let path = file.path().to_owned();
        let secrets = BTreeMap::from([(ARN.to_owned(), LocalSecret::File(path))]);
        let platform = Platform {
            aws,
            secrets: Secrets::Local(Arc::new(secrets)),
            outbox: local.then(|| Arc::new(Outbox::default())),
            ..platform()
        };
        let env = |name: &str| match name {
            "SMS_SECRET_ARN" | "EMAIL_SECRET_ARN" => Some(ARN.to_owned()),
            "EMAIL_SENDER" => Some(FROM.to_owned()),
            "EMAIL_CONFIGURATION_SET" => Some("events".to_owned()),
            _ => None,
        };
        let courier = match channel {
            Channel::Sms => Courier::from_env(&env, &platform).await?,
            Channel::Email => {
                let settings = Settings::from_env(&env)?;
                Courier::of_emails(&env, &platform, &settings).await?
            }
        };
        Ok(Self {
            courier,
            channel,
            secret: file,
        })
    }

    /// To somebody of its channel.
    fn to(&self) -> Address {
        let to = match self.channel {
            Channel::Sms => NUMBER,
            Channel::Email => ADDRESS,
        };
        Address::from_stored(to)
    }

    pub async fn warm_up(&self) {
        self.courier.warm_up().await;
    }

    /// Another version of the secret.
    pub fn change(&self, secret: &Value) {
        std::fs::write(self.secret.path(), secret.to_string()).unwrap();
    }

    pub async fn send(&self) -> String {
        self.send_text(BODY).await
    }

    pub async fn send_text(&self, body: &str) -> String {
        self.send_as(self.to().shown(), "MY", None, body).await
    }

    pub async fn send_as(
        &self,
        number: &str,
        region: &str,
        sender: Option<&str>,
        body: &str,
    ) -> String {
        let to = Address::from_stored(number);
        let text = Message {
            user: "1e624046",
            to: &to,
            region,
            body,
            subject: SUBJECT,
            html: HTML,
            code: CODE,
            sender,
        };
        told(
            self.courier
                .send(&text, NOW, deadline(), || std::future::ready(true))
                .await,
        )
    }

    /// A text without a code.
    pub async fn send_notice(&self, body: &str) -> String {
        let to = self.to();
        let text = Message {
            user: "1e624046",
            to: &to,
            region: "MY",
            body,
            subject: SUBJECT,
            html: HTML,
            code: "",
            sender: None,
        };
        told(
            self.courier
                .send(&text, NOW, deadline(), || std::future::ready(true))
                .await,
        )
    }

    pub async fn send_at(&self, now: Timestamp) -> String {
        self.send_with(now, deadline()).await
    }

    /// With so little time.
    pub async fn send_within(&self, time: Duration) -> String {
        self.send_with(NOW, Instant::now() + time).await
    }

    async fn send_with(&self, now: Timestamp, until: Instant) -> String {
        let to = self.to();
        let text = Message {
            user: "1e624046",
            to: &to,
            region: "MY",
            body: BODY,
            subject: SUBJECT,
            html: HTML,
            code: CODE,
            sender: None,
        };
        told(
            self.courier
                .send(&text, now, until, || std::future::ready(true))
                .await,
        )
    }
}

/// `sent`, or what the log says, which names neither number nor code nor credentials.
fn told(result: Result<(), SendError>) -> String {
    let Err(error) = result else {
        return "sent".to_owned();
    };
    let said = format!("{error} {error:?}");
    for secret in [HIDDEN, "60123456789", "abc.com", CODE, "127.0.0.1"] {
        assert!(!said.contains(secret), "{said}");
    }
    error.to_string()
}

/// Why a secret stops the start; its credentials are not in it.
pub async fn refused(secret: &str) -> String {
    let error = Sender::start(secret, true).await.err().unwrap();
    assert_eq!(error.variable, "SMS_SECRET_ARN");
    assert!(!error.reason.contains(HIDDEN), "{}", error.reason);
    error.reason
}

/// The same of e-mails.
pub async fn refused_emails(secret: &str) -> String {
    let error = Sender::start_emails(secret, true).await.err().unwrap();
    assert_eq!(error.variable, "EMAIL_SECRET_ARN");
    assert!(!error.reason.contains(HIDDEN), "{}", error.reason);
    error.reason
}

pub fn twilio(url: &str) -> Value {
    json!({
        "provider": "twilio",
        "accountSid": "AC0123456789abcdef",
        "authToken": "hidden-token",
        "sender": "+15005550006",
        "baseUrl": url,
    })
}

pub fn vonage(url: &str) -> Value {
    json!({
        "provider": "vonage",
        "apiKey": "hidden-key",
        "apiSecret": "hidden&secret=+",
        "sender": "ACME",
        "baseUrl": url,
    })
}

pub fn custom(url: &str) -> Value {
    json!({
        "provider": "custom",
        "url": format!("{url}/send"),
        "payloadTemplate": r#"{"content": {{body}}, "to": {{mobile}}}"#,
        "headers": "x-key: hidden-key",
    })
}

pub fn custom_email(url: &str) -> Value {
    json!({
        "provider": "custom",
        "url": format!("{url}/send"),
        "payloadTemplate": r#"{"from": {{from}}, "by": {{fromAddress}}, "to": {{to}}, "subject": "{{ subject }}", "text": {{body}}, "html": {{html}}, "code": $ctx.otp}"#,
        "headers": "x-key: hidden-key",
    })
}

/// A provider with other or more fields.
pub fn with(mut provider: Value, fields: &Value) -> Value {
    let map = provider.as_object_mut().unwrap();
    map.extend(fields.as_object().unwrap().clone());
    provider
}
