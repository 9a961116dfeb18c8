//! `If-Match` and `If-None-Match` where a user is read or deleted.

use insta::assert_snapshot;
use local::testing::{BOB, Event, TestApp};

const READS: [&str; 2] = ["scim-users/get", "scim-users/get-me"];

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let test = TestApp::start().await;
    for event in READS.map(Event::shipped) {
        let read = |header: &'static str| event.clone().header("if-none-match", header);
        let full = test.users(&event).await;
        for same in ["W/\"1\"", "\"1\"", "*", "W/\"0\", W/\"1\""] {
            let answer = test.users(&read(same)).await;
            assert_eq!(
                (answer.status, answer.body.is_null()),
                (304, true),
                "{same}"
            );
            assert_eq!(answer.header("etag"), Some("W/\"1\""));
            assert_eq!(answer.header("content-type"), None);
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        for other in ["W/\"2\"", "W/\"1-0a1b2c3d\"", "", "nonsense"] {
            assert_eq!(test.users(&read(other)).await, full, "{other}");
        }
    }
}

/// What is pending is shown, so that it counts here.
#[tokio::test]
async fn what_is_pending_is_part_of_the_tag() {
    let test = TestApp::start().await;
    let patched = test.patch(&Event::shipped("scim-patch/patch-me")).await;
    let tag = patched.header("etag").unwrap();
    let read = |tag: &str| Event::shipped("scim-users/get").header("if-none-match", tag);
    assert_eq!(test.users(&read(tag)).await.status, 304);
    let old = test.users(&read("W/\"1\"")).await;
    assert_eq!((old.status, old.header("etag")), (200, Some(tag)));
    test.stack
        .clock()
        .advance(std::time::Duration::from_hours(24));
    assert_eq!(test.users(&read(tag)).await.status, 200);
}

#[tokio::test]
async fn a_read_of_another_version() {
    let test = TestApp::start().await;
    for event in READS.map(Event::shipped) {
        let read = |header: &'static str| event.clone().header("if-match", header);
        assert_eq!(test.users(&read("W/\"1\"")).await.status, 200);
        assert_eq!(test.users(&read("*")).await.status, 200);
        assert_eq!(test.users(&read("W/\"2\"")).await.gist(), "412");
    }
    let event = Event::shipped(READS[0]).header("if-match", "W/\"2\"");
    assert_snapshot!(test.users(&event).await, @r#"
    412
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "412",
      "detail": "The user is in another version than the request is meant for; read it again."
    }
    "#);
}

#[tokio::test]
async fn only_that_version_is_deleted() {
    let test = TestApp::start().await;
    // Bumps the version, and has something pending.
    let title =
        Event::shipped("scim-patch/patch-me").replacing(&serde_json::json!({ "title": "Boss" }));
    test.patch(&title).await;
    test.patch(&Event::shipped("scim-patch/patch-me")).await;
    let delete = || Event::shipped("scim-users/delete");
    for event in [
        delete().header("if-match", "W/\"1\""),
        delete().header("if-match", "nonsense"),
        delete().header("if-match", ""),
        delete().header("if-none-match", "*"),
        delete().header("if-none-match", "W/\"2\""),
    ] {
        assert_eq!(test.users(&event).await.gist(), "412");
    }
    assert!(test.user(BOB).await.is_object());
    let nobody = delete().parameter("id", "nobody").header("if-match", "*");
    assert_eq!(test.users(&nobody).await.gist(), "404");
    let event = delete().header("if-match", "W/\"7\", W/\"2-ffffffff\"");
    assert_eq!(test.users(&event).await.status, 204);
}
