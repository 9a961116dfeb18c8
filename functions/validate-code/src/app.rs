//! What the function needs, made once at start.

use std::sync::Arc;

use lambda_http::LambdaEvent;
use lambda_http::request::LambdaRequest;
use serde::Serialize;
use shared::api::caller::TokenPolicy;
use shared::api::identity_api::PrivilegedPolicy;
use shared::challenge::verify::CodeVerifier;
use shared::clock::Clock;
use shared::config::flag;
use shared::config::{ConfigError, Env};
use shared::crypto::keyring::Keyring;
use shared::platform::Platform;
use shared::platform::random::Random;
use shared::runtime::{self, Function};
use shared::store::Store;
use shared::verification::limits::TryLimits;

/// See the settings of each part.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub random: Random,
    pub store: Store,
    pub keys: Arc<Keyring>,
    pub verifier: CodeVerifier,
    pub tokens: TokenPolicy,
    pub privileged: PrivilegedPolicy,
    /// Whether a code finds its user where none is named.
    pub lookup_by_code: bool,
}

impl Function for App {
    const NAME: &'static str = "validate-code";

    type Event = LambdaRequest;

    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let store = Store::of_users(env, platform)?;
        let keys = Arc::new(Keyring::from_env(env, platform).await?);
        let limits = TryLimits::from_env(env)?;
        Ok(Self {
            clock: platform.clock.clone(),
            random: platform.random,
            verifier: CodeVerifier::new(store.clone(), Arc::clone(&keys), limits),
            store,
            keys,
            tokens: TokenPolicy::from_env(env)?,
            privileged: PrivilegedPolicy::from_env(env)?,
            lookup_by_code: flag(env, "PRIVILEGED_LOOKUP_BY_CODE", true)?,
        })
    }

    async fn warm_up(&self) {
        let _ = self.store.user("nobody").await;
    }

    async fn invoke(&self, event: LambdaEvent<LambdaRequest>) -> impl Serialize + Send {
        runtime::http(|request| crate::handle(self, request), event).await
    }
}
