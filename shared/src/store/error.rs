//! What the store cannot do, and what an answer of DynamoDB means.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

use crate::platform::secrets::SecretError;

/// What the store cannot do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, slow, out of reach, or fought over for too long: nothing is known to be written.
    #[error("storage is unavailable: {0}")]
    Unavailable(String),
    /// An item or an answer that this code did not make.
    #[error("unexpected: {0}")]
    Unexpected(String),
}

impl From<SecretError> for StoreError {
    fn from(error: SecretError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

pub(super) fn cancellation_codes(error: &TransactWriteItemsError) -> Vec<String> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        return Vec::new();
    };
    cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code().unwrap_or_default().to_owned())
        .collect()
}

pub(super) fn failed_condition(error: &SdkError<TransactWriteItemsError>) -> Option<usize> {
    cancellation_codes(error.as_service_error()?)
        .iter()
        .position(|code| code == "ConditionalCheckFailed")
}

pub(super) fn unavailable<E: ProvideErrorMetadata>(error: &SdkError<E>) -> StoreError {
    match error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
    {
        // Our own mistake, not the service's state.
        Some(
            code @ ("ValidationException" | "ResourceNotFoundException" | "AccessDeniedException"),
        ) => StoreError::Unexpected(format!("DynamoDB says {code}")),
        Some(code) => StoreError::Unavailable(code.to_owned()),
        None => StoreError::Unavailable(
            match error {
                SdkError::TimeoutError(_) => "timeout",
                SdkError::DispatchFailure(_) => "no connection",
                SdkError::ResponseError(_) => "broken response",
                _ => "no request could be made",
            }
            .to_owned(),
        ),
    }
}
