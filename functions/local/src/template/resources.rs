//! What the local server serves, taken from the template's resources:
//! functions with their settings, routes with their scopes, tables, secrets, CORS.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::template::error::TemplateError;
use crate::template::intrinsics::{Scope, secret_arn};
use crate::template::stack::{Cors, Function, JwtAuthorizer, Method, Route, Secret, Stack, Table};
use crate::template::streams::StreamSource;

/// Lambda's own default, where a template says nothing.
const TIMEOUT: Duration = Duration::from_secs(3);

pub(super) struct Reader<'a> {
    document: &'a Value,
    scope: &'a Scope<'a>,
}

impl<'a> Reader<'a> {
    pub fn new(document: &'a Value, scope: &'a Scope<'a>) -> Self {
        Self { document, scope }
    }

    pub fn stack(&self) -> Result<Stack, TemplateError> {
        let mut stack = Stack::default();
        // The API comes first: its default authorizer and scopes go for all routes.
        let mut default_authorizer = None;
        for (_, properties) in self.of_type("AWS::Serverless::HttpApi")? {
            default_authorizer = self.api(&properties, &mut stack)?;
        }
        for (id, properties) in self.of_type("AWS::Serverless::Function")? {
            let mut function = self.function(&id, &properties)?;
            for event in members(properties.get("Events")) {
                let route = self.route(&id, event, default_authorizer.as_deref())?;
                stack.routes.extend(route);
                let source = StreamSource::read(self.scope, event)?;
                function.streams.extend(source);
            }
            stack.functions.push(function);
        }
        for (name, properties) in self.of_type("AWS::DynamoDB::Table")? {
            stack.tables.push(self.table(name, &properties)?);
        }
        for (logical_id, _) in self.of_type("AWS::SecretsManager::Secret")? {
            let arn = secret_arn(&logical_id);
            stack.secrets.push(Secret { logical_id, arn });
        }
        Ok(stack)
    }

    /// The resources of a type whose condition holds, not yet evaluated.
    fn of_type(&self, kind: &str) -> Result<Vec<(String, Value)>, TemplateError> {
        let mut found = Vec::new();
        for (id, resource) in members(self.document.get("Resources")) {
            if resource.get("Type").and_then(Value::as_str) != Some(kind) {
                continue;
            }
            let exists = match resource.get("Condition").and_then(Value::as_str) {
                Some(condition) => self.scope.named_condition(condition)?,
                None => true,
            };
            if exists {
                let properties = resource.get("Properties").cloned().unwrap_or_default();
                found.push((id.clone(), properties));
            }
        }
        Ok(found)
    }

    /// Reads CORS and authorizer; answers the name of the default authorizer.
    fn api(&self, properties: &Value, stack: &mut Stack) -> Result<Option<String>, TemplateError> {
        if let Some(cors) = properties.get("CorsConfiguration") {
            stack.cors = self.scope.evaluate(cors)?.as_ref().and_then(read_cors);
        }
        let auth = properties.get("Auth");
        for (_, authorizer) in members(auth.and_then(|auth| auth.get("Authorizers"))) {
            let jwt = authorizer
                .get("JwtConfiguration")
                .ok_or_else(|| TemplateError::invalid("an authorizer is not for JWTs"))?;
            let issuer = match jwt.get("issuer") {
                Some(issuer) => self.scope.text(issuer)?,
                None => None,
            };
            let audience = match jwt.get("audience") {
                Some(audience) => self.scope.texts(audience)?,
                None => Vec::new(),
            };
            stack.authorizer = Some(JwtAuthorizer {
                issuer: issuer.unwrap_or_default(),
                audience,
            });
        }
        match auth.and_then(|auth| auth.get("DefaultAuthorizer")) {
            Some(default) => self.scope.text(default),
            None => Ok(None),
        }
    }

    fn function(&self, id: &str, properties: &Value) -> Result<Function, TemplateError> {
        let globals = self
            .document
            .get("Globals")
            .and_then(|globals| globals.get("Function"));
        let mut environment = BTreeMap::new();
        for source in [globals, Some(properties)].into_iter().flatten() {
            let variables = source
                .get("Environment")
                .and_then(|environment| environment.get("Variables"));
            for (name, value) in members(variables) {
                if let Some(value) = self.scope.text(value)? {
                    environment.insert(name.clone(), value);
                }
            }
        }
        let property = |key: &str| {
            let value = properties
                .get(key)
                .or_else(|| globals.and_then(|globals| globals.get(key)));
            value.map_or(Ok(None), |value| self.scope.text(value))
        };
        let package = property("CodeUri")?
            .and_then(|uri| {
                uri.trim_end_matches('/')
                    .rsplit('/')
                    .next()
                    .map(str::to_owned)
            })
            .ok_or_else(|| TemplateError::invalid(format!("{id} has no CodeUri")))?;
        let timeout = property("Timeout")?.and_then(|seconds| seconds.parse().ok());
        Ok(Function {
            logical_id: id.to_owned(),
            package,
            environment,
            timeout: timeout.map_or(TIMEOUT, Duration::from_secs),
            streams: Vec::new(),
        })
    }

    fn route(
        &self,
        function: &str,
        (name, event): (&String, &Value),
        default_authorizer: Option<&str>,
    ) -> Result<Option<Route>, TemplateError> {
        if event.get("Type").and_then(Value::as_str) != Some("HttpApi") {
            return Ok(None);
        }
        let property = |key: &str| {
            let value = event
                .get("Properties")
                .and_then(|properties| properties.get(key));
            value.map_or(Ok(None), |value| self.scope.text(value))
        };
        let path = property("Path")?
            .ok_or_else(|| TemplateError::invalid(format!("{function}.{name} has no Path")))?;
        let method = match property("Method")? {
            None => Method::Any,
            Some(any) if any.eq_ignore_ascii_case("ANY") || any == "*" => Method::Any,
            Some(one) => Method::One(one.to_ascii_uppercase()),
        };
        let auth = event
            .get("Properties")
            .and_then(|properties| properties.get("Auth"));
        let authorizer = match auth.and_then(|auth| auth.get("Authorizer")) {
            Some(authorizer) => self.scope.text(authorizer)?,
            None => default_authorizer.map(str::to_owned),
        };
        let scopes = match auth.and_then(|auth| auth.get("AuthorizationScopes")) {
            Some(scopes) => self.scope.texts(scopes)?,
            None => Vec::new(),
        };
        Ok(Some(Route {
            method,
            path,
            function: function.to_owned(),
            authorized: authorizer.is_some_and(|name| name != "NONE"),
            scopes,
        }))
    }

    fn table(&self, name: String, properties: &Value) -> Result<Table, TemplateError> {
        const TAKEN_OVER: [&str; 6] = [
            "AttributeDefinitions",
            "KeySchema",
            "BillingMode",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
            "StreamSpecification",
        ];
        let Some(Value::Object(properties)) = self.scope.evaluate(properties)? else {
            return Err(TemplateError::invalid(format!("{name} has no Properties")));
        };
        let key = properties.get("KeySchema").and_then(Value::as_array);
        let key = key
            .into_iter()
            .flatten()
            .filter_map(|element| element.get("AttributeName"))
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let ttl = properties
            .get("TimeToLiveSpecification")
            .filter(|ttl| ttl.get("Enabled").and_then(Value::as_str) == Some("true"));
        let ttl_attribute = ttl
            .and_then(|ttl| ttl.get("AttributeName"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let mut definition: Map<String, Value> = properties
            .into_iter()
            .filter(|(key, _)| TAKEN_OVER.contains(&key.as_str()))
            .collect();
        if let Some(Value::Object(stream)) = definition.get_mut("StreamSpecification") {
            stream.insert("StreamEnabled".to_owned(), Value::Bool(true));
        }
        definition.insert("TableName".to_owned(), name.clone().into());
        Ok(Table {
            name,
            definition,
            key,
            ttl_attribute,
        })
    }
}

fn read_cors(cors: &Value) -> Option<Cors> {
    let list = |key: &str| -> Vec<String> {
        let items = cors.get(key).and_then(Value::as_array);
        let texts = items.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let text = |key: &str| cors.get(key).and_then(Value::as_str);
    cors.is_object().then(|| Cors {
        origins: list("AllowOrigins"),
        methods: list("AllowMethods"),
        headers: list("AllowHeaders"),
        expose: list("ExposeHeaders"),
        max_age: text("MaxAge").map(str::to_owned),
        credentials: text("AllowCredentials") == Some("true"),
    })
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}
