//! What a user changes of itself through `/Me`, and how often. The rest needs the scope that changes anybody.

use std::time::Duration;

use local::testing::{BOB, Event, TestApp};
use serde_json::{Value, json};

use crate::support::{NEW, mobile, primary, profile, title};

const UPDATE: &str = "internal_user_mgt_update";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn me(attributes: &Value) -> Event {
    Event::shipped("scim-patch/patch-me").replacing(attributes)
}

fn others_rely_on() -> Vec<Value> {
    vec![
        json!({ "userName": "robert" }),
        json!({ "externalId": "e-1" }),
        json!({ "active": false }),
        json!({ "roles": [{ "value": "admin" }] }),
        json!({ "entitlements": [{ "value": "all" }] }),
        json!({ "userType": "Employee" }),
        json!({ "x509Certificates": [{ "value": "AAAA" }] }),
        json!({ "manager": "m1" }),
        json!({ ENTERPRISE: { "employeeNumber": "1" } }),
        json!({ "department": "board" }),
    ]
}

#[tokio::test]
async fn what_others_rely_on_is_not_the_users_to_write() {
    let test = TestApp::start().await;
    let before = test.user(BOB).await;
    for attributes in others_rely_on() {
        let mut all = mobile(NEW);
        let members = attributes.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(members);
        let answer = test.patch(&me(&all)).await;
        assert_eq!(answer.gist(), "403 VRF-40300", "{attributes}");
        let mut put = all.clone();
        put["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
        let answer = test
            .patch(&Event::shipped("scim-patch/put-me").body(&put))
            .await;
        assert_eq!(answer.gist(), "403 VRF-40300", "{attributes}");
    }
    assert_eq!(test.user(BOB).await, before);
    assert_eq!(test.sent_to(), [""; 0]);
    // Whether another user has the name is not told either.
    let taken = test.patch(&me(&json!({ "userName": "alice" }))).await;
    assert_eq!(taken.gist(), "403 VRF-40300");
    for attributes in others_rely_on() {
        let answer = test.patch(&me(&attributes).by(BOB, UPDATE)).await;
        assert_eq!(answer.status, 200, "{attributes}");
    }
}

#[tokio::test]
async fn the_ordinary_profile_is_the_users_to_write() {
    let test = TestApp::start().await;
    let own = json!({
        "name": { "givenName": "Rob" }, "displayName": "R", "nickName": "R", "profileUrl": "https://x.test/",
        "title": "T", "preferredLanguage": "de", "locale": "de-DE", "timezone": "Europe/Berlin",
        "emails": ["r@x.test"], "addresses": [{ "type": "work", "locality": "X" }], "ims": [{ "value": "r" }],
        "photos": [{ "value": "https://x.test/p" }],
        "phoneNumbers": [{ "type": "mobile", "value": "+60111111111" }, { "type": "fax", "value": "1" }],
    });
    assert_eq!(test.patch(&me(&own)).await.status, 200);
    assert_eq!(
        profile(&test).await.as_object().unwrap().len(),
        own.as_object().unwrap().len()
    );
}

/// What `/Me` leaves out of a PUT and cannot write stays as it is.
#[tokio::test]
async fn a_put_keeps_what_is_not_the_users_to_write() {
    let test = TestApp::start().await;
    for attributes in others_rely_on().into_iter().skip(3) {
        let by_manager = Event::shipped("scim-patch/patch-user").replacing(&attributes);
        assert_eq!(test.patch(&by_manager).await.status, 200);
    }
    let before = profile(&test).await;
    let put = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "title": "T",
        "phoneNumbers": [{ "type": "mobile", "value": "+60111111111" }],
    });
    let answer = test
        .patch(&Event::shipped("scim-patch/put-me").body(&put))
        .await;
    assert_eq!(answer.status, 200, "{answer}");
    let after = profile(&test).await;
    for kept in [
        "roles",
        "entitlements",
        "userType",
        "x509Certificates",
        ENTERPRISE,
    ] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert_eq!(
        (&after["title"], &after["name"]),
        (&json!("T"), &Value::Null)
    );
    assert_eq!(
        answer.body["roles"],
        json!([
            { "type": "default", "value": "Internal/everyone" }, { "value": "admin" },
        ])
    );
}

#[tokio::test]
async fn the_setting_names_what_may_be_written() {
    let test = TestApp::with(&["SelfServiceAttributes=Title,costcenter"]).await;
    assert_eq!(
        test.patch(&me(&json!({ "title": "T", "costCenter": "1" })))
            .await
            .status,
        200
    );
    for other in [
        json!({ "nickName": "x" }),
        json!({ "department": "x" }),
        json!({ "emails": [] }),
    ] {
        assert_eq!(test.patch(&me(&other)).await.gist(), "403 VRF-40300");
    }
    // Numbers are what this is for.
    assert_eq!(test.patch(&primary(NEW)).await.status, 200);
    assert_eq!(test.sent_to(), [NEW]);
}

#[tokio::test]
async fn at_most_sixty_changes_an_hour() {
    let test = TestApp::uncapped().await;
    for n in 0..60 {
        assert_eq!(test.patch(&title(&n.to_string())).await.status, 200, "{n}");
        // What changes nothing counts for nothing.
        let again = test.patch(&title(&n.to_string())).await.status;
        assert_eq!(again, if n < 59 { 200 } else { 429 }, "{n}");
        test.stack.clock().advance(Duration::from_secs(30));
    }
    let before = (test.user(BOB).await, test.pending(BOB).await);
    test.stack.faults().take_calls();
    for event in [
        title("one more"),
        primary(NEW),
        Event::shipped("scim-patch/put-me"),
        title("59"),
    ] {
        let answer = test.patch(&event).await;
        assert_eq!(answer.gist(), "429 VRF-42906", "{answer}");
        let left: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1_700..=1_800).contains(&left), "{left}");
    }
    assert_eq!(
        test.stack.faults().take_calls(),
        ["BatchGetItem"; 4],
        "nothing but the user is read"
    );
    assert_eq!((test.user(BOB).await, test.pending(BOB).await), before);
    assert_eq!(test.sent_to(), [""; 0]);
    // Others are not counted, and change the user all the same.
    let managed = Event::shipped("scim-patch/patch-user").replacing(&json!({ "title": "managed" }));
    assert_eq!(test.patch(&managed).await.status, 200);
    test.stack.clock().advance(Duration::from_secs(1_600));
    assert_eq!(test.patch(&title("x")).await.gist(), "429 VRF-42906");
    test.stack.clock().advance(Duration::from_secs(200));
    assert_eq!(test.patch(&title("x")).await.status, 200);
    assert_eq!(test.patch(&title("y")).await.gist(), "429 VRF-42906");
}

/// Counted in the item that is written anyway.
#[tokio::test]
async fn counting_costs_no_write() {
    let test = TestApp::start().await;
    test.stack.faults().take_calls();
    assert_eq!(test.patch(&title("x")).await.status, 200);
    assert_eq!(
        test.stack.faults().take_calls(),
        ["BatchGetItem", "PutItem"]
    );
}

#[tokio::test]
async fn a_profile_ends_at_64_kb() {
    let test = TestApp::start().await;
    let photos = |n: usize| {
        let photos =
            (0..n).map(|i| json!({ "value": format!("https://x.test/{i}/{}", "x".repeat(2_000)) }));
        json!({ "photos": photos.collect::<Vec<_>>() })
    };
    assert_eq!(test.patch(&me(&photos(31))).await.status, 200);
    let answer = test.patch(&me(&photos(33))).await;
    assert_eq!(answer.gist(), "400 invalidValue");
    assert_eq!(
        answer.body["detail"],
        "User: would have more than 64 KB of attributes"
    );
    // Nor by another way.
    let mut put = photos(33);
    put["userName"] = json!("carol");
    let created = test
        .users(&Event::shipped("scim-users/create").body(&put))
        .await;
    assert_eq!(created.gist(), "400 invalidValue");
}
