//! What the function needs, made once at start.

use std::sync::Arc;

use shared::api::caller::TokenPolicy;
use shared::api::identity_api::PrivilegedPolicy;
use shared::api::request::ClientAddress;
use shared::challenge::verify::CodeVerifier;
use shared::clock::Clock;
use shared::config::{ConfigError, Env, flag, number};
use shared::crypto::keyring::Keyring;
use shared::otp::Alphabet;
use shared::platform::Platform;
use shared::platform::random::Random;
use shared::runtime::Start;
use shared::store::Store;

/// What every request is served with.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub random: Random,
    pub store: Store,
    pub keys: Arc<Keyring>,
    pub verifier: CodeVerifier,
    pub alphabet: Alphabet,
    pub tokens: TokenPolicy,
    pub privileged: PrivilegedPolicy,
    /// Whether a code finds its user where none is named.
    pub lookup_by_code: bool,
    pub addresses: ClientAddress,
    /// Tokens of links that may be tried from one place in a clock hour; 0 is no cap.
    pub most_tries: u64,
}

impl Start for App {
    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let store = Store::of_users(env, platform)?;
        let keys = Arc::new(Keyring::from_env(env, platform).await?);
        Ok(Self {
            clock: platform.clock.clone(),
            random: platform.random,
            verifier: CodeVerifier::from_env(env, platform, store.clone(), Arc::clone(&keys))?,
            store,
            keys,
            alphabet: Alphabet::from_env(env)?,
            tokens: TokenPolicy::from_env(env)?,
            privileged: PrivilegedPolicy::from_env(env)?,
            lookup_by_code: flag(env, "PRIVILEGED_LOOKUP_BY_CODE", false)?,
            addresses: ClientAddress::from_env(env)?,
            most_tries: number(env, "MAX_TRIES_PER_IP_PER_HOUR", 60, 0..=1_000_000)?,
        })
    }

    async fn warm_up(&self) {
        // A try is counted while its user is read.
        tokio::join!(self.store.connect(), self.store.connect());
    }
}
