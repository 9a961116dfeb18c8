//! Examples: the shipped events, and what the functions answer to them.

use std::collections::BTreeMap;
use std::time::Duration;

use lambda_http::Context;
use local::functions;
use local::testing::{Event, TestApp, event};
use serde_json::{Map, Value};

use super::calls::{CALLS, Call};

/// A request and its answer.
#[derive(Debug, Default)]
pub struct Exchange {
    pub status: u64,
    /// The request's body.
    pub body: Option<Value>,
    /// Parameters of the path and the query.
    pub parameters: Map<String, Value>,
    /// The answer's body.
    pub answer: Option<Value>,
}

/// By the call's id.
pub type Exchanges = BTreeMap<&'static str, Exchange>;

/// Of every call that has an event, each on a stack of its own.
pub async fn exchanges() -> Exchanges {
    let mut exchanges = Exchanges::new();
    for call in CALLS.iter().filter(|call| !call.event.is_empty()) {
        exchanges.insert(call.id, exchange(call).await);
    }
    exchanges
}

async fn exchange(call: &Call) -> Exchange {
    let test = TestApp::start().await;
    let shipped = event(call.event);
    let mut asked = Event::shipped(call.event);
    // What has to have happened before.
    match call.id {
        "validateMyCode" | "validateCode" => {
            run(&test, &Event::shipped("scim-patch/patch-me"), "scim-patch").await;
            asked = with_code(asked, &shipped, "code", &test.code());
        }
        "validatePasscode" => {
            run(&test, &Event::shipped("transmit/send"), "transmit").await;
            asked = with_code(asked, &shipped, "passcode", &test.code());
        }
        "resendMyCode" | "resendCode" => {
            run(&test, &Event::shipped("scim-patch/patch-me"), "scim-patch").await;
            test.stack.clock().advance(Duration::from_mins(2));
        }
        _ => {}
    }
    let function = call.event.split('/').next().unwrap_or_default();
    let result = run(&test, &asked, function).await;
    let mut parameters = Map::new();
    for of in ["pathParameters", "queryStringParameters"] {
        parameters.extend(shipped[of].as_object().cloned().unwrap_or_default());
    }
    Exchange {
        status: result["statusCode"].as_u64().unwrap_or_default(),
        body: text(&shipped["body"]),
        parameters,
        answer: text(&result["body"]).map(settled),
    }
}

async fn run(test: &TestApp, event: &Event, function: &str) -> Value {
    let env = test.stack.env(function);
    let Ok(started) = functions::start(function, &env, test.stack.platform()).await else {
        return Value::Null;
    };
    let context = Context::default();
    started
        .answer(&event.to_string(), context)
        .await
        .unwrap_or_default()
}

/// The event with the code that was sent, in place of the one that it came with.
fn with_code(asked: Event, shipped: &Value, member: &str, code: &str) -> Event {
    let mut body = text(&shipped["body"]).unwrap_or_default();
    body[member] = code.into();
    asked.body(&body)
}

/// A body: JSON, or a text.
fn text(body: &Value) -> Option<Value> {
    let body = body.as_str().filter(|body| !body.is_empty())?;
    Some(body.parse().unwrap_or_else(|_| body.into()))
}

/// With the same ids, times and marks each time: those of a user that is created now would be others tomorrow.
fn settled(mut answer: Value) -> Value {
    let id = answer["id"].as_str().unwrap_or_default().to_owned();
    let shipped = event("scim-users/get")["pathParameters"]["id"].clone();
    settle(&mut answer);
    if !is_user(&answer) || shipped == id.as_str() {
        return answer;
    }
    let text = answer
        .to_string()
        .replace(&id, "5d0b1a3e-7c44-4f6b-9a52-0c6f3b1e8d27");
    text.parse().unwrap_or(answer)
}

fn is_user(answer: &Value) -> bool {
    answer["meta"]["resourceType"] == "User"
}

fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), &*value) {
                    ("created" | "lastModified", Value::String(_)) => {
                        *value = "2026-01-15T10:00:00Z".into()
                    }
                    ("version", Value::String(tag)) if tag.contains('-') => {
                        let version = tag.split('-').next().unwrap_or_default();
                        *value = format!("{version}-a1b2c3d4\"").into();
                    }
                    ("nextCursor", _) => *value = "eyJhIjoi".into(),
                    _ => settle(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}
