//! A user as it is shown: by id with the scope, one's own with any token.

use std::time::Duration;

use insta::assert_snapshot;
use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::json;

const PENDING: &str = "pendingMobileNumber";

#[tokio::test]
async fn a_user() {
    let test = TestApp::start().await;
    let answer = test.users(&Event::shipped("scim-users/get")).await;
    assert_snapshot!(answer, @r#"
    200
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:scim:wso2:schema"
      ],
      "id": "1e624046-520c-4628-a245-091e04b03f21",
      "userName": "bob123",
      "name": {
        "givenName": "Bob",
        "familyName": "Smith"
      },
      "emails": [
        {
          "value": "bobsmith@abc.com"
        }
      ],
      "active": true,
      "phoneNumbers": [
        {
          "type": "mobile",
          "value": "+60111111111"
        }
      ],
      "roles": [
        {
          "type": "default",
          "value": "Internal/everyone"
        }
      ],
      "urn:scim:wso2:schema": {
        "mobileNumbers": [
          "+60111111111"
        ],
        "verifiedMobileNumbers": [
          "+60111111111"
        ],
        "phoneVerified": true
      },
      "meta": {
        "resourceType": "User",
        "created": "[time]",
        "lastModified": "[time]",
        "location": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/1e624046-520c-4628-a245-091e04b03f21",
        "version": "W/\"1\""
      }
    }
    "#);
    assert_eq!(answer.header("etag"), Some("W/\"1\""));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn oneself() {
    let test = TestApp::start().await;
    let by_id = test.users(&Event::shipped("scim-users/get")).await;
    let me = test.users(&Event::shipped("scim-users/get-me")).await;
    let location = me.header("location").map(str::to_owned);
    assert_eq!((me.status, me.body), (200, by_id.body.clone()));
    // RFC 7644 §3.11: where it is for good.
    assert_eq!(location.as_deref(), by_id.body["meta"]["location"].as_str());
    let alice = Event::shipped("scim-users/get-me").by(ALICE, "");
    assert_snapshot!(test.users(&alice).await, @r#"
    200
    location: https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/7c0b5ad4-3f0e-4e0c-9a55-6d1f2f7e8b90
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User"
      ],
      "id": "7c0b5ad4-3f0e-4e0c-9a55-6d1f2f7e8b90",
      "userName": "alice",
      "active": true,
      "roles": [
        {
          "type": "default",
          "value": "Internal/everyone"
        }
      ],
      "meta": {
        "resourceType": "User",
        "created": "[time]",
        "lastModified": "[time]",
        "location": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/7c0b5ad4-3f0e-4e0c-9a55-6d1f2f7e8b90",
        "version": "W/\"1\""
      }
    }
    "#);
}

#[tokio::test]
async fn what_is_pending_is_shown_while_the_claim_lives() {
    let test = TestApp::start().await;
    let patched = test.patch(&Event::shipped("scim-patch/patch-me")).await;
    let shown = test.users(&Event::shipped("scim-users/get")).await;
    assert_eq!(shown.body, patched.body);
    assert_eq!(shown.header("etag"), patched.header("etag"));

    test.stack.clock().advance(Duration::from_hours(24));
    let shown = test.users(&Event::shipped("scim-users/get")).await;
    assert_eq!(shown.body["urn:scim:wso2:schema"].get(PENDING), None);
    assert_eq!(shown.header("etag"), Some("W/\"1\""));
}

#[tokio::test]
async fn another_user_only_with_the_scope() {
    let test = TestApp::start().await;
    for subject in [ALICE, BOB] {
        let event = Event::shipped("scim-users/get").by(subject, "internal_user_mgt_update");
        assert_eq!(
            test.users(&event).await.gist(),
            "403 VRF-40300",
            "{subject}"
        );
    }
    for event in ["scim-users/get", "scim-users/get-me"] {
        let event = Event::shipped(event).without_token();
        assert_eq!(test.users(&event).await.gist(), "401 VRF-40100");
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0, "no read either");
}

#[tokio::test]
async fn nobody() {
    let test = TestApp::start().await;
    let event = || Event::shipped("scim-users/get");
    for id in ["nobody", "USERNAME#bob123", "bob123", &"x".repeat(3000)] {
        let answer = test.users(&event().parameter("id", id)).await;
        assert_eq!(answer.gist(), "404", "{id}");
    }
    let me = Event::shipped("scim-users/get-me").by("admin", "");
    assert_eq!(test.users(&me).await.gist(), "404");
}

#[tokio::test]
async fn without_lists_none_are_shown() {
    let test = TestApp::with(&["MultipleMobileNumbers=false"]).await;
    let answer = test.users(&Event::shipped("scim-users/get-me")).await;
    assert_eq!(
        answer.body["urn:scim:wso2:schema"],
        json!({ "phoneVerified": true })
    );
}
