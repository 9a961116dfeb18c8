//! What the function needs, made once at start.

use aws_lambda_events::dynamodb::Event;
use lambda_runtime::LambdaEvent;
use serde::Serialize;
use shared::clock::Clock;
use shared::config::{ConfigError, Env, flag};
use shared::messaging::dispatch::Dispatcher;
use shared::platform::Platform;
use shared::runtime::Function;

use crate::ledger::Ledger;
use crate::notice;

/// See the settings of each part.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    /// Off, changes are let pass: whoever switches it on later has nobody told of what was before.
    pub notify: bool,
    pub ledger: Ledger,
    pub dispatcher: Dispatcher,
    /// What old numbers are told.
    pub message: String,
}

impl Function for App {
    const NAME: &'static str = "notify-old-number";

    type Event = Event;

    async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: platform.clock.clone(),
            notify: flag(env, "NOTIFY_OLD_NUMBER", true)?,
            ledger: Ledger::from_env(env, platform)?,
            dispatcher: Dispatcher::from_env(env, platform).await?,
            message: notice::from_env(env)?,
        })
    }

    async fn invoke(&self, event: LambdaEvent<Event>) -> impl Serialize + Send {
        crate::handle(self, event).await
    }
}
