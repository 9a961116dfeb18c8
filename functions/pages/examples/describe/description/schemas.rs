//! The shapes of bodies: those that are no user.

use serde_json::{Map, Value, json};
use shared::api::catalogue::CATALOGUE;
use shared::verification::scenario::Scenario;

use super::{flows, users};

/// A text that is no one-time code: any line.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// `components/schemas`.
pub fn schemas() -> Value {
    let mut schemas = Map::new();
    schemas.extend(users::written());
    let all = requests().into_iter().chain(answers()).chain(errors());
    for (name, schema) in all.chain(flows::schemas()) {
        schemas.insert(name.into(), schema);
    }
    schemas.into()
}

fn requests() -> [(&'static str, Value); 10] {
    [
        (
            "WrittenUser",
            json!({ "allOf": [{ "$ref": "#/components/schemas/WrittenMe" }, { "required": ["userName"] }] }),
        ),
        ("PatchOp", patch()),
        ("SearchRequest", search()),
        ("Code", code(false)),
        ("CodeOfUser", code(true)),
        (
            "Token",
            json!({
                "type": "object",
                "properties": { "code": code_or_token() },
                "required": ["code"],
            }),
        ),
        ("Resend", resend(false)),
        ("ResendToUser", resend(true)),
        ("Passcode", passcode()),
        (
            "PasscodeReceived",
            json!({
                "type": "object",
                "properties": { "phone_number": number(), "passcode": typed_code() },
                "required": ["phone_number", "passcode"],
            }),
        ),
    ]
}

fn patch() -> Value {
    let operation = json!({
        "type": "object",
        "properties": {
            "op": { "type": "string", "pattern": "^(?:[Aa][Dd][Dd]|[Rr][Ee][Mm][Oo][Vv][Ee]|[Rr][Ee][Pp][Ll][Aa][Cc][Ee])$" },
            "path": { "type": ["string", "null"], "description": "RFC 7644 §3.5.2; without it the value is an object." },
            "value": { "description": "What the attribute is to be; an object of attributes where there is no path." },
        },
        "required": ["op"],
    });
    json!({
        "type": "object",
        "description": "RFC 7644 §3.5.2. All operations or none.",
        "properties": {
            "schemas": message_schemas("urn:ietf:params:scim:api:messages:2.0:PatchOp", true),
            "Operations": { "type": "array", "items": operation, "minItems": 1, "maxItems": 100 },
        },
        "required": ["Operations"],
    })
}

fn search() -> Value {
    let names = json!({ "type": ["array", "string", "null"], "items": { "type": "string" }, "maxItems": 200 });
    let whole = json!({ "type": ["integer", "null"] });
    json!({
        "type": "object",
        "description": "RFC 7644 §3.4.3, with RFC 9865's cursor.",
        "properties": {
            "schemas": message_schemas("urn:ietf:params:scim:api:messages:2.0:SearchRequest", false),
            "filter": { "type": ["string", "null"], "description": "RFC 7644 §3.4.2.2." },
            "startIndex": whole,
            "count": whole,
            "cursor": { "type": ["string", "null"] },
            "attributes": names,
            "excludedAttributes": names,
        },
    })
}

/// What says which message it is; it may be left out, and WSO2's clients send none.
fn message_schemas(urn: &str, empty: bool) -> Value {
    let named =
        json!({ "type": "array", "items": { "type": "string" }, "contains": { "const": urn } });
    if empty {
        json!({ "anyOf": [named, { "type": "array", "maxItems": 0 }] })
    } else {
        json!({ "anyOf": [named, { "type": "null" }] })
    }
}

fn code(of_user: bool) -> Value {
    let mut properties = json!({ "code": code_or_token(), "properties": properties() });
    if of_user {
        properties["user"] = user(&[]);
    }
    json!({ "type": "object", "properties": properties, "required": ["code"] })
}

fn resend(of_user: bool) -> Value {
    if of_user {
        json!({
            "type": "object",
            "properties": { "properties": properties(), "user": user(&["username", "userId"]) },
            "required": ["user"],
        })
    } else {
        json!({ "type": "object", "properties": { "properties": properties() } })
    }
}

pub fn typed_code() -> Value {
    json!({
        "type": "string",
        "description": "As it was in the message; blanks and dashes in it are passed over.",
        "pattern": "^[A-Za-z0-9]{1,10}$",
    })
}

/// Of e-mails, where links are longer than codes.
fn code_or_token() -> Value {
    json!({
        "type": "string",
        "description": "As it was in the message; with EnableEmailVerification also the token of a link.",
        "pattern": "^[A-Za-z0-9]{1,64}$",
    })
}

fn properties() -> Value {
    json!({
        "type": "array",
        "description": "May name the RecoveryScenario: which of two pending numbers it is.",
        "items": {
            "type": "object",
            "properties": {
                "key": { "type": "string", "pattern": LINE, "examples": ["RecoveryScenario"] },
                "value": { "type": "string", "pattern": LINE, "examples": Scenario::ALL.map(Scenario::name) },
            },
            "required": ["key", "value"],
        },
    })
}

pub fn user(one_of: &[&str]) -> Value {
    let name = json!({ "type": "string", "pattern": r"^[!-~]+$" });
    let one_of: Vec<Value> = one_of
        .iter()
        .map(|name| json!({ "required": [name] }))
        .collect();
    let mut user = json!({
        "type": "object",
        "description": "By id or else by name.",
        "properties": { "userId": name, "username": name, "realm": name, "tenant-domain": name },
    });
    let either = [
        json!({ "required": ["userId"] }),
        json!({ "required": ["username"] }),
    ];
    user["anyOf"] = if one_of.is_empty() {
        either.to_vec()
    } else {
        one_of
    }
    .into();
    user
}

fn passcode() -> Value {
    json!({
        "type": "object",
        "properties": {
            "phone_number": number(),
            "custom_message": {
                "type": "string",
                "description": "One line with {otp} and {app}; see CustomMessages.",
                "maxLength": 140,
            },
            "sender_id": {
                "type": "string",
                "description": "One of AllowedSenderIds.",
                "pattern": r"^(?:[A-Za-z0-9]{1,11}|\+[1-9][0-9]{1,14})$",
            },
        },
        "required": ["phone_number"],
    })
}

pub fn number() -> Value {
    json!({
        "type": "string",
        "description": "E.164, or national in DefaultRegion; as people write it.",
        "examples": ["+60123456789"],
    })
}

fn answers() -> [(&'static str, Value); 9] {
    let text = json!({ "type": "string" });
    let resource = json!({
        "type": "object",
        "properties": { "schemas": { "type": "array", "items": text } },
        "required": ["schemas"],
    });
    [
        ("User", users::shown()),
        (
            "ListResponse",
            list(&json!({ "$ref": "#/components/schemas/User" })),
        ),
        ("Definition", resource.clone()),
        ("Definitions", list(&resource)),
        ("ServiceProviderConfig", service_provider_config()),
        (
            "CodeOwner",
            object(
                &json!({ "username": text, "tenant-domain": text, "realm": text, "userId": text }),
            ),
        ),
        (
            "PasscodeSent",
            object(&json!({ "message": { "const": "SMS sent" } })),
        ),
        (
            "PasscodeResult",
            object(&json!({ "result": { "const": true } })),
        ),
        (
            "Description",
            json!({ "type": "object", "required": ["openapi", "info", "paths"] }),
        ),
    ]
}

/// With these members, all of them and no others.
pub fn object(properties: &Value) -> Value {
    let names = properties.as_object().into_iter().flatten();
    let names: Vec<&String> = names.map(|(name, _)| name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": names,
        "additionalProperties": false,
    })
}

fn list(resource: &Value) -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    json!({
        "type": "object",
        "description": "RFC 7644 §3.4.2. The end of pages by cursor is where nextCursor is missing.",
        "properties": {
            "schemas": { "const": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"] },
            "totalResults": count,
            "itemsPerPage": count,
            "startIndex": { "type": "integer", "minimum": 1 },
            "nextCursor": { "type": "string" },
            "Resources": { "type": "array", "items": resource, "maxItems": 100 },
        },
        "required": ["schemas", "itemsPerPage", "Resources"],
        "additionalProperties": false,
    })
}

fn service_provider_config() -> Value {
    let supported = json!({ "type": "object", "required": ["supported"] });
    json!({
        "type": "object",
        "description": "RFC 7643 §5, with RFC 9865's pagination.",
        "properties": {
            "patch": supported, "bulk": supported, "filter": supported, "changePassword": supported,
            "sort": supported, "etag": supported, "pagination": { "type": "object" },
            "authenticationSchemes": { "type": "array", "items": { "type": "object" } },
        },
        "required": ["schemas", "patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes"],
    })
}

fn errors() -> [(&'static str, Value); 5] {
    let text = json!({ "type": "string" });
    let codes: Vec<&str> = CATALOGUE.iter().map(|row| row.code).collect();
    [
        (
            "Error",
            object(&json!({
                "code": { "enum": codes, "description": "What clients branch on." },
                "message": { "type": "string", "description": "The status in words." },
                "description": { "type": "string", "description": "For people." },
                "traceId": { "type": "string", "description": "Also the header X-Trace-Id, and in the logs." },
            })),
        ),
        (
            "ScimError",
            json!({
                "type": "object",
                "description": "RFC 7644 §3.12. A code of the API's own begins the detail.",
                "properties": {
                    "schemas": { "const": ["urn:ietf:params:scim:api:messages:2.0:Error"] },
                    "status": { "type": "string", "pattern": "^[45][0-9][0-9]$" },
                    "scimType": text,
                    "detail": text,
                },
                "required": ["schemas", "status", "detail"],
                "additionalProperties": false,
            }),
        ),
        (
            "Message",
            object(
                &json!({ "message": { "type": "string", "description": "API Gateway's own words." } }),
            ),
        ),
        ("Text", json!({ "type": "string" })),
        (
            "File",
            json!({ "description": "A script, a style, a page, or settings." }),
        ),
    ]
}
