//! The function on a bench, the events that tests change, and a look at what it left behind.
//! +60111111111 is the number that was there, +60123456789 the new one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Context, LambdaEvent};
use local::testing::{Bench, event};
use notify_old_number::App;
use serde_json::Value;
use shared::platform::Platform;

pub const OLD: &str = "+60111111111";
pub const NEW: &str = "+60123456789";
/// Another user's, in `several`.
pub const CAROLS: &str = "+447400123456";

/// More than the SDK's attempts and ours together.
pub const ALWAYS: usize = 100;

pub struct Notifier {
    pub bench: Bench,
    app: App,
    invocations: AtomicUsize,
}

impl Notifier {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With values for the template's parameters.
    pub async fn with(overrides: &[&str]) -> Self {
        let bench = Bench::with(overrides).await;
        let platform = bench.platform().clone();
        Self::on(bench, &platform).await
    }

    pub async fn on(bench: Bench, platform: &Platform) -> Self {
        let env = bench.env("notify-old-number");
        let app = App::from_env(&env, platform).await.unwrap();
        Self {
            bench,
            app,
            invocations: AtomicUsize::new(0),
        }
    }

    /// Hands over a batch; answers the positions that are to come again.
    pub async fn hand(&self, event: &Value) -> Vec<String> {
        let mut context = Context::default();
        let invocation = self.invocations.fetch_add(1, Ordering::Relaxed);
        context.request_id = format!("invocation-{invocation}");
        let event = serde_json::from_value(event.clone()).unwrap();
        let response = notify_old_number::handle(&self.app, LambdaEvent::new(event, context)).await;
        let failures = response.batch_item_failures.into_iter();
        failures.map(|one| one.item_identifier.unwrap()).collect()
    }

    /// Who was told, oldest first.
    pub fn told(&self) -> Vec<String> {
        let messages = self.bench.outbox().messages(None).into_iter();
        messages.map(|message| message.to).collect()
    }

    /// What is kept of it: attributes by key.
    pub async fn kept(&self) -> BTreeMap<String, Vec<String>> {
        let table = self.bench.env("notify-old-number")("VERIFICATIONS_TABLE");
        let scan = self.bench.dynamodb().scan().table_name(table.unwrap());
        let items = scan.send().await.unwrap().items.unwrap_or_default();
        let items = items.into_iter().map(|mut item| {
            let Some(AttributeValue::S(key)) = item.remove("pk") else {
                unreachable!("{item:?}")
            };
            let mut attributes: Vec<String> = item.into_keys().collect();
            attributes.sort();
            (key, attributes)
        });
        items.collect()
    }
}

/// `events/notify-old-number/<name>.json`.
pub fn shipped(name: &str) -> Value {
    event(&format!("notify-old-number/{name}"))
}

/// A shipped event with its first record changed.
pub fn changed(name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut event = shipped(name);
    change(&mut event["Records"][0]);
    event
}

/// The positions of an event's records.
pub fn positions(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap().iter();
    let positions = records.map(|record| record["dynamodb"]["SequenceNumber"].as_str());
    positions.map(|one| one.unwrap().to_owned()).collect()
}
