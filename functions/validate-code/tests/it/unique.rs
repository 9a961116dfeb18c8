//! Verified numbers that belong to one user: who proves a number second is told so, and loses nothing.

use std::sync::Arc;

use local::testing::{ALICE, BOB, Desk, Event};
use serde_json::{Value, json};

use crate::support::{NEW, OTHER, claim_primary, typed};

const UNIQUE: &str = "VerifiedNumberUniqueness=verified";

fn alice(name: &str) -> Event {
    Event::shipped(name).by(ALICE, "")
}

/// Alice claims a number and is sent a code.
async fn claimed_by_alice(desk: &Desk, number: &str) -> String {
    let numbers = json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
    let event = alice("scim-patch/patch-me").replacing(&numbers);
    assert_eq!(desk.patch(&event).await.status, 200);
    desk.code()
}

fn typed_by_alice(code: &str) -> Event {
    alice("validate-code/me").body(&json!({ "code": code, "properties": [] }))
}

/// The owner of a number's own item.
async fn owner(desk: &Desk, number: &str) -> Value {
    desk.users_item(&format!("PHONE#{number}")).await["user"].clone()
}

#[tokio::test]
async fn who_proves_a_number_second_is_told() {
    let desk = Desk::with(&[UNIQUE]).await;
    let bobs = claim_primary(&desk, NEW).await;
    let alices = claimed_by_alice(&desk, NEW).await;
    assert_eq!(desk.validate(&typed(&bobs)).await.status, 202);
    assert_eq!(owner(&desk, NEW).await, BOB);
    let answer = desk.validate(&typed_by_alice(&alices)).await;
    assert_eq!(answer.gist(), "409 UMV-10006");
    assert_eq!(desk.user(ALICE).await.get("primary"), None);

    let removing = json!([{ "op": "remove", "path": "phoneNumbers[type eq \"mobile\"]" }]);
    let removed = Event::shipped("scim-patch/patch-me").operations(&removing);
    assert_eq!(desk.patch(&removed).await.status, 200);
    assert_eq!(owner(&desk, NEW).await, Value::Null);
    assert_eq!(desk.validate(&typed_by_alice(&alices)).await.status, 202);
    assert_eq!(owner(&desk, NEW).await, ALICE);
}

#[tokio::test]
async fn a_deleted_user_and_a_replaced_number_free_it() {
    let desk = Desk::with(&[UNIQUE]).await;
    assert_eq!(owner(&desk, "+60111111111").await, BOB, "as seeded");
    let code = claim_primary(&desk, NEW).await;
    assert_eq!(desk.validate(&typed(&code)).await.status, 202);
    // It is in the lists still, and so it is Bob's still.
    assert_eq!(owner(&desk, "+60111111111").await, BOB);
    let code = claim_primary(&desk, OTHER).await;
    assert_eq!(desk.validate(&typed(&code)).await.status, 202);
    assert_eq!(owner(&desk, NEW).await, Value::Null);
    let deleted = Event::shipped("scim-users/delete").parameter("id", BOB);
    assert_eq!(desk.users(&deleted).await.status, 204);
    for number in ["+60111111111", OTHER] {
        assert_eq!(owner(&desk, number).await, Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_gets_it() {
    for _ in 0..5 {
        let desk = Arc::new(Desk::with(&[UNIQUE]).await);
        let bobs = claim_primary(&desk, NEW).await;
        let alices = claimed_by_alice(&desk, NEW).await;
        let both = [typed(&bobs), typed_by_alice(&alices)].map(|event| {
            let desk = Arc::clone(&desk);
            tokio::spawn(async move { desk.validate(&event).await.gist() })
        });
        let mut answers = Vec::new();
        for answer in both {
            answers.push(answer.await.unwrap());
        }
        answers.sort();
        assert_eq!(answers, ["202", "409 UMV-10006"]);
    }
}

#[tokio::test]
async fn switched_off_a_number_may_be_two_users() {
    let desk = Desk::start().await;
    let bobs = claim_primary(&desk, NEW).await;
    let alices = claimed_by_alice(&desk, NEW).await;
    assert_eq!(desk.validate(&typed(&bobs)).await.status, 202);
    assert_eq!(desk.validate(&typed_by_alice(&alices)).await.status, 202);
    assert_eq!(owner(&desk, NEW).await, Value::Null);
}

/// Both had the number before it had to be unique; Alice's item came later, and Bob must not take it away.
#[tokio::test]
async fn what_another_owns_is_not_freed() {
    let desk = Desk::with(&[UNIQUE]).await;
    let code = claim_primary(&desk, NEW).await;
    assert_eq!(desk.validate(&typed(&code)).await.status, 202);
    desk.put_user_item(&json!({ "pk": format!("PHONE#{NEW}"), "user": ALICE }))
        .await;
    let code = claim_primary(&desk, OTHER).await;
    assert_eq!(desk.validate(&typed(&code)).await.status, 202);
    assert_eq!(owner(&desk, NEW).await, ALICE);
}
