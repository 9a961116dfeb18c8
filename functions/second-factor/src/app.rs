//! What the function needs, made once at start.

use std::sync::Arc;

use shared::api::caller::TokenPolicy;
use shared::api::login_pages::LoginPages;
use shared::api::request::BaseUrl;
use shared::challenge::login::SecondFactor;
use shared::clock::Clock;
use shared::config::{ConfigError, Env};
use shared::crypto::keyring::Keyring;
use shared::otp::Alphabet;
use shared::platform::Platform;
use shared::runtime::Start;
use shared::store::Store;

use crate::return_url::ReturnUrls;

/// What every request is served with.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub store: Store,
    pub second_factor: SecondFactor,
    pub alphabet: Alphabet,
    pub tokens: TokenPolicy,
    pub base_url: BaseUrl,
    pub pages: LoginPages,
    pub return_urls: ReturnUrls,
}

impl Start for App {
    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let store = Store::of_users(env, platform)?;
        let keys = Arc::new(Keyring::from_env(env, platform).await?);
        Ok(Self {
            clock: platform.clock.clone(),
            second_factor: SecondFactor::from_env(env, platform, store.clone(), keys).await?,
            store,
            alphabet: Alphabet::from_env(env)?,
            tokens: TokenPolicy::from_env(env)?,
            base_url: BaseUrl::from_env(env)?,
            pages: LoginPages::from_env(env)?,
            return_urls: ReturnUrls::from_env(env)?,
        })
    }

    async fn warm_up(&self) {
        let (_, ()) = tokio::join!(self.store.read("nobody"), self.second_factor.warm_up());
    }
}
