//! `POST /api/identity/user/v1.0/[me/]resend-code`: another code for a pending number.
//! The old code is dead from then on; it works after the code's expiry while the claim lives.

use http::StatusCode;
use lambda_http::{Body, Request, Response};
use shared::api::body;
use shared::api::caller::{Caller, TokenPolicy};
use shared::api::error::Error;
use shared::api::identity_api::{self, About, PrivilegedPolicy};
use shared::api::request;
use shared::api::response::Form;
use shared::api::serve::serve;
use shared::challenge::issue::{CodeIssuer, IssueContext, Met};
use shared::clock::{Clock, Timestamp};
use shared::config::{ConfigError, Env};
use shared::messaging::caps::Requester;
use shared::messaging::courier;
use shared::platform::Platform;
use shared::store::{Store, pause};
use shared::telemetry::audit;
use shared::verification::Verification;
use shared::verification::claim::Claim;
use shared::verification::limits::Refusal;
use shared::verification::scenario::Scenario;

/// Claims that are changed by others between read and write are read again this often.
const RETRIES: u32 = 3;

/// What the function needs, made once at start.
#[derive(Debug)]
pub struct App {
    clock: Clock,
    store: Store,
    issuer: CodeIssuer,
    tokens: TokenPolicy,
    privileged: PrivilegedPolicy,
}

impl App {
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: platform.clock.clone(),
            store: Store::from_env(env, platform)?,
            issuer: CodeIssuer::from_env(env, platform).await?,
            tokens: TokenPolicy::from_env(env)?,
            privileged: PrivilegedPolicy::from_env(env)?,
        })
    }

    /// Opens the connection that the first request would wait for; whether it works is the first request's business.
    pub async fn warm_up(&self) {
        let _ = self.store.read("nobody").await;
    }
}

/// Answers 201 when another code is on its way.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    let trace_id = request::trace_id(&request);
    let work = resend(app, &request, &trace_id);
    serve(
        Form::Identity,
        (&request, &trace_id),
        &app.clock,
        Box::pin(work),
    )
    .await
}

async fn resend(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    let until = courier::deadline();
    let caller = Caller::from_request(request, &app.tokens)?;
    let origin = Requester::of(request, &caller);
    let body = body::json_object(request)?;
    let only = identity_api::scenario(&body)?;
    let about = app.privileged.about(request, &caller, &body)?;
    let privileged = about != About::Caller;
    let id = match about {
        About::Caller => caller
            .user_id(&app.store)
            .await?
            .ok_or(Error::NothingPending)?,
        About::Named(named) => named.id(&app.store).await?,
        About::Nobody => {
            return Err(Error::BadRequest(
                "user is missing: name a username or a userId.".into(),
            ));
        }
    };
    let mut met = Met::default();
    for attempt in 0..=RETRIES {
        let now = app.clock.now();
        let (user, state) = app.store.read(&id).await?;
        if privileged && user.is_none() {
            return Err(Error::UnknownUser);
        }
        let (scenario, claim) = may_resend(&id, &state, only, now, app)?;
        let ask = IssueContext {
            user: &id,
            now,
            until,
            origin,
            wording: None,
        };
        match app.issuer.renew(&ask, scenario, claim, state).await {
            Ok(_) => return Ok(identity_api::done(StatusCode::CREATED, trace_id)),
            Err(error) if met.others(&error) => pause(attempt).await,
            Err(error) => return Err(error.told(now)),
        }
    }
    Err(Error::Conflict)
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
        return Err(Error::refused(refusal, now));
    }
    let mut pending = state
        .all_pending(now)
        .filter(|(scenario, _)| only.is_none_or(|only| only == *scenario));
    match (pending.next(), pending.next()) {
        (Some((scenario, claim)), None) => Ok((scenario, claim.clone())),
        (Some(_), Some(_)) => Err(Error::UnknownScenario),
        (None, _) => Err(Error::NothingPending),
    }
}
