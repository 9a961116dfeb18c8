//! A flow as the application reads it.

use lambda_http::Request;
use serde_json::{Map, Value, json};
use shared::clock::Timestamp;
use shared::verification::flow::{Asks, Flow, FlowId, Method, Stage, last_digits};

use crate::app::App;

pub fn shown(app: &App, request: &Request, id: &FlowId, flow: &Flow, now: Timestamp) -> Value {
    let mut shown = json!({
        "flowId": id.expose(),
        "flowStatus": status(flow),
    });
    let user = user(flow);
    if let Some(members) = shown.as_object_mut() {
        if let Some(next) = next_step(app, request, id, flow, now) {
            members.insert("nextStep".into(), next);
        }
        members.insert("user".into(), Value::Object(user));
        let done = matches!(flow.stage, Stage::Succeeded | Stage::Consumed);
        let method = flow.method.filter(|_| done).map(Method::name);
        members.insert("amr".into(), method.as_slice().into());
    }
    shown
}

fn status(flow: &Flow) -> &'static str {
    match flow.stage {
        Stage::Open if flow.has_failed_tries() => "FAIL_INCOMPLETE",
        Stage::Open => "INCOMPLETE",
        Stage::Succeeded | Stage::Consumed => "SUCCESS_COMPLETED",
        Stage::Failed => "FAIL_COMPLETED",
    }
}

fn user(flow: &Flow) -> Map<String, Value> {
    let subject = &flow.subject;
    let id = subject.user_id.as_ref().or(subject.unknown_id.as_ref());
    let members = [("id", id), ("username", subject.user_name.as_ref())];
    let members = members.into_iter();
    let known = members.filter_map(|(name, value)| Some((name.to_owned(), value?.clone().into())));
    known.collect()
}

/// What comes next; None where nothing does.
fn next_step(
    app: &App,
    request: &Request,
    id: &FlowId,
    flow: &Flow,
    now: Timestamp,
) -> Option<Value> {
    let multi_option = app.second_factor.policy.multi_option;
    let failed = flow.stage == Stage::Failed;
    let prompt = match flow.stage {
        Stage::Succeeded | Stage::Consumed => return None,
        Stage::Failed if !multi_option => None,
        Stage::Failed => Some("MULTI_OPTION"),
        Stage::Open if multi_option && flow.has_failed_tries() => Some("MULTI_OPTION"),
        Stage::Open => Some(flow.asks.prompt()),
    };
    let mut next = Map::new();
    if let Some(prompt) = prompt {
        next.insert("prompt".into(), prompt.into());
    }
    if !failed {
        let sent = flow.login_code.as_ref();
        if let Some(sent) = sent {
            let masked = last_digits(&sent.number);
            next.insert("maskedMobileNumber".into(), masked.into());
        }
        let ends = sent.map_or(flow.expires, |sent| sent.expires);
        next.insert("expiresIn".into(), now.seconds_until(ends).into());
    }
    let links = links(app, request, id, flow);
    if failed && prompt.is_none() && links.is_empty() {
        return None;
    }
    next.insert("links".into(), Value::Object(links));
    Some(Value::Object(next))
}

/// The pages that are configured or hosted, and the next calls.
fn links(app: &App, request: &Request, id: &FlowId, flow: &Flow) -> Map<String, Value> {
    let (pages, id) = (&app.pages, id.expose());
    let base = app.base_url.of(request);
    let open = flow.stage == Stage::Open;
    let call = |name: &str| format!("{base}/api/identity/authn/v1.0/sms-otp/{id}/{name}");
    let sent = flow.login_code.is_some();
    let links = [
        (
            "authenticationEndpoint",
            pages.authentication_endpoint.clone(),
        ),
        ("errorPage", pages.error_page.clone()),
        ("mobileNumberRegPage", pages.mobile_number_reg_page.clone()),
        ("page", pages.hosted.then(|| format!("{base}/sms-otp/{id}"))),
        (
            "verify",
            (open && flow.asks != Asks::Number).then(|| call("verify")),
        ),
        (
            "resend",
            (open && sent && app.second_factor.policy.resend).then(|| call("resend")),
        ),
        (
            "mobile",
            (open && flow.takes_number()).then(|| call("mobile")),
        ),
    ];
    let links = links.into_iter();
    let there = links.filter_map(|(name, link)| Some((name.to_owned(), link?.into())));
    there.collect()
}
