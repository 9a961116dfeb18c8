//! The JWT authorizer: signature, issuer, audience, times and scopes, checked as API Gateway checks them,
//! with the clock that the local server moves.

use serde_json::Value;
use shared::clock::Timestamp;

use crate::template::{JwtAuthorizer, Route};
use crate::token::{Claims, Issuer};

/// A caller whom the route lets pass.
#[derive(Debug)]
pub struct Authorized {
    pub claims: Claims,
    /// The route's scopes that the token holds; none where the route wants none.
    pub scopes: Option<Vec<String>>,
}

/// Why the gateway answers itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 401, with the value of `WWW-Authenticate`.
    Unauthorized(String),
    /// 403, with the value of `WWW-Authenticate`.
    Forbidden(String),
}

/// Checks the value of `Authorization` for a route.
pub fn authorize(
    header: Option<&str>,
    route: &Route,
    configuration: &JwtAuthorizer,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Authorized, Refusal> {
    let Some(token) = header.map(bearer).filter(|token| !token.is_empty()) else {
        return Err(Refusal::Unauthorized("Bearer".to_owned()));
    };
    let invalid = |description: &str| {
        Refusal::Unauthorized(format!(
            "Bearer scope=\"{}\" error=\"invalid_token\" error_description=\"{description}\"",
            route.scopes.join(" ")
        ))
    };
    let claims = issuer
        .signed_claims(token)
        .ok_or_else(|| invalid("unable to decode or verify the token"))?;
    if claims.get("iss").and_then(Value::as_str) != Some(configuration.issuer.as_str()) {
        return Err(invalid("the token does not have a valid issuer"));
    }
    if !audience_fits(&claims, &configuration.audience) {
        return Err(invalid("the token does not have a valid audience"));
    }
    check_times(&claims, now).map_err(invalid)?;
    let scopes = matched_scopes(&claims, &route.scopes).ok_or_else(|| {
        Refusal::Forbidden(format!(
            "Bearer scope=\"{}\" error=\"insufficient_scope\" error_description=\"the token does not have a required scope\"",
            route.scopes.join(" ")
        ))
    })?;
    Ok(Authorized { claims, scopes })
}

/// The identity source is the token, or the token after `Bearer `.
fn bearer(header: &str) -> &str {
    let header = header.trim();
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ if header.eq_ignore_ascii_case("bearer") => "",
        _ => header,
    }
}

/// `aud` decides; `client_id` does only where there is no `aud`.
fn audience_fits(claims: &Claims, audience: &[String]) -> bool {
    let accepted = |one: &Value| {
        one.as_str()
            .is_some_and(|one| audience.iter().any(|a| a == one))
    };
    match claims.get("aud") {
        Some(Value::Array(list)) => list.iter().any(accepted),
        Some(one) => accepted(one),
        None => claims.get("client_id").is_some_and(accepted),
    }
}

/// `exp` must be there and lie ahead; `nbf` and `iat`, where present, must not.
fn check_times(claims: &Claims, now: Timestamp) -> Result<(), &'static str> {
    let now = now.millis();
    let time = |claim: &str, missing_is: Option<i64>, unreadable: &'static str| {
        claims.get(claim).map_or(Ok(missing_is), |value| {
            number_date(value).map(Some).ok_or(unreadable)
        })
    };
    match time("exp", None, "the token does not have a valid expiry")? {
        None => return Err("the token does not have an expiry"),
        Some(expiry) if expiry <= now => return Err("the token has expired"),
        Some(_) => {}
    }
    if time("nbf", None, "the token has a bad nbf")?.is_some_and(|start| start > now) {
        return Err("the token is not valid yet");
    }
    if time("iat", None, "the token has a bad iat")?.is_some_and(|issued| issued > now) {
        return Err("the token was issued in the future");
    }
    Ok(())
}

/// A NumericDate (RFC 7519, seconds, fractions allowed) in milliseconds.
fn number_date(value: &Value) -> Option<i64> {
    if let Some(seconds) = value.as_i64() {
        return seconds.checked_mul(1000);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, and a date beyond i64 is as good as its limit"
    )]
    value.as_f64().map(|seconds| (seconds * 1000.0) as i64)
}

/// `Some(None)` where the route wants no scope, none where the token has none of those wanted.
fn matched_scopes(claims: &Claims, wanted: &[String]) -> Option<Option<Vec<String>>> {
    if wanted.is_empty() {
        return Some(None);
    }
    let held: Vec<&str> = match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Value::String(list)) => list.split(' ').collect(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let matched: Vec<String> = wanted
        .iter()
        .filter(|scope| held.contains(&scope.as_str()))
        .cloned()
        .collect();
    (!matched.is_empty()).then_some(Some(matched))
}
