//! `POST` and `GET /scim2/Users` with its searches, `GET` and `DELETE /scim2/Users/{id}`, `GET /scim2/Me`, discovery,
//! and everything below `/scim2` that no route names, answered in SCIM's form.

mod app;
mod create;
mod cursor;
mod delete;
mod discovery;
mod list;
mod query;
mod read;
mod search;

use lambda_http::{Body, Request, Response};
use shared::api::error::Error;
use shared::api::request;
use shared::api::response::Form;
use shared::api::serve::serve;

pub use app::App;

/// Dispatches on the route that API Gateway chose.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    serve(Form::Scim, &request, &app.clock, dispatch(app, &request)).await
}

async fn dispatch(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    match request::route(request).as_str() {
        "POST /scim2/Users" => create::create(app, request).await,
        "GET /scim2/Users" => list::list(app, request).await,
        "POST /scim2/Users/.search" | "POST /scim2/.search" => list::search(app, request).await,
        "GET /scim2/Users/{id}" => read::get(app, request).await,
        "GET /scim2/Me" => read::get_me(app, request).await,
        "DELETE /scim2/Users/{id}" => delete::delete(app, request).await,
        "GET /scim2/ServiceProviderConfig"
        | "GET /scim2/ResourceTypes"
        | "GET /scim2/ResourceTypes/{id}"
        | "GET /scim2/Schemas"
        | "GET /scim2/Schemas/{id}" => discovery::discover(app, request),
        _ => Err(nowhere(request)),
    }
}

/// Below `/scim2`, but no route of it: 405 where another method is one, else 404.
fn nowhere(request: &Request) -> Error {
    let path = request::path_parameter(request, "proxy").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["Users"] => Error::MethodNotAllowed("GET, POST".into()),
        [".search"] => Error::MethodNotAllowed("POST".into()),
        ["Users", id] if !id.is_empty() => {
            Error::MethodNotAllowed("GET, PUT, PATCH, DELETE".into())
        }
        ["Me"] => Error::MethodNotAllowed("GET, PUT, PATCH".into()),
        ["ServiceProviderConfig" | "ResourceTypes" | "Schemas"] => {
            Error::MethodNotAllowed("GET".into())
        }
        ["ResourceTypes" | "Schemas", id] if !id.is_empty() => {
            Error::MethodNotAllowed("GET".into())
        }
        _ => Error::NotFound,
    }
}
