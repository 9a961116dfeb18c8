//! A DynamoDB that carries everything out and answers too late, with Lambda's timeouts: requests end with 503
//! or after a retry, no message goes without its claim, no number is committed without its claim's end.

use local::testing::{BOB, Bench, Desk, Event, Fault, UNCAPPED};
use serde_json::{Value, json};

use crate::api::mobile;

const NEW: &str = "+60123456789";

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

async fn desk() -> Desk {
    desk_with(&[]).await
}

/// Without counters, which would be the first to be late.
async fn uncounted() -> Desk {
    desk_with(&[&UNCAPPED[..], &["PrivilegedLookupByCode=false"]].concat()).await
}

async fn desk_with(overrides: &[&str]) -> Desk {
    let bench = Bench::with(overrides).await;
    Desk::on(bench.with_timeouts_of_lambda()).await
}

fn patch() -> Event {
    Event::shipped("scim-patch/patch-me").replacing(&mobile(NEW))
}

fn resend() -> Event {
    Event::shipped("resend-code/me")
}

fn validate(code: &str) -> Event {
    Event::shipped("validate-code/me").body(&json!({"code": code, "properties": []}))
}

async fn pending(desk: &Desk) -> Value {
    let pending = desk.pending(BOB).await;
    pending.get("primaryClaim").cloned().unwrap_or_default()
}

#[tokio::test]
async fn one_late_reply_is_asked_for_again() {
    let desk = desk().await;
    for operation in ["BatchGetItem", "UpdateItem"] {
        desk.bench.tap().fail(operation, Fault::Slow, 1);
    }
    assert_eq!(desk.patch(&patch()).await.gist(), "200");
    assert_eq!(desk.sent_to(), [NEW]);
    for operation in ["GetItem", "TransactWriteItems"] {
        desk.bench.tap().fail(operation, Fault::Slow, 1);
    }
    // What was carried out unheard is success all the same, once.
    assert_eq!(desk.validate(&validate(&desk.code())).await.gist(), "202");
    let user = desk.user(BOB).await;
    assert_eq!(
        (&user["primary"], &user["version"]),
        (&json!(NEW), &json!(2))
    );
    let again = desk.validate(&validate(&desk.code())).await;
    assert_eq!(again.gist(), "400 18001");
}

#[tokio::test]
async fn a_claim_that_is_written_unheard_sends_nothing() {
    let desk = uncounted().await;
    desk.bench.tap().fail("UpdateItem", Fault::Slow, ALWAYS);
    let answer = desk.patch(&patch()).await;
    assert_eq!(answer.gist(), "503 UMV-10005");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(desk.sent_to().len(), 0);
    assert_eq!(desk.user(BOB).await["primary"], "+60111111111");
    // It is taken back, so nothing has to be waited for.
    assert_eq!(pending(&desk).await, Value::Null);
    desk.bench.tap().clear_faults();
    assert_eq!(desk.patch(&patch()).await.gist(), "200");
    assert_eq!(desk.sent_to(), [NEW]);
}

#[tokio::test]
async fn a_message_that_is_counted_unheard_is_not_sent() {
    let desk = desk().await;
    desk.bench.tap().fail("UpdateItem", Fault::Slow, ALWAYS);
    assert_eq!(desk.patch(&patch()).await.gist(), "503 UMV-10005");
    assert_eq!(desk.sent_to().len(), 0);
    assert!(desk.verification(BOB).await.is_null());
}

#[tokio::test]
async fn a_read_that_never_ends_changes_nothing() {
    let desk = desk().await;
    desk.bench.tap().fail("BatchGetItem", Fault::Slow, ALWAYS);
    assert_eq!(desk.patch(&patch()).await.gist(), "503 UMV-10005");
    assert_eq!(desk.resend(&resend()).await.gist(), "503 UMV-10005");
    assert_eq!(desk.sent_to().len(), 0);
    assert!(desk.verification(BOB).await.is_null());
}

#[tokio::test]
async fn a_new_code_that_is_written_unheard_leaves_the_old_one() {
    let desk = uncounted().await;
    assert_eq!(desk.patch(&patch()).await.gist(), "200");
    let claim = pending(&desk).await;
    desk.bench
        .clock()
        .advance(std::time::Duration::from_secs(61));
    desk.bench.tap().fail("UpdateItem", Fault::Slow, ALWAYS);
    assert_eq!(desk.resend(&resend()).await.gist(), "503 UMV-10005");
    assert_eq!(desk.sent_to(), [NEW]);
    assert_eq!(pending(&desk).await, claim);
    desk.bench.tap().clear_faults();
    assert_eq!(desk.validate(&validate(&desk.code())).await.gist(), "202");
}

#[tokio::test]
async fn a_try_that_is_counted_unheard_is_not_compared() {
    let desk = desk().await;
    assert_eq!(desk.patch(&patch()).await.gist(), "200");
    desk.bench.tap().fail("UpdateItem", Fault::Slow, ALWAYS);
    let answer = desk.validate(&validate(&desk.code())).await;
    assert_eq!(answer.gist(), "503 UMV-10005");
    assert_eq!(pending(&desk).await["number"], NEW);
    assert_eq!(desk.user(BOB).await["primary"], "+60111111111");
    desk.bench.tap().clear_faults();
    assert_eq!(desk.validate(&validate(&desk.code())).await.gist(), "202");
}

#[tokio::test]
async fn a_number_that_is_committed_unheard_ends_its_claim() {
    let desk = desk().await;
    assert_eq!(desk.patch(&patch()).await.gist(), "200");
    desk.bench
        .tap()
        .fail("TransactWriteItems", Fault::Slow, ALWAYS);
    let answer = desk.validate(&validate(&desk.code())).await;
    assert_eq!(answer.gist(), "503 UMV-10005");
    assert_eq!(desk.user(BOB).await["primary"], NEW);
    assert_eq!(pending(&desk).await, Value::Null);
    desk.bench.tap().clear_faults();
    let again = desk.validate(&validate(&desk.code())).await;
    assert_eq!(again.gist(), "400 18001");
}

#[tokio::test]
async fn a_user_that_is_written_unheard_leaves_no_live_code() {
    let desk = desk().await;
    let mut change = mobile(NEW);
    change["nickName"] = "Bobby".into();
    let patch = Event::shipped("scim-patch/patch-me").replacing(&change);
    desk.bench.tap().fail("PutItem", Fault::Slow, ALWAYS);
    assert_eq!(desk.patch(&patch).await.gist(), "503 UMV-10005");
    assert_eq!(pending(&desk).await, Value::Null);
    desk.bench.tap().clear_faults();
    let dead = desk.validate(&validate(&desk.code())).await;
    assert_eq!(dead.gist(), "400 18001");
    assert_eq!(desk.user(BOB).await["primary"], "+60111111111");
}
