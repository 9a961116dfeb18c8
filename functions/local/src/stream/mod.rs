//! What Lambda does between a table's stream and a function: filters records, makes batches of them,
//! invokes, tries again what failed, and gives up where the template says so.

mod reader;

use std::time::Duration;

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::platform::Platform;
use shared::platform::random::Random;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::data_dir::{Cursor, Home, HomeError};
use crate::embedded::{DatabaseError, Embedded};
use crate::functions::{Function, InvokeError};
use crate::random;
use crate::template::{REGION, StreamSource};

pub use reader::{From, PAGE, Reader};

/// Lambda looks four times a second.
const IDLE: Duration = Duration::from_millis(250);

/// Never busier than one part in so many: the embedded database looks through the whole stream each time.
const SHARE: u32 = 20;

/// The longest time until the next look.
const LONGEST_IDLE: Duration = Duration::from_secs(1);

/// Pauses between the attempts at a batch: twice as long each time, up to the second one.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(8)];

/// Why a stream is not read.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Home(#[from] HomeError),
}

/// A function behind a stream.
pub struct Mapping {
    function: Function,
    source: StreamSource,
    reader: Reader,
    cursor: Cursor,
    clock: Clock,
    random: Random,
}

/// What became of records.
#[derive(Debug, PartialEq, Eq)]
enum Delivered {
    /// Taken by the function, or given up.
    Done,
    /// The server stops: it comes again.
    Stopped,
}

impl Mapping {
    /// Goes on where the last run of the server came to; the first begins where the template says.
    pub async fn open(
        function: Function,
        source: &StreamSource,
        embedded: &Embedded,
        home: &Home,
        platform: &Platform,
    ) -> Result<Self, StreamError> {
        let cursor = home.cursor(&format!("{}-{}", function.name(), source.name));
        let from = match cursor.position()? {
            Some(position) => From::After(position),
            None if source.from_the_start => From::TheStart,
            None => From::Now,
        };
        let database = embedded.database().clone();
        Ok(Self {
            reader: Reader::open(database, source.table.clone(), from).await?,
            source: source.clone(),
            function,
            cursor,
            clock: platform.clock.clone(),
            random: platform.random,
        })
    }

    /// Serves the stream until told to stop.
    pub async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            let begun = Instant::now();
            let records = self.reader.next().await.unwrap_or_else(|error| {
                tracing::error!(table = self.source.table, %error, "the stream cannot be read");
                Vec::new()
            });
            let idle = (begun.elapsed() * SHARE).clamp(IDLE, LONGEST_IDLE);
            let more = records.len() >= PAGE;
            if self.hand_over(records, &mut stopped).await == Delivered::Stopped {
                return;
            }
            if !more && stop_within(idle, &mut stopped).await {
                return;
            }
        }
    }

    async fn hand_over(
        &self,
        records: Vec<Value>,
        stopped: &mut watch::Receiver<bool>,
    ) -> Delivered {
        let Some(last) = records.last().map(position) else {
            return Delivered::Done;
        };
        let wanted: Vec<Value> = records
            .into_iter()
            .filter(|record| self.source.takes(record))
            .map(|record| self.as_lambda_has_it(record))
            .collect();
        for batch in wanted.chunks(self.source.batch_size) {
            if self.deliver(batch.to_vec(), stopped).await == Delivered::Stopped {
                return Delivered::Stopped;
            }
            self.keep(&batch.last().map(position).unwrap_or_default());
        }
        self.keep(&last);
        Delivered::Done
    }

    /// Invokes the function until it has taken every record of a batch, or none may be tried again.
    async fn deliver(
        &self,
        mut batch: Vec<Value>,
        stopped: &mut watch::Receiver<bool>,
    ) -> Delivered {
        let [mut pause, longest] = PAUSES;
        let mut retries = 0;
        loop {
            if *stopped.borrow() {
                return Delivered::Stopped;
            }
            let (fresh, old): (Vec<Value>, _) = batch.into_iter().partition(|one| self.fresh(one));
            self.give_up(&old);
            let Some(failed) = self.invoke(&fresh).await else {
                return Delivered::Done;
            };
            batch = fresh;
            batch.drain(..failed);
            if self.source.most_retries.is_some_and(|most| retries >= most) {
                self.give_up(&batch);
                return Delivered::Done;
            }
            retries += 1;
            if stop_within(pause, stopped).await {
                return Delivered::Stopped;
            }
            pause = (pause * 2).min(longest);
        }
    }

    /// Answers the first record that is to come again; records before it do not.
    async fn invoke(&self, batch: &[Value]) -> Option<usize> {
        if batch.is_empty() {
            return None;
        }
        let function = self.function.name();
        match self.invoked(batch).await {
            Ok(_) if !self.source.reports_failures => None,
            Ok(result) => first_failure(&result, batch),
            Err(error) => {
                tracing::error!(function, %error, "no result");
                Some(0)
            }
        }
    }

    async fn invoked(&self, batch: &[Value]) -> Result<Value, InvokeError> {
        let id = random::uuid(self.random).map_err(InvokeError::NoRandomness)?;
        let context = self.function.context(id, self.clock.now());
        let event = json!({ "Records": batch }).to_string();
        self.function.invoke(&event, context).await
    }

    /// Whether a record is to be tried (again). Streams know the system's time and no other.
    fn fresh(&self, record: &Value) -> bool {
        let system = self.clock.now() - self.clock.offset();
        let oldest = self.source.oldest_record;
        oldest.is_none_or(|oldest| created(record) >= (system - oldest).seconds())
    }

    /// On AWS these positions go to the mapping's `OnFailure` destination.
    fn give_up(&self, batch: &[Value]) {
        for record in batch {
            let function = self.function.name();
            tracing::error!(function, position = position(record), "given up");
        }
    }

    fn as_lambda_has_it(&self, mut record: Value) -> Value {
        if let Some(record) = record.as_object_mut() {
            record.insert("awsRegion".to_owned(), REGION.into());
            let arn = self.source.stream_arn.as_str();
            record.insert("eventSourceARN".to_owned(), arn.into());
        }
        record
    }

    fn keep(&self, position: &str) {
        if let Err(error) = self.cursor.keep(position) {
            // After a restart these records come again, which functions must stand anyway.
            tracing::error!(%error, "the position in the stream is not kept");
        }
    }
}

/// True where the server stops in that time.
async fn stop_within(time: Duration, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = stopped.wait_for(|stop| *stop) => true,
        () = tokio::time::sleep(time) => false,
    }
}

fn position(record: &Value) -> String {
    let position = record.pointer("/dynamodb/SequenceNumber");
    let position = position.and_then(Value::as_str);
    position.unwrap_or_default().to_owned()
}

/// When a record was written, in seconds; never, where it does not say.
fn created(record: &Value) -> i64 {
    let created = record.pointer("/dynamodb/ApproximateCreationDateTime");
    #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second")]
    let created = created.and_then(Value::as_f64).map(|time| time as i64);
    created.unwrap_or(i64::MAX)
}

/// A function names the records that failed: everything from the first of them on comes again.
/// A name that is none of the batch's fails the whole.
fn first_failure(result: &Value, batch: &[Value]) -> Option<usize> {
    let failures = result.get("batchItemFailures").and_then(Value::as_array)?;
    let failures = failures.iter().map(|failure| {
        let named = failure.get("itemIdentifier").and_then(Value::as_str);
        let at = |named| batch.iter().position(|record| position(record) == named);
        named.and_then(at).unwrap_or(0)
    });
    failures.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(position: &str) -> Value {
        json!({ "dynamodb": { "SequenceNumber": position } })
    }

    #[test]
    fn records_tell_their_age() {
        let record = json!({ "dynamodb": { "ApproximateCreationDateTime": 1_768_471_201.9 } });
        assert_eq!(created(&record), 1_768_471_201);
        assert_eq!(created(&json!({ "dynamodb": {} })), i64::MAX);
    }

    #[test]
    fn what_failed_first_decides() {
        let batch = ["7", "8", "9"].map(record);
        for (result, first) in [
            (json!(null), None),
            (json!({}), None),
            (json!({"batchItemFailures": null}), None),
            (json!({"batchItemFailures": []}), None),
            (
                json!({"batchItemFailures": [{"itemIdentifier": "9"}]}),
                Some(2),
            ),
            (
                json!({"batchItemFailures": [{"itemIdentifier": "9"}, {"itemIdentifier": "8"}]}),
                Some(1),
            ),
            (
                json!({"batchItemFailures": [{"itemIdentifier": "5"}]}),
                Some(0),
            ),
            (
                json!({"batchItemFailures": [{"itemIdentifier": ""}]}),
                Some(0),
            ),
            (json!({"batchItemFailures": [{}]}), Some(0)),
        ] {
            assert_eq!(first_failure(&result, &batch), first, "{result}");
        }
    }
}
