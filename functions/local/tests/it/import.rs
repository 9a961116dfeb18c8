//! Numbers that were verified elsewhere: who may say so, what it ends, and what holds all the same.

use local::testing::{ALICE, Answer, BOB, Event, TestApp};
use serde_json::{Value, json};

const UPDATE: &str = "internal_user_mgt_update internal_user_mgt_import";
const CREATE: &str = "internal_user_mgt_create internal_user_mgt_import";
const ONE: &str = "+60123456701";
const TWO: &str = "+60123456702";

async fn patch(test: &TestApp, user: &str, scopes: &str, operations: &Value) -> Answer {
    let event = Event::shipped("scim-patch/patch-user").parameter("id", user);
    test.patch(&event.by("migration", scopes).operations(operations))
        .await
}

async fn put(test: &TestApp, user: &str, scopes: &str, body: &Value) -> Answer {
    let event = Event::shipped("scim-patch/put-user").parameter("id", user);
    test.patch(&event.by("migration", scopes).body(body)).await
}

async fn create(test: &TestApp, scopes: &str, name: &str, more: &Value) -> Answer {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
    });
    let members = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(members);
    let event = Event::shipped("scim-users/create").by("migration", scopes);
    test.users(&event.body(&body)).await
}

fn verified(number: &str) -> Value {
    json!({
        "phoneNumbers": [{ "type": "mobile", "value": number }],
        "urn:scim:wso2:schema": { "phoneVerified": true, "verifiedMobileNumbers": [number] },
    })
}

fn wso2(answer: &Answer) -> &Value {
    &answer.body["urn:scim:wso2:schema"]
}

#[tokio::test]
async fn a_new_user_may_come_with_verified_numbers() {
    let test = TestApp::start().await;
    let answer = create(&test, CREATE, "carol", &verified(ONE)).await;
    assert_eq!(answer.status, 201, "{answer}");
    assert_eq!(wso2(&answer)["phoneVerified"], true);
    assert_eq!(wso2(&answer)["verifiedMobileNumbers"], json!([ONE]));
    assert_eq!(wso2(&answer)["mobileNumbers"], json!([ONE]));
    // Without the scope the flag is read-only, and the list refused.
    let scope = "internal_user_mgt_create";
    let answer = create(&test, scope, "dave", &verified(TWO)).await;
    assert_eq!(answer.status, 400, "{answer}");
    let flag = json!({ "urn:scim:wso2:schema": { "phoneVerified": true } });
    let answer = create(&test, scope, "dave", &flag).await;
    assert_eq!(answer.status, 201);
    assert_ne!(wso2(&answer)["phoneVerified"], true);
    assert!(test.sent_to().is_empty());
}

#[tokio::test]
async fn an_update_may_write_what_was_verified() {
    let test = TestApp::start().await;
    let operations = json!([{ "op": "replace", "value": verified(ONE) }]);
    let answer = patch(&test, ALICE, UPDATE, &operations).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.body["phoneNumbers"][0]["value"], ONE);
    assert_eq!(wso2(&answer)["phoneVerified"], true);
    assert_eq!(wso2(&answer)["verifiedMobileNumbers"], json!([ONE]));
    // The flag alone, by its path.
    let path = "urn:scim:wso2:schema:phoneVerified";
    let operations = json!([{ "op": "replace", "path": path, "value": false }]);
    let answer = patch(&test, ALICE, UPDATE, &operations).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_ne!(wso2(&answer)["phoneVerified"], true);
    let refused = patch(&test, ALICE, "internal_user_mgt_update", &operations).await;
    assert_eq!(refused.status, 400, "{refused}");
    let mut body = verified(TWO);
    body["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
    body["userName"] = "alice".into();
    let answer = put(&test, ALICE, UPDATE, &body).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.body["phoneNumbers"][0]["value"], TWO);
    assert_eq!(wso2(&answer)["phoneVerified"], true);
    assert!(test.sent_to().is_empty());
}

/// What is not said goes the usual way, and what is pending on what is written ends.
#[tokio::test]
async fn the_rest_is_as_for_everybody() {
    let test = TestApp::start().await;
    let primary = |number: &str| json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
    let operations = json!([{ "op": "replace", "value": primary(ONE) }]);
    let answer = patch(&test, BOB, UPDATE, &operations).await;
    assert_eq!(wso2(&answer)["pendingMobileNumber"], ONE, "{answer}");
    assert_eq!(test.sent_to(), [ONE]);
    let operations = json!([{ "op": "replace", "value": verified(TWO) }]);
    let answer = patch(&test, BOB, UPDATE, &operations).await;
    assert_eq!(answer.body["phoneNumbers"][0]["value"], TWO, "{answer}");
    assert_eq!(wso2(&answer).get("pendingMobileNumber"), None, "{answer}");
    assert_eq!(test.pending(BOB).await.get("primaryClaim"), None);
    assert_eq!(test.sent_to(), [ONE]);
    // One's own route takes no import, whatever the token may do elsewhere.
    let flag = json!({ "urn:scim:wso2:schema": { "phoneVerified": false } });
    let own = Event::shipped("scim-patch/patch-me")
        .by(BOB, UPDATE)
        .replacing(&flag);
    assert_eq!(test.patch(&own).await.status, 400);
}

#[tokio::test]
async fn policy_maximum_and_uniqueness_hold() {
    let test = TestApp::with(&["VerifiedNumberUniqueness=verified", "MaxMobileNumbers=2"]).await;
    let first = create(&test, CREATE, "carol", &verified(ONE)).await;
    assert_eq!(first.status, 201, "{first}");
    let second = create(&test, CREATE, "dave", &verified(ONE)).await;
    assert_eq!(second.status, 409, "{second}");
    let operations = json!([{ "op": "replace", "value": verified(ONE) }]);
    let taken = patch(&test, ALICE, UPDATE, &operations).await;
    assert_eq!(taken.status, 409, "{taken}");
    let three = json!({ "urn:scim:wso2:schema": { "verifiedMobileNumbers": [TWO, "+60123456703", "+60123456704"] } });
    let many = create(&test, CREATE, "erin", &three).await;
    assert_eq!(many.status, 400, "{many}");
    let operations = json!([{ "op": "replace", "value": three }]);
    let many = patch(&test, ALICE, UPDATE, &operations).await;
    assert_eq!(many.status, 400, "{many}");
    let none = json!({ "phoneNumbers": [{ "type": "mobile", "value": "12" }], "urn:scim:wso2:schema": { "phoneVerified": true } });
    assert_eq!(create(&test, CREATE, "frank", &none).await.status, 400);
}
