//! A new user: numbers stored as they are, unverified, nothing sent; a name nobody has in any case.

use insta::assert_snapshot;
use local::testing::{Answer, BOB, Event, TestApp};
use serde_json::{Value, json};

fn event() -> Event {
    Event::shipped("scim-users/create")
}

fn carol(more: &Value) -> Event {
    let mut user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "carol",
    });
    let members = more.as_object().unwrap().clone();
    user.as_object_mut().unwrap().extend(members);
    event().body(&user)
}

/// Refused, and nobody is there who was not there before.
async fn refused(test: &TestApp, event: &Event) -> Answer {
    let answer = test.users(event).await;
    assert!((400..500).contains(&answer.status), "{answer}");
    assert_eq!(test.user_names().await, ["alice", "bob123"]);
    answer
}

#[tokio::test]
async fn the_shipped_event() {
    let test = TestApp::start().await;
    let answer = test.users(&event()).await;
    let id = answer.body["id"].as_str().unwrap();
    assert_snapshot!(answer.to_string().replace(id, "[id]"), @r#"
    201
    location: https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/[id]
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:scim:wso2:schema"
      ],
      "id": "[id]",
      "userName": "carol",
      "name": {
        "givenName": "Carol",
        "familyName": "Jones"
      },
      "emails": [
        {
          "value": "carol@example.com",
          "type": "work",
          "primary": true
        }
      ],
      "active": true,
      "phoneNumbers": [
        {
          "type": "mobile",
          "value": "+60129876543"
        }
      ],
      "roles": [
        {
          "type": "default",
          "value": "Internal/everyone"
        }
      ],
      "urn:scim:wso2:schema": {
        "phoneVerified": false
      },
      "meta": {
        "resourceType": "User",
        "created": "[time]",
        "lastModified": "[time]",
        "location": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/scim2/Users/[id]",
        "version": "W/\"1\""
      }
    }
    "#);
    assert_eq!(answer.header("etag"), Some("W/\"1\""));
    assert_eq!(answer.header("content-type"), Some("application/scim+json"));
    let user = test.user(id).await;
    assert_eq!(user["primary"], "+60129876543");
    assert_eq!(user["phoneVerified"], false);
    assert_eq!(user["mobileNumbers"], json!([]));
    assert_eq!(test.sent_to().len(), 0);
    assert!(test.verification(id).await.is_null());
}

#[tokio::test]
async fn a_name_is_taken_in_any_case() {
    let test = TestApp::start().await;
    for name in ["bob123", "BOB123", "Bob123"] {
        let answer = refused(&test, &carol(&json!({ "userName": name }))).await;
        assert_eq!(answer.gist(), "409 uniqueness");
    }
    let answer = refused(&test, &carol(&json!({ "userName": "Alice" }))).await;
    assert_snapshot!(answer, @r#"
    409
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "409",
      "detail": "Another user has this userName.",
      "scimType": "uniqueness"
    }
    "#);
}

#[tokio::test]
async fn of_two_at_once_one_has_the_name() {
    let test = TestApp::start().await;
    let (one, other) = (event(), carol(&json!({ "userName": "CAROL" })));
    let (one, other) = tokio::join!(test.users(&one), test.users(&other));
    let mut gists = [one.gist(), other.gist()];
    gists.sort();
    assert_eq!(gists, ["201", "409 uniqueness"]);
    assert_eq!(test.user_names().await.len(), 3);
}

#[tokio::test]
async fn what_a_verification_decides_is_ignored() {
    let test = TestApp::with(&["EnableEmailVerification=true"]).await;
    let event = carol(&json!({
        "id": BOB,
        "emails": [{ "value": "carol@abc.com", "verified": true }],
        "phoneNumbers": [{ "type": "mobile", "value": "+60129876543", "verified": true }],
        "urn:scim:wso2:schema": {
            "phoneVerified": true,
            "pendingMobileNumber": "+60123456789",
            "emailVerified": true,
            "pendingEmails": [{ "value": "new@abc.com" }],
        },
    }));
    let answer = test.users(&event).await;
    assert_eq!(answer.status, 201);
    assert_ne!(answer.body["id"], BOB);
    assert_eq!(
        answer.body["urn:scim:wso2:schema"],
        json!({ "phoneVerified": false, "emailVerified": false })
    );
}

#[tokio::test]
async fn a_new_user_has_verified_nothing() {
    let test = TestApp::with(&["EnableEmailVerification=true"]).await;
    for (listed, verified, written, stored) in [
        (
            "mobileNumbers",
            "verifiedMobileNumbers",
            "0129876543",
            "+60129876543",
        ),
        (
            "emailAddresses",
            "verifiedEmailAddresses",
            " carol@abc.com",
            "carol@abc.com",
        ),
    ] {
        let lists = json!({ "urn:scim:wso2:schema": { verified: [written] } });
        let answer = refused(&test, &carol(&lists)).await;
        assert_eq!(answer.gist(), "400 invalidValue");
        let lists = json!({ "userName": listed, "urn:scim:wso2:schema": { listed: [written], verified: [] } });
        let answer = test.users(&carol(&lists)).await;
        assert_eq!(answer.status, 201);
        let extension = &answer.body["urn:scim:wso2:schema"];
        assert_eq!(extension[listed], json!([stored]));
        assert_eq!(extension.get(verified), None);
        let deleted = Event::shipped("scim-users/delete");
        let deleted = deleted.parameter("id", answer.body["id"].as_str().unwrap());
        assert_eq!(test.users(&deleted).await.status, 204);
    }
    assert_eq!(test.sent_to(), [""; 0]);
}

/// Each kind of address is stored as it is, and waits for nothing; a right code for the same address comes later.
#[tokio::test]
async fn with_email_verification_addresses_are_stored_unverified() {
    let test = TestApp::with(&[
        "EnableEmailVerification=true",
        "EmailTemplate=Code {{confirmation-code}}",
    ])
    .await;
    let created = test.users(&event()).await;
    assert_eq!(
        created.body["urn:scim:wso2:schema"],
        json!({ "phoneVerified": false, "emailVerified": false })
    );
    let id = created.body["id"].as_str().unwrap();
    assert_eq!(test.sent_to(), [""; 0]);
    assert!(test.verification(id).await.is_null());
    // The stored one again: the same, unverified, which asks for a code.
    let same = Event::shipped("scim-patch/patch-me").by(id, "");
    let same = same.replacing(&json!({ "emails": created.body["emails"] }));
    assert_eq!(test.patch(&same).await.status, 200);
    assert_eq!(test.sent_to(), ["carol@example.com"]);
    let typed = Event::shipped("validate-code/me").by(id, "");
    let typed = typed.body(&json!({ "code": test.code() }));
    assert_eq!(test.validate(&typed).await.status, 202);
    let get = Event::shipped("scim-users/get-me").by(id, "");
    let shown = test.users(&get).await.body;
    assert_eq!(shown["emails"], created.body["emails"]);
    assert_eq!(shown["urn:scim:wso2:schema"]["emailVerified"], true);
}

#[tokio::test]
async fn addresses_that_a_new_user_cannot_have() {
    let test = TestApp::with(&[
        "EnableEmailVerification=true",
        "MaxEmailAddresses=1",
        "DeniedEmailDomains=evil.example",
    ])
    .await;
    let lists = |value: Value| json!({ "urn:scim:wso2:schema": value });
    for more in [
        json!({ "emails": [{ "value": "no address" }] }),
        json!({ "emails": [{ "value": "carol@abc.com\r\nBcc: x@abc.com" }] }),
        json!({ "emails": [{ "value": "carol@mail.evil.example" }] }),
        lists(json!({ "emailAddresses": ["carol@evil.example"] })),
        lists(json!({ "emailAddresses": ["carol@abc.com", "other@abc.com"] })),
    ] {
        let answer = refused(&test, &carol(&more)).await;
        assert_eq!(answer.gist(), "400 invalidValue", "{more}");
    }
    assert_eq!(test.sent_to(), [""; 0]);
}

#[tokio::test]
async fn users_that_cannot_be() {
    let test = TestApp::with(&["MaxMobileNumbers=1"]).await;
    let mut told = Vec::new();
    for more in [
        json!({ "userName": "" }),
        json!({ "userName": null }),
        json!({ "userName": 7 }),
        json!({ "userName": "x".repeat(513) }),
        json!({ "phoneNumbers": [{ "type": "mobile", "value": "nonsense" }] }),
        json!({ "phoneNumbers": [
            { "type": "mobile", "value": "+60123456789" },
            { "type": "mobile", "value": "+60129876543" },
        ] }),
        json!({ "urn:scim:wso2:schema": { "mobileNumbers": ["+60123456789", "+60129876543"] } }),
    ] {
        let answer = refused(&test, &carol(&more)).await;
        told.push(format!("{} {}", answer.gist(), answer.body["detail"]));
    }
    assert_snapshot!(told.join("\n"), @r#"
    400 invalidValue "userName: must not be empty"
    400 invalidValue "userName: is required"
    400 invalidValue "userName: must be a string"
    400 invalidValue "userName: is longer than 512 characters"
    400 invalidValue "phoneNumbers: has characters other than digits, spaces and + - . ( ) / ~ *"
    400 invalidValue "phoneNumbers: has more than one value of type mobile"
    400 invalidValue "mobileNumbers: there are more numbers than a user may have"
    "#);
}

#[tokio::test]
async fn bodies_that_are_not_read() {
    let test = TestApp::start().await;
    for (event, gist) in [
        (event().text(&" ".repeat(256 * 1024 + 1)), "413"),
        (event().header("content-type", "text/xml"), "415"),
        (event().text(""), "400 invalidSyntax"),
        (event().text("{"), "400 invalidSyntax"),
    ] {
        assert_eq!(refused(&test, &event).await.gist(), gist);
    }
}

#[tokio::test]
async fn only_with_the_scope() {
    let test = TestApp::start().await;
    let others = "internal_user_mgt_view internal_user_mgt_update internal_user_mgt_delete";
    let answer = refused(&test, &event().by("admin", others)).await;
    assert_snapshot!(answer, @r#"
    403
    www-authenticate: Bearer error="insufficient_scope", scope="internal_user_mgt_create"
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "403",
      "detail": "VRF-40300: The access token lacks the scope internal_user_mgt_create."
    }
    "#);
    assert_eq!(
        refused(&test, &event().without_token()).await.gist(),
        "401 VRF-40100"
    );
}

#[tokio::test]
async fn without_lists_there_are_none_to_write() {
    for (setting, list) in [
        (
            "MultipleMobileNumbers=false",
            json!({ "mobileNumbers": ["+60129876543"] }),
        ),
        (
            "MultipleEmailAddresses=false",
            json!({ "emailAddresses": ["carol@abc.com"] }),
        ),
    ] {
        let test = TestApp::with(&[setting, "EnableEmailVerification=true"]).await;
        let event = carol(&json!({ "urn:scim:wso2:schema": list }));
        assert_eq!(
            refused(&test, &event).await.gist(),
            "400 invalidPath",
            "{setting}"
        );
    }
}

/// Behind a proxy, clients know the API by another name.
#[tokio::test]
async fn links_begin_with_the_url_that_clients_know() {
    let base = "https://id.example.com/verify";
    let test = TestApp::with(&[&format!("BaseUrl={base}")]).await;
    let answer = test.users(&Event::shipped("scim-users/create")).await;
    let id = answer.body["id"].as_str().unwrap();
    let link = format!("{base}/scim2/Users/{id}");
    assert_eq!(answer.body["meta"]["location"], link.as_str());
    assert_eq!(answer.header("location"), Some(link.as_str()));
}
