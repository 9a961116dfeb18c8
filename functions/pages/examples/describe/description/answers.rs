//! Examples: the shipped events, and what the functions answer to them.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::Context;
use local::functions;
use local::testing::{Event, TestApp, event};
use serde_json::{Map, Value, json};

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
        exchanges.insert(call.id, Box::pin(exchange(call)).await);
    }
    exchanges
}

async fn exchange(call: &Call) -> Exchange {
    let test = TestApp::with(overrides(call)).await;
    let shipped = event(call.event);
    let asked = after_the_others(call, &test, &shipped).await;
    let function = call.event.split('/').next().unwrap_or_default();
    let result = run(&test, &asked, function).await;
    let mut parameters = Map::new();
    for of in ["pathParameters", "queryStringParameters"] {
        parameters.extend(shipped[of].as_object().cloned().unwrap_or_default());
    }
    let used: Value = asked.to_string().parse().unwrap_or_default();
    let flow = &used["pathParameters"]["flowId"];
    Exchange {
        status: result["statusCode"].as_u64().unwrap_or_default(),
        body: body(&shipped),
        parameters,
        answer: text(&result["body"]).map(|answer| settled(answer, flow)),
    }
}

/// A flow asks for a number where there is none, and nobody signs in without the second factor.
fn overrides(call: &Call) -> &'static [&'static str] {
    match call.id {
        "sendFlowTo" => &["SmsOtpMandatory=true"],
        "confirmEmail" => &[
            "EnableEmailVerification=true",
            "EmailLinkUrl=https://app.example.com/confirm",
        ],
        _ => &[],
    }
}

/// The event, after what has to have happened before it.
async fn after_the_others(call: &Call, test: &TestApp, shipped: &Value) -> Event {
    let asked = Event::shipped(call.event);
    match call.id {
        "validateMyCode" | "validateCode" => {
            run(test, &Event::shipped("scim-patch/patch-me"), "scim-patch").await;
            with_code(asked, shipped, "code", &test.code())
        }
        "confirmEmail" => {
            let emails = json!([{ "value": "bob@example.com", "primary": true }]);
            let change = Event::shipped("scim-patch/patch-me");
            let change = change.replacing(&json!({ "emails": emails }));
            run(test, &change, "scim-patch").await;
            with_code(asked, shipped, "code", &token(test))
        }
        "validatePasscode" => {
            run(test, &Event::shipped("transmit/send"), "transmit").await;
            with_code(asked, shipped, "passcode", &test.code())
        }
        "resendMyCode" | "resendCode" => {
            run(test, &Event::shipped("scim-patch/patch-me"), "scim-patch").await;
            test.stack.clock().advance(Duration::from_mins(2));
            asked
        }
        "verifyFlow" => {
            let asked = asked.parameter("flowId", &flow(test, "bob123").await);
            with_code(asked, shipped, "code", &test.code())
        }
        "resendFlow" | "getFlow" => {
            let asked = asked.parameter("flowId", &flow(test, "bob123").await);
            test.stack.clock().advance(Duration::from_mins(1));
            asked
        }
        "showFlow" | "stepFlow" => asked.parameter("flowId", &flow(test, "bob123").await),
        "sendFlowTo" => asked.parameter("flowId", &flow(test, "alice").await),
        _ => asked,
    }
}

/// The token of the link in the newest message.
fn token(test: &TestApp) -> String {
    let messages = test.stack.outbox().messages(None);
    let link = messages
        .last()
        .and_then(|message| message.body.split("#code=").nth(1));
    let token = link.unwrap_or_default().chars();
    token.take_while(char::is_ascii_alphanumeric).collect()
}

/// The id of a flow that has begun.
async fn flow(test: &TestApp, user: &str) -> String {
    let start = Event::shipped("second-factor/initiate");
    let start = start.body(&json!({ "user": { "username": user } }));
    let started = run(test, &start, "second-factor").await;
    let flow = text(&started["body"]).unwrap_or_default();
    flow["flowId"].as_str().unwrap_or_default().to_owned()
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

/// The body of an event; a form's fields are in base64, since API Gateway takes them for no text.
fn body(shipped: &Value) -> Option<Value> {
    if shipped["isBase64Encoded"] != true {
        return text(&shipped["body"]);
    }
    let bytes = STANDARD.decode(shipped["body"].as_str()?).ok()?;
    let fields = String::from_utf8(bytes).ok()?;
    let fields = fields.split('&').filter_map(|field| field.split_once('='));
    let fields = fields.map(|(name, value)| (name.to_owned(), value.into()));
    Some(Value::Object(fields.collect()))
}

/// A body: JSON, or a text.
fn text(body: &Value) -> Option<Value> {
    let body = body.as_str().filter(|body| !body.is_empty())?;
    Some(body.parse().unwrap_or_else(|_| body.into()))
}

/// With the same ids, times, codes and marks each time: those that are made now would be others tomorrow.
fn settled(mut answer: Value, flow: &Value) -> Value {
    settle(&mut answer);
    let known = event("scim-users/get")["pathParameters"]["id"].clone();
    let mut text = answer.to_string();
    if answer["meta"]["resourceType"] == "User" && answer["id"] != known {
        text = replaced(&text, &answer["id"], "5d0b1a3e-7c44-4f6b-9a52-0c6f3b1e8d27");
    }
    text = replaced(&text, &answer["flowId"], FLOW);
    text = replaced(&text, flow, FLOW);
    text.parse().unwrap_or(answer)
}

fn replaced(text: &str, made: &Value, stand_in: &str) -> String {
    match made.as_str() {
        Some(made) => text.replace(made, stand_in),
        None => text.to_owned(),
    }
}

/// The flow of the shipped events.
const FLOW: &str = "q7Wb0Jm3Zt9yXk2fVh5nRg8dLc4sPa1e";

fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), &*value) {
                    ("created" | "lastModified", Value::String(_)) => {
                        *value = "2026-01-15T10:00:00Z".into();
                    }
                    ("version", Value::String(tag)) if tag.contains('-') => {
                        let version = tag.split('-').next().unwrap_or_default();
                        *value = format!("{version}-a1b2c3d4\"").into();
                    }
                    ("nextCursor", _) => *value = "eyJhIjoi".into(),
                    ("expiresIn", _) => *value = 300.into(),
                    ("codes", Value::Array(_)) => *value = json!(["abcde-fghjk", "mnpqr-stuvw"]),
                    _ => settle(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}
