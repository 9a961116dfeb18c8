//! A faults in the line between the SDK and the embedded DynamoDB: counts round trips,
//! and answers what dynoxide never does: conflicts, throttling, replies that are lost or late.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use serde_json::{Value, json};

/// How a call of DynamoDB fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Another transaction holds an item; nothing is written.
    TransactionConflict,
    /// The table is throttled; nothing is written.
    Throttled,
    /// The connection breaks before the request is there.
    Unreachable,
    /// The request is carried out and the reply is lost.
    LostReply,
    /// The request is carried out and its reply is on its way for longer than anybody waits.
    Slow,
}

/// Sees every call. Clones see the same.
#[derive(Debug, Clone, Default)]
pub struct FaultInjector {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<String>,
    planned: Vec<Planned>,
    /// Calls that are on their way, and how often there came to be one.
    under_way: usize,
    round_trips: usize,
}

#[derive(Debug)]
struct Planned {
    /// Calls that come before.
    others: usize,
    operation: String,
    fault: Fault,
    times: usize,
}

impl FaultInjector {
    /// Puts a faults before the HTTP client of a configuration.
    pub(super) fn between(aws: SdkConfig) -> (SdkConfig, Self) {
        let faults = Self::default();
        let Some(inner) = aws.http_client() else {
            return (aws, faults);
        };
        let client = TappedClient {
            inner,
            faults: faults.clone(),
        };
        (aws.into_builder().http_client(client).build(), faults)
    }

    /// The operations called since the last look, in order; every attempt counts.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Round trips one after another since the last look: calls in parallel are one.
    pub fn take_round_trips(&self) -> usize {
        std::mem::take(&mut self.state().round_trips)
    }

    /// Lets the next `times` calls of an operation fail, such as `UpdateItem`.
    pub fn fail(&self, operation: &str, fault: Fault, times: usize) {
        self.state().planned.push(Planned {
            others: 0,
            operation: operation.to_owned(),
            fault,
            times,
        });
    }

    /// Lets one call of an operation fail, after so many others of it.
    pub fn fail_after(&self, others: usize, operation: &str, fault: Fault) {
        self.state().planned.push(Planned {
            others,
            operation: operation.to_owned(),
            fault,
            times: 1,
        });
    }

    /// Forgets faults that are still to come.
    pub fn clear_faults(&self) {
        self.state().planned.clear();
    }

    fn next(&self, operation: &str) -> Option<Fault> {
        let mut state = self.state();
        state.calls.push(operation.to_owned());
        state.round_trips += usize::from(state.under_way == 0);
        state.under_way += 1;
        let planned = state
            .planned
            .iter_mut()
            .find(|planned| planned.operation == operation && planned.times > 0)?;
        if planned.others > 0 {
            planned.others -= 1;
            return None;
        }
        planned.times -= 1;
        Some(planned.fault)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct TappedClient {
    inner: SharedHttpClient,
    faults: FaultInjector,
}

impl HttpClient for TappedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(TappedConnector {
            inner: self.inner.http_connector(settings, components),
            faults: self.faults.clone(),
        })
    }
}

#[derive(Debug)]
struct TappedConnector {
    inner: SharedHttpConnector,
    faults: FaultInjector,
}

impl HttpConnector for TappedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // `DynamoDB_20120810.UpdateItem`
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let fault = self.faults.next(&operation);
        let over = UnderWay(self.faults.clone());
        let answer = match fault {
            None => self.inner.call(request),
            Some(Fault::LostReply) => {
                let sent = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    sent.await?;
                    Err(broken())
                })
            }
            Some(Fault::Slow) => {
                let sent = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    sent.await?;
                    std::future::pending().await
                })
            }
            Some(Fault::Unreachable) => HttpConnectorFuture::ready(Err(broken())),
            Some(Fault::Throttled) => refusal(&json!({
                "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
                "message": "The level of configured provisioned throughput for the table was exceeded.",
            })),
            Some(Fault::TransactionConflict) => refusal(&conflict(&operation, &request)),
        };
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            drop(over);
            answer
        })
    }
}

/// A call that is on its way until this is dropped.
struct UnderWay(FaultInjector);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

/// An exception on plain writes, a reason for every item in transactions.
fn conflict(operation: &str, request: &HttpRequest) -> Value {
    if operation != "TransactWriteItems" {
        return json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "message": "Transaction is ongoing for the item",
        });
    }
    let body = request.body().bytes().unwrap_or_default();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = body.get("TransactItems").and_then(Value::as_array);
    let reasons: Vec<Value> = (0..items.map_or(1, Vec::len))
        .map(|at| {
            let code = if at == 0 {
                "TransactionConflict"
            } else {
                "None"
            };
            json!({ "Code": code })
        })
        .collect();
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
        "CancellationReasons": reasons,
    })
}

fn refusal(body: &Value) -> HttpConnectorFuture {
    let answer = http::Response::builder()
        .status(http::StatusCode::BAD_REQUEST)
        .header("content-type", "application/x-amz-json-1.0")
        .body(SdkBody::from(body.to_string()))
        .map_err(|error| ConnectorError::other(error.into(), None))
        .and_then(|answer| {
            HttpResponse::try_from(answer)
                .map_err(|error| ConnectorError::other(error.into(), None))
        });
    HttpConnectorFuture::ready(answer)
}

fn broken() -> ConnectorError {
    ConnectorError::io("the connection was closed".into())
}
