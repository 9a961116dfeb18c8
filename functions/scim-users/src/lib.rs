//! `POST /scim2/Users`, `GET` and `DELETE /scim2/Users/{id}`, `GET /scim2/Me`,
//! and everything below `/scim2` that no route names, answered in SCIM's form.

use http::StatusCode;
use http::header::{ETAG, HeaderName, LOCATION};
use lambda_http::{Body, Request, Response};
use serde_json::Value;
use shared::caller::{CREATE, Caller, DELETE, TokenPolicy, VIEW};
use shared::clock::{Clock, Timestamp};
use shared::config::{ConfigError, Env, flag, number};
use shared::door;
use shared::error::{Error, Form};
use shared::phone_number::Numbering;
use shared::platform::Platform;
use shared::scim::representation::{self, Parts, View};
use shared::scim::resource;
use shared::store::{Created, Saved, Store};
use shared::telemetry;
use shared::user::{Numbers, User};
use shared::verification::Verification;

/// A user that others change while it is to be deleted is read again this often.
const RETRIES: usize = 3;

/// What the function needs, made once at start.
#[derive(Debug)]
pub struct App {
    clock: Clock,
    store: Store,
    tokens: TokenPolicy,
    numbering: Numbering,
    multiple: bool,
    max_numbers: usize,
}

impl App {
    #[expect(clippy::unused_async, reason = "every function is made the same way")]
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: platform.clock.clone(),
            store: Store::from_env(env, platform)?,
            tokens: TokenPolicy::from_env(env),
            numbering: Numbering::from_env(env)?,
            multiple: flag(env, "MULTIPLE_MOBILE_NUMBERS", true)?,
            max_numbers: usize::try_from(number(env, "MAX_MOBILE_NUMBERS", 10, 1..=100)?)
                .unwrap_or(usize::MAX),
        })
    }

    /// Opens the connection that the first request would wait for; whether it works is the first request's business.
    pub async fn warm_up(&self) {
        let _ = self.store.read("nobody").await;
    }
}

/// Dispatches on the route that API Gateway chose.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    let trace_id = door::trace_id(&request);
    let answer = async {
        let result = answer(app, &request, &trace_id).await;
        result.unwrap_or_else(|error| error.into_response(Form::Scim, &trace_id))
    };
    telemetry::traced(&trace_id, answer).await
}

async fn answer(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    match door::route(request).as_str() {
        "POST /scim2/Users" => create(app, request, trace_id).await,
        "GET /scim2/Users/{id}" => get(app, request, trace_id).await,
        "GET /scim2/Me" => get_me(app, request, trace_id).await,
        "DELETE /scim2/Users/{id}" => delete(app, request, trace_id).await,
        _ => Err(nowhere(request)),
    }
}

async fn create(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(CREATE)?;
    let resource = resource::from_body(&Value::Object(door::json_object(request)?))?;
    let user = new_user(app, Parts::of(resource), app.clock.now())?;
    if app.store.create(&user).await? == Created::NameTaken {
        return Err(Error::NotUnique("userName"));
    }
    tracing::info!(user = user.id, "created");
    let mut response = shown(app, request, &user, &Verification::default(), trace_id);
    *response.status_mut() = StatusCode::CREATED;
    let location = representation::location(&user, &door::base_url(request));
    insert(&mut response, LOCATION, &location);
    Ok(response)
}

/// A new user's numbers are stored as they are, unverified; nothing is sent.
fn new_user(app: &App, parts: Parts, now: Timestamp) -> Result<User, Error> {
    let refuse = |what: &str| Err(Error::Scim("invalidValue".into(), what.to_owned()));
    if !app.multiple {
        representation::without_lists(|name| parts.names(name))?;
    }
    if parts.verified.as_ref().is_some_and(|list| !list.is_empty()) {
        return refuse("verifiedMobileNumbers: a new user has no verified numbers yet");
    }
    let none = Numbers::default();
    let read = |text: &String| representation::number("phoneNumbers", text, &none, &app.numbering);
    let primary = parts.primary.as_ref().map(read).transpose()?;
    let mobile = parts.mobile.unwrap_or_default();
    let mobile = representation::numbers("mobileNumbers", &mobile, &none, &app.numbering)?;
    if mobile.len() > app.max_numbers {
        return refuse("mobileNumbers: there are more numbers than a user may have");
    }
    Ok(User {
        id: uuid::Uuid::new_v4().to_string(),
        version: 1,
        created: now,
        last_modified: now,
        user_name: representation::user_name(parts.user_name)?,
        profile: parts.profile,
        numbers: Numbers {
            primary,
            mobile,
            ..none
        },
    })
}

async fn get(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(VIEW)?;
    let id = door::path_parameter(request, "id").ok_or(Error::NotFound)?;
    show(app, request, &id, trace_id).await
}

async fn get_me(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    show(app, request, &caller.id, trace_id).await
}

async fn show(
    app: &App,
    request: &Request,
    id: &str,
    trace_id: &str,
) -> Result<Response<Body>, Error> {
    let (user, pending) = app.store.read(id).await?;
    let user = user.ok_or(Error::NotFound)?;
    Ok(shown(app, request, &user, &pending, trace_id))
}

async fn delete(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(DELETE)?;
    let id = door::path_parameter(request, "id").ok_or(Error::NotFound)?;
    for _ in 0..=RETRIES {
        let user = app.store.user(&id).await?.ok_or(Error::NotFound)?;
        if app.store.delete(&user).await? == Saved::Done {
            tracing::info!(user = id, "deleted");
            return Ok(door::empty_response(StatusCode::NO_CONTENT, trace_id));
        }
    }
    Err(Error::Conflict)
}

/// Below `/scim2`, but no route of it: 405 where another method is one, else 404.
fn nowhere(request: &Request) -> Error {
    let path = door::path_parameter(request, "proxy").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["Users"] => Error::MethodNotAllowed("POST".into()),
        ["Users", id] if !id.is_empty() => {
            Error::MethodNotAllowed("GET, PUT, PATCH, DELETE".into())
        }
        ["Me"] => Error::MethodNotAllowed("GET, PUT, PATCH".into()),
        _ => Error::NotFound,
    }
}

fn shown(
    app: &App,
    request: &Request,
    user: &User,
    pending: &Verification,
    trace_id: &str,
) -> Response<Body> {
    let now = app.clock.now();
    let base_url = &door::base_url(request);
    let view = View {
        pending,
        now,
        base_url,
        multiple: app.multiple,
    };
    let body = representation::show(user, view);
    let mut response = door::json_response(StatusCode::OK, Form::Scim, &body, trace_id);
    insert(
        &mut response,
        ETAG,
        &representation::version(user, pending, now),
    );
    response
}

fn insert(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}
