//! `POST` and `GET /scim2/Users` with its searches, `GET` and `DELETE /scim2/Users/{id}`, `GET /scim2/Me`, discovery,
//! and everything below `/scim2` that no route names, answered in SCIM's form.

mod cursor;
mod discovery;
mod list;
mod query;
mod search;

use http::StatusCode;
use http::header::LOCATION;
use lambda_http::{Body, Request, Response};
use serde_json::Value;
use shared::address::numbering::Numbering;
use shared::api::body;
use shared::api::caller::{CREATE, Caller, DELETE, TokenPolicy, VIEW};
use shared::api::error::Error;
use shared::api::request;
use shared::api::response;
use shared::api::response::Form;
use shared::api::serve::serve;
use shared::api::user_response::{self, ResponseOptions};
use shared::clock::{Clock, Timestamp};
use shared::config::{ConfigError, Env};
use shared::platform::Platform;
use shared::scim::parts;
use shared::scim::parts::Parts;
use shared::scim::read;
use shared::scim::show::{self, View};
use shared::store::{Created, Saved, Store};
use shared::telemetry::audit;
use shared::user::User;
use shared::user::numbers::{ListPolicy, Numbers};
use shared::verification::Verification;

use discovery::Discovery;

/// A user that others change while it is to be deleted is read again this often.
const RETRIES: usize = 3;

/// What the function needs, made once at start.
#[derive(Debug)]
pub struct App {
    clock: Clock,
    store: Store,
    tokens: TokenPolicy,
    numbering: Numbering,
    lists: ListPolicy,
}

impl App {
    #[expect(clippy::unused_async, reason = "every function is made the same way")]
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: platform.clock.clone(),
            store: Store::of_users(env, platform)?,
            tokens: TokenPolicy::from_env(env)?,
            numbering: Numbering::from_env(env)?,
            lists: ListPolicy::from_env(env)?,
        })
    }

    /// Opens the connection that the first request would wait for; whether it works is the first request's business.
    pub async fn warm_up(&self) {
        let _ = self.store.read("nobody").await;
    }

    /// A number's one spelling; none where it is no number.
    fn normalised(&self, text: &str) -> Option<String> {
        let number = self.numbering.parse(text).ok()?;
        Some(number.as_e164().to_owned())
    }

    /// How a user is shown now.
    fn view<'a>(&self, pending: &'a Verification, base_url: &'a str) -> View<'a> {
        View {
            pending,
            now: self.clock.now(),
            base_url,
            multiple: self.lists.multiple,
        }
    }
}

/// Dispatches on the route that API Gateway chose.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    let trace_id = request::trace_id(&request);
    let work = dispatch(app, &request, &trace_id);
    serve(
        Form::Scim,
        (&request, &trace_id),
        &app.clock,
        Box::pin(work),
    )
    .await
}

async fn dispatch(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    match request::route(request).as_str() {
        "POST /scim2/Users" => create(app, request, trace_id).await,
        "GET /scim2/Users" => list::list(app, request, trace_id).await,
        "POST /scim2/Users/.search" | "POST /scim2/.search" => {
            list::search(app, request, trace_id).await
        }
        "GET /scim2/Users/{id}" => get(app, request, trace_id).await,
        "GET /scim2/Me" => get_me(app, request, trace_id).await,
        "DELETE /scim2/Users/{id}" => delete(app, request, trace_id).await,
        "GET /scim2/ServiceProviderConfig"
        | "GET /scim2/ResourceTypes"
        | "GET /scim2/ResourceTypes/{id}"
        | "GET /scim2/Schemas"
        | "GET /scim2/Schemas/{id}" => discover(app, request, trace_id),
        _ => Err(nowhere(request)),
    }
}

async fn create(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
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
    let base_url = &request::base_url(request);
    let pending = Verification::default();
    let view = app.view(&pending, base_url);
    let mut response = asked.written(StatusCode::CREATED, &user, view, trace_id);
    let location = show::location(&user, base_url);
    user_response::insert(&mut response, LOCATION, &location);
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
        id: uuid::Uuid::new_v4().to_string(),
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

async fn get(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(VIEW)?;
    let id = request::path_parameter(request, "id").ok_or(Error::NotFound)?;
    show(app, request, &id, trace_id).await
}

async fn get_me(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    let id = caller.user_id(&app.store).await?.ok_or(Error::NotFound)?;
    show(app, request, &id, trace_id).await
}

async fn show(
    app: &App,
    request: &Request,
    id: &str,
    trace_id: &str,
) -> Result<Response<Body>, Error> {
    let asked = ResponseOptions::from_request(request)?;
    let (user, pending) = app.store.read(id).await?;
    let user = user.ok_or(Error::NotFound)?;
    asked.read(
        &user,
        app.view(&pending, &request::base_url(request)),
        trace_id,
    )
}

async fn delete(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    Caller::from_request(request, &app.tokens)?.require(DELETE)?;
    let asked = ResponseOptions::from_request(request)?;
    let id = request::path_parameter(request, "id").ok_or(Error::NotFound)?;
    for _ in 0..=RETRIES {
        let user = app.store.user(&id).await?.ok_or(Error::NotFound)?;
        asked.may_change(&user)?;
        if app.store.delete(&user).await? == Saved::Done {
            audit::deleted(&id);
            return Ok(response::empty_response(StatusCode::NO_CONTENT, trace_id));
        }
    }
    Err(Error::Conflict)
}

/// Needs no token (RFC 7644 §4 leaves it open): a client reads it before it has one.
fn discover(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    if request::query_parameter(request, "filter")?.is_some() {
        return Err(Error::NotFiltered);
    }
    let discovery = Discovery {
        base_url: &request::base_url(request),
        multiple: app.lists.multiple,
    };
    let id = request::path_parameter(request, "id").unwrap_or_default();
    let body = match request::route(request).as_str() {
        "GET /scim2/ServiceProviderConfig" => discovery.service_provider_config(),
        "GET /scim2/ResourceTypes" => discovery.resource_types(),
        "GET /scim2/ResourceTypes/{id}" => discovery.resource_type(&id),
        "GET /scim2/Schemas" => discovery.schemas(),
        _ => discovery.schema(&id),
    }?;
    let response = response::json_response(StatusCode::OK, Form::Scim, &body, trace_id);
    Ok(response)
}

/// Below `/scim2`, but no route of it: 405 where another method is one, else 404.
fn nowhere(request: &Request) -> Error {
    let path = request::path_parameter(request, "proxy").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["Users"] => Error::MethodNotAllowed("GET, POST".into()),
        [".search"] => Error::MethodNotAllowed("POST".into()),
        ["Users", id] if !id.is_empty() => {
            Error::MethodNotAllowed("GET, PUT, PATCH, DELETE".into())
        }
        ["Me"] => Error::MethodNotAllowed("GET, PUT, PATCH".into()),
        ["ServiceProviderConfig" | "ResourceTypes" | "Schemas"] => {
            Error::MethodNotAllowed("GET".into())
        }
        ["ResourceTypes" | "Schemas", id] if !id.is_empty() => {
            Error::MethodNotAllowed("GET".into())
        }
        _ => Error::NotFound,
    }
}
