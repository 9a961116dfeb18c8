//! GET: what the flow asks for, how it ended, or where the browser goes on. A success is shown and not used up.

use lambda_http::{Body, Request, Response};
use shared::api::error::Error;
use shared::api::request::{flow_id, query_parameter};
use shared::clock::Timestamp;
use shared::verification::flow::{Asks, Flow, FlowId, Stage};

use crate::address::with_flow;
use crate::app::App;
use crate::form;
use crate::notice::Notice;
use crate::page::{Message, Reader, see_other, way_back};

pub async fn show(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let id = flow_id(request)?;
    let now = app.clock.now();
    let flow = app.second_factor.look(&id, now).await?;
    let reader = Reader::of(app, request);
    if let Some(elsewhere) = elsewhere(app, &flow) {
        return Ok(see_other(&with_flow(elsewhere, &id)?));
    }
    match flow.stage {
        Stage::Open => form::page(&reader, &id, &flow, notice(request, now), now),
        Stage::Succeeded | Stage::Consumed => ended(&reader, &id, &flow, true),
        Stage::Failed => ended(&reader, &id, &flow, false),
    }
}

/// The page that the deployment has in place of this one, or where the end leads. Whoever comes back behind an end that
/// the application knows of is not sent there again: it would not know what for.
fn elsewhere<'a>(app: &'a App, flow: &'a Flow) -> Option<&'a str> {
    let pages = &app.pages;
    let page = match (flow.stage, flow.asks) {
        (Stage::Open, Asks::Number) => pages.mobile_number_reg_page.as_ref(),
        (Stage::Open, Asks::Code | Asks::BackupCode) => pages.authentication_endpoint.as_ref(),
        (Stage::Succeeded, _) => flow.return_url.as_ref(),
        (Stage::Failed, _) => flow.return_url.as_ref().or(pages.error_page.as_ref()),
        (Stage::Consumed, _) => None,
    };
    page.map(String::as_str)
}

fn ended(
    reader: &Reader<'_>,
    id: &FlowId,
    flow: &Flow,
    succeeded: bool,
) -> Result<Response<Body>, Error> {
    let texts = reader.texts;
    let text = if succeeded {
        texts.succeeded
    } else {
        texts.failed
    };
    let message = Message {
        status: 200,
        is_error: !succeeded,
        text: reader.say(text),
        link: way_back(reader, id, flow)?,
    };
    message.answer(reader)
}

fn notice(request: &Request, now: Timestamp) -> Option<Notice> {
    let parameter = |name| query_parameter(request, name).ok().flatten();
    Notice::read(parameter("e").as_deref(), parameter("t").as_deref(), now)
}
