//! The OpenAPI document: paths of the template's routes, with what the table of calls says of them.

use local::template::Route;
use serde_json::{Map, Value, json};

use super::answers::{Exchange, Exchanges};
use super::calls::{CALLS, Call, Group};
use super::responses::{error_examples, gateway_responses, responses};
use super::schemas::schemas;
use super::{key, route_of};

/// OpenAPI 3.1 of the template's routes.
pub fn openapi(routes: &[Route], exchanges: &Exchanges) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [{ "url": "/", "description": "Where this document is from." }],
        "tags": tags(),
        "paths": paths(routes, exchanges),
        "components": {
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token of the configured issuer. Scopes stand with each call, without ScopePrefix; \
                                a call without any may want MeScope.",
            } },
            "parameters": parameters(),
            "headers": headers(),
            "schemas": schemas(),
            "responses": gateway_responses(),
            "examples": error_examples(),
        },
    })
}

fn info() -> Value {
    json!({
        "title": "Mobile number verification",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "A changed mobile number is held back until the code that was sent to it comes back.",
        "description": "Users are SCIM resources (RFC 7643, RFC 7644). A PATCH that changes a user's mobile number leaves \
                        the old one in place and sends a code to the new one; validate-code with that code makes it the \
                        user's. Clients branch on the code of an error.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    })
}

const fn tag(group: Group) -> (&'static str, &'static str) {
    match group {
        Group::Scim => ("Users", "SCIM: users and their numbers."),
        Group::Discovery => ("Discovery", "SCIM: what there is; no token needed."),
        Group::Identity => (
            "Codes",
            "WSO2's identity API: codes come back, or are sent again.",
        ),
        Group::Transmit => (
            "Passcodes",
            "Transmit's calls: a number of the caller's, verified without SCIM.",
        ),
        Group::SecondFactor => (
            "Sign-ins",
            "SMS as a second factor, for the back end of an application.",
        ),
        Group::Pages => (
            "Pages",
            "What people see of a sign-in; whoever knows a flow's id may go on with it.",
        ),
        Group::Files => (
            "Files",
            "For browsers, and for whoever writes clients; no token needed.",
        ),
    }
}

fn tags() -> Value {
    let groups = [
        Group::Scim,
        Group::Discovery,
        Group::Identity,
        Group::Transmit,
        Group::SecondFactor,
        Group::Pages,
        Group::Files,
    ];
    let tags = groups
        .map(tag)
        .map(|(name, description)| json!({ "name": name, "description": description }));
    tags.to_vec().into()
}

/// OpenAPI knows no parameter that goes over slashes: what is one to API Gateway is an ordinary one here.
pub fn plain_path(path: &str) -> String {
    path.replace("+}", "}")
}

fn paths(routes: &[Route], exchanges: &Exchanges) -> Value {
    let mut paths = Map::new();
    for call in CALLS {
        let Some(route) = route_of(routes, call) else {
            continue;
        };
        let method = key(route)
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let operation = operation(call, route, exchanges.get(call.id));
        let path = paths
            .entry(plain_path(&route.path))
            .or_insert_with(|| json!({}));
        path[method] = operation;
    }
    paths.into()
}

fn operation(call: &Call, route: &Route, exchange: Option<&Exchange>) -> Value {
    let (tag, _) = tag(call.group);
    let mut operation = json!({
        "operationId": call.id,
        "tags": [tag],
        "summary": call.summary,
        "security": if route.authorized { json!([{ "token": route.scopes }]) } else { json!([]) },
        "parameters": parameters_of(call, route, exchange),
    });
    if let Some(schema) = call.body {
        let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
        let mut content = json!({ "schema": schema });
        if let Some(body) = exchange.and_then(|exchange| exchange.body.as_ref()) {
            content["example"] = body.clone();
        }
        let media_type = match call.group {
            Group::Pages => "application/x-www-form-urlencoded",
            _ => "application/json",
        };
        let mut contents = json!({ media_type: content });
        if matches!(call.group, Group::Scim | Group::Discovery) {
            contents["application/scim+json"] = json!({ "schema": schema });
        }
        operation["requestBody"] = json!({ "required": true, "content": contents });
    }
    operation["responses"] = responses(call, route.authorized, exchange);
    operation
}

/// Those of the path, then those that the call names; an example where the event has one.
fn parameters_of(call: &Call, route: &Route, exchange: Option<&Exchange>) -> Value {
    let of_event = |name: &str| exchange.and_then(|exchange| exchange.parameters.get(name));
    let names = route.path.split('{').skip(1);
    let names = names
        .filter_map(|rest| rest.split('}').next())
        .map(|name| name.trim_end_matches('+'));
    let of_path = names.map(|name| {
        let mut parameter = json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": path_schema(call, name),
        });
        if let Some(example) = of_event(name) {
            parameter["example"] = example.clone();
        }
        parameter
    });
    let others = call.parameters.iter();
    let others = others.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
    of_path.chain(others).collect::<Vec<Value>>().into()
}

fn path_schema(call: &Call, name: &str) -> Value {
    let description = match (name, call.group) {
        ("id", Group::Scim) => "The user's id.",
        ("id", _) => "As discovery names it.",
        ("flowId", _) => "As initiate answered it.",
        ("file", _) => "The file's path below /ui/, which may have slashes in it.",
        _ => "The rest of the path.",
    };
    json!({ "type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9:._-]+$", "description": description })
}

fn parameters() -> Value {
    let query = |name: &str, schema: Value, description: &str| json!({ "name": name, "in": "query", "schema": schema, "description": description });
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "schema": { "type": "string" }, "description": description });
    let text = || json!({ "type": "string" });
    let whole = || json!({ "type": "integer" });
    json!({
        "attributes": query("attributes", text(), "Only these, separated by commas (RFC 7644 §3.9)."),
        "excludedAttributes": query("excludedAttributes", text(), "All but these; not together with attributes."),
        "filter": query("filter", text(), "RFC 7644 §3.4.2.2, at most 10,000 bytes."),
        "startIndex": query("startIndex", whole(), "The first result is 1; not together with cursor."),
        "count": query("count", whole(), "At most 100."),
        "cursor": query("cursor", text(), "Empty for the first page (RFC 9865)."),
        "If-Match": header("If-Match", "Only in this version: else 412."),
        "If-None-Match": header("If-None-Match", "Not in this version: else 304."),
        "Accept-Encoding": header("Accept-Encoding", "br and gzip are there."),
    })
}

fn headers() -> Value {
    let header = |schema: Value, description: &str, required: bool| json!({ "description": description, "required": required, "schema": schema });
    let text = || json!({ "type": "string", "minLength": 1 });
    json!({
        "X-Trace-Id": header(text(), "The request, in the logs. Not where API Gateway itself answers.", false),
        "ETag": header(json!({ "type": "string", "pattern": "^(?:W/)?\"[^\"]+\"$" }), "The version.", true),
        "Location": header(text(), "The user's permanent address, or where it is instead.", true),
        "Retry-After": header(json!({ "type": "integer", "minimum": 1 }), "Seconds to wait.", false),
        "WWW-Authenticate": header(text(), "Bearer, with what is wanted (RFC 6750 §3, RFC 9470).", false),
        "Allow": header(text(), "The methods there are.", true),
        "Cache-Control": header(text(), "How long caches may keep it.", true),
        "Vary": header(text(), "What makes it another.", true),
    })
}
