//! A DynamoDB that carries everything out and answers too late, with Lambda's timeouts: requests end with 503
//! or after a retry, no message goes without its claim, no number is committed without its claim's end.

use local::testing::{BOB, Event, Fault, TestApp, TestStack, UNCAPPED};
use serde_json::{Value, json};

use crate::api::mobile;

const NEW: &str = "+60123456789";

/// More than the SDK's attempts and ours together.
const ALWAYS: usize = 100;

async fn test() -> TestApp {
    test_with(&[]).await
}

/// Without counters, which would be the first to be late.
async fn uncounted() -> TestApp {
    test_with(&[&UNCAPPED[..], &["PrivilegedLookupByCode=false"]].concat()).await
}

async fn test_with(overrides: &[&str]) -> TestApp {
    let stack = TestStack::with(overrides).await;
    TestApp::on(stack.with_timeouts_of_lambda()).await
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

async fn pending(test: &TestApp) -> Value {
    let pending = test.pending(BOB).await;
    pending.get("primaryClaim").cloned().unwrap_or_default()
}

#[tokio::test]
async fn one_late_reply_is_asked_for_again() {
    let test = test().await;
    for operation in ["BatchGetItem", "UpdateItem"] {
        test.stack.faults().fail(operation, Fault::Slow, 1);
    }
    assert_eq!(test.patch(&patch()).await.gist(), "200");
    assert_eq!(test.sent_to(), [NEW]);
    for operation in ["GetItem", "TransactWriteItems"] {
        test.stack.faults().fail(operation, Fault::Slow, 1);
    }
    // What was carried out unheard is success all the same, once.
    assert_eq!(test.validate(&validate(&test.code())).await.gist(), "202");
    let user = test.user(BOB).await;
    assert_eq!(
        (&user["primary"], &user["version"]),
        (&json!(NEW), &json!(2))
    );
    let again = test.validate(&validate(&test.code())).await;
    assert_eq!(again.gist(), "400 18001");
}

#[tokio::test]
async fn a_claim_that_is_written_unheard_sends_nothing() {
    let test = uncounted().await;
    test.stack.faults().fail("UpdateItem", Fault::Slow, ALWAYS);
    let answer = test.patch(&patch()).await;
    assert_eq!(answer.gist(), "503 VRF-50300");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(test.sent_to().len(), 0);
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
    // It is taken back, so nothing has to be waited for.
    assert_eq!(pending(&test).await, Value::Null);
    test.stack.faults().clear_faults();
    assert_eq!(test.patch(&patch()).await.gist(), "200");
    assert_eq!(test.sent_to(), [NEW]);
}

#[tokio::test]
async fn a_message_that_is_counted_unheard_is_not_sent() {
    let test = test().await;
    test.stack.faults().fail("UpdateItem", Fault::Slow, ALWAYS);
    assert_eq!(test.patch(&patch()).await.gist(), "503 VRF-50300");
    assert_eq!(test.sent_to().len(), 0);
    assert!(test.verification(BOB).await.is_null());
}

#[tokio::test]
async fn a_read_that_never_ends_changes_nothing() {
    let test = test().await;
    test.stack
        .faults()
        .fail("BatchGetItem", Fault::Slow, ALWAYS);
    assert_eq!(test.patch(&patch()).await.gist(), "503 VRF-50300");
    assert_eq!(test.resend(&resend()).await.gist(), "503 VRF-50300");
    assert_eq!(test.sent_to().len(), 0);
    assert!(test.verification(BOB).await.is_null());
}

#[tokio::test]
async fn a_new_code_that_is_written_unheard_leaves_the_old_one() {
    let test = uncounted().await;
    assert_eq!(test.patch(&patch()).await.gist(), "200");
    let claim = pending(&test).await;
    test.stack
        .clock()
        .advance(std::time::Duration::from_secs(61));
    test.stack.faults().fail("UpdateItem", Fault::Slow, ALWAYS);
    assert_eq!(test.resend(&resend()).await.gist(), "503 VRF-50300");
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(pending(&test).await, claim);
    test.stack.faults().clear_faults();
    assert_eq!(test.validate(&validate(&test.code())).await.gist(), "202");
}

#[tokio::test]
async fn a_try_that_is_counted_unheard_is_not_compared() {
    let test = test().await;
    assert_eq!(test.patch(&patch()).await.gist(), "200");
    test.stack.faults().fail("UpdateItem", Fault::Slow, ALWAYS);
    let answer = test.validate(&validate(&test.code())).await;
    assert_eq!(answer.gist(), "503 VRF-50300");
    assert_eq!(pending(&test).await["number"], NEW);
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
    test.stack.faults().clear_faults();
    assert_eq!(test.validate(&validate(&test.code())).await.gist(), "202");
}

#[tokio::test]
async fn a_number_that_is_committed_unheard_ends_its_claim() {
    let test = test().await;
    assert_eq!(test.patch(&patch()).await.gist(), "200");
    test.stack
        .faults()
        .fail("TransactWriteItems", Fault::Slow, ALWAYS);
    let answer = test.validate(&validate(&test.code())).await;
    assert_eq!(answer.gist(), "503 VRF-50300");
    assert_eq!(test.user(BOB).await["primary"], NEW);
    assert_eq!(pending(&test).await, Value::Null);
    test.stack.faults().clear_faults();
    let again = test.validate(&validate(&test.code())).await;
    assert_eq!(again.gist(), "400 18001");
}

#[tokio::test]
async fn a_user_that_is_written_unheard_leaves_no_live_code() {
    let test = test().await;
    let mut change = mobile(NEW);
    change["nickName"] = "Bobby".into();
    let patch = Event::shipped("scim-patch/patch-me").replacing(&change);
    test.stack.faults().fail("PutItem", Fault::Slow, ALWAYS);
    assert_eq!(test.patch(&patch).await.gist(), "503 VRF-50300");
    assert_eq!(pending(&test).await, Value::Null);
    test.stack.faults().clear_faults();
    let dead = test.validate(&validate(&test.code())).await;
    assert_eq!(dead.gist(), "400 18001");
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
}
