//! What the function needs, made once at start.

use std::sync::Arc;

use shared::api::caller::TokenPolicy;
use shared::api::identity_api::PrivilegedPolicy;
use shared::api::request::ClientAddress;
use shared::challenge::issue::CodeIssuer;
use shared::clock::Clock;
use shared::config::{ConfigError, Env};
use shared::crypto::keyring::Keyring;
use shared::platform::Platform;
use shared::platform::random::Random;
use shared::runtime::Start;
use shared::store::Store;
use shared::verification::scenario::Scenarios;

/// What every request is served with.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub random: Random,
    pub store: Store,
    pub issuer: CodeIssuer,
    pub tokens: TokenPolicy,
    pub addresses: ClientAddress,
    pub privileged: PrivilegedPolicy,
    pub scenarios: Scenarios,
}

impl Start for App {
    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let store = Store::from_env(env, platform)?;
        let keys = Arc::new(Keyring::from_env(env, platform).await?);
        let issuer = CodeIssuer::from_env(env, platform, store.clone(), keys).await?;
        Ok(Self {
            clock: platform.clock.clone(),
            random: platform.random,
            issuer: issuer.with_emails(env, platform).await?,
            store,
            tokens: TokenPolicy::from_env(env)?,
            addresses: ClientAddress::from_env(env)?,
            privileged: PrivilegedPolicy::from_env(env)?,
            scenarios: Scenarios::from_env(env)?,
        })
    }

    async fn warm_up(&self) {
        let (_, ()) = tokio::join!(self.store.read("nobody"), self.issuer.warm_up());
    }
}
