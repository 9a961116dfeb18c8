//! PATCH and PUT of `/scim2/Users/{id}` and `/scim2/Me`: a changed mobile number is held back until its code comes.
//! All or nothing: whatever fails, the user and what was pending are as before.

mod app;
mod apply;
mod decide;
mod import;
mod update;

use lambda_http::{Body, Request, Response};
use shared::api::response::Form;
use shared::api::serve::serve;

pub use app::App;

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
