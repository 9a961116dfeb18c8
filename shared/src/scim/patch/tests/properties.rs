//! Whatever the request, no panic; and what comes out is canonical: applied again, a replace changes nothing more.

use proptest::prelude::*;

use super::*;
use crate::scim::read;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "schemas",
            "id",
            "userName",
            "NAME",
            "name.givenName",
            "givenName",
            "emails",
            "phoneNumbers",
            "addresses",
            "value",
            "type",
            "primary",
            "verified",
            "active",
            "password",
            "mobileNumbers",
            "verifiedMobileNumbers",
            "verifyMobile",
            "urn:scim:wso2:schema",
            "urn:scim:wso2:schema:mobileNumbers",
            "emails[type eq \"work\"]",
            "emails[type eq \"other\" and primary eq true].value",
            "emails[primary eq \"True\"]",
            "phoneNumbers[type eq \"work\"].type",
            "phoneNumbers[type eq \"mobile\"].value",
            "phoneNumbers[value pr].type",
            "mobileNumbers[value sw \"+\"]",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "manager",
            "meta",
            "roles",
            "displayName",
            "$ref",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        proptest::sample::select(vec![
            "mobile", "MOBILE", "work", "True", "+1", "001", "+1,+2", "", "x@y"
        ])
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name(), inner), 0..5)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn operation() -> impl Strategy<Value = Value> {
    let op = proptest::sample::select(vec!["add", "Remove", "REPLACE", "move"]);
    (op, proptest::option::of(name()), json_value())
        .prop_map(|(op, path, value)| json!({ "op": op, "path": path, "value": value }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_json_is_read_without_a_panic(body in json_value()) {
        let _ = Patch::parse(&body).map(|patch| patch.apply(&user()));
        let _ = read::from_body(&body);
    }

    #[test]
    fn any_operations_are_applied_without_a_panic(operations in proptest::collection::vec(operation(), 1..4)) {
        if let Ok(applied) = patched(&Value::from(operations)) {
            let resource = applied.resource;
            for fixed in ["id", "meta", "schemas"] {
                prop_assert_eq!(&resource[fixed], &user()[fixed]);
            }
            prop_assert_eq!(&resource["urn:scim:wso2:schema"]["phoneVerified"], true);
            prop_assert!(resource["userName"].as_str().is_some_and(|name| !name.trim().is_empty()));
            let numbers = resource.get("phoneNumbers").and_then(Value::as_array).cloned().unwrap_or_default();
            prop_assert!(numbers.iter().filter(|n| n["type"] == "mobile").count() <= 1);
            for list in ["emails", "phoneNumbers", "addresses"] {
                let values = resource.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
                prop_assert!(values.iter().filter(|v| v["primary"] == true).count() <= 1);
                prop_assert!(!values.iter().any(|v| v.as_object().is_none_or(|m| m.values().any(Value::is_null))));
            }
        }
    }

    #[test]
    fn what_is_read_reads_the_same_again(body in json_value()) {
        if let Ok(read) = read::from_body(&body) {
            prop_assert_eq!(read::from_body(&Value::Object(read.clone())), Ok(read));
        }
    }

    /// Without a filter: what a filter found may be found no more once it was changed.
    #[test]
    fn an_operation_that_comes_twice_changes_nothing_more(operation in operation()) {
        let path = operation["path"].as_str().unwrap_or_default();
        let value = operation["value"].to_string();
        prop_assume!(!path.contains('[') && !value.contains("eq \\\"") && !value.contains("[value"));
        let once = patched(&json!([operation]));
        let twice = patched(&json!([operation, operation]));
        if let Ok(once) = once {
            let twice = twice.map(|applied| applied.resource);
            prop_assert_eq!(twice, Ok(once.resource));
        }
    }

    #[test]
    fn what_is_refused_is_named(operations in proptest::collection::vec(operation(), 1..4)) {
        if let Err(error) = patched(&Value::from(operations)) {
            let (_, detail) = error.split_once(": ").unwrap_or_default();
            prop_assert!(detail.starts_with("Operations[") || detail.starts_with("phoneNumbers"), "{}", error);
            prop_assert!(detail.len() < 1_000 && !detail.contains(char::is_control), "{}", error);
        }
    }
}
