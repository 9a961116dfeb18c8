//! `GET /scim2/Users`, `POST /scim2/Users/.search` and `POST /scim2/.search`: a ListResponse (RFC 7644 §3.4.2).
//! Users are the only resources, so that all three are about the same.

use lambda_http::{Body, Request, Response};
use serde_json::{Map, Value, json};
use shared::api::caller::{Caller, LIST};
use shared::api::error::Error;
use shared::api::{body, response};
use shared::clock::Timestamp;
use shared::verification::Verification;

use crate::app::App;
use crate::query::Query;
use crate::search::{Matching, Page};

pub async fn list(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(LIST)?;
    let query = Query::from_query(request, app.clock.now())?;
    answer(app, request, &query).await
}

pub async fn search(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(LIST)?;
    let query = Query::from_body(&body::json_object(request)?, app.clock.now())?;
    answer(app, request, &query).await
}

async fn answer(app: &App, request: &Request, query: &Query) -> Result<Response<Body>, Error> {
    let (base_url, nothing) = (&app.base_url.of(request), Verification::default());
    let view = app.view(&nothing, base_url);
    let matching = Matching {
        app,
        filter: query.filter.as_ref(),
        view,
    };
    let page = matching.find(query).await?;
    let body = list_response(page, query, app.clock.now());
    Ok(response::json(200, &body))
}

fn list_response(page: Page, query: &Query, now: Timestamp) -> Value {
    let mut body = Map::new();
    body.insert(
        "schemas".into(),
        json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]),
    );
    if let Some(total) = page.total {
        body.insert("totalResults".into(), total.into());
    }
    body.insert("itemsPerPage".into(), page.users.len().into());
    if let Some(start) = page.start {
        body.insert("startIndex".into(), start.into());
    }
    if let Some(after) = page.next {
        body.insert("nextCursor".into(), query.cursor(after, now).into());
    }
    body.insert("Resources".into(), page.users.into());
    body.into()
}
