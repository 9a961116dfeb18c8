//! Which users a filter finds, and what that costs.

use local::testing::{Event, TestApp};
use serde_json::{Value, json};

use crate::support::{found, listed, names, told};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The seeds' users and Carol, who has everything that is filtered by here.
async fn test() -> TestApp {
    let test = TestApp::start().await;
    let carol = Event::shipped("scim-users/create").body(&json!({
        "userName": "Carol.Ünal",
        "externalId": "Ext-1",
        "active": true,
        "title": "Boss",
        "emails": [{ "value": "carol@example.com", "type": "work", "primary": true }],
        "phoneNumbers": [
            { "type": "mobile", "value": "+60129876543" },
            { "type": "work", "value": "+4930123456" },
        ],
        ENTERPRISE: { "department": "Sales", "manager": { "value": "m1" } },
        "urn:scim:wso2:schema": { "mobileNumbers": ["+60129876543", "+60123334444"] },
    }));
    assert_eq!(test.users(&carol).await.status, 201);
    test
}

const CAROL: &str = "Carol.Ünal";

#[tokio::test]
async fn attributes_of_all_schemas() {
    let test = test().await;
    for (filter, wanted) in [
        ("id pr", &[CAROL, "alice", "bob123"][..]),
        (r#"userName eq "carol.ÜNAL""#, &[CAROL]),
        (r#"userName eq "carol.ünal" and title pr"#, &[CAROL]),
        (r#"userName eq "carol.ünal" and not (title pr)"#, &[]),
        (
            r#"(userName eq "alice" or userName eq "BOB123" or id eq "x")"#,
            &["alice", "bob123"],
        ),
        (r#"userName co "o""#, &[CAROL, "bob123"]),
        (r#"userName sw "A" or title eq "boss""#, &[CAROL, "alice"]),
        (r#"externalId eq "Ext-1""#, &[CAROL]),
        (r#"externalId eq "ext-1""#, &[]),
        (r#"externalId sw "Ext""#, &[CAROL]),
        ("externalId pr", &[CAROL]),
        (
            r#"id eq "1e624046-520c-4628-a245-091e04b03f21""#,
            &["bob123"],
        ),
        (
            r#"ID Eq "7c0b5ad4-3f0e-4e0c-9a55-6d1f2f7e8b90""#,
            &["alice"],
        ),
        (r#"id eq "7C0B5AD4-3F0E-4E0C-9A55-6D1F2F7E8B90""#, &[]),
        (r#"id eq """#, &[]),
        (r#"userName eq "USERNAME#bob123""#, &[]),
        ("active eq true", &[CAROL, "alice", "bob123"]),
        ("not (active eq true)", &[]),
        (
            r#"emails[type eq "work" and value ew "@example.com"]"#,
            &[CAROL],
        ),
        (r#"emails.value eq "bobsmith@abc.com""#, &["bob123"]),
        (
            r#"phoneNumbers[type eq "mobile"].value eq "+60111111111""#,
            &["bob123"],
        ),
        (r#"phoneNumbers[type eq "mobile"].value sw "+49""#, &[]),
        (
            r#"emails[type eq "work"].value eq "carol@example.com" and active eq true"#,
            &[CAROL],
        ),
        (
            r#"emails[type eq "home"].value eq "carol@example.com""#,
            &[],
        ),
        (
            r#"phoneNumbers[type eq "mobile" and value eq "+60111111111"]"#,
            &["bob123"],
        ),
        (r#"phoneNumbers.value eq "0111111111""#, &["bob123"]),
        (r#"phoneNumbers.value sw "+49""#, &[CAROL]),
        (r#"mobileNumbers eq "+60123334444""#, &[CAROL]),
        (
            r#"urn:scim:wso2:schema:mobileNumbers[value eq "0123334444"]"#,
            &[CAROL],
        ),
        (
            r#"urn:scim:wso2:schema:verifiedMobileNumbers eq "+60111111111""#,
            &["bob123"],
        ),
        ("urn:scim:wso2:schema:phoneVerified eq true", &["bob123"]),
        ("phoneVerified eq false", &[CAROL]),
        (r#"name.familyName eq "smith""#, &["bob123"]),
        (
            r#"meta.resourceType eq "User" and userName sw "b""#,
            &["bob123"],
        ),
        (r#"meta.resourceType eq "Group""#, &[]),
        (
            r#"meta.created gt "2020-01-01T00:00:00Z" and title pr"#,
            &[CAROL],
        ),
        (r#"schemas eq "urn:scim:wso2:schema""#, &[CAROL, "bob123"]),
        (r#"roles eq "Internal/everyone" and title pr"#, &[CAROL]),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "sales""#,
            &[CAROL],
        ),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "m1""#,
            &[CAROL],
        ),
    ] {
        assert_eq!(found(&test, filter).await, wanted, "{filter}");
    }
}

#[tokio::test]
async fn what_is_pending() {
    let test = test().await;
    let both = "urn:scim:wso2:schema:pendingMobileNumber pr";
    assert_eq!(found(&test, both).await, [""; 0]);
    test.patch(&Event::shipped("scim-patch/patch-me")).await;
    for filter in [
        both,
        r#"pendingMobileNumber eq "+60123456789""#,
        r#"pendingMobileNumber eq "0123456789""#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:pendingMobileNumber sw "+6012""#,
        r#"userName eq "bob123" and pendingMobileNumber pr"#,
        r#"meta.version co "1-""#,
    ] {
        assert_eq!(found(&test, filter).await, ["bob123"], "{filter}");
    }
    test.stack
        .clock()
        .advance(std::time::Duration::from_hours(24));
    assert_eq!(found(&test, both).await, [""; 0]);
}

/// One read says whose the name is, another reads the user; an id needs no first one.
#[tokio::test]
async fn those_who_are_named_are_looked_up() {
    let test = test().await;
    test.many_users(300, |number| json!({ "externalId": format!("x-{number}") }))
        .await;
    test.stack.faults().take_calls();
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    for (filter, calls) in [
        (
            r#"userName eq "carol.ünal""#.to_owned(),
            &["GetItem", "BatchGetItem"][..],
        ),
        (
            r#"USERNAME EQ "carol.ünal""#.to_owned(),
            &["GetItem", "BatchGetItem"],
        ),
        (
            format!(r#"{urn}:userName eq "carol.ünal""#),
            &["GetItem", "BatchGetItem"],
        ),
        (
            format!(r#"{urn}:externalId eq "Ext-1""#),
            &["GetItem", "BatchGetItem"],
        ),
        (
            r#"(((externalId eq "Ext-1")) and active eq true)"#.to_owned(),
            &["GetItem", "BatchGetItem"],
        ),
        (
            r#"externalId eq "Ext-1" or userName eq "carol.ünal""#.to_owned(),
            &["BatchGetItem", "BatchGetItem"],
        ),
    ] {
        assert_eq!(found(&test, &filter).await, [CAROL], "{filter}");
        assert_eq!(test.stack.faults().take_calls(), calls, "{filter}");
    }
    let id = r#"id eq "1e624046-520c-4628-a245-091e04b03f21""#;
    assert_eq!(found(&test, id).await, ["bob123"]);
    assert_eq!(test.stack.faults().take_calls(), ["BatchGetItem"]);
    for nobody in [r#"userName eq "nobody""#, r#"externalId eq "ext-1""#] {
        assert_eq!(found(&test, nobody).await, [""; 0]);
        assert_eq!(test.stack.faults().take_calls(), ["GetItem"]);
    }
    let long = format!(r#"userName eq "{}""#, "x".repeat(3_000));
    assert_eq!(found(&test, &long).await, [""; 0]);
    assert_eq!(test.stack.faults().take_calls(), [""; 0]);
}

/// Those that are named come in pages, too.
#[tokio::test]
async fn many_who_are_named() {
    let test = TestApp::start().await;
    test.many_users(60, |_| Value::Null).await;
    let named: Vec<String> = (0..60)
        .map(|n| format!(r#"userName eq "user-{n:05}""#))
        .collect();
    let filter = named.join(" or ");
    let by_index = [
        ("filter", filter.as_str()),
        ("startIndex", "51"),
        ("count", "20"),
    ];
    let answer = listed(&test, &by_index).await;
    assert_eq!(
        (names(&answer).len(), &answer.body["totalResults"]),
        (10, &json!(60))
    );
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    for expected in [25, 25, 10] {
        let page = [
            ("filter", filter.as_str()),
            ("cursor", cursor.as_str()),
            ("count", "25"),
        ];
        let answer = listed(&test, &page).await;
        assert_eq!(names(&answer).len(), expected);
        assert_eq!(answer.body["totalResults"], 60);
        seen.extend(names(&answer).into_iter().map(str::to_owned));
        let next = answer.body.get("nextCursor").and_then(Value::as_str);
        assert_eq!(next.is_none(), expected == 10);
        cursor = next.unwrap_or_default().to_owned();
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 60);
}

#[tokio::test]
async fn a_filter_has_bounds() {
    let test = TestApp::start().await;
    let deep = |n| format!("{}title pr{}", "(".repeat(n), ")".repeat(n));
    let nots = |n| format!("{}title pr{}", "not (".repeat(n), ")".repeat(n));
    let many = |n| vec!["title pr"; n].join(" or ");
    let long = format!(r#"title eq "{}""#, "x".repeat(10_000));
    for filter in [deep(20), nots(20), many(128)] {
        assert_eq!(listed(&test, &[("filter", &filter)]).await.status, 200);
    }
    for filter in [deep(2_000), nots(2_000), many(129), many(1_100), long] {
        let answer = listed(&test, &[("filter", &filter)]).await;
        assert_eq!(answer.gist(), "400 invalidFilter", "{}", told(&answer));
    }
}

/// Texts that mean something elsewhere are only texts here.
#[tokio::test]
async fn texts_are_texts() {
    let test = TestApp::start().await;
    for value in [
        "%",
        "*",
        ".*",
        "' OR 1=1",
        "\\\\",
        "\\u0000",
        "\\ud83d\\ude00",
        "𝔘𝔫𝔦",
        "a\u{301}",
    ] {
        let filter = format!(r#"userName co "{value}" or externalId eq "{value}""#);
        assert_eq!(found(&test, &filter).await, [""; 0], "{value}");
        let filter = format!(r#"externalId eq "{value}""#);
        assert_eq!(found(&test, &filter).await, [""; 0], "{value}");
    }
}
