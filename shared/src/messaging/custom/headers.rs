//! Headers of a gateway: `a: b, c: d`, split at the first colon, or a JSON object.

use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use serde_json::Value;

use crate::messaging::custom::template::{Places, Template, Values};
use crate::messaging::secret::{FieldError, Fields};

/// What belongs to the connection, not to the message.
const FORBIDDEN: [HeaderName; 7] = [
    CONNECTION,
    CONTENT_LENGTH,
    HOST,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What no setting may say.
pub fn is_of_connection(name: &HeaderName) -> bool {
    FORBIDDEN.contains(name)
}

#[derive(Clone)]
pub struct Headers(Vec<(HeaderName, Template)>);

impl Headers {
    pub fn of(fields: &mut Fields, places: &Places) -> Result<Self, FieldError> {
        let pairs = match fields.take("headers") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) => split(&text)
                .ok_or_else(|| fields.wrong("headers", "must be name: value, name: value"))?,
            Some(Value::Object(map)) => {
                let pairs = map.into_iter().map(|(name, value)| match value {
                    Value::String(value) => Ok((name, value)),
                    _ => Err(fields.wrong(&format!("headers.{name}"), "must be a text")),
                });
                pairs.collect::<Result<_, _>>()?
            }
            Some(_) => return Err(fields.wrong("headers", "must be a text or an object")),
        };
        let mut headers: Vec<(HeaderName, Template)> = Vec::new();
        for (name, value) in pairs {
            let wrong = |reason: &str| fields.wrong(&format!("headers.{name}"), reason);
            let parsed = HeaderName::try_from(name.as_str())
                .map_err(|_| fields.wrong("headers", "has a name that no header can have"))?;
            if is_of_connection(&parsed) {
                return Err(wrong("belongs to the connection"));
            }
            if headers.iter().any(|(known, _)| *known == parsed) {
                return Err(wrong("is there twice"));
            }
            let template =
                Template::parse(&value, places).map_err(|_| wrong("has an unknown placeholder"))?;
            if places.has_lines && template.holds(places.texts) {
                return Err(wrong("cannot hold a text, which may have several lines"));
            }
            HeaderValue::try_from(template.plain(&Values::SAMPLE))
                .map_err(|_| wrong("must not contain control characters"))?;
            headers.push((parsed, template));
        }
        Ok(Self(headers))
    }

    pub fn has(&self, name: &HeaderName) -> bool {
        self.get(name).is_some()
    }

    /// A header as it is configured.
    pub fn get(&self, name: &HeaderName) -> Option<&Template> {
        let header = self.0.iter().find(|(known, _)| known == name);
        header.map(|(_, template)| template)
    }

    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.0.iter().map(|(_, template)| template)
    }

    /// The headers of one message; the name of one that cannot hold its value.
    pub fn filled(
        &self,
        values: &Values<'_>,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, HeaderName> {
        let filled = self.0.iter().map(|(name, template)| {
            let mut value =
                HeaderValue::try_from(template.plain(values)).map_err(|_| name.clone())?;
            value.set_sensitive(true);
            Ok((name.clone(), value))
        });
        filled.collect()
    }
}

/// At every comma that a name and a colon follow; other commas belong to a value.
fn split(text: &str) -> Option<Vec<(String, String)>> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in text.split(',') {
        let named = part
            .split_once(':')
            .filter(|(name, _)| HeaderName::try_from(name.trim()).is_ok());
        match (named, pairs.last_mut()) {
            (Some((name, value)), _) => pairs.push((name.trim().into(), value.trim().into())),
            (None, Some((_, value))) if !part.trim().is_empty() => {
                value.push_str(", ");
                value.push_str(part.trim());
            }
            (None, _) if part.trim().is_empty() => {}
            (None, _) => return None,
        }
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_commas_and_first_colons() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for (text, expected) in [
            ("", vec![]),
            (
                "authorisation: qwer1234asdfzxcv, x-csrf: true, x-abc: some-value",
                vec![
                    pair("authorisation", "qwer1234asdfzxcv"),
                    pair("x-csrf", "true"),
                    pair("x-abc", "some-value"),
                ],
            ),
            (
                "X-Version: 1,Authorization: bearer a:b=,Accept: text/html, text/plain,",
                vec![
                    pair("X-Version", "1"),
                    pair("Authorization", "bearer a:b="),
                    pair("Accept", "text/html, text/plain"),
                ],
            ),
        ] {
            assert_eq!(split(text), Some(expected), "{text}");
        }
        assert_eq!(split("no colon"), None);
    }

    #[test]
    fn headers_that_are_refused_are_named() {
        for (headers, expected) in [
            (r#""x""#, "headers must be name: value, name: value"),
            ("1", "headers must be a text or an object"),
            (r#"{"X":1}"#, "headers.X must be a text"),
            (
                r#"{"X":"a\r\nb: c"}"#,
                "headers.X must not contain control characters",
            ),
            (
                r#"{"X Y":"a"}"#,
                "headers has a name that no header can have",
            ),
            (r#""Host: a""#, "headers.Host belongs to the connection"),
            (r#""X: a, x: b""#, "headers.x is there twice"),
            (
                r#"{"X-Key":"a","x-key":"a"}"#,
                "headers.x-key is there twice",
            ),
            (r#""X: {{code}}""#, "headers.X has an unknown placeholder"),
        ] {
            let secret = format!("{{\"headers\":{headers}}}");
            let mut fields = Fields::providers(&secret).unwrap().remove(0);
            let wrong = Headers::of(&mut fields, &Places::OF_TEXTS).err().unwrap();
            assert_eq!(wrong.to_string(), expected);
        }
    }
}
