//! What the function needs, made once at start.

use shared::address::Channel;
use shared::clock::Clock;
use shared::config::{ConfigError, Env, flag};
use shared::messaging::dispatch::Dispatcher;
use shared::messaging::email::template::EmailText;
use shared::platform::Platform;
use shared::runtime::Start;
use shared::verification::scenario::Scenarios;

use crate::change::Change;
use crate::ledger::Ledger;
use crate::notice;

/// What every request is served with.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    /// Off, changes are let pass: whoever switches it on later has nobody told of what was before.
    pub notify: bool,
    /// The same for e-mail addresses.
    pub notify_emails: bool,
    pub ledger: Ledger,
    pub dispatcher: Dispatcher,
    /// What old numbers are told.
    pub message: String,
    /// What old e-mail addresses are told.
    pub email: EmailText,
}

impl App {
    /// Whether old addresses of the kind are told.
    pub fn tells(&self, change: &Change) -> bool {
        match change.to.channel() {
            Channel::Sms => self.notify,
            Channel::Email => self.notify_emails,
        }
    }
}

impl Start for App {
    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let dispatcher = Dispatcher::of_notices(env, platform).await?;
        Ok(Self {
            clock: platform.clock.clone(),
            notify: flag(env, "NOTIFY_OLD_NUMBER", true)?,
            notify_emails: flag(env, "NOTIFY_OLD_EMAIL", true)? && Scenarios::from_env(env)?.email,
            ledger: Ledger::from_env(env, platform)?,
            dispatcher: dispatcher.with_emails(env, platform).await?,
            message: notice::from_env(env)?,
            email: notice::of_emails(env)?,
        })
    }
}
