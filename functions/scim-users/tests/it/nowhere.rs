//! What no route names: 404 in SCIM's form, or 405 where another method is one.
//! These routes have no authorizer, so that the answer is ours.

use insta::assert_snapshot;
use local::template::Method;
use local::testing::{Event, TestApp};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

fn nowhere(method: &str, path: &str) -> Event {
    Event::shipped("scim-users/unknown-route")
        .route(method, "/scim2/{proxy+}")
        .parameter("proxy", path)
}

#[tokio::test]
async fn an_unknown_resource() {
    let test = TestApp::start().await;
    let answer = test
        .users(&Event::shipped("scim-users/unknown-route"))
        .await;
    assert_snapshot!(answer, @r#"
    404
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "404",
      "detail": "There is no such resource."
    }
    "#);
    assert_eq!(answer.header("content-type"), Some("application/scim+json"));
    for method in METHODS {
        for path in [
            "Groups",
            "",
            "Users/1/name",
            "users",
            "Me/",
            "Users/",
            "Schemas/",
            "Schemas/a/b",
            "ResourceTypes/",
            "Bulk",
        ] {
            // Only a GET is led on.
            if method == "GET" && path.ends_with('/') {
                continue;
            }
            let answer = test.users(&nowhere(method, path)).await;
            assert_eq!(answer.gist(), "404", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_known_resource_says_what_it_allows() {
    let test = TestApp::start().await;
    for (path, allowed) in [
        (".search", "POST"),
        ("Users", "GET, POST"),
        (
            "Users/1e624046-520c-4628-a245-091e04b03f21",
            "GET, PUT, PATCH, DELETE",
        ),
        ("Me", "GET, PUT, PATCH"),
        ("ServiceProviderConfig", "GET"),
        ("ResourceTypes", "GET"),
        ("ResourceTypes/User", "GET"),
        ("Schemas", "GET"),
        ("Schemas/urn:scim:wso2:schema", "GET"),
    ] {
        let routed: Vec<&str> = allowed.split(", ").collect();
        for method in METHODS
            .into_iter()
            .filter(|method| !routed.contains(method))
        {
            let answer = test.users(&nowhere(method, path)).await;
            assert_eq!(answer.gist(), "405", "{method} {path}");
            assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
        }
    }
    assert_snapshot!(test.users(&nowhere("DELETE", "Me")).await, @r#"
    405
    allow: GET, PUT, PATCH
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "405",
      "detail": "This resource allows GET, PUT, PATCH."
    }
    "#);
}

/// The promise of a 405 is kept by the template.
#[tokio::test]
async fn what_is_allowed_is_a_route() {
    let test = TestApp::start().await;
    for (path, template) in [
        (".search", "/scim2/.search"),
        ("Users", "/scim2/Users"),
        ("Users/1", "/scim2/Users/{id}"),
        ("Me", "/scim2/Me"),
        ("ServiceProviderConfig", "/scim2/ServiceProviderConfig"),
        ("ResourceTypes", "/scim2/ResourceTypes"),
        ("ResourceTypes/User", "/scim2/ResourceTypes/{id}"),
        ("Schemas", "/scim2/Schemas"),
        ("Schemas/urn:scim:wso2:schema", "/scim2/Schemas/{id}"),
    ] {
        let answer = test.users(&nowhere("TRACE", path)).await;
        let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(", ").collect();
        let all = test.stack.template().routes.iter();
        let mut routed: Vec<&str> = all
            .filter(|route| route.path == template)
            .filter_map(|route| match &route.method {
                Method::One(method) => Some(method.as_str()),
                Method::Any => None,
            })
            .collect();
        allowed.sort_unstable();
        routed.sort_unstable();
        assert_eq!(allowed, routed, "{template}");
    }
}

#[tokio::test]
async fn nothing_is_read_for_it() {
    let test = TestApp::start().await;
    test.users(&nowhere("DELETE", "Users")).await;
    test.users(&nowhere("GET", "Groups")).await;
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}

/// Where only a slash is too many: there, with the query; without a token only where none is needed.
#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_resource() {
    const BASE: &str = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2";
    let test = TestApp::start().await;
    let query = [("filter", "userName eq \"ü\""), ("count", "1")];
    for (path, wanted) in [
        ("Users/", "Users"),
        ("Users//", "Users"),
        (
            "Users/1e624046-520c-4628-a245-091e04b03f21/",
            "Users/1e624046-520c-4628-a245-091e04b03f21",
        ),
        ("Me/", "Me"),
        ("ServiceProviderConfig/", "ServiceProviderConfig"),
        (
            "Schemas/urn:scim:wso2:schema/",
            "Schemas/urn:scim:wso2:schema",
        ),
        ("Groups/", "Groups"),
        // No host of somebody else, and no header of its own.
        ("/evil.example/", "/evil.example"),
        (
            "Users/a\r\nx: y ?#%2e/",
            "Users/a%0D%0Ax:%20y%20%3F%23%252e",
        ),
    ] {
        let event = nowhere("GET", path).header("authorization", "Bearer x");
        let answer = test.users(&event).await;
        assert_eq!(answer.gist(), "308", "{path}");
        let location = answer.header("location").unwrap();
        assert_eq!(location, format!("{BASE}/{wanted}"));
        let answer = test.users(&event.query(&query)).await;
        let location = answer.header("location").unwrap();
        let encoded = "?filter=userName+eq+%22%C3%BC%22&count=1";
        assert_eq!(location, format!("{BASE}/{wanted}{encoded}"));
        let without = test.users(&nowhere("GET", path)).await;
        let needs_token = path.starts_with("Users") || path.starts_with("Me");
        let told = if needs_token { "401 VRF-40100" } else { "308" };
        assert_eq!(without.gist(), told, "{path}");
    }
    for path in ["/", "//", ""] {
        assert_eq!(test.users(&nowhere("GET", path)).await.gist(), "404");
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}
