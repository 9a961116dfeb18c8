//! Somebody else between a request's read and its write: re-read and re-applied, never lost, never overwritten.
//! After three lost races it is told; what was started is taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::testing::{Answer, BOB, Event, TestApp, interleave};
use scim_patch::App;
use serde_json::json;
use shared::platform::outbox::Outcome;
use shared::runtime::Start;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::support::{NEW, OTHER, number_and_nick_name, primary, profile, title, typed};

/// A PATCH before whose calls of an operation other requests come in.
async fn interrupted(
    test: &Arc<TestApp>,
    event: &Event,
    operation: &'static str,
    others: Vec<Event>,
) -> Answer {
    let (next, times, other) = (AtomicUsize::new(0), others.len(), Arc::clone(test));
    let platform = interleave(test.stack.platform(), operation, times, move || {
        let event = others[next.fetch_add(1, Ordering::Relaxed)].clone();
        let test = Arc::clone(&other);
        async move { assert_eq!(test.patch(&event).await.status, 200) }
    });
    let app = App::from_env(&test.stack.env("scim-patch"), &platform)
        .await
        .unwrap();
    Box::pin(scim_patch::handle(&app, event.request()))
        .await
        .into()
}

fn titles(count: usize) -> Vec<Event> {
    (1..=count).map(|n| title(&format!("title {n}"))).collect()
}

#[tokio::test]
async fn no_update_is_lost() {
    for lost in 1..=3 {
        let test = Arc::new(TestApp::start().await);
        let answer = interrupted(&test, &number_and_nick_name(), "PutItem", titles(lost)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["title"], format!("title {lost}"));
        assert_eq!(answer.body["nickName"], "Bobby");
        let stored = profile(&test).await;
        assert_eq!(stored["title"], format!("title {lost}"));
        assert_eq!(stored["nickName"], "Bobby");
        assert_eq!(test.user(BOB).await["version"], 2 + lost);
        assert_eq!(test.sent_to(), [NEW], "read again, sent once");
        assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    }
}

#[tokio::test]
async fn after_four_lost_races_it_is_told() {
    let test = Arc::new(TestApp::start().await);
    let nick_name = json!({ "nickName": "Bobby" });
    let event = Event::shipped("scim-patch/patch-me").replacing(&nick_name);
    let answer = interrupted(&test, &event, "PutItem", titles(4)).await;
    assert_eq!(answer.gist(), "409 VRF-40900");
    let stored = profile(&test).await;
    assert_eq!(stored["title"], "title 4");
    assert_eq!(stored.get("nickName"), None);
}

/// Others may rely on a claim whose message is out: it is taken back late.
#[tokio::test]
async fn once_a_message_is_out_more_races_may_be_lost() {
    let test = Arc::new(TestApp::start().await);
    let answer = interrupted(&test, &number_and_nick_name(), "PutItem", titles(12)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(test.sent_to(), [NEW]);
    let test = Arc::new(TestApp::start().await);
    let answer = interrupted(&test, &number_and_nick_name(), "PutItem", titles(13)).await;
    assert_eq!(answer.gist(), "409 VRF-40900");
    assert_eq!(profile(&test).await.get("nickName"), None);
    assert_eq!(test.pending(BOB).await.get("primaryClaim"), None);
}

#[tokio::test]
async fn a_number_that_was_changed_meanwhile_is_not_overwritten() {
    let test = Arc::new(TestApp::start().await);
    test.patch(&primary(OTHER)).await;
    let code = test.code();
    let (next, other) = (Arc::clone(&test), typed(&code));
    let platform = interleave(test.stack.platform(), "PutItem", 1, move || {
        let (test, event) = (Arc::clone(&next), other.clone());
        async move { assert_eq!(test.validate(&event).await.status, 202) }
    });
    let app = App::from_env(&test.stack.env("scim-patch"), &platform)
        .await
        .unwrap();
    let answer = Answer::from(scim_patch::handle(&app, title("Dr").request()).await);
    assert_eq!(answer.status, 200);
    let user = test.user(BOB).await;
    assert_eq!(user["primary"], OTHER);
    assert_eq!(profile(&test).await["title"], "Dr");
}

#[tokio::test]
async fn two_requests_for_one_number_send_one_message() {
    let test = Arc::new(TestApp::start().await);
    let answer = interrupted(&test, &primary(NEW), "UpdateItem", vec![primary(NEW)]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body["urn:scim:wso2:schema"]["pendingMobileNumber"],
        NEW
    );
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
}

/// Before, the claim was started all the same, and its code was good once the account was in use again.
#[tokio::test]
async fn no_claim_is_started_for_an_account_that_is_closed_meanwhile() {
    for event in [primary(NEW), number_and_nick_name()] {
        for claimed_before in [false, true] {
            let test = Arc::new(TestApp::start().await);
            if claimed_before {
                assert_eq!(test.patch(&primary(OTHER)).await.status, 200);
            }
            let close = json!({ "active": false });
            let close = Event::shipped("scim-patch/patch-user").replacing(&close);
            let sent = test.sent_to();
            let answer = interrupted(&test, &event, "UpdateItem", vec![close]).await;
            assert_eq!(answer.gist(), "403 VRF-40301");
            assert_eq!(test.sent_to(), sent);
            assert_eq!(test.pending(BOB).await.get("primaryClaim"), None);
            let open = json!({ "active": true });
            let open = Event::shipped("scim-patch/patch-user").replacing(&open);
            assert_eq!(test.patch(&open).await.status, 200);
            assert_eq!(test.patch(&primary(NEW)).await.status, 200);
            assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
        }
    }
}

/// A PATCH that is held up before it takes its claim back: it says so, and waits.
fn held_up(
    test: &Arc<TestApp>,
    event: &Event,
    says: &Arc<Notify>,
    waits: &Arc<Notify>,
) -> JoinHandle<Answer> {
    let (calls, says, waits) = (AtomicUsize::new(0), Arc::clone(says), Arc::clone(waits));
    let platform = interleave(test.stack.platform(), "UpdateItem", 2, move || {
        // The first call writes the claim.
        let last = calls.fetch_add(1, Ordering::Relaxed) == 1;
        let (says, waits) = (Arc::clone(&says), Arc::clone(&waits));
        async move {
            if last {
                says.notify_one();
                waits.notified().await;
            }
        }
    });
    let (env, request) = (test.stack.env("scim-patch"), event.request());
    tokio::spawn(async move {
        let app = App::from_env(&env, &platform).await.unwrap();
        Box::pin(scim_patch::handle(&app, request)).await.into()
    })
}

/// Before, the second put the first one's claim back, of which nobody had the code.
#[tokio::test]
async fn of_two_messages_that_fail_none_leaves_its_claim() {
    for outcome in [Outcome::Unavailable, Outcome::Unknown] {
        let test = Arc::new(TestApp::bare().await);
        assert_eq!(test.patch(&primary("+60123456780")).await.status, 200);
        let (code, before) = (test.code(), test.pending(BOB).await);
        test.stack.outbox().set_outcome(outcome);
        let [first_tried, second_tried, first_done] = [(); 3].map(|()| Arc::<Notify>::default());
        let first = held_up(&test, &primary(NEW), &first_tried, &second_tried);
        first_tried.notified().await;
        let second = held_up(&test, &primary(OTHER), &second_tried, &first_done);
        assert_eq!(first.await.unwrap().gist(), "502 VRF-50200");
        first_done.notify_one();
        assert_eq!(second.await.unwrap().gist(), "502 VRF-50200");
        let after = test.pending(BOB).await;
        assert_eq!(after["primaryClaim"], before["primaryClaim"]);
        let counted = if outcome == Outcome::Unknown { 3 } else { 1 };
        assert_eq!(after["sends"].as_object().unwrap().len(), counted);
        let unsent = test.verification(BOB).await["unsent"].clone();
        assert_eq!(unsent.as_object().unwrap().len(), 3 - counted);
        assert_eq!(test.validate(&typed(&code)).await.status, 202);
    }
}

#[tokio::test]
async fn of_two_numbers_the_later_claim_is_left() {
    let test = Arc::new(TestApp::start().await);
    let answer = interrupted(&test, &primary(NEW), "UpdateItem", vec![primary(OTHER)]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(test.sent_to(), [OTHER, NEW]);
    assert_eq!(test.pending(BOB).await["primaryClaim"]["number"], NEW);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(test.user(BOB).await["primary"], NEW);
}

#[tokio::test]
async fn the_claim_is_there_before_the_message_and_the_message_before_the_user() {
    for (operation, messages) in [("UpdateItem", 0), ("PutItem", 1)] {
        let test = Arc::new(TestApp::start().await);
        let seen = Arc::new(AtomicUsize::new(usize::MAX));
        let (look, see) = (Arc::clone(&test), Arc::clone(&seen));
        let platform = interleave(test.stack.platform(), operation, 1, move || {
            see.store(look.sent_to().len(), Ordering::Relaxed);
            std::future::ready(())
        });
        let app = App::from_env(&test.stack.env("scim-patch"), &platform)
            .await
            .unwrap();
        let answer = Answer::from(scim_patch::handle(&app, number_and_nick_name().request()).await);
        assert_eq!(answer.status, 200);
        assert_eq!(seen.load(Ordering::Relaxed), messages, "{operation}");
    }
}

#[tokio::test]
async fn a_user_deleted_meanwhile_leaves_nothing_behind() {
    let test = Arc::new(TestApp::start().await);
    let other = Arc::clone(&test);
    let platform = interleave(test.stack.platform(), "PutItem", 1, move || {
        let test = Arc::clone(&other);
        async move {
            let deleted = test.users(&Event::shipped("scim-users/delete")).await;
            assert_eq!(deleted.status, 204);
        }
    });
    let app = App::from_env(&test.stack.env("scim-patch"), &platform)
        .await
        .unwrap();
    let answer = Answer::from(scim_patch::handle(&app, number_and_nick_name().request()).await);
    assert_eq!(answer.status, 404);
    assert!(test.user(BOB).await.is_null());
    assert!(test.verification(BOB).await.is_null());
}

/// Free when it was looked for, taken when it is written: nothing of the change is left.
#[tokio::test]
async fn an_external_id_that_is_taken_in_between() {
    for changed in [
        json!({ "externalId": "X-1" }),
        json!({ "userName": "rob", "externalId": "X-1" }),
    ] {
        let test = Arc::new(TestApp::start().await);
        let other = Arc::clone(&test);
        let platform = interleave(test.stack.platform(), "TransactWriteItems", 1, move || {
            let test = Arc::clone(&other);
            async move { assert_eq!(test.users(&carol()).await.status, 201) }
        });
        let app = scim_patch::App::from_env(&test.stack.env("scim-patch"), &platform)
            .await
            .unwrap();
        let before = test.user(BOB).await;
        let event = Event::shipped("scim-patch/patch-user").replacing(&changed);
        let answer = Box::pin(scim_patch::handle(&app, event.request())).await;
        assert_eq!(answer.status(), 409);
        assert_eq!(test.user(BOB).await, before);
        assert_eq!(test.user_names().await, ["alice", "bob123", "carol"]);
    }
}

fn carol() -> Event {
    Event::shipped("scim-users/create").body(&json!({ "userName": "carol", "externalId": "X-1" }))
}
