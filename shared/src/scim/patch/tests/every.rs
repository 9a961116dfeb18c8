//! Every attribute of the tables, under every name it has: added, replaced, removed, refused.
//! A line more in `schema/user.rs` is tested here without a line more.

use super::*;
use crate::scim::read;
use crate::scim::schema::{self, Attribute, COMMON, Kind, Mutability, SCHEMAS, Schema};

const EXTERNAL_ID: &str = "externalId";

/// Every attribute with its schema, and those of RFC 7643 §3.1.
fn every() -> impl Iterator<Item = (&'static Schema, &'static Attribute)> {
    let core = SCHEMAS.first().expect("a schema");
    let own = SCHEMAS.iter();
    let own = own.flat_map(|schema| schema.attributes.iter().map(move |a| (schema, a)));
    own.chain(COMMON.iter().map(move |a| (core, a)))
}

fn writable(attribute: &Attribute) -> bool {
    attribute.mutability != Mutability::ReadOnly
}

/// A value of the attribute's type, in the form that it is read back in.
fn sample(attribute: &Attribute) -> Value {
    let one = match attribute.kind {
        Kind::Boolean => json!(true),
        Kind::Integer => json!(3),
        Kind::Phone => json!("+1"),
        Kind::Email => json!("b@abc.com"),
        Kind::Binary => json!("AAAA"),
        Kind::Reference(_) => json!("https://x.test/"),
        Kind::DateTime => json!("2024-01-01T00:00:00Z"),
        Kind::String | Kind::Text => json!(attribute.canonical_values.first().unwrap_or(&"x")),
        Kind::Complex(subs) => subs
            .iter()
            .filter(|sub| writable(sub))
            .map(|sub| (sub.name.to_owned(), sample(sub)))
            .collect(),
    };
    if attribute.multi_valued {
        json!([one])
    } else {
        one
    }
}

/// Values that no attribute of the type has.
fn wrong(attribute: &Attribute) -> Vec<Value> {
    match attribute.kind {
        Kind::Boolean => vec![json!(1), json!("yes"), json!({}), json!([true])],
        Kind::Integer => vec![json!("1"), json!(1.5), json!(true), json!({})],
        Kind::Complex(_) => vec![json!(1), json!(true)],
        _ if attribute.multi_valued => vec![json!(1), json!([1]), json!([{}])],
        _ => vec![json!(1), json!(true), json!({}), json!(["x"])],
    }
}

fn names(schema: &Schema, attribute: &Attribute) -> Vec<String> {
    let qualified = format!("{}:{}", schema.urn, attribute.name);
    let mut names = vec![qualified.to_uppercase(), qualified];
    // Those of extensions are known without their URN, too.
    if schema::find(None, attribute.name) == Some((schema, attribute)) {
        names.push(attribute.name.to_owned());
        names.push(attribute.name.to_lowercase());
    }
    names
}

/// Operations that write the value, in every form.
fn writes(op: &str, schema: &Schema, attribute: &Attribute, value: &Value) -> Vec<Value> {
    let mut all = vec![json!({ "op": op, "value": { schema.urn: { attribute.name: value } } })];
    for name in names(schema, attribute) {
        all.push(json!({ "op": op, "path": name, "value": value }));
        all.push(json!({ "op": op, "value": { name: value } }));
    }
    all
}

/// The operation that writes the sample.
fn written(schema: &Schema, attribute: &Attribute) -> Value {
    json!({ "op": "add", "value": { schema.urn: { attribute.name: sample(attribute) } } })
}

/// A user with nothing but a name, patched by each in turn.
fn bare(operations: &[Value]) -> Result<Map<String, Value>, String> {
    let user = map(json!({ "userName": "bob" }));
    Patch::parse(&body(&json!(operations)))
        .and_then(|patch| patch.apply(&user))
        .map_err(|error| error.to_string())
}

fn found(resource: &Map<String, Value>, schema: &Schema, name: &str) -> Value {
    let home = if schema.is_core() {
        Some(resource)
    } else {
        resource.get(schema.urn).and_then(Value::as_object)
    };
    home.and_then(|home| home.get(name))
        .cloned()
        .unwrap_or_default()
}

fn refused_with(scim_type: &str, operations: &[Value]) {
    match bare(operations) {
        Err(error) if error.starts_with(&format!("{scim_type}: ")) => {}
        other => panic!("{operations:?}: {other:?}, not {scim_type}"),
    }
}

#[test]
fn what_is_writable_is_added_replaced_and_removed() {
    for (schema, attribute) in every().filter(|(_, attribute)| writable(attribute)) {
        let (value, name) = (sample(attribute), attribute.name);
        // A password is accepted and not kept.
        let kept = if name == "password" {
            Value::Null
        } else {
            value.clone()
        };
        for op in ["add", "replace", "Replace"] {
            for operation in writes(op, schema, attribute, &value) {
                let after = bare(std::slice::from_ref(&operation));
                let after = after.unwrap_or_else(|error| panic!("{operation}: {error}"));
                assert_eq!(found(&after, schema, name), kept, "{operation}");
            }
        }
        let write = written(schema, attribute);
        let mut removals = vec![];
        for name in names(schema, attribute) {
            removals.push(json!({ "op": "remove", "path": name }));
        }
        for nothing in [json!(null), json!([])] {
            if nothing.is_null() || attribute.multi_valued {
                removals.extend(writes("replace", schema, attribute, &nothing));
            }
        }
        for removal in removals {
            if attribute.required {
                refused_with("mutability", &[removal]);
                continue;
            }
            let after = bare(&[write.clone(), removal.clone()]);
            let after = after.unwrap_or_else(|error| panic!("{removal}: {error}"));
            assert_eq!(found(&after, schema, name), Value::Null, "{removal}");
            assert!(
                !after.contains_key(schema.urn),
                "{removal}: an empty extension"
            );
        }
    }
}

#[test]
fn what_is_read_only_is_refused_and_in_a_resource_passed_over() {
    let mut seen = 0;
    for (schema, attribute) in every().filter(|(_, attribute)| !writable(attribute)) {
        seen += 1;
        for name in names(schema, attribute) {
            for op in ["add", "replace", "remove"] {
                let operation = json!({ "op": op, "path": name, "value": sample(attribute) });
                refused_with("mutability", &[operation]);
            }
            for value in [sample(attribute), json!(null), json!(7)] {
                let given = json!({ "userName": "bob", name.as_str(): value });
                // `schemas` says what the resource is made of.
                if !attribute.name.eq_ignore_ascii_case("schemas") {
                    let read = read::from_body(&given).map(Value::Object);
                    assert_eq!(read, Ok(json!({ "userName": "bob" })), "{given}");
                }
            }
        }
    }
    assert!(seen > 5);
}

#[test]
fn values_of_another_type_are_refused() {
    for (schema, attribute) in every().filter(|(_, attribute)| writable(attribute)) {
        for value in wrong(attribute) {
            for operation in writes("replace", schema, attribute, &value) {
                refused_with("invalidValue", &[operation]);
            }
        }
    }
}

#[test]
fn parts_of_what_is_complex() {
    let complex = |(_, attribute): &(_, &Attribute)| !attribute.sub_attributes().is_empty();
    for (schema, attribute) in every().filter(complex).filter(|(_, a)| writable(a)) {
        let filter = if attribute.multi_valued {
            "[type pr]"
        } else {
            ""
        };
        let path = format!("{}:{}{filter}", schema.urn, attribute.name);
        let there = written(schema, attribute);
        for sub in attribute.sub_attributes() {
            let part = format!("{path}.{}", sub.name);
            let write = json!({ "op": "replace", "path": part, "value": sample(sub) });
            let remove = json!({ "op": "remove", "path": part });
            if !writable(sub) {
                refused_with("mutability", &[there.clone(), write]);
                refused_with("mutability", &[there.clone(), remove]);
                continue;
            }
            let after =
                bare(&[there.clone(), write]).unwrap_or_else(|error| panic!("{part}: {error}"));
            assert_eq!(
                found(&after, schema, attribute.name),
                sample(attribute),
                "{part}"
            );
            let after =
                bare(&[there.clone(), remove]).unwrap_or_else(|error| panic!("{part}: {error}"));
            let rest = found(&after, schema, attribute.name);
            let rest = rest.get(0).unwrap_or(&rest);
            assert_eq!(rest.get(sub.name), None, "{part}");
        }
        let unknown = json!({ "op": "add", "path": format!("{path}.nope"), "value": "x" });
        refused_with("invalidPath", &[there.clone(), unknown]);
        let unknown = writes("add", schema, attribute, &json!({ "nope": "x" }));
        for operation in unknown {
            refused_with("invalidSyntax", &[operation]);
        }
    }
}

#[test]
fn what_no_table_has() {
    for name in [
        "nope",
        "members",
        "urn:ietf:params:scim:schemas:core:2.0:User:nope",
        "urn:ietf:params:scim:schemas:core:2.0:Group:displayName",
        "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User:tag",
    ] {
        for op in ["add", "replace"] {
            refused_with(
                "invalidPath",
                &[json!({ "op": op, "path": name, "value": "x" })],
            );
            refused_with(
                "invalidPath",
                &[json!({ "op": op, "value": { name: "x" } })],
            );
        }
        refused_with("invalidPath", &[json!({ "op": "remove", "path": name })]);
        // RFC 7644 §3.3: what a resource has that nobody knows is passed over.
        let given = json!({ "userName": "bob", name: "x" });
        let read = read::from_body(&given).map(Value::Object);
        assert_eq!(read, Ok(json!({ "userName": "bob" })));
    }
    assert!(every().any(|(_, attribute)| attribute.name == EXTERNAL_ID));
}
