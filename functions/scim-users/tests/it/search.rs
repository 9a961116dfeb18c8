//! `.search`: the list's parameters in a body.

use insta::assert_snapshot;
use local::testing::{Event, TestApp};
use serde_json::{Value, json};

use crate::support::{listed, names, told};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

fn searching(body: &Value) -> Event {
    Event::shipped("scim-users/search-users").body(body)
}

#[tokio::test]
async fn the_shipped_events() {
    let test = TestApp::start().await;
    assert_snapshot!(test.users(&Event::shipped("scim-users/search-users")).await, @r#"
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
    let answer = test.users(&Event::shipped("scim-users/search")).await;
    assert_eq!(names(&answer), ["bob123"]);
    assert_eq!(answer.body["Resources"][0].get("meta"), None);
    assert_eq!(answer.body["Resources"][0]["name"]["givenName"], "Bob");
}

#[tokio::test]
async fn a_search_is_a_list() {
    let test = TestApp::start().await;
    test.patch(&Event::shipped("scim-patch/patch-me")).await;
    for (parameters, body) in [
        (&[][..], json!({})),
        (
            &[("count", "1")],
            json!({ "schemas": [SEARCH], "Count": 1, "filter": null }),
        ),
        (
            &[("startIndex", "2")],
            json!({ "STARTINDEX": 2, "sortBy": 7, "sortOrder": [] }),
        ),
        (
            &[("filter", "pendingMobileNumber pr")],
            json!({ "filter": "pendingMobileNumber pr", "attributes": [] }),
        ),
        (
            &[("attributes", "id,name.givenName")],
            json!({ "schemas": [SEARCH.to_uppercase()], "attributes": ["id", "name.givenName"] }),
        ),
        (&[("attributes", "id")], json!({ "attributes": "id" })),
        (
            &[("excludedAttributes", "meta")],
            json!({ "excludedAttributes": [" META "] }),
        ),
        (&[("count", "-7")], json!({ "count": -7 })),
        (
            &[("startIndex", "99999999999999999999")],
            json!({ "startIndex": 1e300 }),
        ),
        (
            &[("startIndex", "-99999999999999999999")],
            json!({ "startIndex": -1e300 }),
        ),
    ] {
        let list = listed(&test, parameters).await;
        assert_eq!(list.status, 200);
        for path in ["/scim2/Users/.search", "/scim2/.search"] {
            let event = searching(&body).route("POST", path);
            assert_eq!(test.users(&event).await.body, list.body, "{body}");
        }
    }
}

#[tokio::test]
async fn pages_by_cursor() {
    let test = TestApp::start().await;
    let first = test
        .users(&searching(&json!({ "cursor": "", "count": 1 })))
        .await;
    let cursor = &first.body["nextCursor"];
    assert_eq!(names(&first), ["bob123"]);
    let second = test
        .users(&searching(&json!({ "cursor": cursor, "count": 1 })))
        .await;
    assert_eq!(names(&second), ["alice"]);
    assert_eq!(second.body.get("nextCursor"), None);
    // The same query is the same list, however it is asked.
    let cursor = cursor.as_str().unwrap();
    let by_get = listed(&test, &[("cursor", cursor), ("count", "1")]).await;
    assert_eq!(by_get.body, second.body);
}

#[tokio::test]
async fn bodies_that_cannot_be() {
    let test = TestApp::start().await;
    let mut refusals = Vec::new();
    for body in [
        json!({ "schemas": [] }),
        json!({ "schemas": "x" }),
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] }),
        json!({ "filter": 1 }),
        json!({ "filter": ["id pr"] }),
        json!({ "filter": "nope pr" }),
        json!({ "count": "10" }),
        json!({ "count": 1.5 }),
        json!({ "startIndex": true }),
        json!({ "startIndex": {} }),
        json!({ "cursor": 1 }),
        json!({ "cursor": "x" }),
        json!({ "cursor": "", "count": [] }),
        json!({ "cursor": "", "startIndex": 1 }),
        json!({ "attributes": 1 }),
        json!({ "attributes": [1] }),
        json!({ "excludedAttributes": { "a": 1 } }),
        json!({ "attributes": ["id"], "excludedAttributes": ["meta"] }),
        json!({ "attributes": vec!["x"; 201] }),
        json!({ "count": 1, "COUNT": 1 }),
    ] {
        refusals.push(told(&test.users(&searching(&body)).await));
    }
    for event in [
        searching(&json!([])),
        searching(&json!({})).text("{"),
        searching(&json!({})).text(""),
        searching(&json!({})).header("content-type", "text/plain"),
    ] {
        refusals.push(told(&test.users(&event).await));
    }
    assert_snapshot!(refusals.join("\n"), @r"
    400 invalidSyntax schemas: must contain urn:ietf:params:scim:api:messages:2.0:SearchRequest
    400 invalidSyntax schemas: must contain urn:ietf:params:scim:api:messages:2.0:SearchRequest
    400 invalidSyntax schemas: must contain urn:ietf:params:scim:api:messages:2.0:SearchRequest
    400 invalidValue filter: must be a string
    400 invalidValue filter: must be a string
    400 invalidFilter filter: asks for an unknown attribute: nope
    400 invalidValue count: must be a whole number
    400 invalidValue count: must be a whole number
    400 invalidValue startIndex: must be a whole number
    400 invalidValue startIndex: must be a whole number
    400 invalidValue cursor: must be a string
    400 invalidCursor cursor: is none that was given out for this query; begin with an empty one
    400 invalidCount count: must be a whole number
    400 invalidValue startIndex: cannot be given together with cursor
    400 invalidValue attributes: must be an array of strings
    400 invalidValue attributes: must be an array of strings
    400 invalidValue excludedAttributes: must be an array of strings
    400 invalidValue attributes: cannot be given together with excludedAttributes
    400 invalidValue attributes: has more than 200 names
    400 invalidSyntax count: is given twice
    400 invalidSyntax The body must be a JSON object.
    400 invalidSyntax The body is not JSON: line 1, column 1.
    400 invalidSyntax The body is empty; a JSON object is expected.
    415 The Content-Type must be application/json or application/scim+json, in UTF-8, without a Content-Encoding.
    ");
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}
