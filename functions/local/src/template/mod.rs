//! `template.yaml` as the local server reads it: parameters, routes, scopes, tables and settings
//! come from there and nowhere else.

mod error;
mod intrinsics;
mod parameters;
mod pattern;
mod resources;
mod rules;
mod stack;
mod streams;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

pub use error::TemplateError;
pub use parameters::{Override, parse_overrides};
pub use stack::{Cors, Function, JwtAuthorizer, Method, Route, Secret, Stack, Table};
pub use streams::StreamSource;

pub(crate) use intrinsics::REGION;
use intrinsics::Scope;

/// A template that was read but has no values for its parameters yet.
#[derive(Debug, Clone)]
pub struct Template {
    document: Value,
}

/// What the local server itself stands in for.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Where the server answers.
    pub url: String,
}

/// The issuer of the tokens that the local server makes. Its port is none of the name:
/// with `--data` a token outlives a restart on another port.
const LOCAL_ISSUER: &str = "http://localhost";

/// The audience of the tokens that the local issuer makes, unless a parameter says otherwise.
pub const AUDIENCE: &str = "local";

/// Local's differences from the template's defaults.
const LOCAL_DEFAULTS: [(&str, &str); 8] = [
    ("AllowedRegions", "*"),
    ("DefaultRegion", "MY"),
    ("PrivilegedLookupByCode", "true"),
    ("AppName", "local"),
    ("AllowedSenderIds", "ACME"),
    ("EmailSender", "local <no-reply@local.example>"),
    ("CustomMessages", "any"),
    ("AllowedOrigins", "*"),
];

impl Template {
    pub fn read(path: &Path) -> Result<Self, TemplateError> {
        let text = std::fs::read_to_string(path).map_err(|error| TemplateError::Unreadable {
            path: path.display().to_string(),
            reason: error.to_string(),
        })?;
        Self::parse(&text).map_err(|error| match error {
            TemplateError::Invalid(reason) => TemplateError::Unreadable {
                path: path.display().to_string(),
                reason,
            },
            other => other,
        })
    }

    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let document = yaml::parse(text).map_err(TemplateError::Invalid)?;
        if document.get("Resources").is_some_and(Value::is_object) {
            Ok(Self { document })
        } else {
            Err(TemplateError::invalid("has no Resources"))
        }
    }

    /// The stack that `sam deploy` would make of it with these overrides, here.
    pub fn evaluate(
        &self,
        overrides: &[Override],
        surroundings: &Surroundings,
    ) -> Result<Stack, TemplateError> {
        let given: BTreeMap<&str, &str> = LOCAL_DEFAULTS
            .into_iter()
            .chain([("JwtIssuer", LOCAL_ISSUER), ("JwtAudience", AUDIENCE)])
            .collect();
        let stack = self.stack(overrides, &given, surroundings)?;
        if stack.parameter("UsersTableName").is_empty() {
            Ok(stack)
        } else {
            Err(TemplateError::parameter(
                "UsersTableName",
                "names a table on AWS, which is not there locally",
            ))
        }
    }

    /// The stack that `sam deploy` would make of it on AWS: with the template's own defaults.
    pub fn as_deployed(&self, overrides: &[Override]) -> Result<Stack, TemplateError> {
        let surroundings = Surroundings {
            url: "https://api.execute-api.us-east-1.amazonaws.com".to_owned(),
        };
        self.stack(overrides, &BTreeMap::new(), &surroundings)
    }

    fn stack(
        &self,
        overrides: &[Override],
        given: &BTreeMap<&str, &str>,
        surroundings: &Surroundings,
    ) -> Result<Stack, TemplateError> {
        let parameters = parameters::resolve(self.section("Parameters"), given, overrides)?;
        let scope = Scope::new(&self.document, &parameters, &surroundings.url);
        rules::check_rules(self.section("Rules"), &scope)?;
        let stack = resources::Reader::new(&self.document, &scope).stack()?;
        Ok(Stack {
            parameters: parameters
                .iter()
                .map(|(name, value)| (name.clone(), value.text.clone()))
                .collect(),
            ..stack
        })
    }

    fn section(&self, name: &str) -> Option<&serde_json::Map<String, Value>> {
        self.document.get(name).and_then(Value::as_object)
    }
}
