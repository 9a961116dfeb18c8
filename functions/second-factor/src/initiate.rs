//! `initiate`: the first factor is proved; what does the second one ask for?

use lambda_http::{Body, Request, Response};
use shared::api::error::Error;
use shared::api::identity_api::{NamedUser, required_user};
use shared::api::{body, response};
use shared::challenge::login::{Step, Who};
use shared::messaging::caps::Requester;
use shared::messaging::courier;
use shared::user::id_as_stored;
use shared::user::name::{LONGEST_NAME, is_name};

use crate::app::App;
use crate::flow;

pub async fn initiate(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let step = step(app);
    let body = body::json_object(request)?;
    let who = who(required_user(&body)?)?;
    let return_url = match body::text(&body, "returnUrl")? {
        None => None,
        Some(url) => Some(app.return_urls.allowed(url).ok_or_else(|| {
            Error::BadRequest("returnUrl must begin with one of AllowedReturnUrls.".into())
        })?),
    };
    let (id, started) = app.second_factor.start(&who, return_url, &step).await?;
    let shown = flow::shown(app, request, &id, &started, app.clock.now());
    Ok(response::json(200, &shown))
}

/// Who it is, as somebody may have typed it at the first factor: blanks around a name or an id are nobody's, and an id
/// has no case. Else a known user would be taken for a stranger, of whom less may be asked.
pub fn who(named: NamedUser) -> Result<Who, Error> {
    let (member, who) = match named {
        NamedUser::Id(id) => ("userId", Who::Id(id_as_stored(&id).unwrap_or(id))),
        NamedUser::Name(name) => ("username", Who::UserName(name.trim().to_owned())),
    };
    let (Who::Id(text) | Who::UserName(text) | Who::ExternalId(text)) = &who;
    if is_name(text) {
        return Ok(who);
    }
    let what = format!("user.{member} must have 1 to {LONGEST_NAME} characters.");
    Err(Error::BadRequest(what))
}

/// A back end asks for many users: no address counts.
pub fn step(app: &App) -> Step {
    Step {
        now: app.clock.now(),
        until: courier::deadline(),
        requester: Requester {
            service: true,
            ..Requester::default()
        },
    }
}
