//! Behind the stream of `Users`: when a verified primary number is replaced or removed, the number that was there
//! is told so, once, and never by which number. The change itself is not touched.

mod change;
mod told;
mod wording;

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use lambda_runtime::LambdaEvent;
use shared::clock::Clock;
use shared::config::{ConfigError, Env};
use shared::platform::Platform;
use shared::sms::{self, SendError, Sms, Text};
use shared::telemetry;
use tokio::time::Instant;

use change::Change;
use told::{Told, TurnError};

/// What the function needs, made once at start.
#[derive(Debug)]
pub struct App {
    clock: Clock,
    told: Told,
    sms: Sms,
    message: String,
}

impl App {
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: platform.clock.clone(),
            told: Told::from_env(env, platform)?,
            message: wording::from_env(env)?,
            sms: Sms::from_env(env, platform).await?,
        })
    }
}

/// Why a number is to be told later.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Turn(#[from] TurnError),
    #[error(transparent)]
    Sms(#[from] SendError),
}

/// Answers the positions of the changes that are to come again. One that fails holds up no other.
pub async fn handle(app: &App, event: LambdaEvent<Event>) -> DynamoDbEventResponse {
    let attempt = event.context.request_id.clone();
    telemetry::traced(&attempt, answer(app, event, &attempt)).await
}

async fn answer(app: &App, event: LambdaEvent<Event>, attempt: &str) -> DynamoDbEventResponse {
    let until = sms::deadline();
    let mut response = DynamoDbEventResponse::default();
    for record in event.payload.records {
        let position = record.change.sequence_number.clone();
        let change = match Change::of(record) {
            Ok(Some(change)) => change,
            Ok(None) => continue,
            Err(unreadable) => {
                // It will not be readable later: what comes after it must not wait for it.
                tracing::error!(position, %unreadable, "skipped");
                continue;
            }
        };
        if let Err(error) = tell(app, &change, attempt, until).await {
            tracing::warn!(user = change.user, number = ?change.number, %error, "not told");
            let mut failure = DynamoDbBatchItemFailure::default();
            // Without a position, which Lambda always gives, the whole batch comes again.
            failure.item_identifier = Some(position.unwrap_or_default());
            response.batch_item_failures.push(failure);
        }
    }
    response
}

async fn tell(app: &App, change: &Change, attempt: &str, until: Instant) -> Result<(), Failure> {
    let now = app.clock.now();
    let Some(turn) = app.told.begin(change, attempt, now).await? else {
        return Ok(());
    };
    let text = Text {
        user: &change.user,
        to: &change.number,
        region: &change.number.region(),
        body: &app.message,
        code: "",
        sender: None,
    };
    match app.sms.send(&text, now, until).await {
        Ok(()) => tracing::info!(user = change.user, number = ?change.number, "told"),
        // It would be refused again.
        Err(error @ SendError::Refused(_)) => {
            tracing::warn!(user = change.user, number = ?change.number, %error, "not told, not tried again");
        }
        Err(error) => {
            app.told.give_back(turn).await;
            return Err(error.into());
        }
    }
    app.told.done(turn).await;
    Ok(())
}
