//! What the function needs, made once at start.

use std::sync::Arc;

use shared::api::login_pages::LoginPages;
use shared::api::request::ClientAddress;
use shared::appearance::Appearance;
use shared::challenge::login::SecondFactor;
use shared::clock::Clock;
use shared::config::{ConfigError, Env, text};
use shared::crypto::keyring::Keyring;
use shared::otp::Alphabet;
use shared::platform::Platform;
use shared::runtime::Start;
use shared::store::Store;

use crate::style::StyleSheet;

/// What every request is served with.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub store: Store,
    pub second_factor: SecondFactor,
    pub alphabet: Alphabet,
    pub addresses: ClientAddress,
    pub pages: LoginPages,
    pub appearance: Appearance,
    pub style: StyleSheet,
    /// Numbers are read without a country code, too.
    pub has_default_region: bool,
}

impl Start for App {
    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let store = Store::of_users(env, platform)?;
        let keys = Arc::new(Keyring::from_env(env, platform).await?);
        let appearance = Appearance::from_env(env)?;
        Ok(Self {
            clock: platform.clock.clone(),
            second_factor: SecondFactor::from_env(env, platform, store.clone(), keys).await?,
            store,
            alphabet: Alphabet::from_env(env)?,
            addresses: ClientAddress::from_env(env)?,
            pages: LoginPages::from_env(env)?,
            style: StyleSheet::new(&appearance),
            appearance,
            has_default_region: !text(env, "DEFAULT_REGION", "").is_empty(),
        })
    }

    async fn warm_up(&self) {
        let (_, ()) = tokio::join!(self.store.read("nobody"), self.second_factor.warm_up());
    }
}
