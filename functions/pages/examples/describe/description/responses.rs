//! What a call answers, by status: the codes of the catalogue that it names, in its form, and what API Gateway says
//! before any function is asked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use shared::api::catalogue::{CATALOGUE, Row};

use super::answers::Exchange;
use super::calls::{Call, Content, Group};

/// What API Gateway answers by itself: a request that cannot be read, one too many, a function that does not answer.
const GATEWAY: [u16; 9] = [400, 401, 403, 404, 413, 429, 431, 500, 503];

/// What begins a SCIM `detail` where it is one of these.
const LIKE_A_CODE: &str = r"(?!(?:17|18)[0-9]{3}: |(?:UAR|UMV|UEV|VRF)-[0-9]{5}: )";

/// `responses` of a call.
pub fn responses(call: &Call, authorized: bool, exchange: Option<&Exchange>) -> Value {
    let mut responses = BTreeMap::new();
    if call.success.status < 400 {
        responses.insert(call.success.status, success(call, exchange));
    }
    for status in call.success.or {
        responses.insert(*status, other(*status));
    }
    for status in statuses(call, authorized) {
        responses.insert(status, refusal(call, status));
    }
    let responses = responses.into_iter();
    let responses: Map<String, Value> = responses
        .map(|(status, response)| (status.to_string(), response))
        .collect();
    responses.into()
}

fn success(call: &Call, exchange: Option<&Exchange>) -> Value {
    let mut headers = headers_of(call.success.headers);
    if is_of_a_function(call) {
        headers.insert("X-Trace-Id".into(), header("X-Trace-Id"));
    }
    let mut response = json!({ "description": call.success.means, "headers": headers });
    if let Some(Content { media_type, schema }) = call.success.content {
        let mut content = json!({ "schema": { "$ref": format!("#/components/schemas/{schema}") } });
        let succeeded = exchange.filter(|one| one.status == u64::from(call.success.status));
        if let Some(body) = succeeded.and_then(|exchange| exchange.answer.as_ref()) {
            content["example"] = body.clone();
        }
        response["content"] = json!({ media_type: content });
    }
    if call.id == "createUser" {
        response["links"] = links();
    }
    response
}

/// What can be done with a user that was created.
fn links() -> Value {
    let link =
        |id: &str| json!({ "operationId": id, "parameters": { "id": "$response.body#/id" } });
    json!({
        "read": link("getUser"),
        "change": link("patchUser"),
        "replace": link("replaceUser"),
        "delete": link("deleteUser"),
    })
}

fn other(status: u16) -> Value {
    match status {
        303 => json!({
            "description": "The browser goes on there.",
            "headers": headers_of(&["Location"]),
        }),
        304 => json!({
            "description": "The client has it (If-None-Match).",
            "headers": headers_of(&["ETag"]),
        }),
        _ => json!({
            "description": "The same without a slash at its end.",
            "headers": headers_of(&["Location"]),
        }),
    }
}

/// Everything that may be answered where not all is well.
fn statuses(call: &Call, authorized: bool) -> BTreeSet<u16> {
    let mut statuses = BTreeSet::from(GATEWAY);
    if !authorized {
        statuses.retain(|status| ![401, 403].contains(status));
    }
    statuses.extend(rows(call).iter().map(|row| row.status));
    statuses.extend(call.scim.iter().map(|scim| scim.status));
    statuses
}

/// The rows of the catalogue that a call may answer with.
pub fn rows(call: &Call) -> Vec<&'static Row> {
    let named = |row: &&&Row| call.errors.iter().any(|codes| codes.contains(&row.code));
    CATALOGUE.iter().filter(named).copied().collect()
}

fn refusal(call: &Call, status: u16) -> Value {
    let is_own = rows(call).iter().any(|row| row.status == status)
        || call.scim.iter().any(|scim| scim.status == status);
    if is_own {
        own_refusal(call, status)
    } else {
        json!({ "$ref": format!("#/components/responses/{status}") })
    }
}

/// `components/responses`: what API Gateway answers by itself.
pub fn gateway_responses() -> Value {
    let responses = GATEWAY.map(|status| {
        let schema = message();
        let response = json!({
            "description": of_status(status),
            "headers": refusal_headers(status),
            "content": { "application/json": { "schema": schema } },
        });
        (status.to_string(), response)
    });
    Map::from_iter(responses).into()
}

fn own_refusal(call: &Call, status: u16) -> Value {
    let rows = rows(call).into_iter().filter(|row| row.status == status);
    let rows: Vec<&Row> = rows.collect();
    let of_gateway = GATEWAY.contains(&status).then(message);
    let examples = examples(call, &rows);
    let mut content = Map::new();
    if call.group == Group::Pages {
        let page = json!({ "schema": { "$ref": "#/components/schemas/Text" } });
        content.insert("text/html".into(), page);
        let message = of_gateway.map(|message| with_examples(&message, Map::new()));
        content.extend(message.map(|message| ("application/json".into(), message)));
    } else if matches!(call.group, Group::Scim | Group::Discovery) {
        let scim = call.scim.iter().find(|scim| scim.status == status);
        let types = scim.map_or(&[][..], |scim| scim.types);
        let schema = scim_error(status, &rows, types);
        content.insert(
            "application/scim+json".into(),
            with_examples(&schema, examples),
        );
        let message = of_gateway.map(|message| with_examples(&message, Map::new()));
        content.extend(message.map(|message| ("application/json".into(), message)));
    } else {
        let own = error(&rows);
        let schema = match of_gateway {
            Some(message) => json!({ "anyOf": [own, message] }),
            None => own,
        };
        content.insert("application/json".into(), with_examples(&schema, examples));
    }
    json!({
        "description": description(status, &rows),
        "headers": refusal_headers(status),
        "content": content,
    })
}

fn message() -> Value {
    json!({ "$ref": "#/components/schemas/Message" })
}

/// One of the codes that belong here.
fn error(rows: &[&Row]) -> Value {
    let codes: Vec<&str> = rows.iter().map(|row| row.code).collect();
    json!({
        "allOf": [
            { "$ref": "#/components/schemas/Error" },
            { "properties": { "code": { "enum": codes } } },
        ],
    })
}

/// One of the codes that belong here, or none of the table's.
fn scim_error(status: u16, rows: &[&Row], types: &[&str]) -> Value {
    let codes: Vec<&str> = rows
        .iter()
        .filter(|row| row.in_scim_detail)
        .map(|row| row.code)
        .collect();
    let pattern = if codes.is_empty() {
        format!("^{LIKE_A_CODE}")
    } else {
        format!("^(?:(?:{}): |{LIKE_A_CODE})", codes.join("|"))
    };
    let mut properties = json!({
        "status": { "const": status.to_string() },
        "detail": { "pattern": pattern },
    });
    if !types.is_empty() {
        properties["scimType"] = json!({ "enum": types });
    }
    json!({ "allOf": [{ "$ref": "#/components/schemas/ScimError" }, { "properties": properties }] })
}

fn with_examples(schema: &Value, examples: Map<String, Value>) -> Value {
    let mut content = json!({ "schema": schema });
    if !examples.is_empty() {
        content["examples"] = examples.into();
    }
    content
}

/// By code, each defined once among the components.
fn examples(call: &Call, rows: &[&Row]) -> Map<String, Value> {
    let form = match call.group {
        Group::Scim | Group::Discovery => "scim",
        _ => "error",
    };
    let examples = rows.iter().map(|row| {
        let name = format!("{form}-{}", row.code);
        (
            row.code.to_owned(),
            json!({ "$ref": format!("#/components/examples/{name}") }),
        )
    });
    examples.collect()
}

fn description(status: u16, rows: &[&Row]) -> String {
    let causes = rows
        .iter()
        .map(|row| format!("`{}`: {} ({}).", row.code, row.cause, row.cure));
    let causes: Vec<String> = causes.collect();
    if causes.is_empty() {
        return of_status(status).to_owned();
    }
    causes.join(" ")
}

fn of_status(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be read.",
        401 => "No usable token.",
        403 => "Not with this token, or not in this way.",
        404 => "There is nothing.",
        405 => "Not that method; `Allow` names those that are.",
        409 => "The value of an attribute that is one user's is taken.",
        412 => "`If-Match` names another version.",
        413 => "The body is too large.",
        429 => "Too many requests.",
        431 => "The headers are too large.",
        500 => "A bug, or no answer of a function.",
        _ => "Not for the moment.",
    }
}

fn refusal_headers(status: u16) -> Map<String, Value> {
    match status {
        401 | 403 => headers_of(&["WWW-Authenticate", "X-Trace-Id"]),
        405 => headers_of(&["Allow", "X-Trace-Id"]),
        429 | 503 => headers_of(&["Retry-After", "X-Trace-Id"]),
        _ => headers_of(&["X-Trace-Id"]),
    }
}

fn headers_of(names: &[&str]) -> Map<String, Value> {
    let headers = names.iter().map(|name| ((*name).to_owned(), header(name)));
    headers.collect()
}

fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

fn is_of_a_function(call: &Call) -> bool {
    call.group != Group::Files
}

/// `components/examples`: an answer for each code, in both forms.
pub fn error_examples() -> Value {
    let mut examples = Map::new();
    for row in CATALOGUE {
        let error = json!({
            "code": row.code,
            "message": row.reason(),
            "description": plain(row.cause),
            "traceId": "XNQ201dJjoEEJ8w=",
        });
        examples.insert(format!("error-{}", row.code), example(row, &error));
        let detail = if row.in_scim_detail {
            format!("{}: {}", row.code, plain(row.cause))
        } else {
            plain(row.cause)
        };
        let error = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": row.status.to_string(),
            "detail": detail,
        });
        examples.insert(format!("scim-{}", row.code), example(row, &error));
    }
    examples.into()
}

fn example(row: &Row, value: &Value) -> Value {
    json!({ "summary": plain(row.cause), "description": plain(row.cure), "value": value })
}

/// Without Markdown.
fn plain(text: &str) -> String {
    text.replace('`', "")
}
