//! `POST /cis/v1/verification/otp/sms/{send,validate}`: the caller verifies a number that is to join the profile.
//! It is the claim of a PATCH under another name: in the list scenario, or the primary one where users have no lists.

mod admission;
mod app;
mod custom_message;
mod phishing;
mod send;
mod validate;

use lambda_http::request::LambdaRequest;
use lambda_http::{Body, LambdaEvent, Request, Response};
use shared::api::error::Error;
use shared::api::request;
use shared::api::response::Form;
use shared::api::serve::serve;
use shared::runtime::{self, Function, Outcome};

pub use app::App;

impl Function for App {
    const NAME: &'static str = "transmit";

    type Event = LambdaRequest;

    async fn invoke(&self, event: LambdaEvent<LambdaRequest>) -> impl Outcome + Send {
        runtime::http(|request| handle(self, request), event).await
    }
}

/// Answers 200 when a passcode is on its way, or when it proved the number.
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
    match request::route(request).as_str() {
        "POST /cis/v1/verification/otp/sms/send" => send::send(app, request).await,
        "POST /cis/v1/verification/otp/sms/validate" => validate::validate(app, request).await,
        _ => Err(Error::NotFound),
    }
}
