//! What the function needs, made once at start.

use std::sync::Arc;
use std::time::Duration;

use shared::address::numbering::Numbering;
use shared::api::caller::TokenPolicy;
use shared::api::request::ClientAddress;
use shared::api::sign_in::SignInPolicy;
use shared::challenge::issue::CodeIssuer;
use shared::challenge::verify::CodeVerifier;
use shared::clock::Clock;
use shared::config::{ConfigError, Env};
use shared::crypto::keyring::Keyring;
use shared::otp::Alphabet;
use shared::platform::Platform;
use shared::platform::random::Random;
use shared::runtime::Start;
use shared::store::Store;
use shared::verification::limits::pending_validity;

use crate::admission::ClaimPolicy;
use crate::custom_message::CustomMessagePolicy;

/// What every request is served with.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub random: Random,
    pub store: Store,
    pub keys: Arc<Keyring>,
    pub issuer: CodeIssuer,
    pub verifier: CodeVerifier,
    pub alphabet: Alphabet,
    pub tokens: TokenPolicy,
    pub addresses: ClientAddress,
    pub sign_in: SignInPolicy,
    pub numbering: Numbering,
    pub claims: ClaimPolicy,
    pub custom_messages: CustomMessagePolicy,
    pub pending_validity: Duration,
}

impl Start for App {
    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let store = Store::of_users(env, platform)?;
        let keys = Arc::new(Keyring::from_env(env, platform).await?);
        let issuer = CodeIssuer::from_env(env, platform, store.clone(), Arc::clone(&keys)).await?;
        let custom_messages = CustomMessagePolicy::from_env(env, issuer.message())?;
        Ok(Self {
            clock: platform.clock.clone(),
            random: platform.random,
            verifier: CodeVerifier::from_env(env, platform, store.clone(), Arc::clone(&keys))?,
            store,
            keys,
            issuer,
            alphabet: Alphabet::from_env(env)?,
            tokens: TokenPolicy::from_env(env)?,
            addresses: ClientAddress::from_env(env)?,
            sign_in: SignInPolicy::from_env(env)?,
            numbering: Numbering::from_env(env)?,
            claims: ClaimPolicy::from_env(env)?,
            custom_messages,
            pending_validity: pending_validity(env)?,
        })
    }

    async fn warm_up(&self) {
        let (_, ()) = tokio::join!(self.store.read("nobody"), self.issuer.warm_up());
    }
}
