//! The JWT authorizer: signature, issuer, audience, times and scopes, checked as API Gateway checks them,
//! with the clock that the local server moves.

use serde_json::Value;
use shared::clock::Timestamp;

use crate::template::{JwtAuthorizer, Route};
use crate::token::{Claims, TokenIssuer};

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
    issuer: &TokenIssuer,
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
    let scopes = (!route.scopes.is_empty()).then(|| held_scopes(&claims, &route.scopes));
    if scopes.as_ref().is_some_and(Vec::is_empty) {
        return Err(Refusal::Forbidden(format!(
            "Bearer scope=\"{}\" error=\"insufficient_scope\" error_description=\"the token does not have a required scope\"",
            route.scopes.join(" ")
        )));
    }
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
    let time = |claim: &str, unreadable: &'static str| {
        let value = claims.get(claim);
        value
            .map(|value| number_date(value).ok_or(unreadable))
            .transpose()
    };
    match time("exp", "the token has an unreadable exp")? {
        None => return Err("the token has no exp"),
        Some(expiry) if expiry <= now => return Err("the token has expired"),
        Some(_) => {}
    }
    if time("nbf", "the token has an unreadable nbf")?.is_some_and(|start| start > now) {
        return Err("the token is not valid yet");
    }
    if time("iat", "the token has an unreadable iat")?.is_some_and(|issued| issued > now) {
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

/// Those of the wanted scopes that the token has.
fn held_scopes(claims: &Claims, wanted: &[String]) -> Vec<String> {
    let held: Vec<&str> = match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Value::String(list)) => list.split(' ').collect(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    wanted
        .iter()
        .filter(|scope| held.contains(&scope.as_str()))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use shared::platform::random::Random;

    use crate::random;
    use crate::template::Method;

    const NOW: i64 = 1_795_262_290;

    /// Whether claims that differ from good ones are let pass: null takes a claim away.
    fn judged(
        issuer: &TokenIssuer,
        scopes: &[&str],
        change: &Value,
    ) -> Result<Authorized, Refusal> {
        let good = json!({"iss": "https://issuer", "aud": "api", "sub": "bob", "exp": NOW + 60});
        let mut claims = good.as_object().unwrap().clone();
        for (name, value) in change.as_object().unwrap() {
            match value {
                Value::Null => claims.remove(name),
                value => claims.insert(name.clone(), value.clone()),
            };
        }
        let route = Route {
            method: Method::Any,
            path: "/".to_owned(),
            function: "F".to_owned(),
            authorized: true,
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        };
        let configuration = JwtAuthorizer {
            issuer: "https://issuer".to_owned(),
            audience: vec!["other".to_owned(), "api".to_owned()],
        };
        let header = format!("Bearer {}", issuer.sign(&claims).unwrap());
        let now = Timestamp::from_millis(NOW * 1000);
        authorize(Some(&header), &route, &configuration, issuer, now)
    }

    #[test]
    fn claims_are_judged_as_api_gateway_judges_them() {
        let issuer = TokenIssuer::new(&random::signing_key(Random::system()).unwrap()).unwrap();
        for (change, passes) in [
            (json!({}), true),
            (json!({"iss": "https://issuer/"}), false),
            (json!({"iss": null}), false),
            (json!({"aud": ["x", "other"]}), true),
            (json!({"aud": "x"}), false),
            (json!({"aud": []}), false),
            (json!({"aud": null}), false),
            (json!({"aud": null, "client_id": "api"}), true),
            (json!({"aud": "x", "client_id": "api"}), false),
            (json!({"exp": NOW}), false),
            (json!({"exp": NOW + 1}), true),
            (json!({"exp": null}), false),
            (json!({"exp": "soon"}), false),
            (json!({"exp": 1e300}), true),
            (json!({"nbf": NOW}), true),
            (json!({"nbf": NOW + 1}), false),
            (json!({"nbf": "x"}), false),
            (json!({"iat": NOW}), true),
            (json!({"iat": 1_795_262_290.5}), false),
        ] {
            let judged = judged(&issuer, &[], &change);
            assert_eq!(judged.is_ok(), passes, "{change}: {judged:?}");
        }
    }

    #[test]
    fn one_scope_of_the_route_is_enough() {
        let issuer = TokenIssuer::new(&random::signing_key(Random::system()).unwrap()).unwrap();
        for (change, held) in [
            (json!({"scope": "x b"}), Some(vec!["b"])),
            (json!({"scope": "b a"}), Some(vec!["a", "b"])),
            (json!({"scp": ["a"]}), Some(vec!["a"])),
            (json!({"scp": "a"}), Some(vec!["a"])),
            (json!({"scope": "ab A"}), None),
            (json!({"scope": ""}), None),
            (json!({"scope": 1}), None),
            (json!({}), None),
        ] {
            match (judged(&issuer, &["a", "b"], &change), held) {
                (Ok(authorized), Some(held)) => assert_eq!(authorized.scopes.unwrap(), held),
                (Err(Refusal::Forbidden(_)), None) => {}
                (judged, _) => panic!("{change}: {judged:?}"),
            }
        }
        assert_eq!(
            judged(&issuer, &[], &json!({"scope": "a"})).unwrap().scopes,
            None
        );
    }
}
