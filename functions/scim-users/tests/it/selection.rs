//! `attributes` and `excludedAttributes` wherever a user is shown.

use insta::assert_snapshot;
use local::testing::{Event, TestApp};
use serde_json::{Value, json};

use crate::support::told;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn get(parameters: &[(&str, &str)]) -> Event {
    Event::shipped("scim-users/get").query(parameters)
}

fn members(body: &Value) -> Vec<&str> {
    body.as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn a_user_in_part() {
    let test = TestApp::start().await;
    let wanted = "userName,NAME.givenname,urn:scim:wso2:schema:phoneVerified,nope";
    for event in ["scim-users/get", "scim-users/get-me"] {
        let event = Event::shipped(event).query(&[("attributes", wanted)]);
        let answer = test.users(&event).await;
        assert_eq!(answer.header("etag"), Some("W/\"1\""));
        assert_eq!(
            answer.body,
            json!({
                "schemas": [CORE, "urn:scim:wso2:schema"],
                "id": "1e624046-520c-4628-a245-091e04b03f21",
                "userName": "bob123",
                "name": { "givenName": "Bob" },
                "urn:scim:wso2:schema": { "phoneVerified": true },
            })
        );
    }
    for (parameters, left) in [
        (&[("attributes", "nope")][..], &["schemas", "id"][..]),
        (&[("attributes", "meta")], &["schemas", "id", "meta"]),
        (
            &[(
                "excludedAttributes",
                "id,schemas,meta,emails,name,roles,urn:scim:wso2:schema",
            )],
            &["schemas", "id", "userName", "active", "phoneNumbers"],
        ),
    ] {
        let answer = test.users(&get(parameters)).await;
        assert_eq!(members(&answer.body), left);
    }
    for parameters in [
        &[][..],
        &[("attributes", "")],
        &[("excludedAttributes", "nope")],
    ] {
        assert_eq!(members(&test.users(&get(parameters)).await.body).len(), 10);
    }
}

#[tokio::test]
async fn what_is_pending_in_part() {
    let test = TestApp::start().await;
    test.patch(&Event::shipped("scim-patch/patch-me")).await;
    let answer = test
        .users(&get(&[("attributes", "pendingMobileNumber")]))
        .await;
    assert_eq!(
        answer.body["urn:scim:wso2:schema"],
        json!({ "pendingMobileNumber": "+60123456789" })
    );
}

#[tokio::test]
async fn a_new_user_in_part() {
    let test = TestApp::start().await;
    let event = Event::shipped("scim-users/create").query(&[("attributes", "meta.version")]);
    let answer = test.users(&event).await;
    assert_eq!(answer.status, 201);
    assert_eq!(members(&answer.body), ["schemas", "id", "meta"]);
    assert_eq!(answer.body["meta"], json!({ "version": "W/\"1\"" }));
    assert!(answer.header("location").is_some());
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_before_anything_is_done() {
    let test = TestApp::start().await;
    let both = [("attributes", "id"), ("excludedAttributes", "meta")];
    let twice = [("attributes", "id"), ("Attributes", "meta")];
    let mut refusals = Vec::new();
    for parameters in [&both[..], &twice] {
        for event in ["create", "get", "get-me"] {
            let event = Event::shipped(&format!("scim-users/{event}")).query(parameters);
            refusals.push(told(&test.users(&event).await));
        }
        for event in ["patch-me", "put-me", "patch-user", "put-user"] {
            let event = Event::shipped(&format!("scim-patch/{event}")).query(parameters);
            refusals.push(told(&test.patch(&event).await));
        }
    }
    refusals.dedup();
    assert_snapshot!(refusals.join("\n"), @r"
    400 invalidValue attributes: cannot be given together with excludedAttributes
    400 invalidValue attributes: is given twice with different values
    ");
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}
