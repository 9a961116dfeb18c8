//! `POST /api/identity/user/v1.0/[me/]validate-code`: a code that proves a pending number.
//! The try is counted before anything is compared; claim and number change in one transaction.

use http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde_json::{Map, Value, json};
use shared::audit::{self, NotRight};
use shared::caller::{Caller, TokenPolicy};
use shared::clock::{Clock, Timestamp};
use shared::config::{ConfigError, Env};
use shared::door;
use shared::error::{Error, Form};
use shared::identity::{self, About, PrivilegedPolicy};
use shared::keys::Keys;
use shared::otp::{Code, CodeId};
use shared::phone_number::PhoneNumber;
use shared::platform::Platform;
use shared::store::{Committed, Counted, Store};
use shared::telemetry;
use shared::user::User;
use shared::verification::{Found, Refusal, Scenario, TryLimits, Verification};

/// A user that is changed by others while its number is committed is read and written again this often.
const RETRIES: usize = 3;

/// What the function needs, made once at start.
#[derive(Debug)]
pub struct App {
    clock: Clock,
    store: Store,
    keys: Keys,
    tokens: TokenPolicy,
    privileged: PrivilegedPolicy,
    limits: TryLimits,
}

impl App {
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: platform.clock.clone(),
            store: Store::from_env(env, platform)?,
            keys: Keys::from_env(env, platform).await?,
            tokens: TokenPolicy::from_env(env),
            privileged: PrivilegedPolicy::from_env(env)?,
            limits: TryLimits::from_env(env)?,
        })
    }

    /// Opens the connection that the first request would wait for; whether it works is the first request's business.
    pub async fn warm_up(&self) {
        let _ = self.store.user("nobody").await;
    }
}

/// Answers 202 to the right code.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    let trace_id = door::trace_id(&request);
    let answer = async { identity::answer(validate(app, &request, &trace_id).await, &trace_id) };
    telemetry::traced(&trace_id, answer).await
}

async fn validate(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    let body = door::json_object(request)?;
    let code = code(&body)?;
    let only = identity::scenario(&body)?;
    let now = app.clock.now();

    let about = app.privileged.about(request, &caller, &body)?;
    let privileged = about != About::Caller;
    let id = match about {
        About::Caller => caller.id,
        About::Named(named) => named.id(&app.store).await?,
        // Whose code it is cannot be told: the try is the caller's.
        About::Nobody => {
            let state = count(app, &caller.id, now).await?;
            audit::not_validated(&caller.id, NotRight::NobodyNamed, &state, now, &app.limits);
            return Err(Error::UserNotNamed);
        }
    };
    let (state, user) = tokio::join!(count(app, &id, now), app.store.user(&id));
    let user = user?;
    if privileged && user.is_none() {
        return Err(Error::UnknownUser);
    }
    let state = state?;
    let keys = app.keys.versions(&state.key_versions(now)).await?;
    let (scenario, claim) = match state.find(&id, &code, only, &keys, now, &app.limits) {
        Found::Right(scenario, claim) => (scenario, claim),
        other => {
            app.store
                .recount_failure(&id, &state, now, &app.limits)
                .await?;
            let (reason, error) = match other {
                Found::Expired => (NotRight::Expired, Error::ExpiredCode),
                _ => (NotRight::Wrong, invalid(&code)),
            };
            audit::not_validated(&id, reason, &state, now, &app.limits);
            return Err(error);
        }
    };
    let (number, code_id) = (&claim.number, &claim.code_id);
    audit::validated(&id, scenario, number);
    let user = match user {
        Some(user) => commit(app, user, scenario, number, code_id, now).await?,
        None => None,
    };
    let Some(user) = user else {
        audit::not_validated(&id, NotRight::Gone, &state, now, &app.limits);
        return Err(invalid(&code));
    };
    audit::committed(&id, scenario, number);
    Ok(if privileged {
        let shown = json!({
            "username": user.user_name,
            "tenant-domain": "carbon.super",
            "realm": "PRIMARY",
            "userId": user.id,
        });
        door::json_response(StatusCode::ACCEPTED, Form::Identity, &shown, trace_id)
    } else {
        identity::done(StatusCode::ACCEPTED, trace_id)
    })
}

fn invalid(code: &Code) -> Error {
    Error::InvalidCode(code.expose().to_owned())
}

fn code(body: &Map<String, Value>) -> Result<Code, Error> {
    let text = match body.get("code") {
        Some(Value::String(text)) => text,
        Some(_) => return Err(Error::BadRequest("code must be a text.".into())),
        None => return Err(Error::BadRequest("code is missing.".into())),
    };
    Code::parse(text)
        .ok_or_else(|| Error::BadRequest("code must be 1 to 10 ASCII letters or digits.".into()))
}

/// Counts a try before anything is compared, and returns the state with it.
async fn count(app: &App, id: &str, now: Timestamp) -> Result<Verification, Error> {
    match app.store.count_try(id, now, &app.limits).await? {
        Counted::Try(state) => Ok(*state),
        Counted::Locked { until } => {
            let refusal = Refusal::Locked { until };
            audit::refused(id, None, &refusal);
            Err(Error::refused(refusal, now))
        }
    }
}

/// Consumes the claim and writes the number; None where another request was faster.
async fn commit(
    app: &App,
    mut before: User,
    scenario: Scenario,
    number: &PhoneNumber,
    code: &CodeId,
    now: Timestamp,
) -> Result<Option<User>, Error> {
    for _ in 0..=RETRIES {
        let mut after = before.clone();
        after.numbers.commit(scenario, number.clone());
        after.version += 1;
        after.last_modified = now;
        match app.store.commit(&before, &after, scenario, code).await? {
            Committed::Done => return Ok(Some(after)),
            Committed::ClaimGone => return Ok(None),
            Committed::UserChanged => match app.store.user(&before.id).await? {
                Some(user) => before = user,
                None => return Ok(None),
            },
        }
    }
    Err(Error::Conflict)
}
