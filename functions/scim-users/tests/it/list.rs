//! The list of users: its shape, its parameters, pages by index.

use insta::assert_snapshot;
use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::{Value, json};

use crate::support::{listed, listing, names, told};

#[tokio::test]
async fn the_shipped_event() {
    let test = TestApp::start().await;
    let answer = test.users(&Event::shipped("scim-users/list")).await;
    assert_eq!(names(&answer), ["bob123", "alice"]);
    for (at, event) in [
        (0, Event::shipped("scim-users/get")),
        (1, Event::shipped("scim-users/get-me").by(ALICE, "")),
    ] {
        let alone = test.users(&event).await.body;
        assert_eq!(answer.body["Resources"][at], alone, "as it is shown alone");
    }
    let mut body = answer.body.clone();
    body["Resources"] = json!(["[user]", "[user]"]);
    assert_snapshot!(format!("{body:#}"), @r#"
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:ListResponse"
      ],
      "totalResults": 2,
      "itemsPerPage": 2,
      "startIndex": 1,
      "Resources": [
        "[user]",
        "[user]"
      ]
    }
    "#);
    assert_eq!(answer.header("content-type"), Some("application/scim+json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("etag"), None);
}

#[tokio::test]
async fn by_name_with_some_attributes() {
    let test = TestApp::start().await;
    let answer = test.users(&Event::shipped("scim-users/list-filter")).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:ListResponse"
      ],
      "totalResults": 1,
      "itemsPerPage": 1,
      "startIndex": 1,
      "Resources": [
        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User"
          ],
          "id": "1e624046-520c-4628-a245-091e04b03f21",
          "userName": "bob123",
          "phoneNumbers": [
            {
              "type": "mobile",
              "value": "+60111111111"
            }
          ]
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn pages_by_index() {
    let test = TestApp::start().await;
    test.many_users(5, |_| Value::Null).await;
    let all = listed(&test, &[]).await;
    let all = names(&all);
    assert_eq!(all.len(), 7);
    for (start, count, shown, said) in [
        ("1", "3", &all[..3], 1),
        ("4", "3", &all[3..6], 4),
        ("7", "3", &all[6..], 7),
        ("8", "3", &[][..], 8),
        ("0", "2", &all[..2], 1),
        ("-99999999999999999999", "2", &all[..2], 1),
        ("99999999999999999999", "2", &[], i64::MAX),
        ("3", "0", &[], 3),
        ("1", "-1", &[], 1),
        ("1", "99999999999999999999", &all[..], 1),
    ] {
        let answer = listed(&test, &[("startIndex", start), ("count", count)]).await;
        assert_eq!(names(&answer), shown, "{start} {count}");
        assert_eq!(answer.body["totalResults"], 7);
        assert_eq!(answer.body["startIndex"], said, "{start}");
        assert_eq!(answer.body.get("nextCursor"), None);
    }
    let filter = r#"userName sw "USER-" and not (userName ew "3")"#;
    let first = [("filter", filter), ("count", "3")];
    let rest = [("filter", filter), ("count", "3"), ("startIndex", "4")];
    let (first, rest) = (listed(&test, &first).await, listed(&test, &rest).await);
    for answer in [&first, &rest] {
        assert_eq!(answer.body["totalResults"], 4);
    }
    let mut both = [names(&first), names(&rest)].concat();
    both.sort_unstable();
    assert_eq!(
        both,
        ["user-00000", "user-00001", "user-00002", "user-00004"]
    );
}

#[tokio::test]
async fn a_page_has_at_most_a_hundred_users() {
    let test = TestApp::start().await;
    test.many_users(150, |_| Value::Null).await;
    for parameters in [&[][..], &[("count", "101")], &[("filter", "id pr")]] {
        let answer = listed(&test, parameters).await;
        assert_eq!(names(&answer).len(), 100);
        assert_eq!(answer.body["totalResults"], 152);
    }
    let rest = listed(&test, &[("startIndex", "101"), ("count", "100")]).await;
    assert_eq!(names(&rest).len(), 52);
}

#[tokio::test]
async fn only_users_are_listed() {
    let test = TestApp::start().await;
    let create = Event::shipped("scim-users/create").body(&json!({
        "userName": "carol", "externalId": "c-1",
    }));
    assert_eq!(test.users(&create).await.status, 201);
    let delete = Event::shipped("scim-users/delete").parameter("id", ALICE);
    assert_eq!(test.users(&delete).await.status, 204);
    let answer = listed(&test, &[]).await;
    let mut shown = names(&answer);
    shown.sort_unstable();
    assert_eq!(shown, ["bob123", "carol"]);
    assert_eq!(answer.body["totalResults"], 2);
}

#[tokio::test]
async fn what_is_pending_is_shown() {
    let test = TestApp::start().await;
    let patched = test.patch(&Event::shipped("scim-patch/patch-me")).await;
    let answer = listed(&test, &[("filter", "pendingMobileNumber pr")]).await;
    assert_eq!(answer.body["Resources"], json!([patched.body]));
}

#[tokio::test]
async fn sorting_is_ignored() {
    let test = TestApp::start().await;
    let sorted = [
        ("sortBy", "userName"),
        ("sortOrder", "sideways"),
        ("domain", "PRIMARY"),
    ];
    assert_eq!(listed(&test, &sorted).await, listed(&test, &[]).await);
}

#[tokio::test]
async fn parameters_in_any_case() {
    let test = TestApp::start().await;
    let answer = listed(
        &test,
        &[
            ("STARTINDEX", "2"),
            ("Count", "1"),
            ("Attributes", "userName"),
        ],
    )
    .await;
    assert_eq!(names(&answer), ["alice"]);
    assert_eq!(answer.body["Resources"][0].get("meta"), None);
}

#[tokio::test]
async fn parameters_that_cannot_be() {
    let test = TestApp::start().await;
    let mut refusals = Vec::new();
    for parameters in [
        &[("count", "ten")][..],
        &[("count", "1.5")],
        &[("count", "")],
        &[("count", "+1")],
        &[("count", "１")],
        &[("startIndex", "1e3")],
        &[("startIndex", "-")],
        &[("count", "1"), ("count", "2")],
        &[("filter", "id pr"), ("FILTER", "title pr")],
        &[("startIndex", "1"), ("cursor", "")],
        &[("attributes", "id"), ("excludedAttributes", "meta")],
        &[("filter", "")],
        &[("filter", "userName")],
        &[("filter", "userName eq bob123")],
        &[("filter", "nope eq \"x\"")],
        &[("filter", "password eq \"x\"")],
        &[("filter", "active gt true")],
        &[("filter", "urn:x:y eq \"x\"")],
        &[("cursor", "nonsense")],
        &[("cursor", ""), ("count", "ten")],
    ] {
        refusals.push(told(&listed(&test, parameters).await));
    }
    assert_snapshot!(refusals.join("\n"), @r"
    400 invalidValue count: must be a whole number
    400 invalidValue count: must be a whole number
    400 invalidValue count: must be a whole number
    400 invalidValue count: must be a whole number
    400 invalidValue count: must be a whole number
    400 invalidValue startIndex: must be a whole number
    400 invalidValue startIndex: must be a whole number
    400 invalidValue count: is given twice with different values
    400 invalidValue filter: is given twice with different values
    400 invalidValue startIndex: cannot be given together with cursor
    400 invalidValue attributes: cannot be given together with excludedAttributes
    400 invalidFilter filter: does not follow RFC 7644 §3.4.2.2
    400 invalidFilter filter: does not follow RFC 7644 §3.4.2.2
    400 invalidFilter filter: does not follow RFC 7644 §3.4.2.2
    400 invalidFilter filter: asks for an unknown attribute: nope
    400 invalidFilter filter: password: cannot be asked for
    400 invalidFilter filter: active: is compared by eq or ne with true or false
    400 invalidFilter filter: asks for an unknown attribute: urn:x:y
    400 invalidCursor cursor: is none that was given out for this query; begin with an empty one
    400 invalidCount count: must be a whole number
    ");
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}

#[tokio::test]
async fn only_with_the_scope() {
    let test = TestApp::start().await;
    let others = "internal_user_mgt_view internal_user_mgt_create internal_user_mgt_update";
    for event in [
        "list",
        "list-cursor",
        "list-filter",
        "search",
        "search-users",
    ] {
        let event = Event::shipped(&format!("scim-users/{event}"));
        let answer = test.users(&event.clone().by("admin", others)).await;
        assert_eq!(answer.gist(), "403 VRF-40300");
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        let answer = test.users(&event.clone().by(BOB, "")).await;
        assert_eq!(answer.gist(), "403 VRF-40300");
        let answer = test.users(&event.without_token()).await;
        assert_eq!(answer.gist(), "401 VRF-40100");
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0, "no read either");
    let prefixed = TestApp::with(&["ScopePrefix=users/"]).await;
    let with = |scope| listing(&[]).by("admin", scope);
    let answer = prefixed.users(&with("internal_user_mgt_list")).await;
    assert_eq!(answer.gist(), "403 VRF-40300");
    let answer = prefixed.users(&with("users/internal_user_mgt_list")).await;
    assert_eq!(answer.status, 200);
}
