//! What the function needs, made once at start.

use std::sync::Arc;
use std::time::Duration;

use shared::address::numbering::Numbering;
use shared::api::caller::TokenPolicy;
use shared::api::request::{BaseUrl, ClientAddress};
use shared::api::sign_in::SignInPolicy;
use shared::challenge::issue::CodeIssuer;
use shared::clock::Clock;
use shared::config::{ConfigError, Env};
use shared::crypto::keyring::Keyring;
use shared::platform::Platform;
use shared::platform::random::Random;
use shared::runtime::Start;
use shared::store::Store;
use shared::verification::limits::pending_validity;

use crate::decide::Policy;
use crate::emails::EmailRules;
use crate::self_service::SelfService;

/// What every request is served with.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub random: Random,
    pub store: Store,
    pub issuer: CodeIssuer,
    pub keys: Arc<Keyring>,
    pub tokens: TokenPolicy,
    pub base_url: BaseUrl,
    pub addresses: ClientAddress,
    pub sign_in: SignInPolicy,
    pub numbering: Numbering,
    pub policy: Policy,
    pub emails: EmailRules,
    pub email_policy: Policy,
    pub self_service: SelfService,
    pub pending_validity: Duration,
}

impl Start for App {
    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let store = Store::of_users(env, platform)?;
        let keys = Arc::new(Keyring::from_env(env, platform).await?);
        let emails = EmailRules::from_env(env)?;
        let issuer = CodeIssuer::from_env(env, platform, store.clone(), keys.clone()).await?;
        Ok(Self {
            clock: platform.clock.clone(),
            random: platform.random,
            issuer: issuer.with_emails(env, platform).await?,
            keys,
            store,
            tokens: TokenPolicy::from_env(env)?,
            base_url: BaseUrl::from_env(env)?,
            addresses: ClientAddress::from_env(env)?,
            sign_in: SignInPolicy::from_env(env)?,
            numbering: Numbering::from_env(env)?,
            policy: Policy::from_env(env)?,
            email_policy: Policy::of_emails(env, &emails.policy)?,
            emails,
            self_service: SelfService::from_env(env)?,
            pending_validity: pending_validity(env)?,
        })
    }

    async fn warm_up(&self) {
        let (_, ()) = tokio::join!(self.store.read("nobody"), self.issuer.warm_up());
    }
}
