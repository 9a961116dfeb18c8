//! Values: control characters, wrong types and lengths in every field there is; the field is named.

use serde_json::{Value, json};
use shared::scim::schema::{Attribute, Kind, SCHEMAS};

use super::{IDENTITY, Target, operations_body};
use crate::api::mobile;

/// The path of everything in a user that can be written and is text, and its attribute.
fn texts() -> Vec<(String, &'static Attribute)> {
    let mut all = Vec::new();
    for schema in SCHEMAS {
        for attribute in schema
            .attributes
            .iter()
            .filter(|attribute| !attribute.is_read_only())
        {
            let path = format!("{}:{}", schema.urn, attribute.name);
            if attribute.sub_attributes().is_empty() {
                all.push((path, attribute));
                continue;
            }
            let subs = attribute
                .sub_attributes()
                .iter()
                .filter(|sub| !sub.is_read_only());
            all.extend(subs.map(|sub| (format!("{path}.{}", sub.name), sub)));
        }
    }
    all.retain(|(_, attribute)| attribute.kind != Kind::Boolean);
    assert!(all.len() > 40);
    all
}

#[tokio::test]
async fn no_attribute_takes_what_is_no_text_of_its_kind() {
    let target = Target::start().await;
    let long = "x".repeat(8_193);
    for (path, attribute) in texts() {
        let values = [
            json!("a\u{0}"),
            json!("\u{1b}[31m"),
            json!("a\u{85}b"),
            json!("\u{7f}"),
            json!(long),
            json!(1),
            json!(true),
            json!({ "a": "b" }),
            json!([["a"]]),
            json!(["a\u{0}"]),
        ];
        for value in values {
            let what = format!(
                "{path} {}",
                value.to_string().chars().take(20).collect::<String>()
            );
            let call = target.operations(&json!([{ "op": "add", "path": path, "value": value }]));
            let (status, words) = target.refused(call, &what).await;
            assert_eq!(status, 400, "{what}");
            // What is at the ends of a number is not part of it: whether the rest is one is seen later.
            let later = attribute.kind == Kind::Phone && words.contains("umbers: ");
            assert!(
                later || words.starts_with("Operations[0]") && words.contains(attribute.name),
                "{what}: {words}"
            );
            assert!(
                words.len() < 300 && !words.contains(char::is_control),
                "{what}: {words}"
            );
        }
        target.unharmed(&path).await;
    }
}

#[tokio::test]
async fn names_and_paths_are_repeated_short_and_clean() {
    let target = Target::start().await;
    let long = "n".repeat(5_000);
    for name in [
        "a\u{0}b",
        "\r\nset-cookie: a=b",
        "\u{202e}eman",
        long.as_str(),
        "",
        "emails[",
        "emails[type eq \"\u{0}\"",
        "$ref",
    ] {
        for body in [
            operations_body(&json!([{ "op": "add", "path": name, "value": "x" }])),
            operations_body(&json!([{ "op": "add", "value": { name: "x" } }])),
            operations_body(&json!([{ "op": "add", "value": { "name": { name: "x" } } }])),
            operations_body(&json!([{ "op": name, "path": "title", "value": "x" }])),
            json!({ "schemas": [name], "Operations": [{ "op": "add", "path": "title", "value": "x" }] }),
        ] {
            let (status, words) = target.refused(target.patch().json(&body), name).await;
            assert_eq!(status, 400, "{name}");
            assert!(
                words.len() < 300 && !words.contains(char::is_control),
                "{words}"
            );
        }
        target.unharmed(name).await;
    }
}

#[tokio::test]
async fn a_number_is_digits_and_separators_in_an_order_that_makes_one() {
    let target = Target::start().await;
    for number in [
        "+",
        "++60123456789",
        "+60123456789+",
        "\u{202e}987654321060+",
        "+60\u{9}123456789",
        "+60123456789;phone-context=x",
        "+60123456789,,1",
        "+60123456789#",
        "*100#",
        "+60123456789 ext 1",
        "+６０１２３４５６７８９x",
        "0x3C",
        "1e9",
        "½",
        "+601234567890123456789",
        "tel:",
        "tel:tel:0123456789",
        "sip:0123456789",
        "０1²3456789",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(["0".repeat(65), "+6".repeat(1_000), "١".repeat(2_000)])
    {
        let values = [
            mobile(&number),
            json!({ "urn:scim:wso2:schema": { "mobileNumbers": ["+60111111111", number] } }),
            json!({ "urn:scim:wso2:schema": { "verifiedMobileNumbers": [number, "+60111111111"] } }),
        ];
        for value in &values {
            let call = target.operations(&json!([{ "op": "replace", "value": value }]));
            let (status, words) = target.refused(call, &number).await;
            assert_eq!(status, 400, "{number}");
            assert!(words.contains("umbers"), "{number}: {words}");
            assert!(
                words.len() < 300 && !words.contains(char::is_control),
                "{words}"
            );
        }
        target.unharmed(&number).await;
    }
}

/// Calls of the identity API with one member put wrongly; the words begin with its name.
#[tokio::test]
async fn every_member_of_the_identity_api_is_named_where_it_is_wrong() {
    let target = Target::start().await;
    let wrong = [
        json!(null),
        json!(1),
        json!(true),
        json!([]),
        json!({}),
        json!("a\u{0}"),
        json!("\n"),
    ];
    let code = [
        json!(""),
        json!("12345678901"),
        json!("12.34"),
        json!("é"),
        json!("½"),
        json!("- -"),
        json!("1\u{0}2"),
        json!("x".repeat(100_000)),
    ];
    let blank = [json!(""), json!("  ")];
    let user = |name: &str, value: &Value| json!({ "code": "1", "user": { "username": "bob123", name: value } });
    let property = |name: &str, value: &Value| {
        let mut property = json!({ "key": "a", "value": "b" });
        property[name] = value.clone();
        json!({ "code": "1", "user": { "username": "bob123" }, "properties": [property] })
    };
    let mut bodies: Vec<(&str, Value)> = Vec::new();
    for value in wrong.iter().chain(&code) {
        bodies.push((
            "code",
            json!({ "code": value, "user": { "username": "bob123" } }),
        ));
    }
    for name in ["username", "userId", "realm", "tenant-domain"] {
        for value in wrong.iter().chain(&blank) {
            bodies.push(("user.", user(name, value)));
        }
    }
    for value in wrong.iter().filter(|value| !value.is_object()) {
        bodies.push(("user", json!({ "code": "1", "user": value })));
    }
    for value in wrong.iter().filter(|value| !value.is_array()) {
        bodies.push(("properties", json!({ "code": "1", "properties": value })));
        bodies.push(("properties[0].key", property("key", value)));
        bodies.push(("properties[0].value", property("value", value)));
        bodies.push((
            "properties[0]",
            json!({ "code": "1", "properties": [value] }),
        ));
    }
    for (name, body) in bodies {
        for call in ["validate-code", "resend-code"] {
            if name == "code" && call == "resend-code" {
                continue;
            }
            let path = format!("{IDENTITY}/{call}");
            let (status, words) = target
                .refused(
                    target.door(("POST", &path, true)).json(&body),
                    &body.to_string(),
                )
                .await;
            assert_eq!(status, 400, "{call} {body}");
            assert!(words.starts_with(name), "{call} {body}: {words}");
            assert!(words.len() < 300, "{words}");
        }
        target.unharmed(name).await;
    }
}

#[tokio::test]
async fn a_user_that_cannot_be_is_not_looked_for() {
    let target = Target::start().await;
    let long = "x".repeat(200_000);
    for name in [
        "nobody",
        "USER#1",
        &"é".repeat(128),
        &"x".repeat(256),
        &long,
    ] {
        for member in ["username", "userId"] {
            for call in ["validate-code", "resend-code"] {
                let body = json!({ "code": "123456", "user": { member: name } });
                let path = format!("{IDENTITY}/{call}");
                let told = target
                    .refused(target.door(("POST", &path, true)).json(&body), member)
                    .await;
                assert_eq!(
                    told,
                    (400, "There is no such user.".to_owned()),
                    "{call} {member}"
                );
            }
        }
        target.unharmed(name).await;
    }
}
