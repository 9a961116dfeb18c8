//! `POST /api/identity/user/v1.0/[me/]validate-code`: a code that proves a pending number.
//! Counting, comparing and committing are `shared::challenge::verify`; here is who types, and whose code.

use http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde_json::json;
use shared::api::body;
use shared::api::caller::{Caller, TokenPolicy};
use shared::api::error::Error;
use shared::api::identity_api::{self, About, PrivilegedPolicy};
use shared::api::request;
use shared::api::response;
use shared::api::response::Form;
use shared::api::serve::serve;
use shared::challenge::verify::{CodeVerifier, Submission, Verified, VerifyError};
use shared::clock::Clock;
use shared::config::{ConfigError, Env, flag};
use shared::otp::Alphabet;
use shared::platform::Platform;
use shared::store::Store;
use shared::verification::claim::ClaimFilter;

/// What the function needs, made once at start.
#[derive(Debug)]
pub struct App {
    clock: Clock,
    store: Store,
    prover: CodeVerifier,
    alphabet: Alphabet,
    tokens: TokenPolicy,
    privileged: PrivilegedPolicy,
    /// Whether a code finds its user where none is named.
    lookup_by_code: bool,
}

impl App {
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: platform.clock.clone(),
            store: Store::from_env(env, platform)?,
            prover: CodeVerifier::from_env(env, platform).await?,
            alphabet: Alphabet::from_env(env)?,
            tokens: TokenPolicy::from_env(env)?,
            privileged: PrivilegedPolicy::from_env(env)?,
            lookup_by_code: flag(env, "PRIVILEGED_LOOKUP_BY_CODE", true)?,
        })
    }

    /// Opens the connection that the first request would wait for; whether it works is the first request's business.
    pub async fn warm_up(&self) {
        let _ = self.store.user("nobody").await;
    }
}

/// Answers 202 to the right code.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    let trace_id = request::trace_id(&request);
    let work = validate(app, &request, &trace_id);
    serve(
        Form::Identity,
        (&request, &trace_id),
        &app.clock,
        Box::pin(work),
    )
    .await
}

async fn validate(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    let body = body::json_object(request)?;
    let code = body::code(&body, "code", &app.alphabet)?;
    let scenario = identity_api::scenario(&body)?;
    let now = app.clock.now();

    let about = app.privileged.about(request, &caller, &body)?;
    let privileged = about != About::Caller;
    let anyones = about == About::Nobody;
    let typed = |user| Submission {
        user,
        code: &code,
        among: ClaimFilter {
            scenario,
            ..ClaimFilter::default()
        },
        now,
    };
    let id = match about {
        About::Named(named) => named.id(&app.store).await?,
        // Where nobody is named, whose code it is has to be found: the try is the caller's.
        About::Caller | About::Nobody => app.prover.account(&caller).await?,
    };
    let proven = match (anyones, app.lookup_by_code) {
        (false, _) => app.prover.verify(&typed(&id)).await,
        (true, true) => app.prover.verify_anyones(&typed(&id)).await,
        (true, false) => app.prover.count_only(&typed(&id)).await,
    };
    let Verified { user } = match proven {
        Ok(proven) => proven,
        Err(VerifyError::NoUser { .. }) if privileged => return Err(Error::UnknownUser),
        Err(error) => return Err(error.told(&typed(&id))),
    };
    Ok(if privileged {
        let shown = json!({
            "username": user.user_name,
            "tenant-domain": "carbon.super",
            "realm": "PRIMARY",
            "userId": user.id,
        });
        response::json_response(StatusCode::ACCEPTED, Form::Identity, &shown, trace_id)
    } else {
        identity_api::done(StatusCode::ACCEPTED, trace_id)
    })
}
