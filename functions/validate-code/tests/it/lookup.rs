//! A privileged caller who names no user: the code finds its claim, where exactly one has it.
//! And the key's rotation, which a search has to see through.

use local::testing::{ALICE, BOB, TestApp};
use serde_json::{Value, json};
use shared::address::phone_number::PhoneNumber;
use shared::otp::{Code, CodeId};
use shared::platform::secrets::{Secret, Secrets, Version};
use shared::runtime::Start;
use shared::verification::claim::hash_for;
use shared::verification::scenario::Scenario;
use validate_code::App;

use crate::support::{
    NEW, OTHER, claim_list, claim_primary, counted_of_caller, not, typed, typed_by_admin,
};

async fn search(test: &TestApp, code: &str) -> String {
    let event = typed_by_admin(code, &Value::Null);
    test.validate(&event).await.gist()
}

#[tokio::test]
async fn a_code_finds_its_user() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    assert_eq!(search(&test, &not(&code)).await, "400 18001");
    let counted = counted_of_caller(&test).await;
    assert_eq!(counted["failed"]["recent"].as_object().unwrap().len(), 1);
    let answer = test.validate(&typed_by_admin(&code, &Value::Null)).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.body["userId"], BOB);
    assert_eq!(test.user(BOB).await["primary"], NEW);
    let callers = counted_of_caller(&test).await;
    let counted = callers["failed"]["recent"].as_object().unwrap().len();
    assert_eq!(counted, 2, "successful or not");
    assert_eq!(search(&test, &code).await, "400 18001", "once");
}

#[tokio::test]
async fn only_a_living_code_is_found() {
    let test = TestApp::uncapped().await;
    let replaced = claim_primary(&test, NEW).await;
    claim_primary(&test, OTHER).await;
    assert_eq!(search(&test, &replaced).await, "400 18001");
    let late = claim_list(&test, "+60123456780").await;
    test.stack
        .clock()
        .advance(std::time::Duration::from_secs(301));
    assert_eq!(search(&test, &late).await, "400 18001");
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
}

#[tokio::test]
async fn a_code_tried_too_often_is_not_found() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    for _ in 0..5 {
        assert_eq!(test.validate(&typed(&not(&code))).await.gist(), "400 18001");
    }
    assert_eq!(search(&test, &code).await, "400 18001");
}

/// Alice is given a claim with Bob's code: by chance that happens once in a million.
async fn same_code_for_alice(test: &TestApp, code: &str) {
    let env = test.stack.env("resend-code");
    let secrets = &test.stack.platform().secrets;
    let arn = env("KEY_SECRET_ARN").unwrap();
    let secret = secrets
        .fetch(&arn, Version::Current)
        .await
        .unwrap()
        .unwrap();
    let key = shared::crypto::key::Key::new(secret.version, secret.value.as_bytes()).unwrap();
    let number = PhoneNumber::from_e164(OTHER).unwrap();
    let id: CodeId = serde_json::from_value(json!("a11ce")).unwrap();
    let code = Code::parse(code).unwrap();
    let hash = hash_for(&key, &code, ALICE, Scenario::Primary, &number.into(), &id);
    let mut item = test.verification(BOB).await;
    item["pk"] = json!(format!("USER#{ALICE}"));
    item["primaryClaim"]["number"] = json!(OTHER);
    item["primaryClaim"]["codeId"] = json!("a11ce");
    item["primaryClaim"]["codeHash"] = json!(hash);
    let expires = item["primaryClaim"]["codeExpires"].as_i64().unwrap();
    test.put_verification(&item).await;
    let store = shared::store::Store::from_env(&env, test.stack.platform()).unwrap();
    let expires = shared::clock::Timestamp::from_millis(expires);
    store
        .write_lookup(&code, &key, ALICE, expires, test.stack.clock().now())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_code_of_two_claims_finds_neither() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    same_code_for_alice(&test, &code).await;
    let answer = test.validate(&typed_by_admin(&code, &Value::Null)).await;
    assert_eq!(answer.gist(), "400 18001");
    let said = answer.body["description"].as_str().unwrap();
    assert!(said.contains("name the user"), "{said}");
    let named = typed_by_admin(&code, &json!({ "userId": ALICE }));
    assert_eq!(test.validate(&named).await.status, 202);
    assert_eq!(test.user(ALICE).await["primary"], OTHER);
    assert_eq!(search(&test, &code).await, "202", "one is left");
}

#[tokio::test]
async fn three_round_trips() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    // The caller's first try takes two writes.
    assert_eq!(search(&test, "no").await, "400 18001");
    test.stack.faults().take_calls();
    test.stack.faults().take_round_trips();
    assert_eq!(search(&test, &code).await, "202");
    let mut calls = test.stack.faults().take_calls();
    calls.sort();
    assert_eq!(
        calls,
        // Counted on the caller, on the deployment, and on the code itself.
        [
            "BatchGetItem",
            "GetItem",
            "TransactWriteItems",
            "UpdateItem",
            "UpdateItem",
            "UpdateItem"
        ]
    );
    assert_eq!(test.stack.faults().take_round_trips(), 3);
}

/// Puts a new version of the key, as `aws secretsmanager put-secret-value` does.
fn rotate(test: &TestApp, version: &str) {
    let Secrets::Local(secrets) = &test.stack.platform().secrets else {
        unreachable!("the stack has its own")
    };
    let arn = test.stack.env("validate-code")("KEY_SECRET_ARN").unwrap();
    let value = version.repeat(64);
    let version = version.to_owned();
    secrets[&arn].put(Secret { version, value });
}

#[tokio::test]
async fn codes_outlive_a_rotation() {
    let test = TestApp::uncapped().await;
    let before = claim_primary(&test, NEW).await;
    rotate(&test, "b");
    // An instance that started after the rotation, and one that started before it.
    let env = test.stack.env("validate-code");
    let new = App::from_env(&env, test.stack.platform()).await.unwrap();
    let event = typed_by_admin(&before, &Value::Null);
    let answer = validate_code::handle(&new, event.request()).await;
    assert_eq!(answer.status(), 202, "found by the previous version");

    // The sender notices within minutes; what it makes then is known to those who have not yet.
    test.stack
        .clock()
        .advance(std::time::Duration::from_mins(6));
    let after = claim_list(&test, OTHER).await;
    let claim = &test.verification(BOB).await["listClaim"];
    assert_eq!(claim["keyVersion"], "b");
    assert_eq!(search(&test, &after).await, "202");

    let third = claim_primary(&test, "+60123456780").await;
    rotate(&test, "c");
    rotate(&test, "d");
    assert_eq!(
        test.validate(&typed(&third)).await.status,
        202,
        "by its version's id"
    );
}
