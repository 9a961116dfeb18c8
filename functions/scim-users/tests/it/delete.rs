//! A deleted user is gone with its name and its claims.

use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::json;

fn event() -> Event {
    Event::shipped("scim-users/delete")
}

#[tokio::test]
async fn the_user_is_gone() {
    let test = TestApp::start().await;
    let answer = test.users(&event()).await;
    assert_eq!((answer.status, answer.body.is_null()), (204, true));
    assert_eq!(test.user_names().await, ["alice"]);
    assert_eq!(
        test.users(&Event::shipped("scim-users/get")).await.gist(),
        "404"
    );
    assert_eq!(test.users(&event()).await.gist(), "404");
}

#[tokio::test]
async fn its_name_is_free_again() {
    let test = TestApp::start().await;
    test.users(&event()).await;
    let create = Event::shipped("scim-users/create").body(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "BOB123",
    }));
    let created = test.users(&create).await;
    assert_eq!(created.status, 201);
    assert_ne!(created.body["id"], BOB);
}

/// A number's code, an address's, and a link, which proves nothing at any door.
#[tokio::test]
async fn its_claims_end_with_it() {
    let email = json!({ "emails": [{ "value": "new@abc.com" }] });
    let change = Event::shipped("scim-patch/patch-me");
    for (change, settings) in [
        (change.clone(), vec![]),
        (
            change.clone().replacing(&email),
            vec!["EmailTemplate=Code {{confirmation-code}}"],
        ),
        (
            change.replacing(&email),
            vec![
                "EmailTemplate=Open {{link}}",
                "EmailLinkUrl=https://app.example/confirm",
            ],
        ),
    ] {
        let on = ["EnableEmailVerification=true"];
        let test = TestApp::with(&[&on[..], &settings].concat()).await;
        assert_eq!(test.patch(&change).await.status, 200);
        let code = test.code();
        let code = code
            .rsplit_once("#code=")
            .map_or(&*code, |(_, token)| token);
        let body = json!({ "code": code });
        test.users(&event()).await;
        assert!(test.verification(BOB).await.is_null());
        for door in ["me", "confirm-email", "privileged"] {
            let typed = Event::shipped(&format!("validate-code/{door}")).body(&body);
            assert_eq!(test.validate(&typed).await.gist(), "400 18001", "{door}");
        }
    }
}

/// What was verified is anybody's to verify again.
#[tokio::test]
async fn its_verified_addresses_are_free_again() {
    for (unique, key) in [
        ("VerifiedNumberUniqueness=verified", "PHONE#+60123456789"),
        ("VerifiedEmailUniqueness=verified", "EMAIL#new@abc.com"),
    ] {
        let on = [
            "EnableEmailVerification=true",
            "EmailTemplate=Code {{confirmation-code}}",
        ];
        let test = TestApp::with(&[&on[..], &[unique]].concat()).await;
        let change = Event::shipped("scim-patch/patch-me").replacing(&json!({
            "emails": [{ "value": "new@abc.com" }],
            "phoneNumbers": [{ "type": "mobile", "value": "+60123456789" }],
        }));
        assert_eq!(test.patch(&change).await.status, 200);
        for message in test.stack.outbox().messages(None) {
            let code = message.body.rsplit_once(' ').unwrap().1;
            let typed = Event::shipped("validate-code/me").body(&json!({ "code": code }));
            assert_eq!(test.validate(&typed).await.status, 202);
        }
        assert_eq!(test.users_item(key).await["user"], BOB);
        assert_eq!(test.users(&event()).await.status, 204);
        assert!(test.users_item(key).await.is_null(), "{key}");
    }
}

#[tokio::test]
async fn nobody() {
    let test = TestApp::start().await;
    let answer = test.users(&event().parameter("id", "nobody")).await;
    assert_eq!(answer.gist(), "404");
    assert_eq!(test.user_names().await, ["alice", "bob123"]);
}

#[tokio::test]
async fn only_with_the_scope() {
    let test = TestApp::start().await;
    for subject in [ALICE, BOB] {
        let event = event().by(subject, "internal_user_mgt_view internal_user_mgt_update");
        assert_eq!(
            test.users(&event).await.gist(),
            "403 VRF-40300",
            "{subject}"
        );
    }
    assert_eq!(
        test.users(&event().without_token()).await.gist(),
        "401 VRF-40100"
    );
    assert_eq!(test.user_names().await, ["alice", "bob123"]);
}
