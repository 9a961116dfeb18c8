//! `POST /cis/v1/verification/otp/sms/{send,validate}`: the caller verifies a number that is to join the profile.
//! It is the claim of a PATCH under another name: in the list scenario, or the primary one where users have no lists.

mod admission;
mod custom_message;
mod phishing;

use std::time::Duration;

use http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde_json::json;
use shared::address::numbering::Numbering;
use shared::api::body;
use shared::api::caller::{Caller, TokenPolicy};
use shared::api::error::Error;
use shared::api::request;
use shared::api::response;
use shared::api::response::Form;
use shared::api::serve::serve;
use shared::api::sign_in::SignInPolicy;
use shared::challenge::issue::{CodeIssuer, IssueContext, Met, NewClaim};
use shared::challenge::verify::{CodeVerifier, Submission};
use shared::clock::Clock;
use shared::config::{ConfigError, Env};
use shared::messaging::caps::Requester;
use shared::messaging::courier;
use shared::otp::Alphabet;
use shared::platform::Platform;
use shared::store::{Store, pause};
use shared::verification::claim::ClaimFilter;
use shared::verification::limits::pending_validity;

use admission::ClaimPolicy;
use custom_message::WordingPolicy;

/// Claims that are changed by others between read and write are read again this often.
const RETRIES: u32 = 3;

/// What the function needs, made once at start.
#[derive(Debug)]
pub struct App {
    clock: Clock,
    store: Store,
    issuer: CodeIssuer,
    prover: CodeVerifier,
    alphabet: Alphabet,
    tokens: TokenPolicy,
    sign_in: SignInPolicy,
    numbering: Numbering,
    claims: ClaimPolicy,
    wording: WordingPolicy,
    pending_validity: Duration,
}

impl App {
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let issuer = CodeIssuer::from_env(env, platform).await?;
        let wording = WordingPolicy::from_env(env, issuer.message())?;
        Ok(Self {
            clock: platform.clock.clone(),
            prover: issuer.prover(Store::of_users(env, platform)?),
            store: Store::from_env(env, platform)?,
            issuer,
            alphabet: Alphabet::from_env(env)?,
            tokens: TokenPolicy::from_env(env)?,
            sign_in: SignInPolicy::from_env(env)?,
            numbering: Numbering::from_env(env)?,
            claims: ClaimPolicy::from_env(env)?,
            wording,
            pending_validity: pending_validity(env)?,
        })
    }

    /// Opens the connection that the first request would wait for; whether it works is the first request's business.
    pub async fn warm_up(&self) {
        let _ = self.store.read("nobody").await;
    }
}

/// Answers 200 when a passcode is on its way, or when it proved the number.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    let trace_id = request::trace_id(&request);
    let work = async {
        match request::route(&request).as_str() {
            "POST /cis/v1/verification/otp/sms/send" => send(app, &request, &trace_id).await,
            "POST /cis/v1/verification/otp/sms/validate" => {
                validate(app, &request, &trace_id).await
            }
            _ => Err(Error::NotFound),
        }
    };
    serve(
        Form::Identity,
        (&request, &trace_id),
        &app.clock,
        Box::pin(work),
    )
    .await
}

async fn send(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    let until = courier::deadline();
    let caller = Caller::from_request(request, &app.tokens)?;
    let body = body::json_object(request)?;
    let spelled = body::required_text(&body, "phone_number")?;
    admission::number(app.numbering.parse(spelled))?;
    let wording = app.wording.asked(&body, app.issuer.message())?;
    app.sign_in.check(&caller, app.clock.now())?;
    let id = caller.user_id(&app.store).await?.ok_or(Error::NotFound)?;
    let mut met = Met::default();
    for attempt in 0..=RETRIES {
        let now = app.clock.now();
        let (user, state) = app.store.read(&id).await?;
        let numbers = user.ok_or(Error::NotFound)?.numbers;
        let number = admission::number(numbers.read(spelled, &app.numbering))?;
        let scenario = app.claims.may_start(&numbers, &number)?;
        let ask = IssueContext {
            user: &id,
            now,
            until,
            origin: Requester::of(request, &caller),
            wording: Some(&wording),
        };
        let new = NewClaim {
            scenario,
            region: number.region(),
            number,
            expires: now + app.pending_validity,
        };
        match app.issuer.start(&ask, new, state).await {
            Ok(_) => {
                let sent = json!({ "message": "SMS sent" });
                return Ok(answered(&sent, trace_id));
            }
            Err(error) if met.others(&error) => pause(attempt).await,
            Err(error) => return Err(error.told(now)),
        }
    }
    Err(Error::Conflict)
}

async fn validate(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    let body = body::json_object(request)?;
    let spelled = body::required_text(&body, "phone_number")?;
    let number = admission::number(app.numbering.parse(spelled))?;
    let code = body::code(&body, "passcode", &app.alphabet)?;
    let id = app.prover.account(&caller).await?;
    let typed = Submission {
        user: &id,
        code: &code,
        among: ClaimFilter {
            scenario: Some(app.claims.scenario()),
            number: Some(&number),
        },
        now: app.clock.now(),
    };
    match app.prover.verify(&typed).await {
        Ok(_) => Ok(answered(&json!({ "result": true }), trace_id)),
        Err(error) => Err(error.told(&typed)),
    }
}

fn answered(body: &serde_json::Value, trace_id: &str) -> Response<Body> {
    response::json_response(StatusCode::OK, Form::Identity, body, trace_id)
}
