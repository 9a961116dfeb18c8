//! The secret that names the providers, read field by field: what is wrong is said with the field's name,
//! never with its value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::door::json;
use crate::regions::is_region;

/// Levels of arrays and objects in a secret; the deepest, within `headers` in an array of providers, needs three.
const DEEPEST: usize = 8;

/// A field that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    pub field: String,
    pub reason: String,
}

impl std::fmt::Display for Wrong {
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
    pub fn providers(text: &str) -> Result<Vec<Self>, Wrong> {
        let wrong = |field: String, reason: &str| Wrong {
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

    pub fn wrong(&self, field: &str, reason: impl Into<String>) -> Wrong {
        Wrong {
            field: format!("{}{field}", self.path),
            reason: reason.into(),
        }
    }

    pub fn take(&mut self, field: &str) -> Option<Value> {
        self.map.remove(field)
    }

    /// A text that must be there, of one line.
    pub fn text(&mut self, field: &str) -> Result<String, Wrong> {
        self.optional_text(field)?
            .ok_or_else(|| self.wrong(field, "is missing"))
    }

    /// A text of one line; an empty one counts as left out.
    pub fn optional_text(&mut self, field: &str) -> Result<Option<String>, Wrong> {
        let text = self.optional_lines(field)?;
        match text {
            Some(text) if text.chars().any(char::is_control) => {
                Err(self.wrong(field, "must not contain control characters"))
            }
            text => Ok(text),
        }
    }

    /// A text that may have several lines; an empty one counts as left out.
    pub fn optional_lines(&mut self, field: &str) -> Result<Option<String>, Wrong> {
        match self.take(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            Some(_) => Err(self.wrong(field, "must be a text")),
        }
    }

    /// An object within this one.
    pub fn object(&mut self, field: &str) -> Result<Option<Self>, Wrong> {
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
    pub fn texts(mut self) -> Result<BTreeMap<String, String>, Wrong> {
        let names: Vec<String> = self.map.keys().cloned().collect();
        let texts = names.into_iter().map(|name| {
            let text = self.text(&name)?;
            Ok((name, text))
        });
        texts.collect()
    }

    /// Nothing may be left: a misspelt field would be a setting without effect.
    pub fn done(self) -> Result<(), Wrong> {
        match self.map.keys().next() {
            Some(field) => Err(self.wrong(field, "is not known")),
            None => Ok(()),
        }
    }
}

/// Whom messages are from: by the number's region, or for all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Senders {
    by_region: BTreeMap<String, String>,
    default: Option<String>,
}

impl Senders {
    /// The same for every region.
    pub fn all(default: Option<String>) -> Self {
        Self {
            by_region: BTreeMap::new(),
            default,
        }
    }

    /// `senders` by ISO 3166-1 code, over `default`.
    pub fn of(fields: &mut Fields, default: Option<String>) -> Result<Self, Wrong> {
        let by_region = match fields.object("senders")? {
            None => BTreeMap::new(),
            Some(senders) => senders.texts()?,
        };
        for (region, sender) in &by_region {
            let field = format!("senders.{region}");
            if !is_region(region) {
                return Err(fields.wrong(&field, "must be named by an ISO 3166-1 code such as US"));
            }
            if !is_sender(sender) {
                return Err(fields.wrong(&field, NO_SENDER));
            }
        }
        if default.as_deref().is_some_and(|sender| !is_sender(sender)) {
            return Err(fields.wrong("sender", NO_SENDER));
        }
        Ok(Self { by_region, default })
    }

    /// The request's own wish comes first, then the number's region.
    pub fn pick<'a>(&'a self, asked: Option<&'a str>, region: &str) -> Option<&'a str> {
        let by_region = || self.by_region.get(region).or(self.default.as_ref());
        asked.or_else(|| by_region().map(String::as_str))
    }
}

const NO_SENDER: &str = "must be 1 to 34 printable ASCII characters";

fn is_sender(text: &str) -> bool {
    let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    (1..=34).contains(&text.len()) && text.bytes().all(printable)
}

/// Whether a sender is a number (or short code) rather than a name.
pub fn is_number(sender: &str) -> bool {
    let digits = sender.strip_prefix('+').unwrap_or(sender);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
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

    #[test]
    fn whom_a_message_is_from() {
        let mut fields = one(r#"{"senders":{"US":"+15005550006","GB":"ACME"}}"#);
        let senders = Senders::of(&mut fields, Some("OTHER".into())).unwrap();
        assert_eq!(senders.pick(None, "US"), Some("+15005550006"));
        assert_eq!(senders.pick(None, "MY"), Some("OTHER"));
        assert_eq!(senders.pick(Some("ASKED"), "US"), Some("ASKED"));
        assert_eq!(Senders::default().pick(None, "MY"), None);
        for wrong in [r#"{"senders":{"usa":"A"}}"#, r#"{"senders":{"US":"é"}}"#] {
            assert!(Senders::of(&mut one(wrong), None).is_err(), "{wrong}");
        }
    }
}
