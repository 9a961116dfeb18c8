//! Sending a text message: a closed set of providers behind one enum, a file each; tried in order.
//! A failure is a failure: nothing is reported as sent that was not taken over.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, text};
use crate::messaging::http_client::{HttpClient, Reach};
use crate::messaging::message::{Message, SendError};
use crate::messaging::secret::{FieldError, Fields};
use crate::messaging::sms::Provider;
use crate::messaging::sms::sns::{NO_SENDER_ID, Sns, is_sender_id};
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

/// The providers of one version of the secret, in the order in which they are tried.
struct Providers {
    version: String,
    list: Vec<Provider>,
}

/// How messages are sent.
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
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.current().list.iter().map(Provider::name).collect();
        f.debug_tuple("Courier").field(&names).finish()
    }
}

impl Courier {
    /// `SMS_SECRET_ARN`: the secret that names the providers. Without one, Amazon SNS (locally the inbox)
    /// with the sender `SMS_SENDER_ID`.
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let sender = sender(env)?;
        let arn = text(env, "SMS_SECRET_ARN", "");
        if arn.is_empty() {
            let provider = match &platform.outbox {
                Some(outbox) => Provider::Outbox(outbox.clone(), sender),
                None => Provider::Sns(Sns::new(&platform.aws, sender)),
            };
            let (version, list) = (String::new(), vec![provider]);
            return Ok(Self {
                providers: Mutex::new(Arc::new(Providers { version, list })),
                secret: None,
            });
        }
        let reach = match platform.outbox {
            Some(_) => Reach::Loopback,
            None => Reach::Public,
        };
        let source = ProviderSecret {
            secrets: platform.secrets.clone(),
            http: HttpClient::from_env(env, reach)?,
            platform: platform.clone(),
            arn,
        };
        let wrong = |reason: String| ConfigError::new("SMS_SECRET_ARN", reason);
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
                matches!(error, SendError::Refused(_)),
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

impl ProviderSecret {
    fn providers(&self, secret: Secret) -> Result<Providers, FieldError> {
        let entries = Fields::providers(&secret.value)?.into_iter();
        let list = entries.map(|fields| Provider::of(fields, &self.http, &self.platform));
        Ok(Providers {
            version: secret.version,
            list: list.collect::<Result<_, _>>()?,
        })
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
