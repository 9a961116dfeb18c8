//! What a user may change of itself through `/Me`, and how often: its numbers, and what `SelfServiceAttributes` names.
//! Everything else is what others rely on, and needs the scope that changes anybody.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use shared::config::{ConfigError, Env, text};
use shared::scim::schema::{self, Attribute, Mutability, SCHEMAS};
use shared::user::User;
use shared::user::emails::EMAILS;
use shared::user::primary_flag::{MOBILE_DETAILS, WAITING_FLAG};

const VARIABLE: &str = "SELF_SERVICE_ATTRIBUTES";

const DEFAULT: &str = "name,displayName,nickName,profileUrl,title,preferredLanguage,locale,timezone,emails,\
                       phoneNumbers,addresses,ims,photos,smsOtpDisabled,otpBackupCodes";

/// What a user's own token writes, beside its mobile numbers.
#[derive(Clone, Debug)]
pub struct SelfService {
    /// URN and name in the schema's spelling.
    attributes: BTreeSet<(&'static str, &'static str)>,
}

impl SelfService {
    /// `SELF_SERVICE_ATTRIBUTES`: names of attributes that can be written, separated by commas, in any case.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let names = text(env, VARIABLE, DEFAULT);
        let names = names.split(',').map(str::trim);
        let attributes = names.filter(|name| !name.is_empty()).map(attribute);
        Ok(Self {
            attributes: attributes.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a change of a user's profile, and perhaps its name, is within this.
    pub fn allows(&self, user: &User, user_name: &str, profile: &Map<String, Value>) -> bool {
        let allowed = |urn, name: &str| self.attributes.iter().any(|own| *own == (urn, name));
        let same_name = user.user_name == user_name || allowed(schema::USER, "userName");
        same_name && self.foreign(&user.profile, profile).is_empty()
    }

    /// Whether it may write e-mail addresses: the lists of them follow `emails`.
    pub fn allows_emails(&self) -> bool {
        self.attributes.contains(&(schema::USER, EMAILS))
    }

    /// Whether a user writes its own backup codes.
    pub fn allows_backup_codes(&self) -> bool {
        let codes = |(urn, name): &(&'static str, &'static str)| {
            let attribute = schema::find(Some(*urn), name);
            attribute.is_some_and(|(_, attribute)| attribute.is_backup_codes())
        };
        self.attributes.iter().any(codes)
    }

    /// A PUT that leaves out what is not the user's to write leaves it as it is.
    pub fn keep(&self, stored: &Map<String, Value>, profile: &mut Map<String, Value>) {
        let given = profile.clone();
        for place in self.foreign(stored, &given) {
            if place.found_in(&given).is_none() {
                place.keep(stored, profile);
            }
        }
    }

    /// Where two profiles differ in what is not the user's to write.
    fn foreign<'a>(
        &self,
        one: &'a Map<String, Value>,
        other: &'a Map<String, Value>,
    ) -> Vec<Place<'a>> {
        let places: BTreeSet<Place<'a>> = places(one).chain(places(other)).collect();
        let own = |place: &Place<'_>| {
            let attributes = &self.attributes;
            place.is_number() || attributes.iter().any(|own| *own == (place.urn, place.name))
        };
        let differs = |place: &Place<'a>| place.found_in(one) != place.found_in(other);
        let places = places.into_iter();
        places
            .filter(|place| differs(place) && !own(place))
            .collect()
    }
}

fn attribute(name: &str) -> Result<(&'static str, &'static str), ConfigError> {
    let (urn, plain) = match name.rsplit_once(':') {
        Some((urn, name)) => (Some(urn), name),
        None => (None, name),
    };
    let found = schema::find(urn, plain).filter(|(_, attribute)| is_written(attribute));
    let (schema, attribute) = found.ok_or_else(|| {
        ConfigError::new(
            VARIABLE,
            format!("{name} is no attribute that can be written"),
        )
    })?;
    Ok((schema.urn, attribute.name))
}

/// Whether something comes of writing it.
fn is_written(attribute: &Attribute) -> bool {
    attribute.mutability == Mutability::ReadWrite || attribute.is_backup_codes()
}

/// An attribute of a profile.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    urn: &'static str,
    name: &'a str,
}

fn places(profile: &Map<String, Value>) -> impl Iterator<Item = Place<'_>> {
    profile.iter().flat_map(|(name, value)| {
        let extension = SCHEMAS.iter().find(|schema| schema.urn == name);
        let within = extension.and_then(|_| value.as_object());
        let urn = extension.map_or(schema::USER, |schema| schema.urn);
        let own = within.is_none().then_some(name);
        let names = within.into_iter().flat_map(Map::keys).chain(own);
        names.map(move |name| Place { urn, name })
    })
}

impl Place<'_> {
    /// What else is said of the mobile number is the number's.
    fn is_number(&self) -> bool {
        [MOBILE_DETAILS, WAITING_FLAG].contains(&self.name)
    }

    fn found_in<'p>(&self, profile: &'p Map<String, Value>) -> Option<&'p Value> {
        if self.urn == schema::USER {
            return profile.get(self.name);
        }
        profile.get(self.urn)?.get(self.name)
    }

    fn keep(&self, stored: &Map<String, Value>, profile: &mut Map<String, Value>) {
        let Some(value) = self.found_in(stored) else {
            return;
        };
        let home = if self.urn == schema::USER {
            Some(profile)
        } else {
            let extension = profile
                .entry(self.urn)
                .or_insert_with(|| Value::Object(Map::new()));
            extension.as_object_mut()
        };
        if let Some(home) = home {
            home.insert(self.name.to_owned(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn given(names: &str) -> Result<SelfService, ConfigError> {
        let names = names.to_owned();
        SelfService::from_env(&move |_: &str| Some(names.clone()))
    }

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn names_as_in_the_schemas_in_any_case() {
        let service = given(&format!("TITLE, {ENTERPRISE}:Department,costcenter,")).unwrap();
        let own: Vec<_> = service.attributes.iter().map(|(_, name)| *name).collect();
        assert_eq!(own, ["title", "costCenter", "department"]);
        assert!(given("").unwrap().attributes.is_empty());
        assert_eq!(given(DEFAULT).unwrap().attributes.len(), 15);
        for wrong in [
            "nope",
            "title;locale",
            "id",
            "meta",
            "groups",
            "password",
            "verifyMobile",
            "otpBackupCodesRemaining",
            "urn:x:title",
        ] {
            assert_eq!(given(wrong).unwrap_err().variable, VARIABLE, "{wrong}");
        }
    }

    #[test]
    fn what_is_not_named_is_foreign() {
        let service = given("title,department").unwrap();
        let before = map(
            &json!({ "title": "a", "userType": "b", ENTERPRISE: { "department": "c", "division": "d" } }),
        );
        for (after, wanted) in [
            (json!({}), vec!["userType", "division"]),
            (
                json!({ "title": "x", "userType": "b", ENTERPRISE: { "department": "x", "division": "d" } }),
                vec![],
            ),
            (
                json!({ "userType": "x", ENTERPRISE: { "division": "d" }, "roles": [{ "value": "x" }],
                    MOBILE_DETAILS: { "display": "x" } }),
                vec!["roles", "userType"],
            ),
        ] {
            let after = map(&after);
            let foreign = service.foreign(&before, &after);
            let mut names: Vec<_> = foreign.iter().map(|place| place.name).collect();
            let mut wanted = wanted;
            names.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(names, wanted);
            let mut kept = after.clone();
            service.keep(&before, &mut kept);
            assert_eq!(kept[ENTERPRISE]["division"], "d");
        }
    }
}
