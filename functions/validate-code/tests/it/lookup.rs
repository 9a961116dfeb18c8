//! A privileged caller who names no user: the code finds its claim, where exactly one has it.
//! And the key's rotation, which a search has to see through.

use local::testing::{ALICE, BOB, Desk};
use serde_json::{Value, json};
use shared::address::phone_number::PhoneNumber;
use shared::otp::{Code, CodeId};
use shared::platform::secrets::{Secret, Secrets, Version};
use shared::verification::claim::hash_for;
use shared::verification::scenario::Scenario;
use validate_code::App;

use crate::support::{
    NEW, OTHER, claim_list, claim_primary, counted_of_caller, not, typed, typed_by_admin,
};

async fn search(desk: &Desk, code: &str) -> String {
    let event = typed_by_admin(code, &Value::Null);
    desk.validate(&event).await.gist()
}

#[tokio::test]
async fn a_code_finds_its_user() {
    let desk = Desk::start().await;
    let code = claim_primary(&desk, NEW).await;
    assert_eq!(search(&desk, &not(&code)).await, "400 18001");
    assert_eq!(counted_of_caller(&desk).await["failures"], 1);
    let answer = desk.validate(&typed_by_admin(&code, &Value::Null)).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.body["userId"], BOB);
    assert_eq!(desk.user(BOB).await["primary"], NEW);
    let callers = counted_of_caller(&desk).await;
    assert_eq!(callers.get("failures"), None, "a success is no failure");
    assert_eq!(search(&desk, &code).await, "400 18001", "once");
}

#[tokio::test]
async fn only_a_living_code_is_found() {
    let desk = Desk::uncapped().await;
    let replaced = claim_primary(&desk, NEW).await;
    claim_primary(&desk, OTHER).await;
    assert_eq!(search(&desk, &replaced).await, "400 18001");
    let late = claim_list(&desk, "+60123456780").await;
    desk.bench
        .clock()
        .advance(std::time::Duration::from_secs(301));
    assert_eq!(search(&desk, &late).await, "400 18001");
    assert_eq!(desk.user(BOB).await["primary"], "+60111111111");
}

#[tokio::test]
async fn a_code_tried_too_often_is_not_found() {
    let desk = Desk::start().await;
    let code = claim_primary(&desk, NEW).await;
    for _ in 0..5 {
        assert_eq!(desk.validate(&typed(&not(&code))).await.gist(), "400 18001");
    }
    assert_eq!(search(&desk, &code).await, "400 18001");
}

/// Alice is given a claim with Bob's code: by chance that happens once in a million.
async fn same_code_for_alice(desk: &Desk, code: &str) {
    let env = desk.bench.env("resend-code");
    let secrets = &desk.bench.platform().secrets;
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
    let hash = hash_for(&key, &code, ALICE, Scenario::Primary, &number, &id);
    let mut item = desk.verification(BOB).await;
    item["pk"] = json!(format!("USER#{ALICE}"));
    item["primaryClaim"]["number"] = json!(OTHER);
    item["primaryClaim"]["codeId"] = json!("a11ce");
    item["primaryClaim"]["codeHash"] = json!(hash);
    let expires = item["primaryClaim"]["codeExpires"].as_i64().unwrap();
    desk.put_verification(&item).await;
    let store = shared::store::Store::from_env(&env, desk.bench.platform()).unwrap();
    let expires = shared::clock::Timestamp::from_millis(expires);
    store
        .write_lookup(&code, &key, ALICE, expires)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_code_of_two_claims_finds_neither() {
    let desk = Desk::start().await;
    let code = claim_primary(&desk, NEW).await;
    same_code_for_alice(&desk, &code).await;
    let answer = desk.validate(&typed_by_admin(&code, &Value::Null)).await;
    assert_eq!(answer.gist(), "400 18001");
    let said = answer.body["description"].as_str().unwrap();
    assert!(said.contains("name the user"), "{said}");
    let named = typed_by_admin(&code, &json!({ "userId": ALICE }));
    assert_eq!(desk.validate(&named).await.status, 202);
    assert_eq!(desk.user(ALICE).await["primary"], OTHER);
    assert_eq!(search(&desk, &code).await, "202", "one is left");
}

#[tokio::test]
async fn three_round_trips() {
    let desk = Desk::start().await;
    let code = claim_primary(&desk, NEW).await;
    desk.bench.tap().take_calls();
    desk.bench.tap().take_round_trips();
    assert_eq!(search(&desk, &code).await, "202");
    let mut calls = desk.bench.tap().take_calls();
    calls.sort();
    assert_eq!(
        calls,
        // The last update forgets the caller's failures, after the commit.
        [
            "BatchGetItem",
            "BatchGetItem",
            "TransactWriteItems",
            "UpdateItem",
            "UpdateItem"
        ]
    );
    assert_eq!(desk.bench.tap().take_round_trips(), 4);
}

/// Puts a new version of the key, as `aws secretsmanager put-secret-value` does.
fn rotate(desk: &Desk, version: &str) {
    let Secrets::Local(secrets) = &desk.bench.platform().secrets else {
        unreachable!("the bench has its own")
    };
    let arn = desk.bench.env("validate-code")("KEY_SECRET_ARN").unwrap();
    let value = version.repeat(64);
    let version = version.to_owned();
    secrets[&arn].put(Secret { version, value });
}

#[tokio::test]
async fn codes_outlive_a_rotation() {
    let desk = Desk::uncapped().await;
    let before = claim_primary(&desk, NEW).await;
    rotate(&desk, "b");
    // An instance that started after the rotation, and one that started before it.
    let env = desk.bench.env("validate-code");
    let new = App::from_env(&env, desk.bench.platform()).await.unwrap();
    let event = typed_by_admin(&before, &Value::Null);
    let answer = validate_code::handle(&new, event.request()).await;
    assert_eq!(answer.status(), 202, "found by the previous version");

    // The sender notices within minutes; what it makes then is known to those who have not yet.
    desk.bench
        .clock()
        .advance(std::time::Duration::from_mins(6));
    let after = claim_list(&desk, OTHER).await;
    let claim = &desk.verification(BOB).await["listClaim"];
    assert_eq!(claim["keyVersion"], "b");
    assert_eq!(search(&desk, &after).await, "202");

    let third = claim_primary(&desk, "+60123456780").await;
    rotate(&desk, "c");
    rotate(&desk, "d");
    assert_eq!(
        desk.validate(&typed(&third)).await.status,
        202,
        "by its version's id"
    );
}
