//! Requests of real clients from end to end: what is stored, what is sent, what is pending.
//! Each form that they have is a row of `shared/src/scim/patch/tests/clients.rs`.

use local::testing::{BOB, Event, TestApp};
use serde_json::{Value, json};

use crate::support::{NEW, OTHER, mobile, primary, profile, typed};

fn me(operations: &Value) -> Event {
    Event::shipped("scim-patch/patch-me").operations(operations)
}

/// WSO2's My Account (`mobile-update-wizard.tsx` of wso2/identity-apps, and its profile form).
#[tokio::test]
async fn an_emptied_number_is_removed_and_its_claim_ends() {
    let verify =
        json!({ "op": "replace", "value": { "urn:scim:wso2:schema": { "verifyMobile": true } } });
    let put = |value: Value| {
        let body =
            json!({ "userName": "bob123", "phoneNumbers": [{ "type": "mobile", "value": value }] });
        Event::shipped("scim-patch/put-me").body(&body)
    };
    let emptied = json!({ "phoneNumbers": [{ "type": "mobile", "value": "" }] });
    for event in [
        me(&json!([{ "op": "add", "value": emptied }])),
        me(&json!([{ "op": "replace", "value": emptied }, verify])),
        me(
            &json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": " " }]),
        ),
        me(
            &json!([{ "op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": null }]),
        ),
        put(json!("")),
        put(json!(" ")),
        put(json!(null)),
    ] {
        let test = TestApp::start().await;
        assert_eq!(test.patch(&primary(NEW)).await.status, 200);
        let answer = test.patch(&event).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.body.get("phoneNumbers"), None);
        let user = test.user(BOB).await;
        assert_eq!(
            (user.get("primary"), &user["phoneVerified"]),
            (None, &json!(false))
        );
        assert!(!test.pending(BOB).await.contains_key("primaryClaim"));
        assert_eq!(test.sent_to(), [NEW], "for what was before alone");
    }
}

/// A PATCH that says something else about the number is no update of it.
#[tokio::test]
async fn what_is_said_beside_a_number_cancels_nothing() {
    let test = TestApp::start().await;
    assert_eq!(test.patch(&primary(NEW)).await.status, 200);
    for operation in [
        json!({ "op": "add", "path": "phoneNumbers[type eq \"mobile\"].display", "value": "x" }),
        json!({ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"]", "value": { "type": "mobile", "display": "y" } }),
        json!({ "op": "add", "path": "phoneNumbers[type eq \"fax\"].primary", "value": true }),
        json!({ "op": "add", "path": "phoneNumbers", "value": [{ "type": "fax", "display": "x" }] }),
    ] {
        assert_eq!(
            test.patch(&me(&json!([operation]))).await.status,
            200,
            "{operation}"
        );
        assert_eq!(
            test.pending(BOB).await["primaryClaim"]["number"],
            NEW,
            "{operation}"
        );
    }
    let wrong = json!([{ "op": "add", "value": { "phoneNumbers": [{ "type": "mobile", "display": "x" }] } }]);
    assert_eq!(test.patch(&me(&wrong)).await.gist(), "400 invalidValue");
    assert_eq!(test.pending(BOB).await["primaryClaim"]["number"], NEW);
}

/// The flag of a number that waits for its code moves with it; until then what was preferred is.
#[tokio::test]
async fn the_preferred_number_changes_when_the_number_does() {
    let flags = |user: &Value| -> Vec<(String, bool)> {
        let numbers = user["phoneNumbers"].as_array().unwrap().iter();
        let flags = numbers.map(|number| {
            (
                number["value"].as_str().unwrap().to_owned(),
                number["primary"] == true,
            )
        });
        flags.collect()
    };
    let test = TestApp::uncapped().await;
    let fax = json!({ "type": "fax", "value": "1", "primary": true });
    let add = me(&json!([{ "op": "add", "path": "phoneNumbers", "value": [fax] }]));
    assert_eq!(test.patch(&add).await.status, 200);
    let before = [("+60111111111".to_owned(), false), ("1".to_owned(), true)];
    let wanted = json!([{ "type": "mobile", "value": NEW, "primary": true }]);
    let update = me(&json!([{ "op": "add", "path": "phoneNumbers", "value": wanted }]));
    for _ in 0..2 {
        let answer = test.patch(&update).await;
        assert_eq!(flags(&answer.body), before);
    }
    // What else is written meanwhile changes nothing about it, and it is not shown.
    let other = test
        .patch(&me(
            &json!([{ "op": "replace", "path": "title", "value": "x" }]),
        ))
        .await;
    assert_eq!(flags(&other.body), before);
    assert!(!other.to_string().contains("waiting"));
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    let me_now = test.users(&Event::shipped("scim-users/get-me")).await;
    assert_eq!(
        flags(&me_now.body),
        [(NEW.to_owned(), true), ("1".to_owned(), false)]
    );
    assert!(profile(&test).await.get("waitingPhoneNumber").is_none());

    // A number that is given up takes its flag along; what replaces all of them takes the others away at once.
    let answer = test.patch(&primary(OTHER)).await;
    assert_eq!(flags(&answer.body), [(NEW.to_owned(), true)]);
    let answer = test.patch(&primary(NEW)).await;
    assert_eq!(
        answer.body["urn:scim:wso2:schema"].get("pendingMobileNumber"),
        None
    );
    assert!(profile(&test).await.get("waitingPhoneNumber").is_none());
}

/// Whoever has read a user may send all of it back, with a change, in a value without a path.
#[tokio::test]
async fn a_user_as_it_was_read_is_a_value() {
    let test = TestApp::start().await;
    assert_eq!(test.patch(&primary(NEW)).await.status, 200);
    let mut read = test.users(&Event::shipped("scim-users/get-me")).await.body;
    // Their own way to the same resource.
    let location = read["meta"]["location"].as_str().unwrap();
    read["meta"]["location"] = json!(location.replace("https://", "https://proxy.test/"));
    read["title"] = json!("Boss");
    for numbers in ["phoneNumbers", "urn:scim:wso2:schema"] {
        let whole = Event::shipped("scim-patch/patch-me").replacing(&read);
        if numbers == "phoneNumbers" {
            assert_eq!(test.patch(&whole).await.status, 200);
            assert_eq!(test.user(BOB).await["version"], 2);
        } else {
            // By now it is an old version that they have read.
            assert_eq!(test.patch(&whole).await.gist(), "400 mutability");
        }
    }
}

#[tokio::test]
async fn roles_are_written_by_the_scope() {
    let test = TestApp::start().await;
    let everyone = json!({ "type": "default", "value": "Internal/everyone" });
    let admin = json!({ "value": "admin" });
    for (operation, wanted) in [
        (
            json!({ "op": "add", "path": "roles", "value": [admin] }),
            json!([everyone, admin]),
        ),
        (
            json!({ "op": "replace", "path": "roles", "value": [everyone, admin] }),
            json!([everyone, admin]),
        ),
        (
            json!({ "op": "remove", "path": "roles[value eq \"Internal/everyone\"]" }),
            json!([everyone, admin]),
        ),
        (
            json!({ "op": "replace", "path": "roles", "value": [] }),
            json!([everyone]),
        ),
    ] {
        let event = Event::shipped("scim-patch/patch-user").operations(&json!([operation]));
        assert_eq!(
            test.patch(&event).await.body["roles"],
            wanted,
            "{operation}"
        );
    }
    let carol = json!({ "userName": "carol", "roles": ["admin"] });
    let created = test
        .users(&Event::shipped("scim-users/create").body(&carol))
        .await;
    assert_eq!(created.body["roles"], json!([everyone, admin]));
    assert_eq!(test.user_names().await.len(), 3);
}

/// One name, however it is spelled: unique, found, and to tokens exactly as it is written.
#[tokio::test]
async fn spellings_of_one_name_are_one_name() {
    let test = TestApp::with(&["IdentityAttribute=userName"]).await;
    for (name, others) in [
        ("straße", vec!["STRASSE", "Straße"]),
        ("dave", vec!["DAVE", "ｄａｖｅ"]),
        ("samuel", vec!["\u{17f}amuel"]),
        ("jos\u{e9}", vec!["jose\u{301}", "JOS\u{c9}"]),
    ] {
        let create =
            |name: &str| Event::shipped("scim-users/create").body(&json!({ "userName": name }));
        assert_eq!(test.users(&create(name)).await.status, 201, "{name}");
        for other in others {
            assert_eq!(
                test.users(&create(other)).await.gist(),
                "409 uniqueness",
                "{other}"
            );
            let filter = format!("userName eq \"{other}\"");
            let found = Event::shipped("scim-users/list").query(&[("filter", &filter)]);
            assert_eq!(test.users(&found).await.body["totalResults"], 1, "{other}");
            for event in [
                Event::shipped("scim-users/get-me"),
                Event::shipped("scim-patch/patch-me"),
            ] {
                let as_other = event.clone().by(other, "");
                let answer = match event.request().method().as_str() {
                    "GET" => test.users(&as_other).await,
                    _ => test.patch(&as_other).await,
                };
                assert_eq!(answer.gist(), "404", "{other}");
            }
            // No code is taken, sent or sent again for somebody of another spelling.
            let typed = typed("123456").by(other, "");
            let resend = Event::shipped("resend-code/me").by(other, "");
            let send = Event::shipped("transmit/send").by(other, "");
            let gists = [
                test.validate(&typed).await.gist(),
                test.resend(&resend).await.gist(),
                test.transmit(&send).await.gist(),
            ];
            assert_eq!(
                gists,
                ["400 18001", "400 UAR-10012", "404 VRF-40400"],
                "{other}"
            );
        }
        let own = test
            .users(&Event::shipped("scim-users/get-me").by(name, ""))
            .await;
        assert_eq!(own.body["userName"], name);
    }
    assert_eq!(test.sent_to(), [""; 0]);
}

/// A name in another case is another one to tokens, at once, and no other user's.
#[tokio::test]
async fn a_name_that_changes_its_case_is_known_by_the_new_one() {
    let test = TestApp::with(&["IdentityAttribute=userName"]).await;
    let rename =
        Event::shipped("scim-patch/patch-user").replacing(&json!({ "userName": "Bob123" }));
    assert_eq!(test.patch(&rename).await.status, 200);
    let me = |name: &str| Event::shipped("scim-users/get-me").by(name, "");
    assert_eq!(test.users(&me("bob123")).await.gist(), "404");
    assert_eq!(test.users(&me("Bob123")).await.body["id"], BOB);
    assert_eq!(test.user_names().await, ["Bob123", "alice"]);
}

/// An item that was written before names kept their spelling: the user says how it is spelled.
#[tokio::test]
async fn a_name_without_its_spelling_is_compared_with_the_users() {
    let test = TestApp::with(&["IdentityAttribute=userName"]).await;
    test.put_user_item(&json!({ "pk": "USERNAME#bob123", "user": BOB }))
        .await;
    for (name, gist) in [("bob123", "200"), ("BOB123", "404")] {
        let me = Event::shipped("scim-users/get-me").by(name, "");
        assert_eq!(test.users(&me).await.gist(), gist);
    }
}

#[tokio::test]
async fn names_that_nobody_may_have() {
    let test = TestApp::start().await;
    let longest = format!("{}\u{fdfa}", "x".repeat(511));
    for name in [
        " bob",
        "bob\u{a0}",
        "b\u{200b}ob",
        "b\u{202e}ob",
        "b\0ob",
        "b\u{378}ob",
        "b\u{3164}ob",
        &format!("{longest}x"),
    ] {
        let rename =
            Event::shipped("scim-patch/patch-user").replacing(&json!({ "userName": name }));
        assert_eq!(
            test.patch(&rename).await.gist(),
            "400 invalidValue",
            "{name:?}"
        );
        let create = Event::shipped("scim-users/create").body(&json!({ "userName": name }));
        assert_eq!(
            test.users(&create).await.gist(),
            "400 invalidValue",
            "{name:?}"
        );
    }
    // The longest one, longer than a key may be once it is folded, is found again, and one user's.
    let long = "\u{fdfa}".repeat(512);
    for name in [&longest, &long] {
        let create = Event::shipped("scim-users/create")
            .body(&json!({ "userName": name, "externalId": long }));
        let made = test.users(&create).await;
        assert_eq!(made.status, 201);
        assert_eq!(test.users(&create).await.gist(), "409 uniqueness");
        let filter = format!("userName eq \"{name}\"");
        let found = Event::shipped("scim-users/list").query(&[("filter", &filter)]);
        assert_eq!(test.users(&found).await.body["totalResults"], 1);
        let id = made.body["id"].as_str().unwrap();
        let delete = Event::shipped("scim-users/delete").parameter("id", id);
        assert_eq!(test.users(&delete).await.status, 204);
    }
    assert_eq!(test.user_names().await, ["alice", "bob123"]);
    assert_eq!(
        test.patch(&me(&json!([{ "op": "replace", "value": mobile(NEW) }])))
            .await
            .status,
        200
    );
}
