//! A shipped event that a test changes: another body, caller or scope.
//! Everything else stays as API Gateway sends it.

use std::fmt;
use std::path::Path;

use lambda_http::Request;
use lambda_http::request::LambdaRequest;
use serde_json::{Value, json};

/// An event of API Gateway.
#[derive(Debug, Clone)]
#[must_use]
pub struct Event(Value);

impl Event {
    /// `events/<name>.json`, such as `scim-patch/patch-me`.
    pub fn shipped(name: &str) -> Self {
        Self(event(name))
    }

    /// With another body.
    pub fn body(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// With another body that need not be JSON.
    pub fn text(mut self, body: &str) -> Self {
        self.0["body"] = body.into();
        self.0["isBase64Encoded"] = false.into();
        self
    }

    /// With another body, a PATCH of these operations.
    pub fn operations(self, operations: &Value) -> Self {
        self.body(&json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        }))
    }

    /// With another body, a PATCH that replaces these attributes.
    pub fn replacing(self, attributes: &Value) -> Self {
        self.operations(&json!([{ "op": "replace", "value": attributes }]))
    }

    /// From another caller, with these scopes.
    pub fn by(mut self, subject: &str, scopes: &str) -> Self {
        let claims = &mut self.0["requestContext"]["authorizer"]["jwt"]["claims"];
        claims["sub"] = subject.into();
        claims["scope"] = scopes.into();
        self
    }

    /// With another claim in the token.
    pub fn claim(mut self, name: &str, value: &str) -> Self {
        self.0["requestContext"]["authorizer"]["jwt"]["claims"][name] = value.into();
        self
    }

    /// From another address.
    pub fn from_address(mut self, address: &str) -> Self {
        self.0["requestContext"]["http"]["sourceIp"] = address.into();
        self
    }

    /// Without a token, as on a route without authorizer.
    pub fn without_token(mut self) -> Self {
        if let Some(context) = self.0["requestContext"].as_object_mut() {
            context.remove("authorizer");
        }
        self
    }

    /// With a header; the name in lower case, as API Gateway has it.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0["headers"][name] = value.into();
        self
    }

    /// With another value of a path's parameter.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.0["pathParameters"][name] = value.into();
        self
    }

    /// With other parameters of the query.
    pub fn query(mut self, parameters: &[(&str, &str)]) -> Self {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        self.0["rawQueryString"] = query.into();
        // As API Gateway has them: repeated ones joined by a comma.
        let mut joined = serde_json::Map::new();
        for (name, value) in parameters {
            let value = match joined.get(*name).and_then(Value::as_str) {
                Some(before) => format!("{before},{value}"),
                None => (*value).to_owned(),
            };
            joined.insert((*name).to_owned(), value.into());
        }
        self.0["queryStringParameters"] = joined.into();
        self
    }

    /// On another route.
    pub fn route(mut self, method: &str, template: &str) -> Self {
        let key = format!("{method} {template}");
        self.0["routeKey"] = key.as_str().into();
        self.0["requestContext"]["routeKey"] = key.into();
        self.0["requestContext"]["http"]["method"] = method.into();
        self
    }

    /// `GET /scim2/Users/{id}`.
    pub(super) fn route_key(&self) -> &str {
        self.0["routeKey"].as_str().unwrap_or_default()
    }

    /// As a function receives it.
    pub fn request(&self) -> Request {
        request(&self.0)
    }
}

/// As it comes to Lambda.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A shipped event, `events/<name>.json`, for a test to change.
pub fn event(name: &str) -> Value {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let path = events.join(name).with_extension("json");
    let text = std::fs::read_to_string(&path);
    match text.map(|text| serde_json::from_str(&text)) {
        Ok(Ok(event)) => event,
        Ok(Err(error)) => panic!("{}: {error}", path.display()),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// An event as a function receives it.
pub fn request(event: &Value) -> Request {
    match serde_json::from_str::<LambdaRequest>(&event.to_string()) {
        Ok(request) => request.into(),
        Err(error) => panic!("no event of API Gateway: {error}"),
    }
}
