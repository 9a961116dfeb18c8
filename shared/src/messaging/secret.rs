//! The secret that names the providers, read field by field: what is wrong is said with the field's name,
//! never with its value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::json;

/// Levels of arrays and objects in a secret; the deepest, within `headers` in an array of providers, needs three.
const DEEPEST: usize = 8;

/// A field that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    pub reason: String,
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.field, self.reason)
    }
}

/// The fields of an object that have not been taken yet.
pub struct Fields {
    map: Map<String, Value>,
    /// In front of a field's name, such as `[1].auth.`.
    path: String,
}

impl Fields {
    /// The providers in order: one object, or an array of them.
    pub fn providers(text: &str) -> Result<Vec<Self>, FieldError> {
        let wrong = |field: String, reason: &str| FieldError {
            field,
            reason: reason.into(),
        };
        let entries = match json::parse(text.as_bytes(), DEEPEST) {
            Ok(Value::Object(map)) => {
                let path = String::new();
                return Ok(vec![Self { map, path }]);
            }
            Ok(Value::Array(entries)) if !entries.is_empty() => entries,
            Ok(Value::Array(_)) => return Err(wrong("the secret".into(), "names no provider")),
            // A name that is there twice, of which nobody could say which counts.
            Err(error) if error.is_data() => {
                return Err(wrong("the secret".into(), &error.to_string()));
            }
            _ => {
                let reason = "must be a JSON object, or an array of them";
                return Err(wrong("the secret".into(), reason));
            }
        };
        let entries = entries.into_iter().enumerate();
        let entries = entries.map(|(n, entry)| match entry {
            Value::Object(map) => Ok(Self {
                map,
                path: format!("[{n}]."),
            }),
            _ => Err(wrong(format!("[{n}]"), "must be an object")),
        });
        entries.collect()
    }

    pub fn wrong(&self, field: &str, reason: impl Into<String>) -> FieldError {
        FieldError {
            field: format!("{}{field}", self.path),
            reason: reason.into(),
        }
    }

    pub fn take(&mut self, field: &str) -> Option<Value> {
        self.map.remove(field)
    }

    /// A text that must be there, of one line.
    pub fn text(&mut self, field: &str) -> Result<String, FieldError> {
        self.optional_text(field)?
            .ok_or_else(|| self.wrong(field, "is missing"))
    }

    /// A text of one line; an empty one counts as left out.
    pub fn optional_text(&mut self, field: &str) -> Result<Option<String>, FieldError> {
        let text = self.optional_lines(field)?;
        match text {
            Some(text) if text.chars().any(char::is_control) => {
                Err(self.wrong(field, "must not contain control characters"))
            }
            text => Ok(text),
        }
    }

    /// A text that may have several lines; an empty one counts as left out.
    pub fn optional_lines(&mut self, field: &str) -> Result<Option<String>, FieldError> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            Some(_) => Err(self.wrong(field, "must be a text")),
        }
    }

    /// An object within this one.
    pub fn object(&mut self, field: &str) -> Result<Option<Self>, FieldError> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self {
                map,
                path: format!("{}{field}.", self.path),
            })),
            Some(_) => Err(self.wrong(field, "must be an object")),
        }
    }

    /// All texts of the object, by name.
    pub fn texts(mut self) -> Result<BTreeMap<String, String>, FieldError> {
        let names: Vec<String> = self.map.keys().cloned().collect();
        let texts = names.into_iter().map(|name| {
            let text = self.text(&name)?;
            Ok((name, text))
        });
        texts.collect()
    }

    /// Nothing may be left: a misspelt field would be a setting without effect.
    pub fn done(self) -> Result<(), FieldError> {
        match self.map.keys().next() {
            Some(field) => Err(self.wrong(field, "is not known")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Fields {
        Fields::providers(text).unwrap().remove(0)
    }

    #[test]
    fn one_provider_or_several() {
        assert_eq!(Fields::providers("{}").unwrap().len(), 1);
        assert_eq!(Fields::providers("[{},{}]").unwrap().len(), 2);
        for (text, expected) in [
            ("", "the secret must be a JSON object, or an array of them"),
            ("[]", "the secret names no provider"),
            ("[{},1]", "[1] must be an object"),
            (
                r#"{"headers":{"X":"a","X":"b"}}"#,
                "the secret has \"X\" twice at line 1 column 23",
            ),
        ] {
            let wrong = Fields::providers(text).err().unwrap();
            assert_eq!(wrong.to_string(), expected);
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_not_shown() {
        let wrong = one("{}").text("authToken").unwrap_err();
        assert_eq!(wrong.to_string(), "authToken is missing");
        let wrong = one(r#"{"authToken":5}"#).text("authToken").unwrap_err();
        assert_eq!(wrong.to_string(), "authToken must be a text");
        let wrong = one("{\"a\":\"x\\ny\"}").text("a").unwrap_err();
        assert_eq!(wrong.to_string(), "a must not contain control characters");
        let mut providers = Fields::providers(r#"[{},{"auth":{"x":"y"}}]"#).unwrap();
        let auth = providers.remove(1).object("auth").unwrap().unwrap();
        let wrong = auth.done().unwrap_err();
        assert_eq!(wrong.to_string(), "[1].auth.x is not known");
    }
}
