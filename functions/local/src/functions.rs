//! The functions, each started from its block of the template. Those behind the gateway are run through
//! `lambda_http`'s own adapter, so that event and result take the way they take on Lambda.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use lambda_http::lambda_runtime::LambdaEvent;
use lambda_http::request::LambdaRequest;
use lambda_http::tower::Service;
use lambda_http::{Adapter, Body, Context, Request, Response, service_fn};
use serde_json::Value;
use shared::clock::Timestamp;
use shared::config::ConfigError;
use shared::platform::Platform;

use crate::template;

/// The packages that a template may name: a new function is one line in each place here.
#[derive(Clone)]
enum App {
    Http(Arc<Http>),
    NotifyOldNumber(Arc<notify_old_number::App>),
}

/// Those that the gateway calls.
enum Http {
    ScimPatch(scim_patch::App),
    ScimUsers(scim_users::App),
    ValidateCode(validate_code::App),
    ResendCode(resend_code::App),
    Transmit(transmit::App),
}

/// Why a function did not start.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    #[error("the template names a function that is not part of the local server: {0}")]
    Unknown(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Why a function gave no result; to the caller all of these are the same 500.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    #[error("the event is not one that the function reads: {0}")]
    Event(serde_json::Error),
    #[error("the function panicked")]
    Panicked,
    #[error("the function took longer than its timeout")]
    TimedOut,
    #[error("the result is not JSON: {0}")]
    Result(serde_json::Error),
    #[error("{0}")]
    NoRandomness(String),
}

/// A function that has started.
#[derive(Clone)]
pub struct Function {
    name: String,
    app: App,
    timeout: Duration,
}

impl Function {
    pub async fn start(
        function: &template::Function,
        platform: &Platform,
    ) -> Result<Self, FunctionError> {
        let environment: BTreeMap<String, String> = function.environment.clone();
        let env = move |variable: &str| environment.get(variable).cloned();
        let http = |app| App::Http(Arc::new(app));
        let app = match function.package.as_str() {
            "scim-patch" => http(Http::ScimPatch(
                scim_patch::App::from_env(&env, platform).await?,
            )),
            "scim-users" => http(Http::ScimUsers(
                scim_users::App::from_env(&env, platform).await?,
            )),
            "validate-code" => http(Http::ValidateCode(
                validate_code::App::from_env(&env, platform).await?,
            )),
            "resend-code" => http(Http::ResendCode(
                resend_code::App::from_env(&env, platform).await?,
            )),
            "notify-old-number" => {
                let app = notify_old_number::App::from_env(&env, platform).await?;
                App::NotifyOldNumber(Arc::new(app))
            }
            "transmit" => http(Http::Transmit(
                transmit::App::from_env(&env, platform).await?,
            )),
            other => return Err(FunctionError::Unknown(other.to_owned())),
        };
        Ok(Self {
            name: function.package.clone(),
            app,
            timeout: function.timeout,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the runtime tells about an invocation that begins now.
    pub fn context(&self, request_id: String, now: Timestamp) -> Context {
        let mut context = Context::default();
        context.request_id = request_id;
        context.deadline = u64::try_from((now + self.timeout).millis()).unwrap_or(u64::MAX);
        context.invoked_function_arn = format!(
            "arn:aws:lambda:us-east-1:000000000000:function:{}",
            self.name
        );
        context
    }

    /// Runs the function on an event. It goes on to its end even if the caller hangs up, as on Lambda.
    pub async fn invoke(&self, event: &str, context: Context) -> Result<Value, InvokeError> {
        let app = self.app.clone();
        let timeout = self.timeout;
        let event = event.to_owned();
        let run = tokio::spawn(async move {
            tokio::time::timeout(timeout, app.answer(&event, context))
                .await
                .map_err(|_| InvokeError::TimedOut)?
        });
        run.await.map_err(|_| InvokeError::Panicked)?
    }
}

impl App {
    async fn answer(self, event: &str, context: Context) -> Result<Value, InvokeError> {
        let app = match self {
            Self::Http(app) => app,
            Self::NotifyOldNumber(app) => {
                let event = serde_json::from_str(event).map_err(InvokeError::Event)?;
                let event = LambdaEvent::new(event, context);
                let result = notify_old_number::handle(&app, event).await;
                return serde_json::to_value(result).map_err(InvokeError::Result);
            }
        };
        let payload: LambdaRequest = serde_json::from_str(event).map_err(InvokeError::Event)?;
        let mut adapter = Adapter::from(service_fn(move |request: Request| {
            let app = Arc::clone(&app);
            async move { Ok::<_, Infallible>(app.handle(request).await) }
        }));
        let result = match adapter.call(LambdaEvent::new(payload, context)).await {
            Ok(result) => result,
            Err(never) => match never {},
        };
        serde_json::to_value(result).map_err(InvokeError::Result)
    }
}

impl Http {
    async fn handle(&self, request: Request) -> Response<Body> {
        match self {
            Self::ScimPatch(app) => scim_patch::handle(app, request).await,
            Self::ScimUsers(app) => scim_users::handle(app, request).await,
            Self::ValidateCode(app) => validate_code::handle(app, request).await,
            Self::ResendCode(app) => resend_code::handle(app, request).await,
            Self::Transmit(app) => transmit::handle(app, request).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::TestStack;

    async fn started(stack: &TestStack, platform: &Platform) -> Function {
        let block = template::Function {
            timeout: Duration::from_millis(500),
            ..stack.template().function("scim-users").unwrap().clone()
        };
        Function::start(&block, platform).await.unwrap()
    }

    async fn invoked(
        stack: &TestStack,
        platform: &Platform,
        host: &str,
    ) -> Result<Value, InvokeError> {
        let function = started(stack, platform).await;
        let mut event = crate::testing::event("scim-users/get-me");
        event["headers"]["host"] = json!(host);
        function
            .invoke(&event.to_string(), Context::default())
            .await
    }

    #[tokio::test]
    async fn a_function_answers_or_fails_alone() {
        let stack = TestStack::start().await;
        let result = invoked(&stack, stack.platform(), "localhost")
            .await
            .unwrap();
        assert_eq!(result["statusCode"], 200, "{result}");
        // Such a host never gets past the gateway: lambda_http panics at it.
        let panicked = invoked(&stack, stack.platform(), "a b").await;
        assert!(
            matches!(panicked, Err(InvokeError::Panicked)),
            "{panicked:?}"
        );
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stalled = Platform {
            aws: shared::platform::aws::loopback(&format!(
                "http://{}",
                silent.local_addr().unwrap()
            )),
            ..stack.platform().clone()
        };
        let late = invoked(&stack, &stalled, "localhost").await;
        assert!(matches!(late, Err(InvokeError::TimedOut)), "{late:?}");
        // One that is told when it will be stopped says so before.
        let function = started(&stack, &stalled).await;
        let context = function.context("late".to_owned(), stack.clock().now());
        let event = crate::testing::event("scim-users/get-me").to_string();
        let result = function.invoke(&event, context).await.unwrap();
        assert_eq!(
            (&result["statusCode"], &result["headers"]["retry-after"]),
            (&json!(503), &json!("1"))
        );
    }

    #[tokio::test]
    async fn what_is_no_function_here_is_refused() {
        let stack = TestStack::start().await;
        let block = template::Function {
            package: "elsewhere".to_owned(),
            ..stack.template().function("scim-users").unwrap().clone()
        };
        let refused = Function::start(&block, stack.platform())
            .await
            .err()
            .unwrap();
        assert!(refused.to_string().ends_with("elsewhere"), "{refused}");
    }
}
