//! Who calls, by the claims that API Gateway's JWT authorizer passes on.
//! The second check of authority: API Gateway lets any one of a route's scopes pass.

use std::collections::HashMap;
use std::time::Duration;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, number, text};
use crate::error::Error;
use crate::user::LONGEST_NAME;

pub const UPDATE: &str = "internal_user_mgt_update";
pub const CREATE: &str = "internal_user_mgt_create";
pub const VIEW: &str = "internal_user_mgt_view";
pub const DELETE: &str = "internal_user_mgt_delete";
pub const CODES: &str = "internal_user_code_mgt_create";
pub const AUTHENTICATE: &str = "internal_sms_otp_authenticate";

/// How tokens are read.
#[derive(Clone, Debug)]
pub struct TokenPolicy {
    /// The claim that names the user.
    identity_claim: String,
    /// Put before every scope by the issuer (Cognito's resource servers do).
    scope_prefix: String,
}

impl TokenPolicy {
    /// `IDENTITY_CLAIM`, `SCOPE_PREFIX`.
    pub fn from_env(env: &Env<'_>) -> Self {
        Self {
            identity_claim: text(env, "IDENTITY_CLAIM", "sub"),
            scope_prefix: text(env, "SCOPE_PREFIX", ""),
        }
    }
}

/// How long ago the person must have signed in who changes an own number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignInPolicy {
    /// None: it does not matter.
    max_age: Option<Duration>,
}

impl SignInPolicy {
    /// `MAX_AUTHENTICATION_AGE_MINUTES`: 0 switches it off.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let minutes = number(env, "MAX_AUTHENTICATION_AGE_MINUTES", 0, 0..=10_080)?;
        let max_age = (minutes > 0).then(|| Duration::from_mins(minutes));
        Ok(Self { max_age })
    }

    /// RFC 9470: whoever signed in too long ago, or cannot be told when, signs in again.
    pub fn check(self, caller: &Caller, now: Timestamp) -> Result<(), Error> {
        let Some(max_age) = self.max_age else {
            return Ok(());
        };
        match caller.signed_in {
            Some(at) if now < at + max_age => Ok(()),
            _ => Err(Error::SignInTooOld {
                max_age: max_age.as_secs(),
            }),
        }
    }
}

/// Whoever holds the token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user that the token names.
    pub id: String,
    /// The token's `auth_time` (OpenID Connect Core §2).
    signed_in: Option<Timestamp>,
    scopes: Vec<String>,
    scope_prefix: String,
}

impl Caller {
    /// No claims, no authority.
    pub fn from_request(request: &Request, policy: &TokenPolicy) -> Result<Self, Error> {
        let RequestContext::ApiGatewayV2(context) =
            request.request_context_ref().ok_or(Error::Unauthorized)?
        else {
            return Err(Error::Unauthorized);
        };
        let jwt = context.authorizer.as_ref().and_then(|a| a.jwt.as_ref());
        Self::from_claims(&jwt.ok_or(Error::Unauthorized)?.claims, policy)
    }

    fn from_claims(claims: &HashMap<String, String>, policy: &TokenPolicy) -> Result<Self, Error> {
        let id = claims
            .get(&policy.identity_claim)
            .filter(|id| !id.is_empty() && id.len() <= LONGEST_NAME)
            .ok_or(Error::Unauthorized)?;
        let scopes = ["scope", "scp"].iter().filter_map(|name| claims.get(*name));
        Ok(Self {
            id: id.clone(),
            signed_in: claims.get("auth_time").and_then(|seconds| {
                let seconds: i64 = seconds.parse().ok()?;
                Some(Timestamp::from_millis(seconds.checked_mul(1000)?))
            }),
            scope_prefix: policy.scope_prefix.clone(),
            // In HTTP API events every claim is text; a list arrives as "[a b]".
            scopes: scopes
                .flat_map(|text| text.trim_matches(['[', ']']).split([' ', ',']))
                .filter_map(|scope| scope.strip_prefix(policy.scope_prefix.as_str()))
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }

    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own == scope)
    }

    pub fn require(&self, scope: &str) -> Result<(), Error> {
        if self.has(scope) {
            Ok(())
        } else {
            Err(Error::MissingScope(format!("{}{scope}", self.scope_prefix)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(claims: &[(&str, &str)], prefix: &str) -> Result<Caller, Error> {
        let claims = claims
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect();
        let policy = TokenPolicy {
            identity_claim: "sub".into(),
            scope_prefix: prefix.into(),
        };
        Caller::from_claims(&claims, &policy)
    }

    #[test]
    fn scopes_in_every_shape_that_arrives() {
        for claim in [
            ("scope", "a b"),
            ("scope", "[a b]"),
            ("scp", "[a b]"),
            ("scp", "b a"),
            ("scope", "a,b"),
        ] {
            let caller = caller(&[("sub", "u"), claim], "").unwrap();
            assert!(
                caller.has("a") && caller.has("b") && !caller.has("c"),
                "{claim:?}"
            );
        }
        assert!(!caller(&[("sub", "u")], "").unwrap().has(""));
    }

    #[test]
    fn a_sign_in_is_fresh_for_its_time() {
        let policy = SignInPolicy::from_env(&|_: &str| Some("5".to_owned())).unwrap();
        let off = SignInPolicy::default();
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        for (auth_time, now, fresh) in [
            (Some("1000"), 1000, true),
            (Some("1000"), 1299, true),
            (Some("1000"), 1300, false),
            (Some("soon"), 1000, false),
            (None, 1000, false),
        ] {
            let claims = [("sub", "u"), ("auth_time", auth_time.unwrap_or_default())];
            let claims = &claims[..=usize::from(auth_time.is_some())];
            let caller = caller(claims, "").unwrap();
            assert_eq!(
                policy.check(&caller, at(now)).is_ok(),
                fresh,
                "{auth_time:?} {now}"
            );
            assert!(off.check(&caller, at(now)).is_ok());
        }
    }

    #[test]
    fn a_prefix_is_part_of_every_scope() {
        let caller = caller(&[("sub", "u"), ("scope", "users/a b")], "users/").unwrap();
        assert!(caller.has("a"));
        assert!(!caller.has("b"));
    }

    #[test]
    fn a_token_without_a_usable_subject_is_refused() {
        let long = "x".repeat(256);
        for claims in [
            &[][..],
            &[("sub", "")],
            &[("sub", long.as_str())],
            &[("username", "bob")],
        ] {
            assert!(matches!(caller(claims, ""), Err(Error::Unauthorized)));
        }
    }
}
