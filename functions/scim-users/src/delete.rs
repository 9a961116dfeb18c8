//! `DELETE /scim2/Users/{id}`: the user and everything that is pending.

use lambda_http::{Body, Request, Response};
use shared::api::caller::{Caller, DELETE};
use shared::api::error::Error;
use shared::api::user_response::ResponseOptions;
use shared::api::{request, response};
use shared::store::Saved;
use shared::telemetry::audit;

use crate::app::App;

/// A user that others change while it is to be deleted is read again this often.
const RETRIES: usize = 3;

pub async fn delete(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(DELETE)?;
    let asked = ResponseOptions::from_request(request)?;
    let id = request::path_parameter(request, "id").ok_or(Error::NotFound)?;
    for _ in 0..=RETRIES {
        let user = app.store.user(&id).await?.ok_or(Error::NotFound)?;
        asked.may_change(&user)?;
        if app.store.delete(&user).await? == Saved::Done {
            audit::deleted(&id);
            return Ok(response::empty(204));
        }
    }
    Err(Error::Conflict)
}
