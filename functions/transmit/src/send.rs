//! `send`: a passcode to a number that the caller wants to have verified.

use lambda_http::{Body, Request, Response};
use serde_json::json;
use shared::api::caller::Caller;
use shared::api::error::Error;
use shared::api::{body, response};
use shared::challenge::attempts::Attempts;
use shared::challenge::issue::{IssueContext, NewClaim};
use shared::messaging::courier;

use crate::admission::{self, number};
use crate::app::App;

pub async fn send(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let until = courier::deadline();
    let caller = Caller::from_request(request, &app.tokens)?;
    caller.require_me()?;
    let body = body::json_object(request)?;
    let spelled = body::required_text(&body, "phone_number")?;
    number(app.numbering.parse(spelled))?;
    let message = app.custom_messages.wanted(&body, app.issuer.message())?;
    app.sign_in.check(&caller, app.clock.now())?;
    let id = caller
        .own_id(&app.store, app.random, app.clock.now())
        .await?
        .ok_or(Error::NotFound)?;
    let mut attempts = Attempts::new(app.random);
    loop {
        let now = app.clock.now();
        let (user, state) = app.store.read(&id).await?;
        let user = user.ok_or(Error::NotFound)?;
        if !user.is_active() {
            return Err(Error::Inactive);
        }
        let numbers = user.numbers;
        let number = number(numbers.read(spelled, &app.numbering))?;
        let scenario = (app.claims.may_start(&numbers, &number)).map_err(admission::refused)?;
        let context = IssueContext {
            user: &id,
            now,
            until,
            requester: caller.requester(request, &app.addresses),
            message: Some(&message),
        };
        let new = NewClaim {
            scenario,
            region: number.region(),
            address: number.into(),
            expires: now + app.pending_validity,
            entry: None,
        };
        match app.issuer.start(&context, vec![new], state).await {
            Ok(_) => return Ok(response::json(200, &json!({ "message": "SMS sent" }))),
            Err(error) => attempts.again(error).await?,
        }
    }
}
