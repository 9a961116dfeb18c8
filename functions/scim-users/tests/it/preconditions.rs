//! `If-Match` and `If-None-Match` where a user is read or deleted.

use insta::assert_snapshot;
use local::testing::{BOB, Desk, Event};

const READS: [&str; 2] = ["scim-users/get", "scim-users/get-me"];

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let desk = Desk::start().await;
    for event in READS.map(Event::shipped) {
        let read = |header: &'static str| event.clone().header("if-none-match", header);
        let full = desk.users(&event).await;
        for same in ["W/\"1\"", "\"1\"", "*", "W/\"0\", W/\"1\""] {
            let answer = desk.users(&read(same)).await;
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
            assert_eq!(desk.users(&read(other)).await, full, "{other}");
        }
    }
}

/// What is pending is shown, so that it counts here.
#[tokio::test]
async fn what_is_pending_is_part_of_the_tag() {
    let desk = Desk::start().await;
    let patched = desk.patch(&Event::shipped("scim-patch/patch-me")).await;
    let tag = patched.header("etag").unwrap();
    let read = |tag: &str| Event::shipped("scim-users/get").header("if-none-match", tag);
    assert_eq!(desk.users(&read(tag)).await.status, 304);
    let old = desk.users(&read("W/\"1\"")).await;
    assert_eq!((old.status, old.header("etag")), (200, Some(tag)));
    desk.bench
        .clock()
        .advance(std::time::Duration::from_hours(24));
    assert_eq!(desk.users(&read(tag)).await.status, 200);
}

#[tokio::test]
async fn a_read_of_another_version() {
    let desk = Desk::start().await;
    for event in READS.map(Event::shipped) {
        let read = |header: &'static str| event.clone().header("if-match", header);
        assert_eq!(desk.users(&read("W/\"1\"")).await.status, 200);
        assert_eq!(desk.users(&read("*")).await.status, 200);
        assert_eq!(desk.users(&read("W/\"2\"")).await.gist(), "412");
    }
    let event = Event::shipped(READS[0]).header("if-match", "W/\"2\"");
    assert_snapshot!(desk.users(&event).await, @r#"
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
    let desk = Desk::start().await;
    // Bumps the version, and has something pending.
    let title =
        Event::shipped("scim-patch/patch-me").replacing(&serde_json::json!({ "title": "Boss" }));
    desk.patch(&title).await;
    desk.patch(&Event::shipped("scim-patch/patch-me")).await;
    let delete = || Event::shipped("scim-users/delete");
    for event in [
        delete().header("if-match", "W/\"1\""),
        delete().header("if-match", "nonsense"),
        delete().header("if-match", ""),
        delete().header("if-none-match", "*"),
        delete().header("if-none-match", "W/\"2\""),
    ] {
        assert_eq!(desk.users(&event).await.gist(), "412");
    }
    assert!(desk.user(BOB).await.is_object());
    let nobody = delete().parameter("id", "nobody").header("if-match", "*");
    assert_eq!(desk.users(&nobody).await.gist(), "404");
    let event = delete().header("if-match", "W/\"7\", W/\"2-ffffffff\"");
    assert_eq!(desk.users(&event).await.status, 204);
}
