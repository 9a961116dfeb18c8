//! Somebody else, in the middle of a request: before a call of DynamoDB goes out, something else is done to its end.
//! So that a race is lost every time and not now and then.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use shared::platform::Platform;

type Action = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A platform on which the next `times` calls of an operation, such as `PutItem`, wait for `action`.
pub fn interleave<F>(
    platform: &Platform,
    operation: &'static str,
    times: usize,
    action: impl Fn() -> F + Send + Sync + 'static,
) -> Platform
where
    F: Future<Output = ()> + Send + 'static,
{
    let Some(inner) = platform.aws.http_client() else {
        panic!("a platform without a connection has no interleave");
    };
    let client = Interrupted {
        inner,
        interruption: Interruption {
            operation,
            left: Arc::new(AtomicUsize::new(times)),
            action: Arc::new(move || Box::pin(action())),
        },
    };
    Platform {
        aws: platform
            .aws
            .clone()
            .into_builder()
            .http_client(client)
            .build(),
        ..platform.clone()
    }
}

#[derive(Clone)]
struct Interruption {
    operation: &'static str,
    left: Arc<AtomicUsize>,
    action: Action,
}

impl std::fmt::Debug for Interruption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.operation)
    }
}

#[derive(Debug)]
struct Interrupted<C> {
    inner: C,
    interruption: Interruption,
}

impl HttpClient for Interrupted<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Interrupted {
            inner: self.inner.http_connector(settings, components),
            interruption: self.interruption.clone(),
        })
    }
}

impl HttpConnector for Interrupted<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Interruption {
            operation,
            left,
            action,
        } = &self.interruption;
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let meant = target.rsplit('.').next() == Some(operation);
        let one_less = |left: usize| left.checked_sub(1);
        if !meant
            || left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
                .is_err()
        {
            return self.inner.call(request);
        }
        let (inner, action) = (self.inner.clone(), Arc::clone(action));
        HttpConnectorFuture::new(async move {
            action().await;
            inner.call(request).await
        })
    }
}
