//! Every shipped event: what is answered, what is sent, what is stored.
//! The old number stays until the right code comes.

use insta::assert_snapshot;
use local::testing::{Answer, BOB, Event, TestApp};
use serde_json::json;

use crate::support::{NEW, typed};

async fn sent(event: &str) -> (TestApp, Answer) {
    let test = TestApp::start().await;
    let answer = test.patch(&Event::shipped(event)).await;
    (test, answer)
}

/// A new primary number is held back: the four ways to write it differ in nothing that follows.
async fn is_held_back(event: &str) {
    let test = TestApp::start().await;
    let before = test.user(BOB).await;
    let answer = test.patch(&Event::shipped(event)).await;
    let location = answer.header("location").map(str::to_owned);
    let of_me = Event::shipped(event)
        .request()
        .uri()
        .path()
        .ends_with("/Me");
    let wanted = answer.body["meta"]["location"].as_str().filter(|_| of_me);
    // RFC 7644 §3.11: `/Me` says where the user is for good.
    assert_eq!(location.as_deref(), wanted);
    insta::allow_duplicates! {
        let shown = answer.to_string();
        let shown: Vec<&str> = shown.lines().filter(|line| !line.starts_with("location")).collect();
        assert_snapshot!(shown.join("\n"), @r#"
    200
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
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
        "phoneVerified": true,
        "pendingMobileNumber": "+60123456789"
      },
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "pendingMobileNumber": "+60123456789"
      },
      "meta": {
        "resourceType": "User",
        "created": "[time]",
        "lastModified": "[time]",
        "location": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/1e624046-520c-4628-a245-091e04b03f21",
        "version": "W/\"1-88030e91\""
      }
    }
    "#);
    }
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(test.user(BOB).await, before);
    let pending = test.pending(BOB).await;
    assert_eq!(pending["primaryClaim"]["number"], NEW);
    assert_eq!(pending["primaryClaim"]["region"], "MY");
    assert_eq!(pending.get("listClaim"), None);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    let after = test.user(BOB).await;
    assert_eq!(after["primary"], NEW);
    assert_eq!(after["phoneVerified"], true);
}

#[tokio::test]
async fn patch_user() {
    is_held_back("scim-patch/patch-user").await;
}

#[tokio::test]
async fn patch_me() {
    is_held_back("scim-patch/patch-me").await;
}

#[tokio::test]
async fn patch_path() {
    is_held_back("scim-patch/patch-path").await;
}

#[tokio::test]
async fn patch_base64() {
    is_held_back("scim-patch/patch-base64").await;
}

#[tokio::test]
async fn patch_verified_list() {
    let test = TestApp::start().await;
    let before = test.user(BOB).await;
    let answer = test
        .patch(&Event::shipped("scim-patch/patch-verified-list"))
        .await;
    assert_snapshot!(answer, @r#"
    200
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
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
        "phoneVerified": true,
        "pendingMobileNumber": "+60123456789"
      },
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "pendingMobileNumber": "+60123456789"
      },
      "meta": {
        "resourceType": "User",
        "created": "[time]",
        "lastModified": "[time]",
        "location": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/1e624046-520c-4628-a245-091e04b03f21",
        "version": "W/\"1-88030e91\""
      }
    }
    "#);
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(test.user(BOB).await, before);
    let pending = test.pending(BOB).await;
    assert_eq!(pending["listClaim"]["number"], NEW);
    assert_eq!(pending.get("primaryClaim"), None);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    let after = test.user(BOB).await;
    assert_eq!(after["mobileNumbers"], json!(["+60111111111", NEW]));
    assert_eq!(after["verifiedMobileNumbers"], json!(["+60111111111", NEW]));
    assert_eq!(after["primary"], "+60111111111");
}

#[tokio::test]
async fn put_me() {
    let (test, answer) = sent("scim-patch/put-me").await;
    assert_snapshot!(answer, @r#"
    200
    location: https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/1e624046-520c-4628-a245-091e04b03f21
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
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
          "value": "bobsmith@abc.com",
          "type": "work",
          "primary": true
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
        "phoneVerified": true,
        "pendingMobileNumber": "+60123456789"
      },
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "pendingMobileNumber": "+60123456789"
      },
      "meta": {
        "resourceType": "User",
        "created": "[time]",
        "lastModified": "[time]",
        "location": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/1e624046-520c-4628-a245-091e04b03f21",
        "version": "W/\"2-88030e91\""
      }
    }
    "#);
    assert_eq!(test.sent_to(), [NEW]);
    let user = test.user(BOB).await;
    assert_eq!(user["version"], 2);
    assert_eq!(user["userName"], "bob123");
    assert_eq!(user["primary"], "+60111111111");
    assert_eq!(user["verifiedMobileNumbers"], json!(["+60111111111"]));
    assert_eq!(test.pending(BOB).await["primaryClaim"]["number"], NEW);
}

#[tokio::test]
async fn put_user() {
    let (test, answer) = sent("scim-patch/put-user").await;
    assert_snapshot!(answer, @r#"
    200
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
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
          "value": "bobsmith@abc.com",
          "type": "work",
          "primary": true
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
        "phoneVerified": true,
        "pendingMobileNumber": "+60123456789"
      },
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "pendingMobileNumber": "+60123456789"
      },
      "meta": {
        "resourceType": "User",
        "created": "[time]",
        "lastModified": "[time]",
        "location": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/1e624046-520c-4628-a245-091e04b03f21",
        "version": "W/\"2-88030e91\""
      }
    }
    "#);
    assert_eq!(test.sent_to(), [NEW]);
    let user = test.user(BOB).await;
    assert_eq!(user["version"], 2);
    assert_eq!(user["primary"], "+60111111111");
    assert_eq!(test.pending(BOB).await["primaryClaim"]["number"], NEW);
}

#[tokio::test]
async fn a_put_of_what_is_stored_sends_and_ends_nothing() {
    let (test, first) = sent("scim-patch/put-user").await;
    let (user, pending) = (test.user(BOB).await, test.pending(BOB).await);
    let again = test.patch(&Event::shipped("scim-patch/put-user")).await;
    assert_eq!(again, first);
    assert_eq!(test.sent_to().len(), 1);
    assert_eq!(
        (test.user(BOB).await, test.pending(BOB).await),
        (user, pending)
    );
}

#[tokio::test]
async fn both_scenarios_are_pending_side_by_side() {
    let (test, _) = sent("scim-patch/patch-me").await;
    let first = test.code();
    let list = Event::shipped("scim-patch/patch-verified-list").replacing(&json!({
        "urn:scim:wso2:schema": { "verifiedMobileNumbers": ["+60111111111", "+60129876543"] },
    }));
    let answer = test.patch(&list).await;
    assert_eq!(
        answer.body["urn:scim:wso2:schema"]["pendingMobileNumber"], "+60129876543",
        "the newest claim's number is shown"
    );
    let second = test.code();
    assert_eq!(test.validate(&typed(&first)).await.status, 202);
    assert_eq!(test.validate(&typed(&second)).await.status, 202);
    let user = test.user(BOB).await;
    assert_eq!(user["primary"], NEW);
    assert_eq!(
        user["verifiedMobileNumbers"],
        json!(["+60111111111", "+60129876543"])
    );
}

#[tokio::test]
async fn a_code_is_in_no_answer_and_no_table() {
    let test = TestApp::with(&["OtpLength=10", "OtpCharacters=uppercase"]).await;
    let answer = test.patch(&Event::shipped("scim-patch/patch-me")).await;
    let code = test.code();
    assert_eq!(code.len(), 10);
    for text in [
        format!("{answer:?}"),
        test.user(BOB).await.to_string(),
        test.verification(BOB).await.to_string(),
    ] {
        assert!(!text.contains(&code), "{text}");
    }
}

#[tokio::test]
async fn answers_are_scim_are_not_cached_and_name_the_request() {
    let (test, done) = sent("scim-patch/patch-me").await;
    let event = Event::shipped("scim-patch/patch-me");
    for answer in [done, test.patch(&event.without_token()).await] {
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-trace-id"), Some("XNQ202dJjoEEJ8w="));
    }
}

#[tokio::test]
async fn the_etag_is_the_version_and_a_mark_of_what_is_pending() {
    let (_, answer) = sent("scim-patch/patch-me").await;
    let etag = answer.header("etag").unwrap();
    assert_eq!(Some(etag), answer.body["meta"]["version"].as_str());
    assert!(etag.starts_with("W/\"1-"), "{etag}");
}
