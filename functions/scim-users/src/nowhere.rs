//! Below `/scim2`, but no route of it: the resource itself where only a slash is too many, 405 where another method is
//! one, else 404.

use http::header::LOCATION;
use lambda_http::{Body, Request, RequestExt, Response};
use shared::api::error::Error;
use shared::api::{request, response};

use crate::app::App;

pub fn answer(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let path = request::path_parameter(request, "proxy").unwrap_or_default();
    let trimmed = path.trim_end_matches('/');
    let has_slash = path != trimmed || request.raw_http_path().ends_with('/');
    if request.method() == http::Method::GET && has_slash && !trimmed.is_empty() {
        return moved(app, request, trimmed);
    }
    Err(refused(&path))
}

/// RFC 9110 §15.4.9. Whether a token is any good is seen where it leads to; this route has no authorizer.
fn moved(app: &App, request: &Request, path: &str) -> Result<Response<Body>, Error> {
    if needs_token(path) && !request.headers().contains_key(http::header::AUTHORIZATION) {
        return Err(Error::Unauthorized);
    }
    let query = request.uri().query().filter(|query| !query.is_empty());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!(
        "{}/scim2/{}{query}",
        app.base_url.of(request),
        encoded(path)
    );
    let mut response = response::empty(308);
    response::insert(&mut response, LOCATION, &location);
    Ok(response)
}

fn needs_token(path: &str) -> bool {
    matches!(path.split('/').next(), Some("Users" | "Me" | ".search"))
}

/// A path that was decoded, as it may stand in a URL (RFC 3986 §3.3).
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte);
    let encoded = path.bytes().map(|byte| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    encoded.collect()
}

fn refused(path: &str) -> Error {
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
