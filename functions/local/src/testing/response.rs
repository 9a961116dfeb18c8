//! A function's answer as tests look at it: status, headers, JSON.
//! Its Display is for snapshots: what differs between two runs is not in it.

use std::collections::BTreeMap;
use std::fmt;

use lambda_http::{Body, Response};
use serde_json::Value;

/// What a function answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    headers: BTreeMap<String, String>,
    /// Null where there is no body.
    pub body: Value,
}

impl Answer {
    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The code of the identity API, or the one that begins a SCIM `detail`.
    pub fn code(&self) -> Option<&str> {
        let identity = self.body["code"].as_str();
        let detail = self.body["detail"].as_str();
        identity.or_else(|| {
            let (code, _) = detail?.split_once(": ")?;
            let ours = ["17", "18", "UAR-", "UEV-", "UMV-", "VRF-"];
            ours.iter()
                .any(|ours| code.starts_with(ours))
                .then_some(code)
        })
    }

    /// Status, code and `scimType`, where there are any: `429 17003`.
    pub fn gist(&self) -> String {
        let mut gist = self.status.to_string();
        let scim_type = self.body["scimType"].as_str();
        for word in [self.code(), scim_type].into_iter().flatten() {
            gist = format!("{gist} {word}");
        }
        gist
    }
}

impl From<Response<Body>> for Answer {
    fn from(response: Response<Body>) -> Self {
        let headers = response.headers().iter().map(|(name, value)| {
            let value = value.to_str().unwrap_or_default();
            (name.as_str().to_owned(), value.to_owned())
        });
        Self {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: match response.body() {
                Body::Text(text) => text.parse().unwrap_or_else(|_| text.as_str().into()),
                _ => Value::Null,
            },
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for name in ["allow", "location", "retry-after", "www-authenticate"] {
            if let Some(value) = self.header(name) {
                writeln!(f, "{name}: {value}")?;
            }
        }
        let mut body = self.body.clone();
        if let Some(meta) = body.get_mut("meta").and_then(Value::as_object_mut) {
            for time in ["created", "lastModified"] {
                if let Some(time) = meta.get_mut(time) {
                    *time = "[time]".into();
                }
            }
            // A mark of what is pending is of a keyed hash, and the key is another each time.
            let version = meta.get("version").and_then(Value::as_str);
            if let Some((version, _)) = version.and_then(|version| version.split_once('-')) {
                meta.insert("version".to_owned(), format!("{version}-[mark]\"").into());
            }
        }
        if body.is_null() {
            return Ok(());
        }
        write!(f, "{body:#}")
    }
}
