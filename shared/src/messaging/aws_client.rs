//! What the clients of AWS's services that send have in common: they ask once, and tell from an error whether the
//! message may have been taken over.

use std::error::Error;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::messaging::message::SendError;

/// A request that was not answered may have been carried out: a second one would be a second message.
pub fn once() -> RetryConfig {
    RetryConfig::disabled()
}

/// 5 s to connect, 10 s in all.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(10))
        .build()
}

/// Why a message was not sent. The service's texts may name the address: only its codes go on. What a code of a definite
/// answer means is told by `classified`, which is given the text beside it.
pub fn failure<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
    classified: impl FnOnce(String, &str) -> SendError,
) -> SendError {
    let said = |status: u16| status.to_string();
    match error {
        SdkError::ConstructionFailure(_) => SendError::Unavailable("no request".into()),
        SdkError::DispatchFailure(failure) if never_left(failure) => {
            SendError::Unavailable("no connection".into())
        }
        SdkError::DispatchFailure(_) => SendError::Unknown("the connection broke".into()),
        SdkError::ServiceError(service) => match (service.err().code(), service.raw().status()) {
            (Some(code), status) if !status.is_server_error() => {
                classified(code.to_owned(), service.err().message().unwrap_or_default())
            }
            (Some(code), status) => SendError::Unknown(format!("{status} {code}")),
            (None, status) if status.is_client_error() => SendError::Rejected(said(status.into())),
            (None, status) => SendError::Unknown(said(status.into())),
        },
        SdkError::ResponseError(_) => SendError::Unknown("an answer of no sense".into()),
        // Time was up, or something that this version does not know of.
        _ => SendError::Unknown("no answer in time".into()),
    }
}

/// Whether no connection came about: no name, nobody who listens, no TLS, or too late.
fn never_left(failure: &DispatchFailure) -> bool {
    let mut cause = failure
        .as_connector_error()
        .map(|error| error as &(dyn Error + 'static));
    while let Some(error) = cause {
        let client = error.downcast_ref::<hyper_util::client::legacy::Error>();
        if client.is_some_and(hyper_util::client::legacy::Error::is_connect) {
            return true;
        }
        cause = error.source();
    }
    false
}
