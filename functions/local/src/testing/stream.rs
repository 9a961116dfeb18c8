//! What follows the changes of users: the records of their stream, handed over when a test wants it.

use lambda_http::Context;
use lambda_http::lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

use crate::random;
use crate::stream::{From, PAGE, Reader};
use crate::testing::TestApp;

impl TestApp {
    /// Every record that the function behind the stream is to see, each by itself, and those of earlier calls
    /// once more: a stream delivers at least once. Answers how many are to come again.
    pub async fn follow(&self) -> usize {
        let mut failures = 0;
        for record in self.records().await {
            let event = match serde_json::from_value(json!({ "Records": [record] })) {
                Ok(event) => event,
                Err(error) => panic!("no event of a stream: {error}"),
            };
            let mut context = Context::default();
            context.request_id = random::uuid(self.stack.platform().random).unwrap_or_default();
            let event = LambdaEvent::new(event, context);
            let response = notify_old_number::handle(&self.notify_old_number, event).await;
            failures += response.batch_item_failures.len();
        }
        failures
    }

    async fn records(&self) -> Vec<Value> {
        let Some(function) = self.stack.template().function("notify-old-number") else {
            panic!("the template has no function behind the stream");
        };
        let mut records = Vec::new();
        for source in &function.streams {
            let database = self.stack.embedded().database().clone();
            let mut reader =
                match Reader::open(database, source.table.clone(), From::TheStart).await {
                    Ok(reader) => reader,
                    Err(error) => panic!("no stream: {error}"),
                };
            loop {
                let page = match reader.next().await {
                    Ok(page) => page,
                    Err(error) => panic!("the stream cannot be read: {error}"),
                };
                let last = page.len() < PAGE;
                records.extend(page.into_iter().filter(|record| source.takes(record)));
                if last {
                    break;
                }
            }
        }
        records
    }
}
