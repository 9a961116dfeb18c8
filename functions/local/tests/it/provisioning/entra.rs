//! Microsoft Entra ID: the requests of "Develop and plan provisioning for a SCIM endpoint" and of
//! "Known issues with SCIM 2.0 protocol compliance", with and without the flag `aadOptscim062020`.

use std::time::Duration;

use http::Method;
use local::Running;
use serde_json::{Value, json};

use super::{Directory, ENTERPRISE, ERROR, NUMBER, OTHER, USER, mobile, path, pending, prove};
use crate::client::server;

const NAME: &str = "Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee";
const EMAIL: &str = "Test_User_11bb11bb-cc22-dd33-ee44-55ff55ff55ff@testuser.com";

/// Entra ID's incremental cycle.
const CYCLE: Duration = Duration::from_mins(40);

async fn entra() -> (Running, Directory) {
    let server = server(&[]).await;
    let entra = Directory::new(server.url(), "Microsoft-AzureAD-Provisioning").await;
    (server, entra)
}

/// The same directory, later; a token lives for an hour.
async fn next_cycle(server: &Running) -> Directory {
    server.clock().advance(CYCLE);
    Directory::new(server.url(), "Microsoft-AzureAD-Provisioning").await
}

fn sample() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": NAME,
        "active": true,
        "emails": [{ "primary": true, "type": "work", "value": EMAIL }],
        "meta": { "resourceType": "User" },
        "name": {
            "formatted": "givenName familyName",
            "familyName": "familyName",
            "givenName": "givenName",
        },
        "roles": [],
    })
}

/// The sample with the attribute `mobile` of the directory mapped, too.
fn with_number(number: &str) -> Value {
    let mut user = sample();
    user["phoneNumbers"] = json!([{ "type": "mobile", "value": number }]);
    user
}

#[tokio::test]
async fn the_connection_is_tested_with_a_user_that_is_not_there() {
    let (_server, entra) = entra().await;
    let query = "filter=userName+eq+%22non-existent+user%22";
    assert!(entra.list(query).await.is_empty());
    let gone = json!({ "id": "5171a35d82074e068ce2" });
    let answer = entra.get(&path(&gone)).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["schemas"], json!([ERROR]));
    assert_eq!(answer.json()["status"], "404");
}

#[tokio::test]
async fn a_user_is_made_and_matched() {
    let (_server, entra) = entra().await;
    let created = entra.create(&sample()).await;
    for same in ["externalId", "userName", "active", "emails", "name"] {
        assert_eq!(created[same], sample()[same], "{same}");
    }
    for filter in [
        format!("userName eq \"{NAME}\""),
        format!("userName eq \"{}\"", NAME.to_uppercase()),
        "externalId eq \"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef\"".to_owned(),
        format!("emails[type eq \"work\"].value eq \"{EMAIL}\""),
        format!("userName eq \"{NAME}\" and active eq true"),
    ] {
        assert_eq!(entra.only(&filter).await, created, "{filter}");
    }
    let again = entra.send(Method::POST, "/Users", Some(&sample())).await;
    assert_eq!(again.status, 409);
    assert_eq!(again.json()["scimType"], "uniqueness");
}

#[tokio::test]
async fn attributes_are_updated() {
    let (_server, entra) = entra().await;
    let user = entra.create(&sample()).await;
    let several = json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "updatedEmail@microsoft.com" },
        { "op": "Replace", "path": "name.familyName", "value": "updatedFamilyName" },
    ]);
    let updated = entra.patch(&user, several).await;
    let email = json!({ "primary": true, "type": "work", "value": "updatedEmail@microsoft.com" });
    assert_eq!(updated["emails"], json!([email]));
    assert_eq!(updated["name"]["familyName"], "updatedFamilyName");
    assert_eq!(updated["name"]["givenName"], "givenName");

    let name = "5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com";
    let renamed = json!([{ "op": "Replace", "path": "userName", "value": name }]);
    let renamed = entra.patch(&user, renamed).await;
    assert_eq!(renamed["userName"], name);
    assert_eq!(
        entra.only(&format!("userName eq \"{name}\"")).await,
        renamed
    );
    assert!(
        entra
            .find(&format!("userName eq \"{NAME}\""))
            .await
            .is_empty()
    );
    assert_eq!(entra.user(&user).await, renamed);
    assert!(entra.sent().await.is_empty());
}

/// One request as it is sent without the flag, and the two operations it becomes with it.
#[tokio::test]
async fn several_attributes_are_replaced_in_either_form() {
    let employee_number = format!("{ENTERPRISE}:employeeNumber");
    let (_server, entra) = entra().await;
    let user = entra.create(&sample()).await;
    let without = json!([
        { "op": "Replace", "path": "displayName", "value": "Pvlo" },
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "TestBcwqnm@test.microsoft.com" },
        { "op": "Replace", "path": "name.givenName", "value": "Gtfd" },
        { "op": "Replace", "path": "name.familyName", "value": "Pkqf" },
        { "op": "Replace", "path": "externalId", "value": "Eqpj" },
        { "op": "Replace", "path": employee_number, "value": "Eqpj" },
    ]);
    let replaced = entra.patch(&user, without).await;
    assert_eq!(replaced["displayName"], "Pvlo");
    assert_eq!(
        replaced["emails"][0]["value"],
        "TestBcwqnm@test.microsoft.com"
    );
    assert_eq!(
        replaced["name"],
        json!({ "formatted": "givenName familyName", "familyName": "Pkqf", "givenName": "Gtfd" })
    );
    assert_eq!(replaced["externalId"], "Eqpj");
    assert_eq!(replaced[ENTERPRISE]["employeeNumber"], "Eqpj");
    assert_eq!(replaced["schemas"], json!([USER, ENTERPRISE]));
    assert_eq!(entra.only("externalId eq \"Eqpj\"").await, replaced);

    let with = json!([
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "TestMhvaes@test.microsoft.com" },
        { "op": "replace", "value": {
            "displayName": "Bjfe",
            "name.givenName": "Kkom",
            "name.familyName": "Unua",
            employee_number: "Aklq",
        } },
    ]);
    let replaced = entra.patch(&user, with).await;
    assert_eq!(replaced["displayName"], "Bjfe");
    assert_eq!(
        replaced["emails"][0]["value"],
        "TestMhvaes@test.microsoft.com"
    );
    assert_eq!(replaced["name"]["givenName"], "Kkom");
    assert_eq!(replaced["name"]["familyName"], "Unua");
    assert_eq!(replaced[ENTERPRISE]["employeeNumber"], "Aklq");
}

#[tokio::test]
async fn what_is_not_there_yet_is_added() {
    let (_server, entra) = entra().await;
    let user = entra.create(&sample()).await;
    for (op, name) in [("Add", "Babs"), ("add", "Barb")] {
        let added = json!([{ "op": op, "path": "nickName", "value": name }]);
        assert_eq!(entra.patch(&user, added).await["nickName"], name);
    }
    let manager = format!("{ENTERPRISE}:manager");
    let added = json!([
        { "op": "Add", "path": "addresses[type eq \"work\"].country", "value": "ML" },
        { "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "Bamako" },
        { "op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "030 123" },
        { "op": "Add", "path": manager, "value": "26118915-6090-4610-87e4-49d8ca9f808d" },
    ]);
    let user = entra.patch(&user, added).await;
    assert_eq!(
        user["addresses"],
        json!([{ "type": "work", "country": "ML", "locality": "Bamako" }])
    );
    assert_eq!(
        user["phoneNumbers"],
        json!([{ "type": "work", "value": "030 123" }])
    );
    assert_eq!(
        user[ENTERPRISE]["manager"]["value"],
        "26118915-6090-4610-87e4-49d8ca9f808d"
    );
    let removed = json!([{ "op": "Remove", "path": format!("{ENTERPRISE}:manager") }]);
    assert_eq!(entra.patch(&user, removed).await.get(ENTERPRISE), None);
}

#[tokio::test]
async fn a_user_is_disabled_enabled_and_deleted() {
    let (_server, entra) = entra().await;
    let user = entra.create(&sample()).await;
    for (op, value, active) in [
        ("Replace", json!("False"), false),
        ("Replace", json!("True"), true),
        ("replace", json!(false), false),
        ("Add", json!("True"), true),
        ("Replace", json!(false), false),
    ] {
        let operation = json!([{ "op": op, "path": "active", "value": value }]);
        let patched = entra.patch(&user, operation).await;
        assert_eq!(patched["active"], active, "{op} {value}");
        // Also where a user is looked for.
        let found = entra.only(&format!("userName eq \"{NAME}\"")).await;
        assert_eq!(found["active"], active);
    }
    let deleted = entra.send(Method::DELETE, &path(&user), None).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    assert_eq!(entra.get(&path(&user)).await.status, 404);
    assert!(
        entra
            .find(&format!("userName eq \"{NAME}\""))
            .await
            .is_empty()
    );
}

/// Whoever repeats what is stored and verified says nothing new, in whichever form.
#[tokio::test]
async fn a_number_that_is_repeated_sends_nothing() {
    let (server, entra) = entra().await;
    let user = entra.create(&with_number(NUMBER)).await;
    assert_eq!(mobile(&user), NUMBER);
    assert!(entra.sent().await.is_empty(), "nor does a new user's");

    let value = |value: &str| json!([{ "op": "Replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": value }]);
    entra.patch(&user, value(OTHER)).await;
    prove(&entra, &user).await;
    let before = entra.user(&user).await;
    assert_eq!(mobile(&before), OTHER);
    let sent = entra.sent().await.len();
    for operations in [
        value(OTHER),
        value("+60 12-987 6543"),
        value("012-987 6543"),
        json!([{ "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": OTHER }]),
        json!([{ "op": "replace", "value": { "phoneNumbers[type eq \"mobile\"].value": OTHER } }]),
        json!([{ "op": "Replace", "path": "phoneNumbers", "value": [{ "type": "mobile", "value": OTHER }] }]),
    ] {
        let entra = next_cycle(&server).await;
        assert_eq!(entra.patch(&user, operations).await, before);
    }
    assert_eq!(entra.sent().await.len(), sent);
}

/// The directory reads the old number as long as the new one waits, and sends the new one again and again.
#[tokio::test]
async fn a_new_number_starts_one_claim_however_often_it_is_sent() {
    let (server, entra) = entra().await;
    let user = entra.create(&with_number(NUMBER)).await;
    let update = json!([{ "op": "Replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": OTHER }]);
    let waiting = entra.patch(&user, update.clone()).await;
    assert_eq!(mobile(&waiting), NUMBER);
    assert_eq!(pending(&waiting), OTHER);
    for _ in 0..30 {
        let entra = next_cycle(&server).await;
        assert_eq!(entra.user(&user).await, waiting);
        assert_eq!(entra.patch(&user, update.clone()).await, waiting);
        assert_eq!(entra.sent().await, [OTHER]);
    }
}

#[tokio::test]
async fn a_number_is_added_and_removed() {
    let (_server, entra) = entra().await;
    let user = entra.create(&sample()).await;
    let added =
        json!([{ "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": NUMBER }]);
    let waiting = entra.patch(&user, added).await;
    assert_eq!(
        (mobile(&waiting), pending(&waiting)),
        (&Value::Null, &json!(NUMBER))
    );
    prove(&entra, &user).await;
    assert_eq!(mobile(&entra.user(&user).await), NUMBER);
    let removed = json!([{ "op": "Remove", "path": "phoneNumbers[type eq \"mobile\"].value" }]);
    let removed = entra.patch(&user, removed).await;
    assert_eq!(removed.get("phoneNumbers"), None);
    assert_eq!(entra.sent().await, [NUMBER]);
}
