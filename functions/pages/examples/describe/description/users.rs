//! A user as it is shown and as it is written, from the table of attributes that requests are checked against.

use serde_json::{Map, Value, json};
use shared::scim::schema::{Attribute, COMMON, Kind, Mutability, SCHEMAS};

/// E.164: what numbers are stored and shown as.
const NUMBER: &str = r"^\+[1-9][0-9]{1,14}$";

/// One line: nothing of C0, and no DEL.
const LINE: &str = r"^[^\u0000-\u001f\u007f]*$";

/// A user in an answer.
pub fn shown() -> Value {
    let mut properties = Map::new();
    for attribute in COMMON {
        properties.insert(attribute.name.into(), shown_attribute(attribute));
    }
    for schema in SCHEMAS {
        let visible = schema.attributes.iter();
        let visible = visible.filter(|one| one.mutability != Mutability::WriteOnly);
        let shown: Map<String, Value> = visible
            .map(|one| (one.name.to_owned(), shown_attribute(one)))
            .collect();
        if schema.is_core() {
            properties.extend(shown);
        } else {
            let extension = json!({
                "type": "object",
                "description": schema.description,
                "properties": shown,
                "additionalProperties": false,
            });
            properties.insert(schema.urn.into(), extension);
        }
    }
    json!({
        "type": "object",
        "description": "A user (RFC 7643 §4.1) with its pending and its verified numbers.",
        "properties": properties,
        "required": ["schemas", "id"],
        "additionalProperties": false,
    })
}

fn shown_attribute(attribute: &Attribute) -> Value {
    let mut one = match attribute.kind {
        Kind::Complex(parts) => {
            let parts = parts
                .iter()
                .map(|one| (one.name.to_owned(), shown_attribute(one)));
            let parts: Map<String, Value> = parts.collect();
            json!({ "type": "object", "properties": parts, "additionalProperties": false })
        }
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::DateTime => json!({ "type": "string", "format": "date-time" }),
        // The value of another type than mobile is as it was typed.
        Kind::Phone if attribute.name != "value" => json!({ "type": "string", "pattern": NUMBER }),
        _ => json!({ "type": "string" }),
    };
    if attribute.multi_valued {
        one = json!({ "type": "array", "items": one });
    }
    described(one, attribute)
}

/// A user in a request, of which nothing has to be there; and each complex attribute of it, by its name here.
/// Unknown members and what is read-only are passed over.
pub fn written() -> Vec<(String, Value)> {
    let mut parts = Vec::new();
    let mut properties = Map::new();
    let schemas = json!({ "type": ["array", "string", "null"], "items": { "type": "string" } });
    properties.insert("schemas".into(), schemas);
    for attribute in COMMON.iter().filter(|one| !one.is_read_only()) {
        properties.insert(
            attribute.name.into(),
            written_attribute(attribute, &mut parts),
        );
    }
    for schema in SCHEMAS {
        let writable = schema.attributes.iter().filter(|one| !one.is_read_only());
        let writable: Map<String, Value> = writable
            .map(|one| (one.name.to_owned(), written_attribute(one, &mut parts)))
            .collect();
        if schema.is_core() {
            properties.extend(writable);
        } else {
            let extension = json!({
                "type": ["object", "null"],
                "description": schema.description,
                "properties": writable,
            });
            properties.insert(schema.urn.into(), extension);
        }
    }
    let user = json!({
        "type": "object",
        "description": "A user as it is to be (RFC 7643 §4.1). Null, an empty text and an empty array clear.",
        "properties": properties,
    });
    parts.push(("WrittenMe".to_owned(), user));
    parts
}

fn written_attribute(attribute: &Attribute, parts: &mut Vec<(String, Value)>) -> Value {
    let mut one = written_value(attribute);
    if !attribute.sub_attributes().is_empty() {
        let name = format!("Written-{}", attribute.name);
        parts.push((name.clone(), one));
        one = json!({ "$ref": format!("#/components/schemas/{name}") });
    }
    described(several(one, attribute), attribute)
}

/// One value is as good as an array of one, and lists of numbers may be a text with commas.
fn several(one: Value, attribute: &Attribute) -> Value {
    if attribute.multi_valued {
        json!({ "anyOf": [{ "type": "array", "items": one, "maxItems": 100 }, one] })
    } else if attribute.required {
        one
    } else {
        // An array of nothing clears, too; one of the object stands for it, as Microsoft's example has it.
        let items = if attribute.sub_attributes().is_empty() {
            json!({ "enum": [null, ""] })
        } else {
            one.clone()
        };
        json!({ "anyOf": [one, { "type": "array", "items": items, "maxItems": 1 }] })
    }
}

fn written_value(attribute: &Attribute) -> Value {
    match attribute.kind {
        Kind::Complex(parts) => {
            let parts = parts.iter().filter(|one| !one.is_read_only());
            let parts = parts.map(|one| {
                let value = several(written_value(one), one);
                (one.name.to_owned(), described(value, one))
            });
            let parts: Map<String, Value> = parts.collect();
            let object = json!({ "type": ["object", "null"], "properties": parts });
            match attribute.sub("value") {
                // As its value alone.
                Some(value) => json!({ "anyOf": [object, written_value(value)] }),
                None => object,
            }
        }
        Kind::Boolean => json!({
            "anyOf": [{ "type": ["boolean", "null"] }, { "type": "string", "pattern": "^(?:[Tt]rue|[Ff]alse|)$" }],
        }),
        Kind::Integer => json!({ "type": ["integer", "null"] }),
        Kind::Text => json!({ "type": ["string", "null"], "maxLength": 2048 }),
        Kind::Binary => json!({ "type": ["string", "null"], "maxLength": 8192 }),
        _ if attribute.name == "userName" => json!({
            "type": "string",
            "minLength": 1,
            "maxLength": 512,
            "pattern": r"^[!-~](?:[ -~]*[!-~])?$",
        }),
        _ if attribute.name == "externalId" => {
            json!({ "type": ["string", "null"], "maxLength": 512, "pattern": LINE })
        }
        _ => json!({ "type": ["string", "null"], "maxLength": 2048, "pattern": LINE }),
    }
}

fn described(mut schema: Value, attribute: &Attribute) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.insert("description".into(), attribute.description.into());
        if attribute.is_read_only() {
            members.insert("readOnly".into(), true.into());
        }
    }
    schema
}
