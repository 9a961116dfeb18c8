//! What a function runs on: AWS, or the local server's stand-ins.
//! Made once at start and handed to every function's `App::from_env`.

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "aws")]
pub(crate) mod http;
#[cfg(feature = "sms")]
pub mod outbox;
pub mod random;
#[cfg(feature = "aws")]
pub mod secrets;
#[cfg(feature = "aws")]
pub(crate) mod tls;

#[cfg(feature = "sms")]
use std::sync::Arc;

#[cfg(feature = "aws")]
use aws_types::SdkConfig;

use crate::clock::Clock;
use crate::config::{ConfigError, Env};
#[cfg(feature = "sms")]
use crate::platform::outbox::Outbox;
use crate::platform::random::Random;
#[cfg(feature = "aws")]
use crate::platform::secrets::Secrets;

/// Everything outside the process.
#[derive(Clone, Debug)]
pub struct Platform {
    pub clock: Clock,
    /// How AWS's clients reach their service: region, credentials, endpoint, connection pool.
    #[cfg(feature = "aws")]
    pub aws: SdkConfig,
    #[cfg(feature = "aws")]
    pub secrets: Secrets,
    pub random: Random,
    /// Where text messages go instead of a provider; nowhere on Lambda.
    #[cfg(feature = "sms")]
    pub outbox: Option<Arc<Outbox>>,
}

impl Platform {
    /// AWS as Lambda's variables describe it.
    #[cfg(feature = "aws")]
    pub fn lambda(env: &Env<'_>) -> Result<Self, ConfigError> {
        let aws = aws::sdk_config(env)?;
        Ok(Self {
            clock: Clock::system(),
            secrets: Secrets::Manager(aws_sdk_secretsmanager::Client::new(&aws)),
            random: Random::system(),
            aws,
            #[cfg(feature = "sms")]
            outbox: None,
        })
    }

    /// Nothing of AWS is called.
    #[cfg(not(feature = "aws"))]
    pub fn lambda(_: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: Clock::system(),
            random: Random::system(),
        })
    }
}
