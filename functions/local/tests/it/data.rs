//! What `--data` keeps.

use http::StatusCode;
use local::{Options, Server};
use serde_json::json;
use shared::platform::outbox::Outcome;

use crate::client::{get, post, token};

fn options(directory: &tempfile::TempDir) -> Options {
    Options {
        data: Some(directory.path().join("data")),
        // Links in tokens hold the address: the same one after a restart.
        overrides: vec!["JwtIssuer=https://issuer.example.com".to_owned()],
        ..Options::default()
    }
}

#[tokio::test]
async fn tables_keys_and_clock_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(&options(&directory)).await.unwrap();
    let old_token = token(server.url(), "bob123", None).await;
    post(
        &format!("{}/_local/clock", server.url()),
        &json!({"advanceSeconds": 1000}),
    )
    .send()
    .await;
    let told = server
        .outbox()
        .deliver("+1", "x", "y", server.clock().now());
    assert_eq!(told, Outcome::Delivered);
    let dynamodb = aws_sdk_dynamodb::Client::new(&server.platform().aws);
    let table = server.stack().functions[0].environment["USERS_TABLE"].clone();
    let attribute = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    dynamodb
        .put_item()
        .table_name(&table)
        .item("pk", attribute("kept"))
        .send()
        .await
        .unwrap();
    let (before, offset) = (server.clock().now(), server.clock().offset());
    let keys = get(&format!("{}/.well-known/jwks.json", server.url()))
        .send()
        .await
        .json();
    server.stop().await;

    let server = Server::start(&options(&directory)).await.unwrap();
    assert_eq!(server.clock().offset(), offset);
    assert!(server.clock().now() >= before);
    let again = get(&format!("{}/.well-known/jwks.json", server.url()))
        .send()
        .await
        .json();
    assert_eq!(again, keys);
    let me = get(&format!("{}/scim2/Me", server.url()))
        .token(&old_token)
        .send()
        .await;
    assert_ne!(me.status, StatusCode::UNAUTHORIZED);
    let dynamodb = aws_sdk_dynamodb::Client::new(&server.platform().aws);
    let kept = dynamodb
        .get_item()
        .table_name(&table)
        .key("pk", attribute("kept"))
        .send()
        .await
        .unwrap();
    assert!(kept.item.is_some());
    assert!(server.outbox().messages(None).is_empty());
    server.stop().await;
}

#[tokio::test]
async fn keys_are_their_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(&options(&directory)).await.unwrap();
    server.stop().await;
    let keys = directory.path().join("data/keys");
    assert_eq!(
        std::fs::metadata(&keys).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&keys).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["CounterKeySecret", "KeySecret", "issuer.pem"]);
    assert_eq!(
        std::fs::read_to_string(keys.join("KeySecret"))
            .unwrap()
            .len(),
        64
    );
}

#[tokio::test]
async fn a_directory_has_one_server() {
    let directory = tempfile::tempdir().unwrap();
    let first = Server::start(&options(&directory)).await.unwrap();
    let error = Server::start(&options(&directory))
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.ends_with("is in use by another local server"),
        "{error}"
    );
    first.stop().await;
    Server::start(&options(&directory))
        .await
        .unwrap()
        .stop()
        .await;
}
