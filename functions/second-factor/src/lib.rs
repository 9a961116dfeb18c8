//! `/api/identity/authn/v1.0/sms-otp`: SMS as a second factor, for the back end of an application (document 004).
//! It starts a flow once the first factor is proved, takes the code, and asks how the flow ended.

mod app;
mod backup_codes;
mod flow;
mod initiate;
mod return_url;
mod steps;

use lambda_http::request::LambdaRequest;
use lambda_http::{Body, LambdaEvent, Request, Response};
use shared::api::caller::{AUTHENTICATE, Caller};
use shared::api::error::Error;
use shared::api::request;
use shared::api::response::Form;
use shared::api::serve::serve;
use shared::runtime::{self, Function, Outcome};

pub use app::App;

impl Function for App {
    const NAME: &'static str = "second-factor";

    type Event = LambdaRequest;

    async fn invoke(&self, event: LambdaEvent<LambdaRequest>) -> impl Outcome + Send {
        runtime::http(|request| handle(self, request), event).await
    }
}

/// Answers 200 with the flow, 201 when another code is on its way.
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
    Caller::from_request(request, &app.tokens)?.require(AUTHENTICATE)?;
    let route = request::route(request);
    let Some((method, call)) = route.split_once(" /api/identity/authn/v1.0/sms-otp/") else {
        return Err(Error::NotFound);
    };
    match (method, call) {
        ("POST", "initiate") => initiate::initiate(app, request).await,
        ("POST", "backup-codes") => backup_codes::generate(app, request).await,
        ("POST", "{flowId}/verify") => steps::verify(app, request).await,
        ("POST", "{flowId}/resend") => steps::resend(app, request).await,
        ("POST", "{flowId}/mobile") => steps::mobile(app, request).await,
        ("GET", "{flowId}") => steps::outcome(app, request).await,
        _ => Err(Error::NotFound),
    }
}
