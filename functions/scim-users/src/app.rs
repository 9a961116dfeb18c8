//! What the function needs, made once at start.

use shared::address::domains::DomainPolicy;
use shared::address::numbering::Numbering;
use shared::api::caller::TokenPolicy;
use shared::api::request::BaseUrl;
use shared::clock::Clock;
use shared::config::{ConfigError, Env};
use shared::crypto::keyring::SeldomKey;
use shared::platform::Platform;
use shared::platform::random::Random;
use shared::runtime::Start;
use shared::scim::show::View;
use shared::store::Store;
use shared::user::emails::EmailPolicy;
use shared::user::numbers::ListPolicy;
use shared::verification::Verification;
use shared::verification::limits::TryLimits;

/// What every request is served with.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub store: Store,
    pub tokens: TokenPolicy,
    pub base_url: BaseUrl,
    pub numbering: Numbering,
    pub lists: ListPolicy,
    pub emails: EmailPolicy,
    pub domains: DomainPolicy,
    pub random: Random,
    pub limits: TryLimits,
    /// For backup codes that come with a new user.
    pub key: SeldomKey,
}

impl Start for App {
    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: platform.clock.clone(),
            store: Store::of_users(env, platform)?,
            tokens: TokenPolicy::from_env(env)?,
            base_url: BaseUrl::from_env(env)?,
            numbering: Numbering::from_env(env)?,
            lists: ListPolicy::from_env(env)?,
            emails: EmailPolicy::from_env(env)?,
            domains: DomainPolicy::from_env(env)?,
            random: platform.random,
            limits: TryLimits::from_env(env)?,
            key: SeldomKey::from_env(env, platform)?,
        })
    }

    async fn warm_up(&self) {
        let _ = self.store.read("nobody").await;
    }
}

impl App {
    /// A number's one spelling; none where it is no number.
    pub fn normalised(&self, text: &str) -> Option<String> {
        let number = self.numbering.parse(text).ok()?;
        Some(number.as_e164().to_owned())
    }

    /// How a user is shown now.
    pub fn view<'a>(&'a self, pending: &'a Verification, base_url: &'a str) -> View<'a> {
        View {
            pending,
            now: self.clock.now(),
            base_url,
            multiple: self.lists.multiple,
            emails: &self.emails,
            limits: &self.limits,
        }
    }
}
