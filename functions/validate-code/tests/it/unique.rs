//! Verified numbers that belong to one user: who proves a number second is told so, and loses nothing.

use std::sync::Arc;

use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::{Value, json};
use shared::address::Channel;
use shared::store::{Saved, Store};

use crate::support::{NEW, OTHER, claim_primary, typed};

const UNIQUE: &str = "VerifiedNumberUniqueness=verified";

fn alice(name: &str) -> Event {
    Event::shipped(name).by(ALICE, "")
}

/// Alice claims a number and is sent a code.
async fn claimed_by_alice(test: &TestApp, number: &str) -> String {
    let numbers = json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
    let event = alice("scim-patch/patch-me").replacing(&numbers);
    assert_eq!(test.patch(&event).await.status, 200);
    test.code()
}

fn typed_by_alice(code: &str) -> Event {
    alice("validate-code/me").body(&json!({ "code": code, "properties": [] }))
}

/// The owner of a number's own item.
async fn owner(test: &TestApp, number: &str) -> Value {
    test.users_item(&format!("PHONE#{number}")).await["user"].clone()
}

#[tokio::test]
async fn who_proves_a_number_second_is_told() {
    let test = TestApp::with(&[UNIQUE]).await;
    let bobs = claim_primary(&test, NEW).await;
    let alices = claimed_by_alice(&test, NEW).await;
    assert_eq!(test.validate(&typed(&bobs)).await.status, 202);
    assert_eq!(owner(&test, NEW).await, BOB);
    let answer = test.validate(&typed_by_alice(&alices)).await;
    assert_eq!(answer.gist(), "409 VRF-40901");
    assert_eq!(test.user(ALICE).await.get("primary"), None);

    let removing = json!([{ "op": "remove", "path": "phoneNumbers[type eq \"mobile\"]" }]);
    let removed = Event::shipped("scim-patch/patch-me").operations(&removing);
    assert_eq!(test.patch(&removed).await.status, 200);
    assert_eq!(owner(&test, NEW).await, Value::Null);
    assert_eq!(test.validate(&typed_by_alice(&alices)).await.status, 202);
    assert_eq!(owner(&test, NEW).await, ALICE);
}

#[tokio::test]
async fn a_deleted_user_and_a_replaced_number_free_it() {
    let test = TestApp::with(&[UNIQUE]).await;
    assert_eq!(owner(&test, "+60111111111").await, BOB, "as seeded");
    let code = claim_primary(&test, NEW).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    // It is in the lists still, and so it is Bob's still.
    assert_eq!(owner(&test, "+60111111111").await, BOB);
    let code = claim_primary(&test, OTHER).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    assert_eq!(owner(&test, NEW).await, Value::Null);
    let deleted = Event::shipped("scim-users/delete").parameter("id", BOB);
    assert_eq!(test.users(&deleted).await.status, 204);
    for number in ["+60111111111", OTHER] {
        assert_eq!(owner(&test, number).await, Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_gets_it() {
    for _ in 0..5 {
        let test = Arc::new(TestApp::with(&[UNIQUE]).await);
        let bobs = claim_primary(&test, NEW).await;
        let alices = claimed_by_alice(&test, NEW).await;
        let both = [typed(&bobs), typed_by_alice(&alices)].map(|event| {
            let test = Arc::clone(&test);
            tokio::spawn(async move { test.validate(&event).await.gist() })
        });
        let mut answers = Vec::new();
        for answer in both {
            answers.push(answer.await.unwrap());
        }
        answers.sort();
        assert_eq!(answers, ["202", "409 VRF-40901"]);
    }
}

#[tokio::test]
async fn switched_off_a_number_may_be_two_users() {
    let test = TestApp::start().await;
    let bobs = claim_primary(&test, NEW).await;
    let alices = claimed_by_alice(&test, NEW).await;
    assert_eq!(test.validate(&typed(&bobs)).await.status, 202);
    assert_eq!(test.validate(&typed_by_alice(&alices)).await.status, 202);
    assert_eq!(owner(&test, NEW).await, Value::Null);
}

/// Both had the number before it had to be unique; Alice's item came later, and Bob must not take it away.
#[tokio::test]
async fn what_another_owns_is_not_freed() {
    let test = TestApp::with(&[UNIQUE]).await;
    let code = claim_primary(&test, NEW).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    test.put_user_item(&json!({ "pk": format!("PHONE#{NEW}"), "user": ALICE }))
        .await;
    let code = claim_primary(&test, OTHER).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    assert_eq!(owner(&test, NEW).await, ALICE);
}

/// Numbers that were verified before they had to be unique are entered by a run over the table (`just adopt-numbers`).
#[tokio::test]
async fn numbers_from_before_are_adopted_once() {
    let test = TestApp::start().await;
    let (bobs, alices) = (
        claim_primary(&test, NEW).await,
        claimed_by_alice(&test, NEW).await,
    );
    assert_eq!(test.validate(&typed(&bobs)).await.status, 202);
    assert_eq!(test.validate(&typed_by_alice(&alices)).await.status, 202);
    let before = (test.user(BOB).await, test.user(ALICE).await);

    let run = || async {
        let env = test.stack.env("validate-code");
        let store = Store::of_users(&env, test.stack.platform()).unwrap();
        store.adopt_verified(Channel::Sms).await.unwrap()
    };
    let adopted = run().await;
    assert_eq!((adopted.users, adopted.entered, adopted.there), (2, 2, 0));
    let [conflict] = adopted.conflicts.as_slice() else {
        unreachable!("{adopted:?}")
    };
    assert_eq!(conflict.address.shown(), NEW);
    let owners = [conflict.owner.as_str(), conflict.other.as_str()];
    assert!(
        owners == [BOB, ALICE] || owners == [ALICE, BOB],
        "{owners:?}"
    );
    assert_eq!(owner(&test, NEW).await, conflict.owner);
    assert_eq!(owner(&test, "+60111111111").await, BOB);
    // No user is written, and no number is shown in what is printed.
    assert_eq!((test.user(BOB).await, test.user(ALICE).await), before);
    assert!(!format!("{adopted:?}").contains(NEW));

    // Stopped and run again, it does nothing that is done.
    let again = run().await;
    assert_eq!((again.entered, again.there), (0, 2));
    assert_eq!(again.conflicts, adopted.conflicts);

    // With the setting on, a third user does not get it any more, and who gives it up frees it.
    let unique = Store::of_users(
        &|name: &str| match name {
            "VERIFIED_NUMBER_UNIQUENESS" => Some("verified".to_owned()),
            name => test.stack.env("validate-code")(name),
        },
        test.stack.platform(),
    )
    .unwrap();
    let owner_now = unique.user(&conflict.owner).await.unwrap().unwrap();
    assert_eq!(unique.delete(&owner_now).await.unwrap(), Saved::Done);
    assert_eq!(owner(&test, NEW).await, Value::Null);
}

/// Whoever proves an address second is told so, in whatever spelling; what was verified before is entered by an operator.
#[tokio::test]
async fn who_proves_an_address_second_is_told() {
    let settings = [
        "EnableEmailVerification=true",
        "EmailTemplate=Code {{confirmation-code}}",
    ];
    let unique = [&settings[..], &["VerifiedEmailUniqueness=verified"]].concat();
    let test = TestApp::with(&unique).await;
    let claims =
        |event: Event, address: &str| event.replacing(&json!({ "emails": [{ "value": address }] }));
    let bobs = claims(Event::shipped("scim-patch/patch-me"), "Both@abc.com");
    assert_eq!(test.patch(&bobs).await.status, 200);
    let code = test.code();
    let alices = claims(alice("scim-patch/patch-me"), "both@ABC.com");
    assert_eq!(test.patch(&alices).await.status, 200);
    let second = test.code();
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    let item = test.users_item("EMAIL#both@abc.com").await;
    assert_eq!(item["user"], BOB);
    let answer = test.validate(&typed_by_alice(&second)).await;
    assert_eq!(answer.gist(), "409 VRF-40901");

    let env = test.stack.env("scim-patch");
    let store = Store::of_users(&env, test.stack.platform()).unwrap();
    let adopted = store.adopt_verified(Channel::Email).await.unwrap();
    assert_eq!((adopted.entered, adopted.there), (0, 1));
}
