//! `/sms-otp/{flowId}`: the hosted pages of a sign-in with a second factor (document 004): enter the code, enter the
//! number, how it ended. Forms without JavaScript and without cookies: whoever knows the flow's id may go on with it.

mod address;
mod app;
mod form;
mod input;
mod notice;
mod page;
mod show;
mod style;
mod take;
mod texts;
mod wording;

use lambda_http::request::LambdaRequest;
use lambda_http::{Body, LambdaEvent, Request, Response};
use shared::api::error::Error;
use shared::api::request;
use shared::api::serve::serve_pages;
use shared::runtime::{self, Function, Outcome};

pub use app::App;

impl Function for App {
    const NAME: &'static str = "second-factor-pages";

    type Event = LambdaRequest;

    async fn invoke(&self, event: LambdaEvent<LambdaRequest>) -> impl Outcome + Send {
        runtime::http(|request| handle(self, request), event).await
    }
}

/// Answers 200 with a page, 303 to where the browser goes on.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    let failed = |failure| page::failed(app, &request, failure);
    serve_pages(&request, &app.clock, dispatch(app, &request), failed).await
}

async fn dispatch(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    if !app.pages.hosted {
        return Ok(page::nowhere());
    }
    match request::route(request).as_str() {
        "GET /sms-otp/style.css" => Ok(app.style.answer(request)),
        "GET /sms-otp/{flowId}" => show::show(app, request).await,
        "POST /sms-otp/{flowId}" => take::take(app, request).await,
        _ => Ok(page::nowhere()),
    }
}
