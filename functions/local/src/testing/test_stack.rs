//! What a test's functions run on: the template's stack, DynamoDB embedded, an outbox, a clock to move.

use lambda_http::Request;
use shared::clock::Clock;
use shared::platform::Platform;
use shared::platform::outbox::Outbox;

use crate::backend::{Backend, Options};
use crate::embedded::Embedded;
use crate::template::Stack;
use crate::testing::faults::FaultInjector;
use crate::testing::request::{event, request};

/// The template's stack on an embedded DynamoDB in memory, with the users that the local server starts with.
pub struct TestStack {
    backend: Backend,
    platform: Platform,
    faults: FaultInjector,
}

impl TestStack {
    /// With the local server's defaults.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With values for the template's parameters, such as `OtpLength=8`.
    pub async fn with(overrides: &[&str]) -> Self {
        let options = Options {
            overrides: overrides.iter().map(|&one| one.to_owned()).collect(),
            ..Options::default()
        };
        let backend = match Backend::start(&options, "http://127.0.0.1:3000").await {
            Ok(backend) => backend,
            Err(error) => panic!("no test_stack: {error}"),
        };
        let (aws, faults) = FaultInjector::between(backend.platform.aws.clone());
        let platform = Platform {
            aws,
            ..backend.platform.clone()
        };
        Self {
            backend,
            platform,
            faults,
        }
    }

    /// Functions wait for DynamoDB no longer than they do on Lambda.
    #[must_use]
    pub fn with_timeouts_of_lambda(mut self) -> Self {
        let aws = self.platform.aws.into_builder();
        self.platform.aws = aws
            .timeout_config(shared::platform::aws::timeouts())
            .build();
        self
    }

    /// The environment that the template gives a function, by the name of its package.
    pub fn env(&self, package: &str) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
        let Some(function) = self.backend.stack.function(package) else {
            panic!("the template has no function {package}");
        };
        let environment = function.environment.clone();
        move |variable| environment.get(variable).cloned()
    }

    /// What a function runs on. Its calls of DynamoDB pass the faults.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    pub fn template(&self) -> &Stack {
        &self.backend.stack
    }

    pub fn clock(&self) -> &Clock {
        &self.platform.clock
    }

    pub fn outbox(&self) -> &Outbox {
        &self.backend.outbox
    }

    /// Counts the calls of DynamoDB that functions make, and lets them fail.
    pub fn faults(&self) -> &FaultInjector {
        &self.faults
    }

    /// The embedded DynamoDB past the faults, for a look at what a function left behind.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.backend.platform.aws)
    }

    pub(super) fn embedded(&self) -> &Embedded {
        &self.backend.embedded
    }

    /// Deletes what has expired by the test_stack's clock, as DynamoDB would days later.
    pub async fn sweep(&self) -> usize {
        match self.backend.embedded.sweeper().sweep().await {
            Ok(deleted) => deleted,
            Err(error) => panic!("no sweep: {error}"),
        }
    }

    /// A shipped event as a function receives it, such as `scim-patch/patch-me`.
    pub fn event(&self, name: &str) -> Request {
        request(&event(name))
    }
}
