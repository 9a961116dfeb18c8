//! `backup-codes`: new ones in place of those of before, shown this once.

use lambda_http::{Body, Request, Response};
use serde_json::{Map, Value, json};
use shared::api::error::Error;
use shared::api::identity_api::required_user;
use shared::api::{body, response};
use shared::user::backup_codes::{BackupCode, MOST_CODES};

use crate::app::App;
use crate::initiate::who;

/// How many, where the request does not say.
const USUAL: usize = 10;

pub async fn generate(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let body = body::json_object(request)?;
    let who = who(required_user(&body)?)?;
    let count = count(&body)?;
    let now = app.clock.now();
    let codes = app.second_factor.new_backup_codes(&who, count, now).await?;
    let codes: Vec<String> = codes.iter().map(BackupCode::grouped).collect();
    Ok(response::json(200, &json!({ "codes": codes })))
}

fn count(body: &Map<String, Value>) -> Result<usize, Error> {
    let Some(count) = body.get("count") else {
        return Ok(USUAL);
    };
    let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
    count
        .filter(|count| (1..=MOST_CODES).contains(count))
        .ok_or_else(|| {
            Error::BadRequest(format!(
                "count must be a whole number from 1 to {MOST_CODES}."
            ))
        })
}
