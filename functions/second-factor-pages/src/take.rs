//! POST: one step, and back to the page by GET, so that a reload sends nothing again.

use lambda_http::{Body, Request, Response};
use shared::api::body;
use shared::api::error::Error;
use shared::api::request::flow_id;
use shared::challenge::login::{LoginError, Proof, Step};
use shared::messaging::caps::Requester;
use shared::messaging::courier;
use shared::user::backup_codes::BackupCode;
use shared::verification::flow::{FlowId, Stage};

use crate::app::App;
use crate::input::Input;
use crate::notice::{Kind, Notice};
use crate::page::see_other;

pub async fn take(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let step = step(app, request);
    let fields = body::form(request)?;
    let input = Input::of(&fields)?;
    let id = flow_id(request)?;
    let notice = match carry_out(app, &id, &input, &step).await {
        Ok(notice) => notice,
        // It has ended: its page says how, for a second click as for the first. Or there is none, and that says 404.
        Err(LoginError::NoFlow) => {
            app.second_factor.look(&id, step.now).await?;
            None
        }
        Err(error) => Some(Notice::of(error)?),
    };
    let page = id.expose();
    Ok(match notice {
        None => see_other(page),
        Some(notice) => see_other(&format!("{page}?{}", notice.query())),
    })
}

/// The address of the browser counts as for every message.
fn step(app: &App, request: &Request) -> Step {
    Step {
        now: app.clock.now(),
        until: courier::deadline(),
        requester: Requester {
            address: app.addresses.of(request),
            ..Requester::default()
        },
    }
}

/// What its page is to say of it, where the flow goes on.
async fn carry_out(
    app: &App,
    id: &FlowId,
    input: &Input<'_>,
    step: &Step,
) -> Result<Option<Notice>, LoginError> {
    let factor = &app.second_factor;
    let (flow, said) = match input {
        Input::Code(text) => {
            let Some(code) = app.alphabet.read(text) else {
                return Ok(Some(Kind::Unreadable.into()));
            };
            let flow = factor.verify(id, Proof::Code(&code), step.now).await?;
            (flow, Some(Kind::WrongCode))
        }
        Input::BackupCode(text) => {
            let Some(code) = BackupCode::parse(text) else {
                return Ok(Some(Kind::WrongBackupCode.into()));
            };
            let proof = Proof::BackupCode(&code);
            let flow = factor.verify(id, proof, step.now).await?;
            (flow, Some(Kind::WrongBackupCode))
        }
        Input::MobileNumber(text) => (factor.send_to(id, text, step).await?, None),
        Input::Resend => {
            factor.resend(id, step).await?;
            return Ok(Some(Kind::Resent.into()));
        }
    };
    let said = said.filter(|_| flow.stage == Stage::Open);
    Ok(said.map(Notice::from))
}
