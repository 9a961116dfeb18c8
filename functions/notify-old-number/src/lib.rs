//! Behind the stream of `Users`: when a verified primary number or e-mail address is replaced or removed, the one that
//! was there is told so, once, and never by which other. The change itself is not touched.
//! Such a message counts on the caps and goes to the regions that messages may go to: whoever changes numbers
//! to and fro costs no more with it than with codes.

mod app;
mod change;
mod ledger;
mod notice;

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use lambda_runtime::LambdaEvent;
use shared::address::Channel;
use shared::address::phone_number::PhoneNumber;
use shared::clock::Timestamp;
use shared::messaging::caps::Purpose;
use shared::messaging::courier;
use shared::messaging::dispatch::{DispatchError, Envelope};
use shared::messaging::message::{Message, SendError};
use shared::runtime::{Function, Outcome};
use shared::telemetry::context;
use shared::verification::limits::{Cap, Refusal};
use tokio::time::Instant;

pub use app::App;
use change::Change;
use ledger::TurnError;

impl Function for App {
    const NAME: &'static str = "notify-old-number";

    type Event = Event;

    async fn invoke(&self, event: LambdaEvent<Event>) -> impl Outcome + Send {
        handle(self, event).await
    }
}

/// Why a number was not told.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Turn(#[from] TurnError),
    #[error("not to be sent: {0}")]
    Dispatch(#[from] DispatchError),
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Failure {
    /// Whether the next attempt would end the same way, or say what was said often enough.
    fn stays(&self) -> bool {
        match self {
            Self::Dispatch(DispatchError::Refused(refusal)) => match refusal {
                Refusal::Capped { cap, .. } => *cap != Cap::Deployment,
                _ => true,
            },
            Self::Send(error) => matches!(error, SendError::Refused(..)),
            Self::Turn(_) | Self::Dispatch(_) => false,
        }
    }

    /// Whether the number may have been told all the same.
    fn is_unknown(&self) -> bool {
        matches!(self, Self::Send(error) if error.is_unknown())
    }
}

/// Answers the positions of the changes that are to come again. One that fails holds up no other.
pub async fn handle(app: &App, event: LambdaEvent<Event>) -> DynamoDbEventResponse {
    let attempt = event.context.request_id.clone();
    context::traced(&attempt, &app.clock, answer(app, event, &attempt)).await
}

async fn answer(app: &App, event: LambdaEvent<Event>, attempt: &str) -> DynamoDbEventResponse {
    let until = courier::deadline();
    let mut response = DynamoDbEventResponse::default();
    if !app.notify && !app.notify_emails {
        return response;
    }
    for record in event.payload.records {
        let position = record.change.sequence_number.clone();
        let changes = match Change::of(record) {
            Ok(changes) => changes,
            Err(unreadable) => {
                // It will not be readable later: what comes after it must not wait for it.
                tracing::error!(position, %unreadable, "skipped");
                continue;
            }
        };
        let mut all_told = true;
        for change in changes.iter().filter(|change| app.tells(change)) {
            if let Err(error) = tell(app, change, attempt, until).await {
                tracing::warn!(user = change.user, to = ?change.to, %error, "not told");
                all_told = false;
            }
        }
        if !all_told {
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
    let Some(turn) = app.ledger.begin(change, attempt, now).await? else {
        return Ok(());
    };
    match send(app, change, now, until).await {
        Ok(()) => tracing::info!(user = change.user, to = ?change.to, "told"),
        Err(error) if error.stays() => {
            tracing::warn!(user = change.user, to = ?change.to, %error, "not told, not tried again");
        }
        Err(error) if error.is_unknown() && turn.is_last() => {
            tracing::warn!(user = change.user, to = ?change.to, %error, "perhaps told, not tried again");
        }
        Err(error) if error.is_unknown() => {
            app.ledger.perhaps(turn).await;
            return Err(error);
        }
        Err(error) => {
            app.ledger.give_back(turn).await;
            return Err(error);
        }
    }
    app.ledger.done(turn).await;
    Ok(())
}

async fn send(app: &App, change: &Change, now: Timestamp, until: Instant) -> Result<(), Failure> {
    let region = change.to.as_phone().map(PhoneNumber::region);
    let region = region.unwrap_or_default();
    let envelope = Envelope {
        user: &change.user,
        to: &change.to,
        region: &region,
        purpose: Purpose::Notice,
        now,
    };
    let reservation = app.dispatcher.reserve(&envelope).await?;
    let email = &app.email;
    let (body, subject, html) = match change.to.channel() {
        Channel::Sms => (app.message.as_str(), "", ""),
        Channel::Email => (
            email.text.as_str(),
            email.subject.as_str(),
            email.html.as_str(),
        ),
    };
    let message = Message {
        user: &change.user,
        to: &change.to,
        region: &region,
        body,
        subject,
        html,
        code: "",
        sender: None,
    };
    app.dispatcher
        .send(&envelope, &message, reservation, until)
        .await?;
    Ok(())
}
