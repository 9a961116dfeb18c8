//! What the function needs, made once at start.

use std::sync::Arc;

use shared::api::caller::IdentityAttribute;
use shared::challenge::login::SecondFactor;
use shared::clock::Clock;
use shared::config::{ConfigError, Env};
use shared::crypto::keyring::Keyring;
use shared::otp::Alphabet;
use shared::platform::Platform;
use shared::runtime::Start;
use shared::store::Store;

/// What every event is served with.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub store: Store,
    pub keys: Arc<Keyring>,
    pub second_factor: SecondFactor,
    pub alphabet: Alphabet,
    /// By which attribute a user of the pool is a user here.
    pub identity: IdentityAttribute,
}

impl Start for App {
    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let store = Store::of_users(env, platform)?;
        let keys = Arc::new(Keyring::from_env(env, platform).await?);
        Ok(Self {
            clock: platform.clock.clone(),
            second_factor: SecondFactor::from_env(env, platform, store.clone(), keys.clone())
                .await?,
            store,
            keys,
            alphabet: Alphabet::from_env(env)?,
            identity: IdentityAttribute::from_env(env)?,
        })
    }

    async fn warm_up(&self) {
        let (_, ()) = tokio::join!(self.store.read("nobody"), self.second_factor.warm_up());
    }
}
