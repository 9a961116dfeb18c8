//! `/openapi.json`, `/llms.txt` and `/ui/…`: the web components, the hosted page and the descriptions of the API.
//! Files that are a part of the binary, and two documents that are made of settings; no token, no table, no secret.

mod app;
mod coding;
mod confirm_email;
mod content;
mod files;
#[cfg(test)]
mod kind;
mod texts;

use std::future::ready;

use http::header::ACCEPT_LANGUAGE;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Body, LambdaEvent, Request, RequestExt, Response};
use shared::runtime::{self, Function, Outcome};

pub use app::App;
use content::Content;

impl Function for App {
    const NAME: &'static str = "pages";

    type Event = LambdaRequest;

    async fn invoke(&self, event: LambdaEvent<LambdaRequest>) -> impl Outcome + Send {
        runtime::http(|request| ready(handle(self, &request)), event).await
    }
}

/// Answers GET and HEAD with a file, 304 where the client has it, or 404.
pub fn handle(app: &App, request: &Request) -> Response<Body> {
    match path(request).and_then(|path| content(app, &path, request)) {
        Some(content) => content.answer(request.method(), request.headers()),
        None => content::nowhere(),
    }
}

/// Which path is asked for, by the route and its parameter: the URI may have been normalised on the way.
fn path(request: &Request) -> Option<String> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else {
        return None;
    };
    let (_, route) = context.route_key.as_deref()?.split_once(' ')?;
    match route.strip_suffix("{file+}") {
        Some(folder) => {
            let parameters = request.path_parameters();
            Some(format!("{folder}{}", parameters.first("file")?))
        }
        None => Some(route.to_owned()),
    }
}

fn content(app: &App, path: &str, request: &Request) -> Option<Content> {
    if !app.hosted {
        return None;
    }
    match path {
        "/ui/settings.json" => Some(Content::json(&app.settings)),
        "/ui/confirm-email" => {
            let accepted = request.headers().get(ACCEPT_LANGUAGE);
            let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
            app.confirm_email.page(accepted.unwrap_or_default())
        }
        path => files::find(path).map(|file| Content::file(file, request.headers())),
    }
}
