//! The steps of a flow that has been started, each named by its `flowId`.

use lambda_http::{Body, Request, Response};
use shared::api::error::Error;
use shared::api::{body, request, response};
use shared::challenge::login::Proof;
use shared::user::backup_codes::BackupCode;
use shared::verification::flow::{Flow, FlowId};

use crate::app::App;
use crate::flow;
use crate::initiate::step;

/// `{"code":"…"}` or `{"backupCode":"…"}`.
pub async fn verify(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let body = body::json_object(request)?;
    let backup_code = body::text(&body, "backupCode")?;
    if backup_code.is_some() && body.contains_key("code") {
        return Err(Error::BadRequest(
            "Send a code or a backupCode, not both.".into(),
        ));
    }
    let id = request::flow_id(request)?;
    let now = app.clock.now();
    let flow = if let Some(text) = backup_code {
        let code = BackupCode::parse(text).ok_or_else(|| {
            Error::BadRequest("backupCode must be 1 to 64 ASCII letters or digits.".into())
        })?;
        app.second_factor
            .verify(&id, Proof::BackupCode(&code), now)
            .await?
    } else {
        let code = body::code(&body, "code", &app.alphabet)?;
        app.second_factor
            .verify(&id, Proof::Code(&code), now)
            .await?
    };
    Ok(answer(app, request, &id, &flow))
}

/// No body is needed.
pub async fn resend(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let step = step(app);
    let id = request::flow_id(request)?;
    app.second_factor.resend(&id, &step).await?;
    Ok(response::empty(201))
}

/// `{"mobileNumber":"…"}`.
pub async fn mobile(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let step = step(app);
    let body = body::json_object(request)?;
    let number = body::required_text(&body, "mobileNumber")?;
    let id = request::flow_id(request)?;
    let flow = app.second_factor.send_to(&id, number, &step).await?;
    Ok(answer(app, request, &id, &flow))
}

pub async fn outcome(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let id = request::flow_id(request)?;
    let flow = app.second_factor.outcome(&id, app.clock.now()).await?;
    Ok(answer(app, request, &id, &flow))
}

fn answer(app: &App, request: &Request, id: &FlowId, flow: &Flow) -> Response<Body> {
    let shown = flow::shown(app, request, id, flow, app.clock.now());
    response::json(200, &shown)
}
