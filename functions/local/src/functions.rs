//! The functions, each started from its block of the template; event and result take the way they take on Lambda.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lambda_http::{Context, LambdaEvent};
use serde_json::Value;
use shared::clock::Timestamp;
use shared::config::{ConfigError, Env};
use shared::platform::Platform;
use shared::runtime::{self, Outcome};

use crate::template;

/// The functions of the product: a new one is one line in this list.
macro_rules! functions {
    ($($app:ty),+ $(,)?) => {
        /// Their names, which are those of their packages.
        pub const NAMES: &[&str] = &[$(<$app as runtime::Function>::NAME),+];

        /// Starts the function of a package.
        pub async fn start(
            package: &str,
            env: &Env<'_>,
            platform: &Platform,
        ) -> Result<Arc<dyn Runs>, FunctionError> {
            $(if package == <$app as runtime::Function>::NAME {
                let app = <$app as runtime::Start>::from_env(env, platform).await?;
                return Ok(Arc::new(app));
            })+
            Err(FunctionError::Unknown(package.to_owned()))
        }
    };
}

functions![
    scim_patch::App,
    scim_users::App,
    validate_code::App,
    resend_code::App,
    transmit::App,
    notify_old_number::App,
    pages::App,
    second_factor::App,
    second_factor_pages::App,
    cognito_triggers::App,
];

/// Whose log lines are written: theirs and the local server's own.
pub fn with_own() -> Vec<&'static str> {
    [NAMES, &["local"]].concat()
}

/// A function whatever its events are: both go through JSON, as on Lambda.
pub trait Runs: Send + Sync {
    fn answer<'a>(
        &'a self,
        event: &'a str,
        context: Context,
    ) -> Pin<Box<dyn Future<Output = Result<Value, InvokeError>> + Send + 'a>>;
}

impl<F: runtime::Function> Runs for F {
    fn answer<'a>(
        &'a self,
        event: &'a str,
        context: Context,
    ) -> Pin<Box<dyn Future<Output = Result<Value, InvokeError>> + Send + 'a>> {
        Box::pin(async move {
            let event = serde_json::from_str(event).map_err(InvokeError::Event)?;
            let outcome = self.invoke(LambdaEvent::new(event, context)).await;
            let result = outcome.into_result().map_err(InvokeError::Failed)?;
            serde_json::to_value(result).map_err(InvokeError::Result)
        })
    }
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
    #[error("the function failed: {0}")]
    Failed(runtime::Failed),
    #[error("the result is not JSON: {0}")]
    Result(serde_json::Error),
    #[error("{0}")]
    NoRandomness(String),
    #[error("the result has {0} bytes, more than Lambda sends")]
    TooLarge(usize),
}

/// A function that has started.
#[derive(Clone)]
pub struct Function {
    name: String,
    app: Arc<dyn Runs>,
    timeout: Duration,
}

impl Function {
    pub async fn start(
        function: &template::Function,
        platform: &Platform,
    ) -> Result<Self, FunctionError> {
        let environment: BTreeMap<String, String> = function.environment.clone();
        let env = move |variable: &str| environment.get(variable).cloned();
        let app = start(&function.package, &env, platform).await?;
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
        let result = run.await.map_err(|_| InvokeError::Panicked)??;
        let size = result.to_string().len();
        if size > MOST_RESULT {
            return Err(InvokeError::TooLarge(size));
        }
        Ok(result)
    }
}

/// Lambda's limit for what a function returns, in bytes of its JSON
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const MOST_RESULT: usize = 6 * 1024 * 1024;

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

    /// Answers with as many quotation marks as the event says: two bytes each, where an event has one.
    struct Long;

    impl Runs for Long {
        fn answer<'a>(
            &'a self,
            event: &'a str,
            _: Context,
        ) -> Pin<Box<dyn Future<Output = Result<Value, InvokeError>> + Send + 'a>> {
            let marks = event.parse().unwrap();
            Box::pin(async move { Ok(Value::String("\"".repeat(marks))) })
        }
    }

    #[tokio::test]
    async fn a_result_larger_than_lambda_sends_is_none() {
        let function = Function {
            name: "long".to_owned(),
            app: Arc::new(Long),
            timeout: Duration::from_secs(10),
        };
        let sent = |marks: usize| {
            let function = function.clone();
            async move {
                function
                    .invoke(&marks.to_string(), Context::default())
                    .await
            }
        };
        assert!(sent(MOST_RESULT / 2 - 1).await.is_ok());
        let refused = sent(MOST_RESULT / 2).await;
        assert!(
            matches!(refused, Err(InvokeError::TooLarge(size)) if size == MOST_RESULT + 2),
            "{:?}",
            refused.err()
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
