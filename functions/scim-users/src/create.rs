//! `POST /scim2/Users`.

use lambda_http::{Body, Request, Response};
use serde_json::Value;
use shared::api::body;
use shared::api::caller::{CREATE, Caller};
use shared::api::error::Error;
use shared::api::user_response::{self, ResponseOptions};
use shared::clock::Timestamp;
use shared::platform::random::Random;
use shared::scim::parts::{self, Parts};
use shared::scim::read;
use shared::store::Created;
use shared::telemetry::audit;
use shared::user::User;
use shared::user::numbers::Numbers;
use shared::verification::Verification;

use crate::app::App;

pub async fn create(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(CREATE)?;
    let asked = ResponseOptions::from_request(request)?;
    let resource = read::from_body(&Value::Object(body::json_object(request)?))?;
    let user = new_user(app, Parts::of(resource), app.clock.now())?;
    parts::fits(&user, None)?;
    if let Created::Taken(name) = app.store.create(&user).await? {
        return Err(Error::NotUnique(name.attribute()));
    }
    tracing::info!(user = user.id, "created");
    audit::written(&user.id, &Numbers::default(), &user.numbers);
    let base_url = &app.base_url.of(request);
    let pending = Verification::default();
    let view = app.view(&pending, base_url);
    let mut response = asked.written(201, &user, view);
    user_response::located(&mut response, &user.id, base_url);
    Ok(response)
}

/// A new user's numbers are stored as they are, unverified; nothing is sent.
fn new_user(app: &App, parts: Parts, now: Timestamp) -> Result<User, Error> {
    let refuse = |what: &str| Err(Error::Scim("invalidValue".into(), what.to_owned()));
    if !app.lists.multiple {
        parts::without_lists(|name| parts.names(name))?;
    }
    if parts.verified.as_ref().is_some_and(|list| !list.is_empty()) {
        return refuse("verifiedMobileNumbers: a new user has no verified numbers yet");
    }
    let none = Numbers::default();
    let read = |text: &String| parts::number("phoneNumbers", text, &none, &app.numbering);
    let primary = parts.primary.as_ref().map(read).transpose()?;
    let mobile = parts.mobile.unwrap_or_default();
    let mobile = parts::numbers("mobileNumbers", &mobile, &none, &app.numbering)?;
    if mobile.len() > app.lists.max {
        return refuse("mobileNumbers: there are more numbers than a user may have");
    }
    parts::external_id(&parts.profile)?;
    Ok(User {
        id: new_id(app.random)?,
        version: 1,
        created: now,
        last_modified: now,
        user_name: parts::user_name(parts.user_name, None)?,
        profile: parts.profile,
        numbers: Numbers {
            primary,
            mobile,
            ..none
        },
        own_changes: Vec::new(),
    })
}

/// A random UUID (RFC 9562 §5.4).
fn new_id(random: Random) -> Result<String, Error> {
    let bytes = random.bytes();
    let bytes = bytes.map_err(|error| Error::Internal(format!("no randomness: {error}")))?;
    Ok(uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string())
}
