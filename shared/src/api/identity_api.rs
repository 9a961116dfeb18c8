//! The bodies of `/api/identity/user/v1.0`: members that validate-code and resend-code share,
//! and whose claims a request is about.

use lambda_http::Request;
use serde_json::{Map, Value};

use crate::api::caller::{CODES, Caller};
use crate::api::error::{Error, INACTIVE_TO_OTHERS};
use crate::api::request;
use crate::config::{ConfigError, Env, flag};
use crate::store::Store;
use crate::user::is_id;
use crate::verification::scenario::{Scenario, Scenarios};

/// A user as a privileged caller names it: by id, or else by name.
#[derive(Debug, PartialEq, Eq)]
pub enum NamedUser {
    Id(String),
    Name(String),
}

/// Whose claims a request is about.
#[derive(Debug, PartialEq, Eq)]
pub enum About {
    /// The caller's own, on the `/me` route.
    Caller,
    /// Those of the user that a privileged caller names.
    Named(NamedUser),
    /// A privileged caller named nobody.
    Nobody,
}

/// Whether callers may act for others.
#[derive(Clone, Copy, Debug)]
pub struct PrivilegedPolicy {
    allowed: bool,
}

impl PrivilegedPolicy {
    /// `VERIFICATION_BY_PRIVILEGED_USER`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let allowed = flag(env, "VERIFICATION_BY_PRIVILEGED_USER", true)?;
        Ok(Self { allowed })
    }

    /// Reads whom the request is about, by its route; on the privileged route the caller needs the scope.
    pub fn about(
        self,
        request: &Request,
        caller: &Caller,
        body: &Map<String, Value>,
    ) -> Result<About, Error> {
        if request::route(request).contains("/me/") {
            caller.require_me()?;
            return Ok(About::Caller);
        }
        Ok(named_user(body)?.map_or(About::Nobody, About::Named)).and_then(|about| {
            self.allow(caller)?;
            Ok(about)
        })
    }

    fn allow(self, caller: &Caller) -> Result<(), Error> {
        caller.require(CODES)?;
        if self.allowed {
            Ok(())
        } else {
            Err(Error::PrivilegedOff)
        }
    }
}

impl NamedUser {
    /// The id: as given, or that of the user with the name.
    pub async fn id(self, store: &Store) -> Result<String, Error> {
        match self {
            Self::Id(id) if is_id(&id) => Ok(id),
            Self::Id(_) => Err(Error::UnknownUser),
            Self::Name(name) => store.id_by_name(&name).await?.ok_or(Error::UnknownUser),
        }
    }
}

/// What is told of an inactive account: to its owner, or to whoever acts for it.
pub fn inactive(privileged: bool) -> Error {
    if privileged {
        Error::BadRequest(INACTIVE_TO_OTHERS.into())
    } else {
        Error::Inactive
    }
}

/// The property `RecoveryScenario`, one of those that are known, where it is given.
pub fn scenario(body: &Map<String, Value>, known: Scenarios) -> Result<Option<Scenario>, Error> {
    let Some(properties) = body.get("properties") else {
        return Ok(None);
    };
    let wrong = |what: &str| Error::BadRequest(format!("properties{what}"));
    let properties = properties
        .as_array()
        .ok_or_else(|| wrong(" must be an array."))?;
    let mut scenario = None;
    for (n, property) in properties.iter().enumerate() {
        let property = property
            .as_object()
            .ok_or_else(|| wrong(&format!("[{n}] must be an object.")))?;
        let member = |name: &str| {
            let value = property.get(name).and_then(Value::as_str);
            let text = value.filter(|text| !text.chars().any(char::is_control));
            text.ok_or_else(|| wrong(&format!("[{n}].{name} must be a text of one line.")))
        };
        let (key, value) = (member("key")?, member("value")?);
        if key == "RecoveryScenario" {
            let named = known.named(value).ok_or(Error::UnknownScenario(known))?;
            if scenario.is_some_and(|other| other != named) {
                return Err(wrong(" must name one RecoveryScenario."));
            }
            scenario = Some(named);
        }
    }
    Ok(scenario)
}

/// The user that a body must name.
pub fn required_user(body: &Map<String, Value>) -> Result<NamedUser, Error> {
    named_user(body)?.ok_or_else(no_user_named)
}

/// Where a user must be named, and none is.
pub fn no_user_named() -> Error {
    Error::BadRequest("user is missing: name a username or a userId.".into())
}

fn named_user(body: &Map<String, Value>) -> Result<Option<NamedUser>, Error> {
    let Some(user) = body.get("user") else {
        return Ok(None);
    };
    let wrong = |what: &str| Error::BadRequest(format!("user{what}"));
    let user = user
        .as_object()
        .ok_or_else(|| wrong(" must be an object."))?;
    let member = |name: &str| match user.get(name) {
        None => Ok(None),
        Some(Value::String(text))
            if !text.trim().is_empty() && !text.chars().any(char::is_control) =>
        {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(wrong(&format!(".{name} must be a text that is not empty."))),
    };
    // There is one realm and one tenant; their names are read and accepted for the source system's clients.
    member("realm")?;
    member("tenant-domain")?;
    match (member("userId")?, member("username")?) {
        (Some(id), _) => Ok(Some(NamedUser::Id(id))),
        (None, Some(name)) => Ok(Some(NamedUser::Name(name))),
        (None, None) => Err(wrong(" needs a username or a userId.")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            _ => panic!("an object"),
        }
    }

    #[test]
    fn the_scenario_among_properties() {
        let numbers = Scenarios::default();
        let named = |value: Value| scenario(&body(json!({ "properties": value })), numbers);
        let list = "MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE";
        assert_eq!(scenario(&body(json!({})), numbers).unwrap(), None);
        assert_eq!(named(json!([])).unwrap(), None);
        assert_eq!(
            named(json!([{"key": "other", "value": "x"}])).unwrap(),
            None
        );
        assert_eq!(
            named(json!([{"key": "RecoveryScenario", "value": list}])).unwrap(),
            Some(Scenario::VerifiedList)
        );
        let unknown = json!([{"key": "RecoveryScenario", "value": "EMAIL_VERIFICATION_ON_UPDATE"}]);
        assert!(matches!(
            named(unknown.clone()),
            Err(Error::UnknownScenario(_))
        ));
        let known = scenario(
            &body(json!({ "properties": unknown })),
            Scenarios { email: true },
        );
        assert_eq!(known.unwrap(), Some(Scenario::PrimaryEmail));
    }

    #[test]
    fn wrong_properties_are_named() {
        for (value, field) in [
            (json!(null), "properties "),
            (json!({}), "properties "),
            (json!(["x"]), "properties[0] "),
            (
                json!([{"key": "a", "value": "b"}, {"key": 1, "value": "b"}]),
                "properties[1].key ",
            ),
            (json!([{"key": "RecoveryScenario"}]), "properties[0].value "),
            (
                json!([{"key": "a", "value": "b\0"}]),
                "properties[0].value ",
            ),
            (json!([{"key": "a\n", "value": "b"}]), "properties[0].key "),
        ] {
            let Err(Error::BadRequest(what)) =
                scenario(&body(json!({ "properties": value })), Scenarios::default())
            else {
                panic!("{value}")
            };
            assert!(what.starts_with(field), "{what}");
        }
    }

    #[test]
    fn users_are_named_by_id_or_name() {
        let named = |value: Value| named_user(&body(json!({ "user": value })));
        assert_eq!(named_user(&body(json!({}))).unwrap(), None);
        assert_eq!(
            named(json!({"username": "bob", "realm": "PRIMARY"})).unwrap(),
            Some(NamedUser::Name("bob".into()))
        );
        assert_eq!(
            named(json!({"username": "bob", "userId": "1"})).unwrap(),
            Some(NamedUser::Id("1".into()))
        );
        for wrong in [
            json!(null),
            json!("bob"),
            json!({}),
            json!({"realm": "PRIMARY"}),
            json!({"username": ""}),
            json!({"username": 1}),
            json!({"username": "a\u{0}"}),
            json!({"username": "bob", "realm": 3}),
        ] {
            assert!(matches!(named(wrong), Err(Error::BadRequest(_))));
        }
    }
}
