//! Discovery: what this service says about itself is what it does, and says it without a token.
//! All of it is what another library reads, too.

use insta::assert_snapshot;
use local::testing::{Event, TestApp};
use scim_v2::Validate;
use scim_v2::models::others::ListResponse;
use scim_v2::models::resource_types::ResourceType;
use scim_v2::models::service_provider_config::ServiceProviderConfig;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::schemas::schema_event;

const EVENTS: [&str; 5] = [
    "scim-users/service-provider-config",
    "scim-users/resource-types",
    "scim-users/resource-type",
    "scim-users/schemas",
    "scim-users/schema",
];

/// What `scim_v2` reads it as, and finds nothing wrong with.
pub fn valid<T: DeserializeOwned + Validate>(body: &Value) -> T {
    let read: T = serde_json::from_value(body.clone()).unwrap();
    read.validate().unwrap();
    read
}

#[tokio::test]
async fn what_the_service_can_do() {
    let test = TestApp::start().await;
    let event = Event::shipped("scim-users/service-provider-config");
    let answer = test.users(&event).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
      ],
      "patch": {
        "supported": true
      },
      "bulk": {
        "supported": false,
        "maxOperations": 0,
        "maxPayloadSize": 0
      },
      "filter": {
        "supported": true,
        "maxResults": 100
      },
      "changePassword": {
        "supported": false
      },
      "sort": {
        "supported": false
      },
      "etag": {
        "supported": true
      },
      "authenticationSchemes": [
        {
          "name": "OAuth Bearer Token",
          "type": "oauthbearertoken",
          "description": "An access token of the configured issuer, as a bearer token",
          "specUri": "https://www.rfc-editor.org/info/rfc6750",
          "primary": true
        }
      ],
      "meta": {
        "resourceType": "ServiceProviderConfig",
        "location": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/ServiceProviderConfig"
      },
      "pagination": {
        "cursor": true,
        "index": true,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 100,
        "cursorTimeout": 3600
      }
    }
    "#);
    assert_eq!(answer.header("content-type"), Some("application/scim+json"));
    valid::<ServiceProviderConfig>(&answer.body);
}

#[tokio::test]
async fn which_resources_there_are() {
    let test = TestApp::start().await;
    let all = test
        .users(&Event::shipped("scim-users/resource-types"))
        .await;
    assert_snapshot!(all, @r#"
    200
    {
      "itemsPerPage": 1,
      "totalResults": 1,
      "startIndex": 1,
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:ListResponse"
      ],
      "Resources": [
        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
          ],
          "id": "User",
          "name": "User",
          "description": "User account",
          "endpoint": "/Users",
          "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
          "schemaExtensions": [
            {
              "schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
              "required": false
            },
            {
              "schema": "urn:scim:wso2:schema",
              "required": false
            }
          ],
          "meta": {
            "resourceType": "ResourceType",
            "location": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/ResourceTypes/User"
          }
        }
      ]
    }
    "#);
    valid::<ListResponse<ResourceType>>(&all.body);
    let one = test
        .users(&Event::shipped("scim-users/resource-type"))
        .await;
    assert_eq!(
        (one.status, &one.body),
        (200, &all.body["Resources"][0]),
        "the same alone"
    );
}

#[tokio::test]
async fn what_there_is_not() {
    let test = TestApp::start().await;
    for urn in [
        "urn:nope",
        "User",
        "",
        "urn:ietf:params:scim:schemas:core:2.0:Group",
    ] {
        let answer = test.users(&schema_event(urn)).await;
        assert_eq!(answer.gist(), "404", "{urn}");
    }
    for id in ["Group", "user", "Me", ""] {
        let event = Event::shipped("scim-users/resource-type").parameter("id", id);
        assert_eq!(test.users(&event).await.gist(), "404", "{id}");
    }
    assert_snapshot!(test.users(&schema_event("urn:nope")).await, @r#"
    404
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "404",
      "detail": "There is no such resource."
    }
    "#);
}

/// RFC 7644 §4: nobody is to believe that a filter was applied; the rest of a query is passed over.
#[tokio::test]
async fn nothing_is_filtered() {
    let test = TestApp::start().await;
    for event in EVENTS {
        for query in [
            [("count", "1"), ("filter", "name eq \"User\"")],
            [("x", ""), ("FILTER", "")],
        ] {
            let answer = test.users(&Event::shipped(event).query(&query)).await;
            assert_eq!(answer.gist(), "403", "{event}");
        }
        let plain = test.users(&Event::shipped(event)).await;
        let sorted =
            Event::shipped(event).query(&[("sortBy", "id"), ("count", "0"), ("attributes", "id")]);
        assert_eq!(test.users(&sorted).await, plain, "{event}");
    }
    let event = Event::shipped(EVENTS[0]).query(&[("filter", "patch pr")]);
    assert_snapshot!(test.users(&event).await, @r#"
    403
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "403",
      "detail": "Nothing is filtered here: leave the parameter filter out."
    }
    "#);
}

#[tokio::test]
async fn nothing_is_read_for_it() {
    let test = TestApp::start().await;
    for event in EVENTS {
        assert_eq!(test.users(&Event::shipped(event)).await.status, 200);
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}
