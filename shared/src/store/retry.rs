//! Calls that collided with another transaction are made again, after a random pause.

use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

use crate::platform::aws::boxed;
use crate::platform::random::Random;
use crate::store::error::cancellation_codes;

/// TransactionConflict is retried this often; the SDK does not do it.
const CONFLICT_RETRIES: u32 = 3;

/// Calls again, after a random pause, while another transaction holds an item.
pub(super) async fn retry_conflicts<T, E, F>(
    random: Random,
    mut call: impl FnMut() -> F,
) -> Result<T, SdkError<E>>
where
    F: Future<Output = Result<T, SdkError<E>>>,
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    for attempt in 0..CONFLICT_RETRIES {
        match boxed(call()).await {
            Err(error) if is_conflict(&error) => {
                pause(random, attempt).await;
            }
            done => return done,
        }
    }
    boxed(call()).await
}

/// A random pause before the next attempt, longer with each: those who collided do not meet again.
pub async fn pause(random: Random, attempt: u32) {
    let longest = 20 << attempt.min(4);
    tokio::time::sleep(Duration::from_millis(5 + random.below(longest - 4))).await;
}

/// Whether a transaction elsewhere was in the way: an exception on plain writes, a reason in transactions.
fn is_conflict<E: ProvideErrorMetadata + std::error::Error + 'static>(error: &SdkError<E>) -> bool {
    let Some(service) = error.as_service_error() else {
        return false;
    };
    if service.code() == Some("TransactionConflictException") {
        return true;
    }
    let service: &(dyn std::error::Error + 'static) = service;
    let reasons = service
        .downcast_ref::<TransactWriteItemsError>()
        .map(cancellation_codes)
        .unwrap_or_default();
    reasons.iter().any(|code| code == "TransactionConflict")
        && reasons.iter().all(|code| code != "ConditionalCheckFailed")
}
