//! How AWS's services are reached: one HTTP client with one TLS stack for every SDK client.
//! Made without aws-config: on Lambda, region and credentials are plain variables for a process's whole life.

use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_dynamodb::config::IdentityCache;
use aws_sdk_dynamodb::config::endpoint::{
    DefaultResolver, ResolveEndpoint as ResolveDynamoDbEndpoint,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::{
    EndpointFuture, EndpointResolverParams, ResolveEndpoint, SharedEndpointResolver,
};
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{
    Intercept, SharedInterceptor, disable_interceptor,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::endpoint::Endpoint;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::config::{ConfigError, Env, required};
use crate::platform::http::AwsHttpClient;
use crate::platform::tls;

/// Amazon's five roots (<https://www.amazontrust.com/repository/>): the system's 140 would be most of a cold start.
const AMAZON_ROOTS: [&str; 5] = [
    include_str!("roots/amazon-root-ca-1.pem"),
    include_str!("roots/amazon-root-ca-2.pem"),
    include_str!("roots/amazon-root-ca-3.pem"),
    include_str!("roots/amazon-root-ca-4.pem"),
    include_str!("roots/starfield-services-root-g2.pem"),
];

/// Reads region, credentials and `AWS_ENDPOINT_URL` from Lambda's variables.
pub fn sdk_config(env: &Env<'_>) -> Result<SdkConfig, ConfigError> {
    let http = AwsHttpClient::new(tls::config(env, amazon)?);
    let credentials = Credentials::new(
        required(env, "AWS_ACCESS_KEY_ID")?,
        required(env, "AWS_SECRET_ACCESS_KEY")?,
        env("AWS_SESSION_TOKEN"),
        None,
        "lambda",
    );
    let config = base(required(env, "AWS_REGION")?, credentials).http_client(http);
    // The template always names it, and empty on AWS.
    let endpoint = env("AWS_ENDPOINT_URL").filter(|url| !url.is_empty());
    Ok(match endpoint {
        Some(url) => config.endpoint_url(url).build(),
        None => config.build(),
    })
}

fn amazon(store: &mut RootCertStore) -> Result<(), rustls::Error> {
    for pem in AMAZON_ROOTS {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
        store.add(certificate.map_err(|error| rustls::Error::General(error.to_string()))?)?;
    }
    Ok(())
}

/// For an endpoint on this machine that checks no credentials: the embedded DynamoDB, a stand-in in a test.
pub fn loopback(endpoint: &str) -> SdkConfig {
    base(
        "us-east-1".to_owned(),
        Credentials::new("local", "local", None, None, "local"),
    )
    .http_client(AwsHttpClient::plain())
    .endpoint_url(endpoint)
    // A machine that is busy with other things is slow, not down: an attempt that is given up and repeated
    // would count twice.
    .timeout_config(
        TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(Duration::from_secs(20))
            .operation_timeout(Duration::from_secs(25))
            .build(),
    )
    .build()
}

fn base(region: String, credentials: Credentials) -> aws_types::sdk_config::Builder {
    SdkConfig::builder()
        .behavior_version(
            aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::v2026_01_12(),
        )
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // They are plain values: asking for them costs less than a cache.
        .identity_cache(IdentityCache::no_cache())
        .sleep_impl(TokioSleep::new())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts())
        // An answer is read as a whole within an attempt, whose time is bounded.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// The client of DynamoDB. Its endpoint is found once: by the rules it would be evaluated in nearly every call, since
/// they look at the table's name, which can be an ARN; here it is a name.
pub fn dynamodb(config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let once = Once {
        rules: DefaultResolver::new().into_shared_resolver(),
        endpoint: OnceLock::new(),
    };
    let mut config = aws_sdk_dynamodb::Config::new(config).to_builder();
    config.set_endpoint_resolver(Some(SharedEndpointResolver::new(once)));
    config.push_interceptor(terse());
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// What the rules say at the first call holds for all.
#[derive(Debug)]
struct Once {
    rules: SharedEndpointResolver,
    endpoint: OnceLock<Endpoint>,
}

impl ResolveEndpoint for Once {
    fn resolve_endpoint<'a>(&'a self, params: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        if let Some(endpoint) = self.endpoint.get() {
            return EndpointFuture::ready(Ok(endpoint.clone()));
        }
        EndpointFuture::new(async move {
            let endpoint = self.rules.resolve_endpoint(params).await?;
            Ok(self.endpoint.get_or_init(|| endpoint).clone())
        })
    }

    fn finalize_params<'a>(
        &'a self,
        params: &'a mut EndpointResolverParams,
    ) -> Result<(), BoxError> {
        self.rules.finalize_params(params)
    }
}

/// For a client whose calls requests wait for: what each says of its caller is one text. The SDK makes, signs and sends
/// anew in each call what it is, which of its parts are in use, an id of the call and how often it was tried: statistics
/// of AWS, which no answer depends on, and a tenth of a request's instructions. It also labels statistics of its own by
/// the operation's metadata, which nobody collects here.
pub(crate) fn terse() -> SharedInterceptor {
    SharedInterceptor::permanent(Terse)
}

#[derive(Debug)]
struct Terse;

/// What CloudTrail names as the caller.
const USER_AGENT: &str = concat!("mobile-verification/", env!("CARGO_PKG_VERSION"));

impl Intercept for Terse {
    fn name(&self) -> &'static str {
        "Terse"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        const WHY: &str = "no answer depends on it";
        config
            .interceptor_state()
            .store_put(disable_interceptor::<UserAgentInterceptor>(WHY))
            .store_put(disable_interceptor::<InvocationIdInterceptor>(WHY))
            .store_put(disable_interceptor::<RequestInfoInterceptor>(WHY))
            .unset::<Metadata>();
        Ok(())
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        headers.insert("user-agent", USER_AGENT);
        Ok(())
    }
}

/// How long AWS is waited for. A function has 10 s, one that sends 29 s: a call that hangs must leave time for an answer.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(5))
        .build()
}

/// A call of the SDK on the heap: its future has ten kilobytes, and every caller's future would hold and move them.
pub(crate) fn boxed<F: Future>(call: F) -> Pin<Box<F>> {
    Box::pin(call)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::endpoint::Params;
    use aws_sdk_dynamodb::operation::list_tables::ListTablesOutput;
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    fn params(table: &str, endpoint: Option<&str>) -> EndpointResolverParams {
        let params = Params::builder()
            .region("eu-west-1")
            .set_endpoint(endpoint.map(str::to_owned))
            .resource_arn(table);
        EndpointResolverParams::new(params.build().unwrap())
    }

    /// Also the one that a setting names; and by what the first call says, since the others say the same.
    #[tokio::test]
    async fn the_endpoint_is_the_rules_and_found_once() {
        for (named, expected) in [
            (None, "https://dynamodb.eu-west-1.amazonaws.com"),
            (Some("http://127.0.0.1:8000"), "http://127.0.0.1:8000"),
        ] {
            let once = Once {
                rules: DefaultResolver::new().into_shared_resolver(),
                endpoint: OnceLock::new(),
            };
            for params in [params("Users", named), params("Verifications", named)] {
                let found = once.resolve_endpoint(&params).await.unwrap();
                assert_eq!(found.url(), expected);
            }
            let elsewhere = params("Users", Some("http://127.0.0.1:9000"));
            let found = once.resolve_endpoint(&elsewhere).await.unwrap();
            assert_eq!(found.url(), expected);
        }
    }

    /// A second attempt says the same, and is one: nothing that is left out is what a retry needs.
    #[tokio::test]
    async fn a_call_says_of_its_caller_one_text() {
        let aws = MockServer::start().await;
        let down = Mock::given(any()).respond_with(ResponseTemplate::new(500));
        down.up_to_n_times(1).mount(&aws).await;
        let up = ResponseTemplate::new(200).set_body_string(r#"{"TableNames":["Users"]}"#);
        Mock::given(any()).respond_with(up).mount(&aws).await;

        let answer = dynamodb(&loopback(&aws.uri())).list_tables().send().await;
        let tables = answer.as_ref().map(ListTablesOutput::table_names);
        assert_eq!(tables.unwrap(), ["Users"]);

        let requests = aws.received_requests().await.unwrap();
        assert_eq!(requests.len(), 2);
        for request in requests {
            let mut names: Vec<_> = request
                .headers
                .keys()
                .map(http::HeaderName::as_str)
                .collect();
            names.sort_unstable();
            let made = [
                "authorization",
                "content-length",
                "content-type",
                "host",
                "user-agent",
                "x-amz-date",
                "x-amz-target",
            ];
            assert_eq!(names, made);
            assert_eq!(request.headers.get_all("user-agent").iter().count(), 1);
            assert_eq!(request.headers["user-agent"], USER_AGENT);
        }
    }
}
