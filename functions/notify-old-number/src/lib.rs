//! Behind the stream of `Users`: when a verified primary number is replaced or removed, the number that was there
//! is told so, once, and never by which number. The change itself is not touched.
//! Such a message counts on the caps and goes to the regions that messages may go to: whoever changes numbers
//! to and fro costs no more with it than with codes.

mod change;
mod ledger;
mod notice;

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use lambda_runtime::LambdaEvent;
use shared::address::regions::AddressPolicy;
use shared::clock::{Clock, Timestamp};
use shared::config::{ConfigError, Env, flag};
use shared::messaging::caps::{Caps, Counted, Message};
use shared::messaging::courier::{self, Courier};
use shared::messaging::message::{SendError, Text};
use shared::platform::Platform;
use shared::store::StoreError;
use shared::telemetry::audit;
use shared::telemetry::context;
use shared::verification::limits::{Cap, Refusal};
use tokio::time::Instant;

use change::Change;
use ledger::{Ledger, TurnError};

/// What the function needs, made once at start.
#[derive(Debug)]
pub struct App {
    clock: Clock,
    /// Off, changes are let pass: whoever switches it on later has nobody told of what was before.
    notify: bool,
    told: Ledger,
    caps: Caps,
    regions: AddressPolicy,
    sms: Courier,
    message: String,
}

impl App {
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        // Each reads a secret of its own.
        let (sms, caps) = tokio::try_join!(
            Box::pin(Courier::from_env(env, platform)),
            Box::pin(Caps::from_env(env, platform)),
        )?;
        Ok(Self {
            clock: platform.clock.clone(),
            notify: flag(env, "NOTIFY_OLD_NUMBER", true)?,
            told: Ledger::from_env(env, platform)?,
            regions: AddressPolicy::from_env(env)?,
            message: notice::from_env(env)?,
            caps,
            sms,
        })
    }
}

/// Why a number was not told.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Turn(#[from] TurnError),
    #[error("messages do not go to its region")]
    Region,
    #[error("it was told as often as may be")]
    Capped,
    #[error("the messages of all are used up for this hour")]
    Budget,
    #[error("not counted: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Courier(#[from] SendError),
}

impl Failure {
    /// Whether the next attempt would end the same way, or say what was said often enough.
    fn stays(&self) -> bool {
        match self {
            Self::Region | Self::Capped | Self::Courier(SendError::Refused(_)) => true,
            Self::Turn(_) | Self::Budget | Self::Store(_) | Self::Courier(_) => false,
        }
    }
}

/// Answers the positions of the changes that are to come again. One that fails holds up no other.
pub async fn handle(app: &App, event: LambdaEvent<Event>) -> DynamoDbEventResponse {
    let attempt = event.context.request_id.clone();
    context::traced(&attempt, answer(app, event, &attempt)).await
}

async fn answer(app: &App, event: LambdaEvent<Event>, attempt: &str) -> DynamoDbEventResponse {
    let until = courier::deadline();
    let mut response = DynamoDbEventResponse::default();
    if !app.notify {
        return response;
    }
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
    match send(app, change, now, until).await {
        Ok(()) => tracing::info!(user = change.user, number = ?change.number, "told"),
        Err(error) if error.stays() => {
            tracing::warn!(user = change.user, number = ?change.number, %error, "not told, not tried again");
        }
        Err(error) => {
            app.told.give_back(turn).await;
            return Err(error);
        }
    }
    app.told.done(turn).await;
    Ok(())
}

/// Counted before it is sent; given back where it is not.
async fn send(app: &App, change: &Change, now: Timestamp, until: Instant) -> Result<(), Failure> {
    let region = change.number.region();
    if !app.regions.allow(&region) {
        audit::refused(&change.user, Some(&change.number), &Refusal::Region);
        return Err(Failure::Region);
    }
    let spent = match app.caps.spend(&change.number, Message::Notice, now).await? {
        Counted::Room(spent) => spent,
        Counted::Full { until, cap } => {
            let refusal = Refusal::Capped { until, cap };
            audit::refused(&change.user, Some(&change.number), &refusal);
            return Err(match cap {
                Cap::Deployment => Failure::Budget,
                _ => Failure::Capped,
            });
        }
    };
    let text = Text {
        user: &change.user,
        to: &change.number,
        region: &region,
        body: &app.message,
        code: "",
        sender: None,
    };
    if let Err(error) = app.sms.send(&text, now, until).await {
        app.caps.give_back(spent).await;
        return Err(error.into());
    }
    Ok(())
}
