//! The body of a request: of which type it is, and how values go into it. What no gateway could read stops the start.

use hyper::header::CONTENT_TYPE;
use serde_json::Value;
use url::form_urlencoded;

use crate::messaging::custom::headers::Headers;
use crate::messaging::custom::template::{Part, Places, Template, Values};
use crate::messaging::custom::xml;
use crate::messaging::secret::{FieldError, Fields};

/// How values are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContentType {
    Json,
    Form,
    Xml,
    /// As they are.
    Text,
}

/// A body with places.
pub struct Payload {
    content_type: ContentType,
    template: Template,
}

impl Payload {
    /// `payloadTemplate`, of the type that `contentType` says; without it, that the header `Content-Type` says, or that
    /// the payload looks like.
    pub fn of(
        fields: &mut Fields,
        headers: &Headers,
        places: &Places,
    ) -> Result<Option<Self>, FieldError> {
        let named = match fields.optional_text("contentType")?.as_deref() {
            None => None,
            Some("JSON") => Some(ContentType::Json),
            Some("FORM") => Some(ContentType::Form),
            Some("XML") => Some(ContentType::Xml),
            Some(_) => return Err(fields.wrong("contentType", "must be JSON, FORM or XML")),
        };
        let labelled = labelled(fields, headers)?;
        let Some(text) = fields.optional_lines("payloadTemplate")? else {
            return Ok(None);
        };
        let text = text.trim();
        let content_type = match (named, labelled) {
            (Some(named), Some(labelled)) if named != labelled && labelled != ContentType::Text => {
                return Err(fields.wrong("contentType", "is another than the header Content-Type"));
            }
            (Some(named), _) => named,
            (None, Some(labelled)) => labelled,
            (None, None) if text.starts_with(['{', '[']) && !text.starts_with("{{") => {
                ContentType::Json
            }
            (None, None) if text.starts_with('<') => {
                return Err(fields.wrong("contentType", "must be XML where the payload is"));
            }
            (None, None) => ContentType::Form,
        };
        let template = Template::parse(text, places)
            .map_err(|_| fields.wrong("payloadTemplate", "has an unknown placeholder"))?;
        let template = match content_type {
            ContentType::Json => template.into_json(),
            ContentType::Xml => template.into_xml(),
            ContentType::Form | ContentType::Text => template,
        };
        Ok(Some(Self {
            content_type,
            template,
        }))
    }

    /// Why nobody could read it, once its places are filled.
    pub fn fault(&self) -> Option<&'static str> {
        let sample = self.filled(&Values::SAMPLE);
        match self.content_type {
            ContentType::Json => {
                let is_json = serde_json::from_str::<Value>(&sample).is_ok();
                (!is_json).then_some("is no JSON once its places are filled")
            }
            ContentType::Form => (!is_form(&sample)).then_some(
                "is no form (name=value&name=value); another type needs its contentType or header Content-Type",
            ),
            ContentType::Xml => {
                let document = xml::read(&sample);
                let encoding = document.encoding.as_deref();
                if !document.well_formed {
                    Some("is no well-formed XML once its places are filled")
                } else if encoding.is_some_and(|encoding| !is_utf8(encoding)) {
                    Some("must declare the encoding UTF-8, or none")
                } else {
                    None
                }
            }
            ContentType::Text => None,
        }
    }

    pub fn holds(&self, parts: &[Part]) -> bool {
        self.template.holds(parts)
    }

    /// The body of one message.
    pub fn filled(&self, values: &Values<'_>) -> String {
        match self.content_type {
            ContentType::Json => self.template.json(values),
            ContentType::Form => self.template.encoded(values),
            ContentType::Xml => self.template.xml(values),
            ContentType::Text => self.template.plain(values),
        }
    }

    /// What it is called where no header is configured. Plain text always has one.
    pub fn media_type(&self) -> &'static str {
        match self.content_type {
            ContentType::Json => "application/json",
            ContentType::Form => "application/x-www-form-urlencoded",
            ContentType::Xml => "application/xml",
            ContentType::Text => "text/plain; charset=utf-8",
        }
    }
}

/// What the header `Content-Type` says.
fn labelled(fields: &Fields, headers: &Headers) -> Result<Option<ContentType>, FieldError> {
    let Some(header) = headers.get(&CONTENT_TYPE) else {
        return Ok(None);
    };
    let wrong = |reason: &str| fields.wrong("headers.Content-Type", reason);
    if header.has_places() {
        return Err(wrong("must not have a placeholder"));
    }
    let header = header.start().to_ascii_lowercase();
    let mut parts = header.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let mut charsets = parts.filter_map(|part| part.strip_prefix("charset="));
    if charsets.any(|charset| !is_utf8(charset.trim_matches('"'))) {
        return Err(wrong("must have the charset utf-8, or none"));
    }
    let is = |kind: &str| {
        media_type.ends_with(&format!("/{kind}")) || media_type.ends_with(&format!("+{kind}"))
    };
    match media_type {
        _ if is("json") => Ok(Some(ContentType::Json)),
        _ if is("xml") => Ok(Some(ContentType::Xml)),
        "application/x-www-form-urlencoded" => Ok(Some(ContentType::Form)),
        "text/plain" => Ok(Some(ContentType::Text)),
        _ => Err(wrong("is not that of JSON, a form, XML or plain text")),
    }
}

fn is_utf8(charset: &str) -> bool {
    ["utf-8", "utf8"]
        .iter()
        .any(|name| charset.eq_ignore_ascii_case(name))
}

/// Whether a text is `name=value&name=value` (<https://url.spec.whatwg.org/#application/x-www-form-urlencoded>):
/// JSON, XML and sentences are not.
fn is_form(text: &str) -> bool {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let named = |pair: &str| {
        let name = pair.split_once('=').map_or("", |(name, _)| name.trim());
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "{}<>\"“”".contains(c))
    };
    pairs.clone().all(named) && form_urlencoded::parse(text.as_bytes()).next().is_some()
}
