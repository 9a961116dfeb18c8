//! `If-Match` binds a change to a version; `attributes` says what of the changed user is shown.

use shared::runtime::Start;
use std::sync::Arc;

use insta::assert_snapshot;
use local::testing::{Answer, BOB, Event, Fault, TestApp, interleave};
use serde_json::json;

use crate::support::{NEW, mobile, title};

const EVENTS: [&str; 4] = ["patch-me", "patch-user", "put-me", "put-user"];

fn shipped(event: &str) -> Event {
    Event::shipped(&format!("scim-patch/{event}"))
}

#[tokio::test]
async fn another_version_is_refused_before_any_message() {
    let test = TestApp::start().await;
    let (user, pending) = (test.user(BOB).await, test.pending(BOB).await);
    for event in EVENTS {
        for (name, value) in [
            ("if-match", "W/\"2\""),
            ("if-match", "W/\"0\", \"11\""),
            ("if-match", ""),
            ("if-match", "nonsense"),
            ("if-none-match", "*"),
            ("if-none-match", "W/\"1\""),
        ] {
            let answer = test.patch(&shipped(event).header(name, value)).await;
            assert_eq!(answer.gist(), "412", "{event} {name}: {value}");
        }
    }
    assert_snapshot!(test.patch(&shipped("patch-me").header("if-match", "W/\"2\"")).await, @r#"
    412
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "412",
      "detail": "The user is in another version than the request is meant for; read it again."
    }
    "#);
    assert_eq!(test.sent_to(), [""; 0]);
    assert_eq!(
        (test.user(BOB).await, test.pending(BOB).await),
        (user, pending)
    );
    let nobody = shipped("patch-user")
        .parameter("id", "nobody")
        .header("if-match", "*");
    assert_eq!(test.patch(&nobody).await.gist(), "404");
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
            let test = TestApp::start().await;
            let answer = test.patch(&shipped(event).header("if-match", header)).await;
            assert_eq!(answer.status, 200, "{event} {header}");
        }
    }
}

/// A claim does not change the user: what was read before it can still be changed.
#[tokio::test]
async fn what_becomes_pending_is_no_other_version() {
    let test = TestApp::start().await;
    let patched = test.patch(&shipped("patch-me")).await;
    let with_claim = patched.header("etag").unwrap();
    assert!(with_claim.starts_with("W/\"1-"));
    for (header, name) in [("W/\"1\"", "Bob"), ("W/\"2\"", "Rob")] {
        let event = title(name).header("if-match", header);
        assert_eq!(test.patch(&event).await.status, 200);
    }
    assert_eq!(
        test.patch(&title("x").header("if-match", with_claim))
            .await
            .gist(),
        "412"
    );
}

/// A PATCH before whose `operation` somebody else changes the user.
async fn changed_in_between(operation: &'static str, event: &Event) -> (Arc<TestApp>, Answer) {
    let test = Arc::new(TestApp::start().await);
    let other = Arc::clone(&test);
    let platform = interleave(test.stack.platform(), operation, 1, move || {
        let test = Arc::clone(&other);
        async move { assert_eq!(test.patch(&title("theirs")).await.status, 200) }
    });
    let app = scim_patch::App::from_env(&test.stack.env("scim-patch"), &platform)
        .await
        .unwrap();
    let answer = Box::pin(scim_patch::handle(&app, event.request())).await;
    (test, answer.into())
}

#[tokio::test]
async fn a_race_that_is_lost_is_another_version() {
    let event = title("ours").header("if-match", "W/\"1\"");
    let (test, answer) = changed_in_between("PutItem", &event).await;
    assert_eq!(answer.gist(), "412");
    assert!(
        test.user(BOB).await["profile"]
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
    let (test, answer) = changed_in_between("PutItem", &event.header("if-match", "W/\"1\"")).await;
    assert_eq!(answer.gist(), "412");
    assert_eq!(test.pending(BOB).await.get("primaryClaim"), None);
    assert!(
        test.user(BOB).await["profile"]
            .as_str()
            .unwrap()
            .contains("theirs")
    );
}

#[tokio::test]
async fn a_lost_reply_is_no_lost_race() {
    let test = TestApp::start().await;
    test.stack.faults().fail("PutItem", Fault::LostReply, 1);
    let answer = test
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
        let test = TestApp::start().await;
        let only = shipped(event).query(&[("attributes", "userName,pendingMobileNumber")]);
        let answer = test.patch(&only).await;
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
        let test = TestApp::start().await;
        let without = shipped(event).query(&[("excludedAttributes", "meta,phoneNumbers.type")]);
        let answer = test.patch(&without).await;
        assert_eq!(answer.body.get("meta"), None);
        assert_eq!(answer.body["phoneNumbers"][0].get("type"), None);
        assert_eq!(answer.body["userName"], "bob123");
    }
}
