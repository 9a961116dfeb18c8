//! Okta: the requests of its "SCIM 2.0 Protocol Reference" and the steps of its specification tests.

use http::Method;
use local::Running;
use serde_json::{Value, json};

use super::{Directory, ERROR, NUMBER, OTHER, USER, mobile, path, pending, prove};
use crate::client::server;

const NAME: &str = "test.user@okta.local";

async fn okta() -> (Running, Directory) {
    let server = server(&[]).await;
    let okta = Directory::new(server.url(), "Okta SCIM Client 1.0.0").await;
    (server, okta)
}

fn sample() -> Value {
    json!({
        "schemas": [USER],
        "userName": NAME,
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": NAME, "type": "work" }],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

/// With the profile's `mobilePhone` mapped, as Okta's own mapping has it.
fn with_number(number: &str) -> Value {
    let mut user = sample();
    user["phoneNumbers"] = json!([{ "value": number, "type": "mobile" }]);
    user
}

/// The specification tests, in their order.
#[tokio::test]
async fn the_tests_of_the_specification() {
    let (_server, okta) = okta().await;
    let first = okta.create(&sample()).await;
    assert_eq!(okta.list("count=1&startIndex=1").await.len(), 1);
    assert_eq!(okta.list("count=2&startIndex=1").await.len(), 2);

    let shown = okta.user(&first).await;
    for attribute in ["id", "userName", "active", "schemas", "meta"] {
        assert!(!shown[attribute].is_null(), "{attribute}");
    }
    assert_eq!(shown["name"]["familyName"], "User");
    assert_eq!(shown["name"]["givenName"], "Test");
    assert_eq!(shown["emails"][0]["value"], NAME);

    assert!(
        okta.find("userName eq \"abcdefgh@example.com\"")
            .await
            .is_empty()
    );
    for _ in 0..2 {
        let nobody = okta.get("/Users/010101001010101011001010101011").await;
        assert_eq!(nobody.status, 404);
        let error = nobody.json();
        assert_eq!(error["schemas"], json!([ERROR]));
        assert_eq!(error["status"], "404");
        assert!(error["detail"].is_string());
    }

    let name = "Runscope300Hfluaklab151@example.com";
    assert!(
        okta.find(&format!("userName eq \"{name}\""))
            .await
            .is_empty()
    );
    let user = json!({
        "schemas": [USER],
        "userName": name,
        "name": { "givenName": "Runscope300", "familyName": "Hfluaklab151" },
        "emails": [{ "primary": true, "value": name, "type": "work" }],
        "displayName": "Runscope300 Hfluaklab151",
        "active": true,
    });
    let created = okta.create(&user).await;
    for same in ["userName", "name", "emails", "displayName", "active"] {
        assert_eq!(created[same], user[same], "{same}");
    }
    assert_eq!(created["schemas"], json!([USER]));
    let again = okta.send(Method::POST, "/Users", Some(&user)).await;
    assert_eq!(again.status, 409);
    assert_eq!(again.json()["schemas"], json!([ERROR]));
    let capitals = format!("userName eq \"{}\"", name.to_uppercase());
    assert_eq!(okta.only(&capitals).await, created);
}

#[tokio::test]
async fn a_user_is_made_as_the_reference_shows() {
    let (_server, okta) = okta().await;
    let created = okta.create(&sample()).await;
    for same in [
        "userName",
        "name",
        "emails",
        "displayName",
        "locale",
        "externalId",
        "active",
    ] {
        assert_eq!(created[same], sample()[same], "{same}");
    }
    assert_eq!(created.get("password"), None);
    assert_eq!(created["meta"]["resourceType"], "User");
    assert_eq!(
        okta.only("userName eq \"test.user@okta.local\"").await,
        created
    );
}

/// What was read is sent back, with what has changed in it.
#[tokio::test]
async fn a_user_is_updated_as_a_whole() {
    let (_server, okta) = okta().await;
    let created = okta.create(&sample()).await;
    let mut user = json!({
        "schemas": [USER],
        "id": created["id"],
        "userName": NAME,
        "name": { "givenName": "Another", "middleName": "Excited", "familyName": "User" },
        "emails": [{ "primary": true, "value": NAME, "type": "work", "display": NAME }],
        "active": true,
        "groups": [],
        "meta": { "resourceType": "User" },
    });
    let put = okta.put(&user).await;
    for same in ["id", "userName", "name", "emails", "active"] {
        assert_eq!(put[same], user[same], "{same}");
    }
    // What is left out is gone.
    assert_eq!(put.get("displayName"), None);
    assert_eq!(put.get("externalId"), None);

    // Everything that was read, and the same again: nothing is news.
    let read = okta.user(&put).await;
    assert_eq!(okta.put(&read).await, read);
    user["active"] = json!(false);
    assert_eq!(okta.put(&user).await["active"], false);
}

#[tokio::test]
async fn a_user_is_deactivated_activated_and_keeps_its_password_to_itself() {
    let (_server, okta) = okta().await;
    let user = okta.create(&sample()).await;
    for active in [false, true, false] {
        let operation = json!([{ "op": "replace", "value": { "active": active } }]);
        let patched = okta.patch(&user, operation).await;
        assert_eq!(patched["active"], active);
        assert_eq!(patched["displayName"], "Test User");
    }
    let password = json!([{ "op": "replace", "value": { "password": "n3w!secret" } }]);
    let before = okta.user(&user).await;
    assert_eq!(okta.patch(&user, password).await, before);
    let deleted = okta.send(Method::DELETE, &path(&user), None).await;
    assert_eq!(deleted.status, 204);
    assert_eq!(okta.get(&path(&user)).await.status, 404);
}

/// Also a number that nobody has proved: what a PUT repeats is no update.
#[tokio::test]
async fn a_number_that_is_repeated_sends_nothing() {
    let (_server, okta) = okta().await;
    let user = okta.create(&with_number(NUMBER)).await;
    for _ in 0..3 {
        let mut read = okta.user(&user).await;
        assert_eq!(okta.put(&read).await, read);
        read["phoneNumbers"] = json!([{ "type": "mobile", "value": "012-345 6789" }]);
        read["title"] = json!("Boss");
        assert_eq!(mobile(&okta.put(&read).await), NUMBER);
    }
    assert!(okta.sent().await.is_empty());
}

#[tokio::test]
async fn a_new_number_starts_one_claim_however_often_it_is_sent() {
    let (_server, okta) = okta().await;
    let user = okta.create(&with_number(NUMBER)).await;
    let mut wanted = okta.user(&user).await;
    wanted["phoneNumbers"] = json!([{ "value": OTHER, "type": "mobile" }]);
    for _ in 0..3 {
        let put = okta.put(&wanted).await;
        assert_eq!(
            (mobile(&put), pending(&put)),
            (&json!(NUMBER), &json!(OTHER))
        );
        // What is read interleave has the old number: sent back, it cancels nothing.
        let read = okta.user(&user).await;
        assert_eq!(okta.put(&read).await, read);
        assert_eq!(pending(&okta.user(&user).await), OTHER);
    }
    assert_eq!(okta.sent().await, [OTHER]);
    prove(&okta, &user).await;
    let proved = okta.put(&wanted).await;
    assert_eq!(
        (mobile(&proved), pending(&proved)),
        (&json!(OTHER), &Value::Null)
    );
    assert_eq!(proved["urn:scim:wso2:schema"]["phoneVerified"], true);
    let sent = okta.sent().await;
    assert_eq!(sent.iter().filter(|to| *to == OTHER).count(), 1);
}
