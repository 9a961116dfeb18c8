//! `POST /api/identity/user/v1.0/[me/]validate-code`: a code that proves a pending address; and `confirm-email`, where
//! whoever opens a link proves one without a token of access.
//! Counting, comparing and committing are `shared::challenge::verify`; here is who types, and whose code.

mod app;
mod confirm;

use lambda_http::request::LambdaRequest;
use lambda_http::{Body, LambdaEvent, Request, Response};
use serde_json::{Value, json};
use shared::api::caller::Caller;
use shared::api::error::Error;
use shared::api::identity_api::{self, About};
use shared::api::response::{self, Form};
use shared::api::serve::serve;
use shared::api::{body, request};
use shared::challenge::verify::{Submission, VerifyError};
use shared::runtime::{self, Function, Outcome};
use shared::user::User;
use shared::verification::claim::ClaimFilter;

pub use app::App;

impl Function for App {
    const NAME: &'static str = "validate-code";

    type Event = LambdaRequest;

    async fn invoke(&self, event: LambdaEvent<LambdaRequest>) -> impl Outcome + Send {
        runtime::http(|request| handle(self, request), event).await
    }
}

/// Answers 202 to the right code.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    serve(
        Form::Identity,
        &request,
        &app.clock,
        dispatch(app, &request),
    )
    .await
}

async fn dispatch(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    if request::route(request) == "POST /api/identity/user/v1.0/confirm-email" {
        return confirm::confirm(app, request).await;
    }
    validate(app, request).await
}

async fn validate(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    let body = body::json_object(request)?;
    let scenarios = app.store.scenarios();
    let code = if scenarios.email {
        body::code_or_token(&body, "code", &app.alphabet)
    } else {
        body::code(&body, "code", &app.alphabet)
    }?;
    let scenario = identity_api::scenario(&body, scenarios)?;
    let about = app.privileged.about(request, &caller, &body)?;
    let (privileged, anyones) = (about != About::Caller, about == About::Nobody);
    let id = match about {
        About::Named(named) => named.id(&app.store).await?,
        // Where nobody is named, whose code it is has to be found: the try is the caller's.
        About::Caller => {
            let now = app.clock.now();
            caller
                .own_account(&app.store, &app.keys, app.random, now)
                .await?
        }
        About::Nobody => caller.account(&app.store, &app.keys).await?,
    };
    let submission = Submission {
        user: &id,
        code: &code,
        among: ClaimFilter {
            scenarios,
            scenario,
            links: code.is_long(),
            ..ClaimFilter::default()
        },
        now: app.clock.now(),
    };
    let verified = match (anyones, app.lookup_by_code) {
        (false, _) => app.verifier.verify(&submission).await,
        (true, true) => app.verifier.verify_anyones(&submission).await,
        (true, false) => Err(app.verifier.tells_nobody(&submission)),
    };
    match verified {
        Ok(verified) if privileged => Ok(response::json(202, &shown(&verified.user))),
        Ok(_) => Ok(response::empty(202)),
        Err(VerifyError::NoUser { .. }) if privileged => Err(Error::UnknownUser),
        Err(VerifyError::Inactive) => Err(identity_api::inactive(privileged)),
        Err(error) => Err(Error::of_code(error, &code)),
    }
}

/// A user as privileged callers see whose code it was.
fn shown(user: &User) -> Value {
    json!({
        "username": user.user_name,
        "tenant-domain": "carbon.super",
        "realm": "PRIMARY",
        "userId": user.id,
    })
}
