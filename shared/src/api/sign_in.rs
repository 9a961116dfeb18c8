//! How long ago the person must have signed in (RFC 9470).

use std::time::Duration;

use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, number};

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
        match caller.signed_in() {
            Some(at) if now < at + max_age => Ok(()),
            _ => Err(Error::SignInTooOld {
                max_age: max_age.as_secs(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::caller::TokenPolicy;

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
            let claims = claims.iter().map(|(k, v)| ((*k).into(), (*v).into()));
            let tokens = TokenPolicy::from_env(&|_: &str| None).unwrap();
            let caller = Caller::from_claims(&claims.collect(), &tokens).unwrap();
            assert_eq!(
                policy.check(&caller, at(now)).is_ok(),
                fresh,
                "{auth_time:?} {now}"
            );
            assert!(off.check(&caller, at(now)).is_ok());
        }
    }
}
