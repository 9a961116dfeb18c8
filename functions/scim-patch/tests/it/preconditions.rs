//! `If-Match` binds a change to a version; `attributes` says what of the changed user is shown.

use std::sync::Arc;

use insta::assert_snapshot;
use local::testing::{Answer, BOB, Desk, Event, Fault, meanwhile};
use serde_json::json;

use crate::support::{NEW, mobile, title};

const EVENTS: [&str; 4] = ["patch-me", "patch-user", "put-me", "put-user"];

fn shipped(event: &str) -> Event {
    Event::shipped(&format!("scim-patch/{event}"))
}

#[tokio::test]
async fn another_version_is_refused_before_any_message() {
    let desk = Desk::start().await;
    let (user, pending) = (desk.user(BOB).await, desk.pending(BOB).await);
    for event in EVENTS {
        for (name, value) in [
            ("if-match", "W/\"2\""),
            ("if-match", "W/\"0\", \"11\""),
            ("if-match", ""),
            ("if-match", "nonsense"),
            ("if-none-match", "*"),
            ("if-none-match", "W/\"1\""),
        ] {
            let answer = desk.patch(&shipped(event).header(name, value)).await;
            assert_eq!(answer.gist(), "412", "{event} {name}: {value}");
        }
    }
    assert_snapshot!(desk.patch(&shipped("patch-me").header("if-match", "W/\"2\"")).await, @r#"
    412
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "412",
      "detail": "The user is in another version than the request is meant for; read it again."
    }
    "#);
    assert_eq!(desk.sent_to(), [""; 0]);
    assert_eq!(
        (desk.user(BOB).await, desk.pending(BOB).await),
        (user, pending)
    );
    let nobody = shipped("patch-user")
        .parameter("id", "nobody")
        .header("if-match", "*");
    assert_eq!(desk.patch(&nobody).await.gist(), "404");
}

#[tokio::test]
async fn the_version_is_enough() {
    for header in [
        "W/\"1\"",
        "\"1\"",
        "*",
        "W/\"9\", W/\"1\"",
        "W/\"1-ffffffff\"",
    ] {
        for event in EVENTS {
            let desk = Desk::start().await;
            let answer = desk.patch(&shipped(event).header("if-match", header)).await;
            assert_eq!(answer.status, 200, "{event} {header}");
        }
    }
}

/// A claim does not change the user: what was read before it can still be changed.
#[tokio::test]
async fn what_becomes_pending_is_no_other_version() {
    let desk = Desk::start().await;
    let patched = desk.patch(&shipped("patch-me")).await;
    let with_claim = patched.header("etag").unwrap();
    assert!(with_claim.starts_with("W/\"1-"));
    for (header, name) in [("W/\"1\"", "Bob"), ("W/\"2\"", "Rob")] {
        let event = title(name).header("if-match", header);
        assert_eq!(desk.patch(&event).await.status, 200);
    }
    assert_eq!(
        desk.patch(&title("x").header("if-match", with_claim))
            .await
            .gist(),
        "412"
    );
}

/// A PATCH before whose `operation` somebody else changes the user.
async fn changed_in_between(operation: &'static str, event: &Event) -> (Arc<Desk>, Answer) {
    let desk = Arc::new(Desk::start().await);
    let other = Arc::clone(&desk);
    let platform = meanwhile(desk.bench.platform(), operation, 1, move || {
        let desk = Arc::clone(&other);
        async move { assert_eq!(desk.patch(&title("theirs")).await.status, 200) }
    });
    let app = scim_patch::App::from_env(&desk.bench.env("scim-patch"), &platform)
        .await
        .unwrap();
    let answer = Box::pin(scim_patch::handle(&app, event.request())).await;
    (desk, answer.into())
}

#[tokio::test]
async fn a_race_that_is_lost_is_another_version() {
    let event = title("ours").header("if-match", "W/\"1\"");
    let (desk, answer) = changed_in_between("PutItem", &event).await;
    assert_eq!(answer.gist(), "412");
    assert!(
        desk.user(BOB).await["profile"]
            .as_str()
            .unwrap()
            .contains("theirs")
    );
}

/// The claim of a change that does not take place is taken back.
#[tokio::test]
async fn a_race_that_is_lost_after_the_message() {
    let mut attributes = mobile(NEW);
    attributes["title"] = "ours".into();
    let event = Event::shipped("scim-patch/patch-me").replacing(&attributes);
    let (desk, answer) = changed_in_between("PutItem", &event.header("if-match", "W/\"1\"")).await;
    assert_eq!(answer.gist(), "412");
    assert_eq!(desk.pending(BOB).await.get("primaryClaim"), None);
    assert!(
        desk.user(BOB).await["profile"]
            .as_str()
            .unwrap()
            .contains("theirs")
    );
}

#[tokio::test]
async fn a_lost_reply_is_no_lost_race() {
    let desk = Desk::start().await;
    desk.bench.tap().fail("PutItem", Fault::LostReply, 1);
    let answer = desk
        .patch(&title("ours").header("if-match", "W/\"1\""))
        .await;
    assert_eq!(
        (answer.status, answer.header("etag")),
        (200, Some("W/\"2\""))
    );
}

#[tokio::test]
async fn a_changed_user_in_part() {
    for event in EVENTS {
        let desk = Desk::start().await;
        let only = shipped(event).query(&[("attributes", "userName,pendingMobileNumber")]);
        let answer = desk.patch(&only).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("etag").is_some());
        assert_eq!(
            answer.body,
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:scim:wso2:schema"],
                "id": BOB,
                "userName": "bob123",
                "urn:scim:wso2:schema": { "pendingMobileNumber": NEW },
            }),
            "{event}"
        );
        let desk = Desk::start().await;
        let without = shipped(event).query(&[("excludedAttributes", "meta,phoneNumbers.type")]);
        let answer = desk.patch(&without).await;
        assert_eq!(answer.body.get("meta"), None);
        assert_eq!(answer.body["phoneNumbers"][0].get("type"), None);
        assert_eq!(answer.body["userName"], "bob123");
    }
}
