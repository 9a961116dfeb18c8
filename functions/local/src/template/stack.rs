//! The stack that a template and its parameters make: what the local server serves.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::template::streams::StreamSource;

/// A template with every parameter, condition and reference resolved.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// The parameters' values as text.
    pub parameters: BTreeMap<String, String>,
    pub functions: Vec<Function>,
    pub routes: Vec<Route>,
    pub tables: Vec<Table>,
    pub secrets: Vec<Secret>,
    pub cors: Option<Cors>,
    /// What the routes that want a token check it against.
    pub authorizer: Option<JwtAuthorizer>,
}

impl Stack {
    /// A function by the name of its package.
    pub fn function(&self, package: &str) -> Option<&Function> {
        self.functions.iter().find(|f| f.package == package)
    }

    /// The parameter behind an environment variable: `OTP_LENGTH` is `OtpLength`.
    pub fn parameter_of(&self, variable: &str) -> Option<&str> {
        self.parameters
            .keys()
            .map(String::as_str)
            .find(|name| upper_snake(name) == variable)
    }

    /// A parameter's value; empty where the template has no such parameter.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name in the template.
    pub logical_id: String,
    /// Its package: the last part of `CodeUri`.
    pub package: String,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    pub timeout: Duration,
    /// The streams that it runs behind.
    pub streams: Vec<StreamSource>,
}

/// An HTTP method of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    Any,
    One(String),
}

/// A route of the HTTP API.
#[derive(Debug, Clone)]
pub struct Route {
    pub method: Method,
    pub path: String,
    /// The function's name in the template.
    pub function: String,
    /// Whether a token is wanted; the token must hold one of `scopes` unless there are none.
    pub authorized: bool,
    pub scopes: Vec<String>,
}

/// What the JWT authorizer checks.
#[derive(Debug, Clone)]
pub struct JwtAuthorizer {
    pub issuer: String,
    pub audience: Vec<String>,
}

/// The HTTP API's CORS configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    pub origins: Vec<String>,
    pub methods: Vec<String>,
    pub headers: Vec<String>,
    pub expose: Vec<String>,
    pub max_age: Option<String>,
    pub credentials: bool,
}

/// A DynamoDB table.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    /// The properties that `CreateTable` takes, as the template has them.
    pub definition: Map<String, Value>,
    /// Attributes of the primary key.
    pub key: Vec<String>,
    pub ttl_attribute: Option<String>,
}

/// A Secrets Manager secret.
#[derive(Debug, Clone)]
pub struct Secret {
    pub logical_id: String,
    pub arn: String,
}

/// The name of the environment variable that a parameter reaches functions as.
fn upper_snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 8);
    for (at, letter) in name.chars().enumerate() {
        if at > 0 && letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_uppercase());
    }
    snake
}
