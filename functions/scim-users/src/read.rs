//! `GET /scim2/Users/{id}` and `GET /scim2/Me`.

use lambda_http::{Body, Request, Response};
use shared::api::caller::{Caller, VIEW};
use shared::api::error::Error;
use shared::api::request;
use shared::api::user_response::{self, ResponseOptions};

use crate::app::App;

pub async fn get(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(VIEW)?;
    let id = request::path_parameter(request, "id").ok_or(Error::NotFound)?;
    show(app, request, &id).await
}

pub async fn get_me(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    caller.require_me()?;
    let id = caller
        .own_id(&app.store, app.random, app.clock.now())
        .await?
        .ok_or(Error::NotFound)?;
    let mut response = show(app, request, &id).await?;
    user_response::located(&mut response, &id, &app.base_url.of(request));
    Ok(response)
}

async fn show(app: &App, request: &Request, id: &str) -> Result<Response<Body>, Error> {
    let asked = ResponseOptions::from_request(request)?;
    let (user, pending) = app.store.read(id).await?;
    let user = user.ok_or(Error::NotFound)?;
    asked.read(&user, app.view(&pending, &app.base_url.of(request)))
}
