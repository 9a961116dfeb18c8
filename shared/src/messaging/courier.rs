//! Sending a message of one channel: a closed set of providers behind one enum, a file each; tried in order.
//! A failure is a failure: nothing is reported as sent that was not taken over.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::address::Address;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, text};
#[cfg(feature = "email")]
use crate::messaging::email;
#[cfg(feature = "email")]
use crate::messaging::email::settings::{Identity, Settings};
use crate::messaging::http_client::{HttpClient, Reach};
#[cfg(feature = "email")]
use crate::messaging::message::Email;
use crate::messaging::message::{Message, SendError, Text};
use crate::messaging::secret::{FieldError, Fields};
use crate::messaging::sms;
use crate::messaging::sms::sns::{NO_SENDER_ID, is_sender_id};
use crate::platform::Platform;
use crate::platform::secrets::{Secret, Secrets, Version};
use crate::telemetry::audit;

/// How long one provider may take over a message.
const PROVIDER: Duration = Duration::from_secs(10);

/// How long all of them may, counted from the request's start: API Gateway waits 30 s, and what was written
/// may have to be taken back.
const ALL_PROVIDERS: Duration = Duration::from_secs(25);

/// When a send that belongs to a request that starts now must have come to an end.
pub fn deadline() -> Instant {
    Instant::now() + ALL_PROVIDERS
}

/// One way to send.
enum Provider {
    Sms(sms::Provider),
    #[cfg(feature = "email")]
    Email(email::Provider),
}

/// What providers are made for.
#[derive(Clone)]
enum Kind {
    Sms,
    #[cfg(feature = "email")]
    Email(Identity),
}

/// The secret of a channel: empty where there is none.
struct Named {
    setting: &'static str,
    arn: String,
    kind: Kind,
}

/// The providers of one version of the secret, in the order in which they are tried.
struct Providers {
    version: String,
    list: Vec<Provider>,
}

/// How messages of one channel are sent.
pub struct Courier {
    providers: Mutex<Arc<Providers>>,
    secret: Option<ProviderSecret>,
}

/// Where the providers are named.
struct ProviderSecret {
    secrets: Secrets,
    arn: String,
    http: HttpClient,
    platform: Platform,
    kind: Kind,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.current().list.iter().map(Provider::name).collect();
        f.debug_tuple("Courier").field(&names).finish()
    }
}

impl Courier {
    /// Text messages: by the providers of the secret `SMS_SECRET_ARN`. Without one, Amazon SNS (locally the inbox)
    /// with the sender `SMS_SENDER_ID`.
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let sender = sender(env)?;
        let default = || Provider::Sms(sms::Provider::default(platform, sender));
        let setting = "SMS_SECRET_ARN";
        let named = Named {
            setting,
            arn: text(env, setting, ""),
            kind: Kind::Sms,
        };
        Self::of_secret(env, platform, named, default).await
    }

    /// E-mails: by the providers of the secret `EMAIL_SECRET_ARN`. Without one, Amazon SES (locally the inbox).
    #[cfg(feature = "email")]
    pub async fn of_emails(
        env: &Env<'_>,
        platform: &Platform,
        settings: &Settings,
    ) -> Result<Self, ConfigError> {
        let identity = settings.identity()?;
        let named = Named {
            setting: "EMAIL_SECRET_ARN",
            arn: settings.secret_arn.clone(),
            kind: Kind::Email(identity.clone()),
        };
        let default = || Provider::Email(email::Provider::default(platform, &identity));
        Self::of_secret(env, platform, named, default).await
    }

    async fn of_secret(
        env: &Env<'_>,
        platform: &Platform,
        named: Named,
        default: impl FnOnce() -> Provider,
    ) -> Result<Self, ConfigError> {
        let Named { setting, arn, kind } = named;
        if arn.is_empty() {
            let (version, list) = (String::new(), vec![default()]);
            return Ok(Self {
                providers: Mutex::new(Arc::new(Providers { version, list })),
                secret: None,
            });
        }
        let source = ProviderSecret {
            secrets: platform.secrets.clone(),
            http: HttpClient::from_env(env, Reach::of(platform))?,
            platform: platform.clone(),
            arn,
            kind,
        };
        let wrong = |reason: String| ConfigError::new(setting, reason);
        let secret = source.secrets.fetch(&source.arn, Version::Current).await;
        let secret = secret
            .map_err(|error| wrong(error.to_string()))?
            .ok_or_else(|| wrong("names no secret".into()))?;
        let providers = source
            .providers(secret)
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            providers: Mutex::new(Arc::new(providers)),
            secret: Some(source),
        })
    }

    /// Opens the connection of the provider that is tried first; whether it works is the first message's business.
    pub async fn warm_up(&self) {
        if let Some(Provider::Sms(first)) = self.current().list.first() {
            first.warm_up().await;
        }
    }

    /// Sends a message, by the first provider that takes it over; each is tried once. After one that may have taken it
    /// over the next is tried only where `again` says so, and the end is unknown whatever the others say.
    pub async fn send<F: Future<Output = bool>>(
        &self,
        message: &Message<'_>,
        now: Timestamp,
        until: Instant,
        again: impl Fn() -> F,
    ) -> Result<(), SendError> {
        let mut providers = self.current();
        let mut read_again = false;
        let mut next = 0;
        let mut failed = SendError::Unavailable("no time was left".into());
        while let Some(provider) = providers.list.get(next) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || (failed.is_unknown() && !again().await) {
                break;
            }
            let error = match attempt(provider, message, now, left).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let (refused, unauthorized) = (
                matches!(error, SendError::Refused(..)),
                matches!(error, SendError::Unauthorized(_)),
            );
            if !failed.is_unknown() {
                failed = error;
            }
            if refused {
                break;
            }
            if unauthorized && !read_again {
                read_again = true;
                if let Some(newer) = self.newer(&providers.version, until).await {
                    providers = newer;
                    continue;
                }
            }
            next += 1;
        }
        audit::failed(message.user, message.to, message.region, failed.outcome());
        Err(failed)
    }

    fn current(&self) -> Arc<Providers> {
        let providers = self.providers.lock();
        Arc::clone(&providers.unwrap_or_else(PoisonError::into_inner))
    }

    /// The providers of a version of the secret that is newer than the one that was refused.
    async fn newer(&self, refused: &str, until: Instant) -> Option<Arc<Providers>> {
        let source = self.secret.as_ref()?;
        let reading =
            tokio::time::timeout_at(until, source.secrets.fetch(&source.arn, Version::Current));
        let secret = match reading.await.ok()? {
            Ok(secret) => secret.filter(|secret| secret.version != refused)?,
            Err(error) => {
                tracing::error!(%error, "the secret of the providers cannot be read again");
                return None;
            }
        };
        match source.providers(secret) {
            Ok(newer) => {
                let newer = Arc::new(newer);
                let mut current = self
                    .providers
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *current = Arc::clone(&newer);
                Some(newer)
            }
            Err(wrong) => {
                tracing::error!(%wrong, "the secret of the providers was changed and cannot be used");
                None
            }
        }
    }
}

/// One provider, within its time, and what the audit log says of it.
async fn attempt(
    provider: &Provider,
    message: &Message<'_>,
    now: Timestamp,
    left: Duration,
) -> Result<(), SendError> {
    let sending = tokio::time::timeout(left.min(PROVIDER), provider.send(message, now));
    let result = sending
        .await
        .unwrap_or_else(|_| Err(SendError::Unknown("no answer in time".into())));
    let (user, to, region) = (message.user, message.to, message.region);
    match &result {
        Ok(()) => audit::sent(user, to, region, provider.name()),
        Err(error) => {
            let outcome = (error.outcome(), error as &dyn Display);
            audit::attempt_failed(user, to, region, provider.name(), outcome);
        }
    }
    result
}

impl Provider {
    fn name(&self) -> &'static str {
        match self {
            Self::Sms(provider) => provider.name(),
            #[cfg(feature = "email")]
            Self::Email(provider) => provider.name(),
        }
    }

    async fn send(&self, message: &Message<'_>, now: Timestamp) -> Result<(), SendError> {
        match (self, message.to) {
            (Self::Sms(provider), Address::Phone(to)) => {
                let text = Text {
                    to,
                    region: message.region,
                    body: message.body,
                    code: message.code,
                    sender: message.sender,
                };
                provider.send(&text, now).await
            }
            #[cfg(feature = "email")]
            (Self::Email(provider), Address::Email(to)) => {
                let email = Email {
                    to,
                    subject: message.subject,
                    text: message.body,
                    html: message.html,
                    code: message.code,
                };
                provider.send(&email, now).await
            }
            _ => Err(SendError::Rejected("of another channel".into())),
        }
    }
}

impl ProviderSecret {
    fn providers(&self, secret: Secret) -> Result<Providers, FieldError> {
        let entries = Fields::providers(&secret.value)?.into_iter();
        let list = entries.map(|fields| self.provider(fields));
        Ok(Providers {
            version: secret.version,
            list: list.collect::<Result<_, _>>()?,
        })
    }

    fn provider(&self, fields: Fields) -> Result<Provider, FieldError> {
        let (http, platform) = (&self.http, &self.platform);
        match &self.kind {
            Kind::Sms => sms::Provider::of(fields, http, platform).map(Provider::Sms),
            #[cfg(feature = "email")]
            Kind::Email(identity) => {
                email::Provider::of(fields, http, platform, identity).map(Provider::Email)
            }
        }
    }
}

/// `SMS_SENDER_ID`: who a message is from, where the country allows it.
fn sender(env: &Env<'_>) -> Result<String, ConfigError> {
    let sender = text(env, "SMS_SENDER_ID", "");
    if sender.is_empty() || is_sender_id(&sender) {
        return Ok(sender);
    }
    Err(ConfigError::new("SMS_SENDER_ID", NO_SENDER_ID))
}
