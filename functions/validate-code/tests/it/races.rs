//! Somebody else between a code's count and its commit.

use shared::runtime::Start;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use local::testing::{Answer, BOB, Event, TestApp, interleave};
use serde_json::{Value, json};
use validate_code::App;

use crate::support::{NEW, OTHER, claim_primary, typed};

/// Bob types a code; before each of the first so many commits something else happens.
async fn interrupted<F>(
    test: &Arc<TestApp>,
    code: &str,
    times: usize,
    action: impl Fn(Arc<TestApp>, usize) -> F + Send + Sync + 'static,
) -> Answer
where
    F: Future<Output = ()> + Send + 'static,
{
    let (other, count) = (Arc::clone(test), AtomicUsize::new(0));
    let platform = interleave(
        test.stack.platform(),
        "TransactWriteItems",
        times,
        move || action(Arc::clone(&other), count.fetch_add(1, Ordering::Relaxed)),
    );
    let app = App::from_env(&test.stack.env("validate-code"), &platform)
        .await
        .unwrap();
    validate_code::handle(&app, typed(code).request())
        .await
        .into()
}

/// Bob's title changes.
async fn retitled(test: Arc<TestApp>, n: usize) {
    let event = json!({ "title": format!("title {n}") });
    let event = Event::shipped("scim-patch/patch-me").replacing(&event);
    assert_eq!(test.patch(&event).await.status, 200);
}

async fn title(test: &TestApp) -> Value {
    let user = test.user(BOB).await;
    let profile: Value = serde_json::from_str(user["profile"].as_str().unwrap()).unwrap();
    profile["title"].clone()
}

#[tokio::test]
async fn a_try_is_counted_as_a_failure_before_anything_is_committed() {
    let test = Arc::new(TestApp::start().await);
    let code = claim_primary(&test, NEW).await;
    let counted = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&counted);
    let answer = interrupted(&test, &code, 1, move |test, _| {
        let seen = Arc::clone(&seen);
        async move {
            seen.store(test.failures(BOB).await, Ordering::Relaxed);
        }
    });
    assert_eq!(answer.await.status, 202);
    assert_eq!(counted.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_user_changed_meanwhile_keeps_the_change_and_gets_the_number() {
    for times in 1..=3 {
        let test = Arc::new(TestApp::start().await);
        let code = claim_primary(&test, NEW).await;
        assert_eq!(interrupted(&test, &code, times, retitled).await.status, 202);
        let user = test.user(BOB).await;
        assert_eq!(
            (&user["primary"], &user["version"]),
            (&json!(NEW), &json!(times + 2))
        );
        assert_eq!(title(&test).await, format!("title {}", times - 1));
    }
}

#[tokio::test]
async fn after_four_lost_races_it_is_told_and_the_code_still_works() {
    let test = Arc::new(TestApp::start().await);
    let code = claim_primary(&test, NEW).await;
    let answer = interrupted(&test, &code, 4, retitled).await;
    assert_eq!(answer.gist(), "409 VRF-40900");
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
}

#[tokio::test]
async fn a_user_deleted_meanwhile_stays_deleted() {
    let test = Arc::new(TestApp::start().await);
    let code = claim_primary(&test, NEW).await;
    let answer = interrupted(&test, &code, 1, |test, _| async move {
        let deleted = test.users(&Event::shipped("scim-users/delete")).await;
        assert_eq!(deleted.status, 204);
    });
    assert_eq!(answer.await.gist(), "400 18001");
    assert!(test.user(BOB).await.is_null());
    assert!(test.verification(BOB).await.is_null());
}

#[tokio::test]
async fn a_claim_replaced_meanwhile_is_not_committed() {
    let test = Arc::new(TestApp::start().await);
    let code = claim_primary(&test, NEW).await;
    let answer = interrupted(&test, &code, 1, |test, _| async move {
        claim_primary(&test, OTHER).await;
    });
    assert_eq!(answer.await.gist(), "400 18001");
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(test.user(BOB).await["primary"], OTHER);
}

#[tokio::test]
async fn a_code_resent_meanwhile_is_dead() {
    let test = Arc::new(TestApp::start().await);
    let code = claim_primary(&test, NEW).await;
    test.stack.clock().advance(Duration::from_mins(1));
    let answer = interrupted(&test, &code, 1, |test, _| async move {
        let resent = test.resend(&Event::shipped("resend-code/me")).await;
        assert_eq!(resent.status, 201);
    });
    assert_eq!(answer.await.gist(), "400 18001");
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
}

#[tokio::test]
async fn of_two_right_codes_at_once_one_is_right() {
    let test = Arc::new(TestApp::start().await);
    let code = claim_primary(&test, NEW).await;
    let other = code.clone();
    let answer = interrupted(&test, &code, 1, move |test, _| {
        let event = typed(&other);
        async move { assert_eq!(test.validate(&event).await.status, 202) }
    });
    assert_eq!(answer.await.gist(), "400 18001");
    assert_eq!(test.user(BOB).await["version"], 2);
}
