//! `validate`: the passcode as it comes back.

use lambda_http::{Body, Request, Response};
use serde_json::json;
use shared::address::Address;
use shared::api::caller::Caller;
use shared::api::error::Error;
use shared::api::{body, response};
use shared::challenge::verify::Submission;
use shared::verification::claim::ClaimFilter;

use crate::admission::number;
use crate::app::App;

pub async fn validate(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    caller.require_me()?;
    let body = body::json_object(request)?;
    let spelled = body::required_text(&body, "phone_number")?;
    let number = Address::from(number(app.numbering.parse(spelled))?);
    let code = body::code(&body, "passcode", &app.alphabet)?;
    let id = caller
        .own_account(&app.store, &app.keys, app.random, app.clock.now())
        .await?;
    let submission = Submission {
        user: &id,
        code: &code,
        among: ClaimFilter {
            scenario: Some(app.claims.scenario()),
            address: Some(&number),
            ..ClaimFilter::default()
        },
        now: app.clock.now(),
    };
    match app.verifier.verify(&submission).await {
        Ok(_) => Ok(response::json(200, &json!({ "result": true }))),
        Err(error) => Err(Error::of_code(error, &code)),
    }
}
