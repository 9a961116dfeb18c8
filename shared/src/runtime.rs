//! The main of every function: settings, log lines, platform, a first connection, then events until Lambda stops it.
//! A function is what it is made of at its start, and what it does with an event.

use std::pin::Pin;
use std::time::Duration;

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::http::header::SET_COOKIE;
use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent, service_fn};
use lambda_http::request::LambdaRequest;
use lambda_http::{Body, Error, Request, RequestExt, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::{ConfigError, Env, process_env};
use crate::platform::Platform;
use crate::telemetry::log;

/// How long a start waits for connections that the first event may need.
const WARM_UP: Duration = Duration::from_secs(1);

/// What a function is made of.
pub trait Start: Sized + Send + Sync + 'static {
    /// Made once at start, see the settings of each part; one that cannot be used stops it, with the setting's name.
    fn from_env(
        env: &Env<'_>,
        platform: &Platform,
    ) -> impl Future<Output = Result<Self, ConfigError>> + Send;

    /// Opens the connections that the first event would wait for: at start Lambda gives a whole CPU. Whether that works
    /// is the first event's business.
    fn warm_up(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// A function of the product, as Lambda and the local server run it.
pub trait Function: Start {
    /// The name of its package, its binary and the folder of its events.
    const NAME: &'static str;

    /// What it is given to do: a request of API Gateway, a batch of a stream.
    type Event: DeserializeOwned + Send + 'static;

    /// What it does with an event, and what Lambda gives back.
    fn invoke(
        &self,
        event: LambdaEvent<Self::Event>,
    ) -> impl Future<Output = impl Outcome + Send> + Send;
}

/// What an invocation comes to. Most functions always have a result; a failure is for whoever invokes them to handle.
pub trait Outcome {
    type Value: Serialize + Send;

    fn into_result(self) -> Result<Self::Value, Failed>;
}

impl<T: Serialize + Send> Outcome for T {
    type Value = Self;

    fn into_result(self) -> Result<Self, Failed> {
        Ok(self)
    }
}

/// The outcome of a function that can fail.
#[derive(Debug)]
pub struct Fallible<T>(pub Result<T, Failed>);

impl<T: Serialize + Send> Outcome for Fallible<T> {
    type Value = T;

    fn into_result(self) -> Result<T, Failed> {
        self.0
    }
}

/// A failed invocation, by what its caller is told of it: neither personal data nor details.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(pub String);

impl From<Failed> for Diagnostic {
    fn from(failed: Failed) -> Self {
        Self {
            error_type: "Failed".to_owned(),
            error_message: failed.0,
        }
    }
}

/// The main of a function, on tokio's local runtime.
pub async fn run<F: Function>() -> Result<(), Error> {
    log::start(&process_env, &[F::NAME])?;
    let platform = Platform::lambda(&process_env)?;
    let function = F::from_env(&process_env, &platform).await?;
    // Best effort, and for no longer: what does not answer must not be what a start fails of.
    let _ = tokio::time::timeout(WARM_UP, function.warm_up()).await;
    // A task of its own: before it goes on with the main one, tokio asks the system what else has come.
    tokio::task::spawn_local(serve(Box::leak(Box::new(function)))).await?
}

/// Event by event, until Lambda stops it.
async fn serve<F: Function>(function: &'static F) -> Result<(), Error> {
    let events = service_fn(move |event| {
        // On the heap and without its type: a function's own future would be a part of the runtime's, and is large.
        let answer: Pin<Box<dyn Future<Output = _> + Send>> =
            Box::pin(async move { function.invoke(event).await.into_result() });
        answer
    });
    lambda_runtime::Runtime::new(events).run().await
}

/// An event of API Gateway, handled as a request: `lambda_http` takes it apart. Its own way back can write any character
/// set, by tables of 150 kilobytes; answers are UTF-8 or bytes, and say which.
pub async fn http<H, A>(handle: H, event: LambdaEvent<LambdaRequest>) -> impl Serialize + Send
where
    H: Fn(Request) -> A,
    A: Future<Output = Response<Body>> + Send,
{
    let LambdaEvent { payload, context } = event;
    let request = Request::from(payload).with_lambda_context(context);
    answered(handle(request).await)
}

/// Payload format 2.0.
fn answered(response: Response<Body>) -> ApiGatewayV2httpResponse {
    let (mut parts, body) = response.into_parts();
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = parts.status.as_u16().into();
    let cookies = parts.headers.get_all(SET_COOKIE).into_iter();
    let cookies = cookies.filter_map(|cookie| Some(cookie.to_str().ok()?.to_owned()));
    answer.cookies = cookies.collect();
    parts.headers.remove(SET_COOKIE);
    answer.headers = parts.headers;
    answer.is_base64_encoded = matches!(body, Body::Binary(_));
    answer.body = Some(match body {
        Body::Empty => Body::Text(String::new()),
        body => body,
    });
    answer
}

#[cfg(test)]
mod tests {
    use lambda_http::http::HeaderValue;
    use serde_json::{Value, json};

    use super::*;

    fn told(body: Body) -> Value {
        let mut response = Response::new(body);
        *response.status_mut() = lambda_http::http::StatusCode::CREATED;
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("text/plain"));
        headers.append(SET_COOKIE, HeaderValue::from_static("a=1"));
        headers.append(SET_COOKIE, HeaderValue::from_static("b=2"));
        serde_json::to_value(answered(response)).unwrap()
    }

    #[test]
    fn an_answer_is_of_the_payload_format() {
        assert_eq!(
            told(Body::Text("é".to_owned())),
            json!({
                "statusCode": 201,
                "headers": {"content-type": "text/plain"},
                "multiValueHeaders": {},
                "body": "é",
                "isBase64Encoded": false,
                "cookies": ["a=1", "b=2"],
            })
        );
        let bytes = told(Body::Binary(vec![0, 255]));
        assert_eq!(
            (&bytes["body"], &bytes["isBase64Encoded"]),
            (&json!("AP8="), &json!(true))
        );
        let empty = told(Body::Empty);
        assert_eq!(
            (&empty["body"], &empty["isBase64Encoded"]),
            (&json!(""), &json!(false))
        );
    }
}
