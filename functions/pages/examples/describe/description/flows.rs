//! The shapes of the second factor's bodies.

use serde_json::{Value, json};

use super::schemas::{number, object, typed_code, user};

/// What goes into a flow, and the flow itself.
pub fn schemas() -> [(&'static str, Value); 7] {
    let user = user(&["username", "userId"]);
    let text = json!({ "type": "string" });
    [
        (
            "FlowStart",
            json!({
                "type": "object",
                "properties": {
                    "user": user,
                    "returnUrl": { "type": "string", "description": "Begins with one of AllowedReturnUrls." },
                },
                "required": ["user"],
            }),
        ),
        (
            "FlowProof",
            json!({
                "type": "object",
                "properties": {
                    "code": typed_code(),
                    "backupCode": { "type": "string", "description": "Instead of the code; blanks and dashes are passed over." },
                },
                "oneOf": [{ "required": ["code"] }, { "required": ["backupCode"] }],
            }),
        ),
        (
            "FlowNumber",
            json!({
                "type": "object",
                "properties": { "mobileNumber": number() },
                "required": ["mobileNumber"],
            }),
        ),
        (
            "BackupCodesWanted",
            json!({
                "type": "object",
                "properties": { "user": user, "count": { "type": "integer", "minimum": 1, "maximum": 20 } },
                "required": ["user"],
            }),
        ),
        (
            "BackupCodes",
            object(&json!({ "codes": { "type": "array", "items": text } })),
        ),
        ("Flow", flow()),
        (
            "FlowForm",
            json!({
                "type": "object",
                "description": "Exactly one of these.",
                "properties": { "code": text, "backupCode": text, "mobileNumber": text, "resend": text },
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": false,
            }),
        ),
    ]
}

fn flow() -> Value {
    let text = json!({ "type": "string" });
    let links = [
        "authenticationEndpoint",
        "errorPage",
        "mobileNumberRegPage",
        "page",
        "verify",
        "resend",
        "mobile",
    ];
    let links = links.map(|name| (name.to_owned(), text.clone()));
    let links: serde_json::Map<String, Value> = links.into_iter().collect();
    json!({
        "type": "object",
        "properties": {
            "flowId": text,
            "flowStatus": { "enum": ["INCOMPLETE", "FAIL_INCOMPLETE", "SUCCESS_COMPLETED", "FAIL_COMPLETED"] },
            "nextStep": {
                "type": "object",
                "properties": {
                    "prompt": { "enum": ["OTP", "MOBILE_NUMBER", "BACKUP_CODE", "MULTI_OPTION"] },
                    "maskedMobileNumber": text,
                    "expiresIn": { "type": "integer", "minimum": 0, "description": "Seconds." },
                    "links": { "type": "object", "properties": links, "additionalProperties": false },
                },
                "additionalProperties": false,
            },
            "user": {
                "type": "object",
                "properties": { "id": text, "username": text },
                "additionalProperties": false,
            },
            "amr": { "type": "array", "items": { "enum": ["sms", "otp"] }, "description": "How it was proved (RFC 8176)." },
        },
        "required": ["flowId", "flowStatus", "user", "amr"],
        "additionalProperties": false,
    })
}
