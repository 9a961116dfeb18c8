//! Which attributes of a resource a client wants to see (RFC 7644 §3.9): `attributes` or `excludedAttributes`.
//! Names that nobody knows select nothing; what is always returned always is.

use serde_json::{Map, Value};

use crate::scim::error::ScimError;
use crate::scim::path::{Path, Target};
use crate::scim::schema::{Returned, SCHEMAS, Schema, USER};

/// Most names in one request.
pub const MAX_NAMES: usize = 200;

/// The parts of a resource that are shown. The default shows everything.
#[derive(Clone, Default)]
pub struct Selection {
    mode: Mode,
    paths: Vec<Path>,
}

impl std::fmt::Debug for Selection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {} names", self.mode, self.paths.len())
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    All,
    Only,
    Without,
}

impl Selection {
    /// The two lists as they were given; an empty list asks for nothing in particular.
    pub fn of(attributes: &[&str], excluded: &[&str]) -> Result<Self, ScimError> {
        let (mode, name, texts) = match (attributes, excluded) {
            ([], []) => return Ok(Self::default()),
            (_, []) => (Mode::Only, "attributes", attributes),
            ([], _) => (Mode::Without, "excludedAttributes", excluded),
            _ => {
                return Err(ScimError::invalid_value(
                    "attributes",
                    "cannot be given together with excludedAttributes",
                ));
            }
        };
        if texts.len() > MAX_NAMES {
            let reason = format!("has more than {MAX_NAMES} names");
            return Err(ScimError::invalid_value(name, &reason));
        }
        let paths = texts.iter().filter_map(|text| Path::name(text.trim()));
        Ok(Self {
            mode,
            paths: paths.collect(),
        })
    }

    /// The two lists as a query has them, separated by commas.
    pub fn of_query(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, ScimError> {
        Self::of(&names(attributes), &names(excluded))
    }

    /// What of a resource, in the schema's spelling, is shown.
    #[must_use]
    pub fn shown(&self, resource: Map<String, Value>) -> Map<String, Value> {
        let mut shown = match self.mode {
            Mode::All => return resource,
            Mode::Only => self.only(&resource),
            Mode::Without => self.without(resource),
        };
        // RFC 7643 §3: the schemas of the attributes "present in the current JSON structure".
        let absent = |urn: &str| urn != USER && !shown.contains_key(urn);
        let present = match shown.get("schemas") {
            Some(Value::Array(urns)) => urns
                .iter()
                .filter(|urn| !urn.as_str().is_some_and(absent))
                .cloned()
                .collect(),
            _ => Vec::new(),
        };
        shown.insert("schemas".to_owned(), Value::Array(present));
        shown
    }

    fn only(&self, resource: &Map<String, Value>) -> Map<String, Value> {
        let mut shown = Map::new();
        for (name, value) in resource {
            let part = match SCHEMAS.iter().find(|schema| schema.urn == name) {
                Some(extension) => self.of_extension(extension, value),
                None => self.of_attribute(None, name, value),
            };
            if let Some(part) = part {
                shown.insert(name.clone(), part);
            }
        }
        shown
    }

    fn of_extension(&self, extension: &Schema, value: &Value) -> Option<Value> {
        let parts = value.as_object()?.iter();
        let parts = parts.filter_map(|(name, value)| {
            let part = self.of_attribute(Some(extension), name, value)?;
            Some((name.clone(), part))
        });
        let parts: Map<String, Value> = parts.collect();
        (!parts.is_empty()).then_some(Value::Object(parts))
    }

    /// What of one attribute is selected; without an extension it is one of the core's.
    fn of_attribute(&self, extension: Option<&Schema>, name: &str, value: &Value) -> Option<Value> {
        let mut subs = Vec::new();
        for path in &self.paths {
            match path {
                Path::Schema(schema) if is_home(schema, extension) => return Some(value.clone()),
                Path::Attribute(target) if is_target(target, extension, name) => match target.sub {
                    None => return Some(value.clone()),
                    Some(sub) => subs.push(sub.name),
                },
                _ => {}
            }
        }
        if is_always_returned(extension, name) {
            return Some(value.clone());
        }
        parts(value, &|sub| subs.contains(&sub))
    }

    fn without(&self, mut resource: Map<String, Value>) -> Map<String, Value> {
        for path in &self.paths {
            match path {
                Path::Schema(schema) if schema.is_core() => {
                    resource.retain(|name, _| {
                        is_always_returned(None, name) || SCHEMAS.iter().any(|s| s.urn == name)
                    });
                }
                Path::Schema(extension) => {
                    resource.shift_remove(extension.urn);
                }
                Path::Attribute(target) if target.schema.is_core() => {
                    remove(&mut resource, target);
                }
                Path::Attribute(target) => {
                    let urn = target.schema.urn;
                    if let Some(Value::Object(extension)) = resource.get_mut(urn) {
                        remove(extension, target);
                        if extension.is_empty() {
                            resource.shift_remove(urn);
                        }
                    }
                }
            }
        }
        resource
    }
}

fn names(list: Option<&str>) -> Vec<&str> {
    let names = list.unwrap_or_default().split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).collect()
}

fn is_home(schema: &Schema, extension: Option<&Schema>) -> bool {
    match extension {
        Some(extension) => schema.urn == extension.urn,
        None => schema.is_core(),
    }
}

fn is_target(target: &Target, extension: Option<&Schema>, name: &str) -> bool {
    target.attribute.name == name && is_home(target.schema, extension)
}

fn is_always_returned(extension: Option<&Schema>, name: &str) -> bool {
    let core = || SCHEMAS.iter().find(|schema| schema.is_core());
    extension
        .or_else(core)
        .and_then(|schema| schema.attribute(name))
        .is_some_and(|attribute| attribute.returned == Returned::Always)
}

fn remove(home: &mut Map<String, Value>, target: &Target) {
    let name = target.attribute.name;
    if target.attribute.returned == Returned::Always {
        return;
    }
    let rest = match (target.sub, home.get(name)) {
        (Some(sub), Some(value)) => parts(value, &|name| name != sub.name),
        _ => None,
    };
    match rest {
        Some(rest) => {
            home.insert(name.to_owned(), rest);
        }
        None => {
            home.shift_remove(name);
        }
    }
}

/// A complex value, or each of several, with the wanted sub-attributes; none where nothing is left.
fn parts(value: &Value, wanted: &dyn Fn(&str) -> bool) -> Option<Value> {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| wanted(name));
            let members: Map<String, Value> = members
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            (!members.is_empty()).then_some(Value::Object(members))
        }
        Value::Array(values) => {
            let values = values.iter().filter_map(|value| parts(value, wanted));
            let values: Vec<Value> = values.collect();
            (!values.is_empty()).then_some(Value::Array(values))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::schema::{ENTERPRISE, WSO2};

    fn user() -> Map<String, Value> {
        let user = json!({
            "schemas": [USER, ENTERPRISE, WSO2],
            "id": "1",
            "userName": "bob",
            "name": { "givenName": "Bob", "familyName": "Smith" },
            "emails": [{ "value": "a@x", "type": "work" }, { "value": "b@x" }],
            ENTERPRISE: { "department": "A", "manager": { "value": "m", "displayName": "M" } },
            WSO2: { "mobileNumbers": ["+1"], "phoneVerified": true },
            "meta": { "created": "2024", "version": "W/\"1\"" },
        });
        user.as_object().cloned().unwrap_or_default()
    }

    fn only(names: &str) -> Value {
        let selection = Selection::of_query(Some(names), None).unwrap();
        Value::Object(selection.shown(user()))
    }

    fn without(names: &str) -> Value {
        let selection = Selection::of_query(None, Some(names)).unwrap();
        Value::Object(selection.shown(user()))
    }

    #[test]
    fn only_what_is_asked_for() {
        let with = |more: Value| {
            let mut all = json!({ "schemas": [USER], "id": "1" });
            let more = more.as_object().unwrap().clone();
            all.as_object_mut().unwrap().extend(more);
            all
        };
        let rows = [
            ("userName", json!({ "userName": "bob" })),
            (" USERNAME , id", json!({ "userName": "bob" })),
            ("name", json!({ "name": user()["name"] })),
            ("name.GIVENNAME", json!({ "name": { "givenName": "Bob" } })),
            ("name.givenName,name", json!({ "name": user()["name"] })),
            ("emails.type", json!({ "emails": [{ "type": "work" }] })),
            (
                "emails.value,emails.type",
                json!({ "emails": user()["emails"] }),
            ),
            ("emails.display", json!({})),
            ("meta.version", json!({ "meta": { "version": "W/\"1\"" } })),
            (
                "urn:ietf:params:scim:schemas:core:2.0:user:userName",
                json!({ "userName": "bob" }),
            ),
            ("nope,name.nope,urn:x:y,,.", json!({})),
        ];
        for (names, wanted) in rows {
            assert_eq!(only(names), with(wanted), "{names}");
        }
        let department = format!("{ENTERPRISE}:Department,{ENTERPRISE}:manager.value");
        for names in [department.as_str(), "Department,manager.value"] {
            assert_eq!(
                only(names),
                json!({ "schemas": [USER, ENTERPRISE], "id": "1",
                    ENTERPRISE: { "department": "A", "manager": { "value": "m" } } })
            );
        }
        let of_wso2_5 = format!("{ENTERPRISE}:mobileNumbers");
        for names in [
            "mobileNumbers",
            "urn:scim:wso2:schema:MOBILENUMBERS",
            &of_wso2_5,
        ] {
            let wanted =
                json!({ "schemas": [USER, WSO2], "id": "1", WSO2: { "mobileNumbers": ["+1"] } });
            assert_eq!(only(names), wanted, "{names}");
        }
        assert_eq!(only("urn:scim:wso2:schema")[WSO2], user()[WSO2]);
        let core = only(USER);
        assert_eq!(core["userName"], "bob");
        assert_eq!(core.get(WSO2), None);
        assert_eq!(core["schemas"], json!([USER]));
    }

    #[test]
    fn all_but_what_is_excluded() {
        assert_eq!(without("id,schemas,nope"), Value::Object(user()));
        let shown = without("meta,emails.type,name.givenName,name.familyName,USERNAME");
        let wanted = json!({
            "schemas": [USER, ENTERPRISE, WSO2],
            "id": "1",
            "emails": [{ "value": "a@x" }, { "value": "b@x" }],
            ENTERPRISE: user()[ENTERPRISE],
            WSO2: user()[WSO2],
        });
        assert_eq!(shown, wanted);
        let shown = without(&format!("{ENTERPRISE},mobileNumbers,phoneVerified"));
        assert_eq!(shown["schemas"], json!([USER]));
        assert_eq!((shown.get(ENTERPRISE), shown.get(WSO2)), (None, None));
        let shown = without("department,manager");
        assert_eq!(shown["schemas"], json!([USER, WSO2]));
        let shown = without(USER);
        let names: Vec<&String> = shown.as_object().unwrap().keys().collect();
        assert_eq!(names, ["schemas", "id", ENTERPRISE, WSO2]);
    }

    #[test]
    fn nothing_in_particular_is_everything() {
        for (attributes, excluded) in [(None, None), (Some(""), Some(" ,")), (Some(","), None)] {
            let selection = Selection::of_query(attributes, excluded).unwrap();
            assert_eq!(selection.shown(user()), user());
        }
    }

    #[test]
    fn what_is_refused() {
        let many = "a,".repeat(MAX_NAMES + 1);
        for (attributes, excluded) in [
            (Some("id"), Some("meta")),
            (Some(many.as_str()), None),
            (None, Some(many.as_str())),
        ] {
            let refused = Selection::of_query(attributes, excluded).unwrap_err();
            assert_eq!(refused.scim_type.as_str(), "invalidValue");
        }
    }
}
