//! What survives the process's sudden end, with `--data`: everything that was acknowledged.
//! The inbox does not: it stands for phones, not for storage.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Method, StatusCode};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::api::{Api, mobile, outcome, pending, primary};
use crate::child;
use crate::client::{BOB, get};

const NEW: &str = "+60123456789";

/// Tokens name their issuer, which is else the address: another one after a restart on any free port.
const ISSUER: [&str; 2] = [
    "--parameter-overrides",
    "JwtIssuer=https://issuer.example.com",
];

async fn start(directory: &tempfile::TempDir) -> child::Server {
    let data = directory.path().to_str().unwrap();
    child::start(&[&["--data", data], &ISSUER[..]].concat()).await
}

#[tokio::test]
async fn what_was_pending_still_is() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    let bob = api.token("bob123").await;
    let keys = get(&api.url("/.well-known/jwks.json")).send().await.json();
    let patched = api.patch_me(&bob, &mobile(NEW)).await;
    assert_eq!(pending(&patched.json()), Some(NEW));
    let code = api.codes(NEW).await.remove(0);
    let advanced = api.advance(200).await;
    server.kill().await;

    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    assert_eq!(
        get(&api.url("/.well-known/jwks.json")).send().await.json(),
        keys
    );
    // Forward from where it was.
    assert!(api.advance(0).await >= advanced);
    assert!(api.all_codes().await.is_empty());
    // The token is that of before, and so is the code.
    assert_eq!(pending(&api.me(&bob).await), Some(NEW));
    assert_eq!(
        outcome(&api.validate(&bob, &code).await),
        (202, String::new())
    );
    server.kill().await;

    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    let me = api.me(&bob).await;
    assert_eq!((primary(&me), pending(&me)), (Some(NEW), None));
    // Used is used.
    assert_eq!(
        outcome(&api.validate(&bob, &code).await),
        (400, "18001".to_owned())
    );
    assert_eq!(server.terminate().await.0, Some(0));
}

#[tokio::test]
async fn failures_are_not_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    let bob = api.token("bob123").await;
    assert_eq!(
        api.patch_user(BOB, &mobile(NEW)).await.status,
        StatusCode::OK
    );
    let code = api.codes(NEW).await.remove(0);
    for _ in 0..5 {
        assert_eq!(
            api.validate(&bob, "wrong").await.status,
            StatusCode::BAD_REQUEST
        );
    }
    server.kill().await;
    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    // Past the cap, though right.
    assert_eq!(
        outcome(&api.validate(&bob, &code).await),
        (400, "18001".to_owned())
    );
    for _ in 0..4 {
        assert_eq!(
            api.validate(&bob, "wrong").await.status,
            StatusCode::BAD_REQUEST
        );
    }
    server.kill().await;
    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    assert_eq!(
        outcome(&api.validate(&bob, &code).await),
        (429, "17003".to_owned())
    );
    assert_eq!(server.terminate().await.0, Some(0));
}

/// Writers number their updates; the last number that was acknowledged, or the one under way, is there afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_by_a_kill() {
    const WRITERS: usize = 4;
    const ROUNDS: usize = 5;
    /// Acknowledgements before the kill.
    const ENOUGH: u32 = 40;
    let directory = tempfile::tempdir().unwrap();
    let mut server = start(&directory).await;
    let mut users = Vec::new();
    let api = Api::new(&server.url).await;
    for n in 0..WRITERS {
        let created = api.create(&format!("writer-{n}")).await.json();
        users.push(created["id"].as_str().unwrap().to_owned());
    }
    for round in 0..ROUNDS {
        let api = Arc::new(Api::new(&server.url).await);
        let acknowledged: Arc<[AtomicUsize]> = (0..WRITERS).map(|_| AtomicUsize::new(0)).collect();
        let progress = Arc::new(Semaphore::new(0));
        let mut writers = Vec::new();
        for (n, user) in users.iter().cloned().enumerate() {
            let (api, progress) = (Arc::clone(&api), Arc::clone(&progress));
            let acknowledged = Arc::clone(&acknowledged);
            writers.push(tokio::spawn(async move {
                for count in 1.. {
                    let value = json!({"nickName": format!("{round}-{count}")});
                    let Some(answer) = api.patching_user(&user, &value).try_send().await else {
                        return;
                    };
                    assert_eq!(answer.status, StatusCode::OK);
                    acknowledged[n].store(count, Ordering::SeqCst);
                    progress.add_permits(1);
                }
            }));
        }
        progress.acquire_many(ENOUGH).await.unwrap().forget();
        server.kill().await;
        for writer in writers {
            writer.await.unwrap();
        }
        server = start(&directory).await;
        let api = Api::new(&server.url).await;
        for (n, user) in users.iter().enumerate() {
            let path = format!("/scim2/Users/{user}");
            let read = api.send(Method::GET, &path, &api.admin, None).await.json();
            let last = acknowledged[n].load(Ordering::SeqCst);
            let there = read["nickName"].as_str().unwrap_or_default();
            let expected = [last, last + 1].map(|count| format!("{round}-{count}"));
            let untouched = last == 0 && !there.starts_with(&format!("{round}-"));
            assert!(
                untouched || expected.iter().any(|one| one == there),
                "{there} {expected:?}"
            );
        }
    }
    assert_eq!(server.terminate().await.0, Some(0));
}

#[tokio::test]
async fn a_directory_is_for_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory).await;
    let data = directory.path().to_str().unwrap();
    let said = child::refused(&["--data", data]).await;
    assert!(
        said.contains(data) && said.contains("is in use by another local server"),
        "{said}"
    );
    // The first one is none the worse for it.
    let health = get(&format!("{}/_local/health", server.url)).send().await;
    assert_eq!(health.status, StatusCode::OK);
    // The lock ends with its holder, however that ends.
    server.kill().await;
    assert_eq!(start(&directory).await.terminate().await.0, Some(0));
}
