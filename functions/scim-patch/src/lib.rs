//! PATCH and PUT of `/scim2/Users/{id}` and `/scim2/Me`: a changed mobile number is held back until its code comes.
//! All or nothing: whatever fails, the user and what was pending are as before.

mod app;
mod apply;
mod decide;
mod emails;
mod import;
mod next;
mod plan;
mod second_factor;
mod self_service;
mod update;

use lambda_http::request::LambdaRequest;
use lambda_http::{Body, LambdaEvent, Request, Response};
use shared::api::response::Form;
use shared::api::serve::serve;
use shared::runtime::{self, Function, Outcome};

pub use app::App;

impl Function for App {
    const NAME: &'static str = "scim-patch";

    type Event = LambdaRequest;

    async fn invoke(&self, event: LambdaEvent<LambdaRequest>) -> impl Outcome + Send {
        runtime::http(|request| handle(self, request), event).await
    }
}

/// Answers 200 with the whole user.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    serve(
        Form::Scim,
        &request,
        &app.clock,
        update::update(app, &request),
    )
    .await
}
