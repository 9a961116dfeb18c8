//! The second factor of a Cognito user pool: DefineAuthChallenge, CreateAuthChallenge and VerifyAuthChallengeResponse in
//! one function (<https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html>).
//! The password is Cognito's business, and comes first; what follows it is a flow like those of every other door.

mod answer;
mod app;
mod create;
mod define;
mod event;
mod session;
mod verify;

use std::time::Duration;

use lambda_runtime::LambdaEvent;
use serde_json::{Map, Value};
use shared::api::error::Error;
use shared::challenge::login::Step;
use shared::clock::Timestamp;
use shared::messaging::caps::Requester;
use shared::runtime::{Failed, Fallible, Function, Outcome};
use shared::telemetry::{audit, context};
use tokio::time::Instant;

pub use app::App;
use event::{Source, Trigger};

/// Cognito waits for 5 s, and then asks again; until then a message must be on its way, or have failed.
const SENDING: Duration = Duration::from_secs(4);

impl Function for App {
    const NAME: &'static str = "cognito-triggers";

    type Event = Map<String, Value>;

    async fn invoke(&self, event: LambdaEvent<Self::Event>) -> impl Outcome + Send {
        Fallible(handle(self, event).await)
    }
}

/// Answers the event with its response filled in; a failure is an error of the invocation, whose text Cognito shows to
/// the client (UserLambdaValidationException). Whoever is let in is let in by a response: no failure issues tokens.
pub async fn handle(
    app: &App,
    event: LambdaEvent<Map<String, Value>>,
) -> Result<Map<String, Value>, Failed> {
    let LambdaEvent { payload, context } = event;
    // On the heap, as `serve` has it: what lies around it would hold it.
    let work = Box::pin(async {
        let answer = answer(app, payload).await;
        answer.map_err(|error| failed(error, app.clock.now()))
    });
    context::traced(&context.request_id, &app.clock, work).await
}

async fn answer(app: &App, mut event: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let step = step(app);
    let trigger = Trigger::read(&event)?;
    let response = match trigger.source {
        Source::Define => define::define(app, &trigger, &step).await?,
        Source::Create => create::create(app, &trigger, &step).await?,
        Source::Verify => verify::verify(app, &trigger, &step).await?,
    };
    event.insert("response".to_owned(), response);
    Ok(event)
}

/// Lambda counts every failure as an error: what nobody need look at is counted as well, for the alarm to leave out.
fn failed(error: Error, now: Timestamp) -> Failed {
    let as_it_should = matches!(
        error,
        Error::Refused(_) | Error::NoFlow | Error::NotSent { unreachable: true }
    );
    if as_it_should {
        audit::trigger_refused(error.code(now));
    }
    Failed(error.into_text(now))
}

/// Triggers are not told from which address somebody signs in: none counts.
fn step(app: &App) -> Step {
    Step {
        now: app.clock.now(),
        until: Instant::now() + SENDING,
        requester: Requester {
            service: true,
            ..Requester::default()
        },
    }
}
