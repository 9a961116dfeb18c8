//! The function on a stack, the events that tests change, and a look at what it left behind.
//! +60111111111 is the number that was there, +60123456789 the new one.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Context, LambdaEvent};
use local::testing::{TestStack, event};
use notify_old_number::App;
use serde_json::{Value, json};
use shared::platform::Platform;
use shared::runtime::Start;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub const OLD: &str = "+60111111111";
pub const NEW: &str = "+60123456789";
/// Another user's, in `several`.
pub const CAROLS: &str = "+447400123456";

/// More than the SDK's attempts and ours together.
pub const ALWAYS: usize = 100;

thread_local! {
    /// A test and all that it calls run on one thread, other tests on others.
    static LINES: RefCell<Vec<u8>> = RefCell::default();
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that this project logs, the audit log included, and the warnings of others.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let own = ["shared", "notify_old_number", "audit"];
        let targets = Targets::new()
            .with_default(LevelFilter::WARN)
            .with_targets(own.map(|target| (target, LevelFilter::TRACE)));
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(|| Lines);
        tracing_subscriber::registry()
            .with(targets)
            .with(lines)
            .init();
    });
}

/// What this test logged since the last look.
pub fn printed() -> String {
    String::from_utf8(LINES.take()).unwrap()
}

pub struct Notifier {
    pub stack: TestStack,
    app: App,
    invocations: AtomicUsize,
}

impl Notifier {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With values for the template's parameters.
    pub async fn with(overrides: &[&str]) -> Self {
        let stack = TestStack::with(overrides).await;
        let platform = stack.platform().clone();
        Self::on(stack, &platform).await
    }

    pub async fn on(stack: TestStack, platform: &Platform) -> Self {
        listen();
        let env = stack.env("notify-old-number");
        let app = App::from_env(&env, platform).await.unwrap();
        Self {
            stack,
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
        let messages = self.stack.outbox().messages(None).into_iter();
        messages.map(|message| message.to).collect()
    }

    /// What is kept of it: attributes by key.
    pub async fn kept(&self) -> BTreeMap<String, Vec<String>> {
        let items = self.items().await.into_iter();
        let told = items.filter(|(key, _)| key.starts_with("TOLD#"));
        let told = told.map(|(key, item)| {
            let mut attributes: Vec<String> = item.into_keys().collect();
            attributes.sort();
            (key, attributes)
        });
        told.collect()
    }

    /// What is counted now, in all windows together.
    pub async fn counted(&self) -> u64 {
        let items = self.items().await;
        let counts = items
            .values()
            .filter_map(|item| item.get("sends")?.as_n().ok());
        counts.map(|count| count.parse::<u64>().unwrap()).sum()
    }

    /// The table `Verifications`, by its keys.
    pub async fn items(&self) -> BTreeMap<String, HashMap<String, AttributeValue>> {
        let table = self.stack.env("notify-old-number")("VERIFICATIONS_TABLE");
        let scan = self.stack.dynamodb().scan().table_name(table.unwrap());
        let items = scan.send().await.unwrap().items.unwrap_or_default();
        let items = items.into_iter().map(|mut item| {
            let Some(AttributeValue::S(key)) = item.remove("pk") else {
                unreachable!("{item:?}")
            };
            (key, item)
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

/// Bob's change to this version, as the shipped event has it otherwise.
pub fn replaced_in(version: u64) -> Value {
    changed("replaced", |record| {
        record["dynamodb"]["NewImage"]["version"] = json!({ "N": version.to_string() });
    })
}

/// The positions of an event's records.
pub fn positions(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap().iter();
    let positions = records.map(|record| record["dynamodb"]["SequenceNumber"].as_str());
    positions.map(|one| one.unwrap().to_owned()).collect()
}
