//! Which users a filter finds, and which filters are refused.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn user() -> Map<String, Value> {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:scim:wso2:schema"],
        "id": "Ab1",
        "externalId": "X1",
        "userName": "Jürgen",
        "title": "Boss",
        "nickName": "",
        "active": true,
        "name": { "familyName": "O'Malley" },
        "emails": [
            { "value": "a@example.com", "type": "work", "primary": true },
            { "value": "b@example.org", "type": "home" },
        ],
        "phoneNumbers": [{ "type": "mobile", "value": "+1" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "A", "manager": { "value": "m1" } },
        "urn:scim:wso2:schema": { "mobileNumbers": ["+1", "+2"], "phoneVerified": false },
        "meta": { "created": "2024-01-01T00:00:00Z", "lastModified": "2024-06-01T12:00:00+02:00" },
    });
    match user {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn normalise(number: &str) -> Option<String> {
    let digits = number.strip_prefix("00").or(number.strip_prefix('+'))?;
    Some(digits.to_owned())
}

/// Filters, and whether they match the user.
const ROWS: &[(&str, bool)] = &[
    (r#"userName eq "jÜRGEN""#, true),
    (r#"USERNAME Eq "jürgen""#, true),
    (r#"userName eq "jurgen""#, false),
    (r#"userName sw "JÜ""#, true),
    (r#"userName ew "GEN""#, true),
    (r#"userName co "rge""#, true),
    (r#"userName co "x""#, false),
    (r#"userName ne "x""#, true),
    (r#"not(emails[not(type eq "w") and value eq "x"])"#, true),
    // RFC 7643 §2.4: of a value that is there, not of an attribute that is not.
    ("emails.primary eq false", true),
    ("emails.primary eq true", true),
    ("emails[primary eq false]", true),
    ("phoneNumbers.primary eq false", true),
    ("phoneNumbers.primary eq true", false),
    ("addresses.primary eq false", false),
    (r#"addresses.primary eq "False""#, false),
    ("addresses[primary eq false]", false),
    ("addresses.primary ne true", true),
    ("addresses.primary eq null", true),
    // Attributes of extensions without their URN, WSO2's under the enterprise one.
    (r#"department eq "a""#, true),
    (r#"MANAGER.value eq "m1""#, true),
    (r#"manager eq "m1""#, true),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:mobileNumbers eq "002""#,
        true,
    ),
    // As it is unique: in any spelling.
    ("userName eq \"JU\u{308}RGEN\"", true),
    (r#"userName eq "ｊürgen""#, true),
    (r#"id eq "ab1""#, false),
    (r#"id eq "Ab1""#, true),
    (r#"externalId sw "x""#, false),
    (
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
        true,
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:DEPARTMENT eq "a""#,
        true,
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "M1""#,
        true,
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "m1""#,
        true,
    ),
    (r#"schemas eq "urn:scim:wso2:schema""#, true),
    (r#"schemas eq "urn:x""#, false),
    ("title pr", true),
    ("nickName pr", false),
    ("locale pr", false),
    ("name pr", true),
    ("name.givenName pr", false),
    ("emails pr", true),
    ("ims pr", false),
    ("emails.display pr", false),
    ("title eq null", false),
    ("locale eq null", true),
    ("locale ne null", false),
    (r#"locale ne "de""#, true),
    (r#"not (locale eq "de")"#, true),
    ("active eq true", true),
    ("active ne true", false),
    (r#"active eq "TRUE""#, true),
    ("urn:scim:wso2:schema:phoneVerified eq false", true),
    ("phoneVerified eq true", false),
    (r#"name.familyName co "o'm""#, true),
    (r#"title gt "Aoss" and title lt "coss""#, true),
    (r#"title ge "BOSS" and title le "boss""#, true),
    (r#"title gt "boss""#, false),
    (r#"meta.created eq "2024-01-01T01:00:00+01:00""#, true),
    (r#"meta.lastModified lt "2024-06-01T10:00:01Z""#, true),
    (r#"meta.lastModified gt "2024-06-01T10:00:00Z""#, false),
    (r#"meta.lastModified ge "2024-06-01T10:00:00Z""#, true),
    (r#"meta.created sw "2024-01""#, true),
    (r#"emails co "example.org""#, true),
    (r#"emails.value co "example.net""#, false),
    (
        r#"emails.type eq "work" and emails.value eq "b@example.org""#,
        true,
    ),
    (
        r#"emails[type eq "work" and value co "@example.org"]"#,
        false,
    ),
    (
        r#"emails[type eq "WORK" and value co "@example.com"]"#,
        true,
    ),
    (r#"emails[not (type eq "work")]"#, true),
    ("emails[primary eq true and type pr]", true),
    ("emails[primary eq false]", true),
    (r#"emails[type eq "other" or type eq "home"]"#, true),
    (r#"ims[type eq "x"]"#, false),
    (r#"phoneNumbers.value eq "001""#, true),
    (r#"phoneNumbers[type eq "mobile" and value eq "001"]"#, true),
    (r#"phoneNumbers eq "002""#, false),
    (r#"mobileNumbers eq "002""#, true),
    (r#"urn:scim:wso2:schema:mobileNumbers[value eq "+2"]"#, true),
    (r#"mobileNumbers[value eq "+3"]"#, false),
    (r#"mobileNumbers ne "+1""#, true),
    (r#"title eq "x" or userName eq "x" or active eq true"#, true),
    (
        r#"title eq "x" or userName eq "x" and active eq true"#,
        false,
    ),
    (
        r#"title eq "boss" or userName eq "x" and active eq false"#,
        true,
    ),
];

#[test]
fn what_matches() {
    for &(text, wanted) in ROWS {
        let filter = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(matches_with(&filter, &user(), &normalise), wanted, "{text}");
    }
    let filter = parse(r#"mobileNumbers eq "002""#).expect("a filter");
    assert!(!matches(&filter, &user()));
}

#[test]
fn what_is_refused() {
    let grammar = "invalidFilter: filter: does not follow RFC 7644 §3.4.2.2";
    let deep = format!("{}title pr{}", "not (".repeat(100), ")".repeat(100));
    let long = format!("title eq \"{}\"", "x".repeat(MAX_FILTER_BYTES));
    let rows = [
        ("", grammar),
        ("userName", grammar),
        ("userName regex \"x\"", grammar),
        ("userName eq 'x'", grammar),
        (&deep, grammar),
        (&long, "invalidFilter: filter: is longer than 10000 bytes"),
        (
            "nope pr",
            "invalidFilter: filter: asks for an unknown attribute: nope",
        ),
        (
            "title.x pr",
            "invalidFilter: filter: asks for an unknown attribute: title.x",
        ),
        (
            "urn:x:title pr",
            "invalidFilter: filter: asks for an unknown attribute: urn:x:title",
        ),
        (
            "title pr and not (nope pr)",
            "invalidFilter: filter: asks for an unknown attribute: nope",
        ),
        (
            "name[givenName pr]",
            "invalidFilter: filter: asks for an unknown attribute: name",
        ),
        (
            "emails[nope pr]",
            "invalidFilter: filter: filters by an unknown attribute: nope",
        ),
        (
            "emails[type.x pr]",
            "invalidFilter: filter: filters by an unknown attribute: type.x",
        ),
        (
            "mobileNumbers[type pr]",
            "invalidFilter: filter: filters by an unknown attribute: type",
        ),
        (
            "name eq \"x\"",
            "invalidFilter: filter: name: is compared by a sub-attribute",
        ),
        (
            "active gt true",
            "invalidFilter: filter: active: is compared by eq or ne with true or false",
        ),
        (
            "active eq \"x\"",
            "invalidFilter: filter: active: is compared by eq or ne with true or false",
        ),
        (
            "active gt null",
            "invalidFilter: filter: active: is compared by eq or ne with true or false",
        ),
        (
            "title eq 1",
            "invalidFilter: filter: title: is compared with a string",
        ),
        (
            "title eq true",
            "invalidFilter: filter: title: is compared with a string",
        ),
        (
            "title gt null",
            "invalidFilter: filter: title: is compared with a string",
        ),
        (
            "meta.created gt \"yesterday\"",
            "invalidFilter: filter: created: is compared with a dateTime",
        ),
        (
            "x509Certificates.value gt \"x\"",
            "invalidFilter: filter: value: has no order",
        ),
        (
            "password eq \"x\"",
            "invalidFilter: filter: password: cannot be asked for",
        ),
        (
            "password pr",
            "invalidFilter: filter: password: cannot be asked for",
        ),
        (
            "urn:scim:wso2:schema:verifyMobile pr",
            "invalidFilter: filter: verifyMobile: cannot be asked for",
        ),
    ];
    for (text, wanted) in rows {
        assert_eq!(parse(text).expect_err(text).to_string(), wanted, "{text}");
    }
}

#[test]
fn a_number_is_read_once_however_often_it_is_compared() {
    let asked = std::cell::Cell::new(0);
    let counting = |number: &str| {
        asked.set(asked.get() + 1);
        normalise(number)
    };
    let terms = vec![r#"mobileNumbers eq "003""#; 50].join(" or ");
    let filter = parse(&terms).expect("a filter");
    assert!(!matches_with(&filter, &user(), &counting));
    assert_eq!(asked.get(), 3);
}

/// What filters are made of, so that random ones come near the grammar.
fn filterlike() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "userName",
        "emails",
        "emails.type",
        "mobileNumbers",
        "meta.created",
        "active",
        "value",
        "type",
        " eq ",
        " ne ",
        " gt ",
        " co ",
        " pr",
        " and ",
        " or ",
        "not ",
        "(",
        ")",
        "[",
        "]",
        "\"x\"",
        "\"2024-01-01T00:00:00Z\"",
        "true",
        "null",
        "1",
    ]);
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_parsed_and_evaluated_without_a_panic(text in any::<String>(), near in filterlike()) {
        for text in [text, near] {
            let _ = parse(&text);
            // Also one that was not checked.
            if let Ok(filter) = text.parse::<Filter>() {
                let _ = matches(&filter, &user());
            }
        }
    }

    #[test]
    fn a_filter_that_is_written_out_reads_the_same(text in filterlike()) {
        if let Ok(filter) = parse(&text) {
            let written = filter.to_string();
            let again = parse(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
            prop_assert_eq!(matches(&again, &user()), matches(&filter, &user()), "{}", written);
            let not = parse(&format!("not ({written})")).unwrap();
            prop_assert_eq!(matches(&not, &user()), !matches(&filter, &user()), "{}", written);
        }
    }
}
