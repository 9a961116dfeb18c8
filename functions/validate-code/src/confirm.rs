//! `POST /api/identity/user/v1.0/confirm-email`: the token of a link, from whoever opens the mail, on whichever device.
//! Every token that proves nothing is answered alike, and nothing is told of whose address it is.

use lambda_http::{Body, Request, Response};
use shared::api::error::Error;
use shared::api::{body, response};
use shared::challenge::verify::{TriedToken, VerifyError};

use crate::app::App;

/// Answers 202 to a token that lives.
pub async fn confirm(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let body = body::json_object(request)?;
    let code = body::code_or_token(&body, "code", &app.alphabet)?;
    // What no link can hold, and any where there are no links, is worth no read and no write.
    if !code.is_token() || !app.store.scenarios().email {
        return Err(Error::InvalidCode(None));
    }
    let tried = TriedToken {
        token: &code,
        from: app.addresses.of(request),
        most: app.most_tries,
        now: app.clock.now(),
    };
    match app.verifier.confirm(&tried).await {
        Ok(_) => Ok(response::empty(202)),
        Err(VerifyError::Wrong) => Err(Error::InvalidCode(None)),
        Err(error) => Err(Error::of_code(error, &code)),
    }
}
