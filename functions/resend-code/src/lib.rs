//! `POST /api/identity/user/v1.0/[me/]resend-code`: another code for a pending number.
//! The old code is dead from then on; it works after the code's expiry while the claim lives.

mod app;

use lambda_http::request::LambdaRequest;
use lambda_http::{Body, LambdaEvent, Request, Response};
use shared::api::body;
use shared::api::caller::Caller;
use shared::api::error::Error;
use shared::api::identity_api::{self, About};
use shared::api::response::{self, Form};
use shared::api::serve::serve;
use shared::challenge::attempts::Attempts;
use shared::challenge::issue::IssueContext;
use shared::clock::Timestamp;
use shared::messaging::courier;
use shared::runtime::{self, Function, Outcome};
use shared::telemetry::audit;
use shared::verification::Verification;
use shared::verification::claim::Claim;
use shared::verification::limits::Refusal;
use shared::verification::scenario::Scenario;

pub use app::App;

impl Function for App {
    const NAME: &'static str = "resend-code";

    type Event = LambdaRequest;

    async fn invoke(&self, event: LambdaEvent<LambdaRequest>) -> impl Outcome + Send {
        runtime::http(|request| handle(self, request), event).await
    }
}

/// Answers 201 when another code is on its way.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    serve(Form::Identity, &request, &app.clock, resend(app, &request)).await
}

async fn resend(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let until = courier::deadline();
    let caller = Caller::from_request(request, &app.tokens)?;
    let body = body::json_object(request)?;
    let only = identity_api::scenario(&body, app.scenarios)?;
    let about = app.privileged.about(request, &caller, &body)?;
    let privileged = about != About::Caller;
    let id = whose(app, &caller, about).await?;
    let mut attempts = Attempts::new(app.random);
    loop {
        let now = app.clock.now();
        let (user, state) = app.store.read(&id).await?;
        let user = match user {
            Some(user) => user,
            None if privileged => return Err(Error::UnknownUser),
            None => return Err(Error::NothingPending),
        };
        if !user.is_active() {
            return Err(identity_api::inactive(privileged));
        }
        let (scenario, claim) = may_resend(&id, &state, only, now, app)?;
        let context = IssueContext {
            user: &id,
            now,
            until,
            requester: caller
                .requester(request, &app.addresses)
                .acting(privileged && !caller.is(&user)),
            message: None,
        };
        match app.issuer.renew(&context, scenario, claim, state).await {
            Ok(_) => return Ok(response::empty(201)),
            Err(error) => attempts.again(error).await?,
        }
    }
}

/// The id of the user whose claim gets another code.
async fn whose(app: &App, caller: &Caller, about: About) -> Result<String, Error> {
    match about {
        About::Caller => {
            let now = app.clock.now();
            let own = caller.own_id(&app.store, app.random, now).await?;
            own.ok_or(Error::NothingPending)
        }
        About::Named(named) => named.id(&app.store).await,
        About::Nobody => Err(identity_api::no_user_named()),
    }
}

/// Which claim gets another code: the one named, or the only one.
fn may_resend(
    id: &str,
    state: &Verification,
    only: Option<Scenario>,
    now: Timestamp,
    app: &App,
) -> Result<(Scenario, Claim), Error> {
    if let Some(until) = state.locked_until(now, &app.issuer.limits) {
        let refusal = Refusal::Locked { until };
        audit::refused(id, None, &refusal);
        return Err(Error::Refused(refusal));
    }
    let mut pending = state.all_pending(now).filter(|(scenario, _)| {
        let known = app.scenarios.contains(*scenario);
        known && only.is_none_or(|only| only == *scenario)
    });
    match (pending.next(), pending.next()) {
        (Some((scenario, claim)), None) => Ok((scenario, claim.clone())),
        (Some(_), Some(_)) => Err(Error::UnknownScenario(app.scenarios)),
        (None, _) => Err(Error::NothingPending),
    }
}
