//! Somebody else between a request's read and its write: re-read and re-applied, never lost, never overwritten.
//! After three lost races it is told; what was started is taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::testing::{Answer, BOB, Desk, Event, meanwhile};
use scim_patch::App;
use serde_json::json;

use crate::support::{NEW, OTHER, number_and_nick_name, primary, profile, title, typed};

/// A PATCH before whose calls of an operation other requests come in.
async fn interrupted(
    desk: &Arc<Desk>,
    event: &Event,
    operation: &'static str,
    others: Vec<Event>,
) -> Answer {
    let (next, times, other) = (AtomicUsize::new(0), others.len(), Arc::clone(desk));
    let platform = meanwhile(desk.bench.platform(), operation, times, move || {
        let event = others[next.fetch_add(1, Ordering::Relaxed)].clone();
        let desk = Arc::clone(&other);
        async move { assert_eq!(desk.patch(&event).await.status, 200) }
    });
    let app = App::from_env(&desk.bench.env("scim-patch"), &platform)
        .await
        .unwrap();
    scim_patch::handle(&app, event.request()).await.into()
}

fn titles(count: usize) -> Vec<Event> {
    (1..=count).map(|n| title(&format!("title {n}"))).collect()
}

#[tokio::test]
async fn no_update_is_lost() {
    for lost in 1..=3 {
        let desk = Arc::new(Desk::start().await);
        let answer = interrupted(&desk, &number_and_nick_name(), "PutItem", titles(lost)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["title"], format!("title {lost}"));
        assert_eq!(answer.body["nickName"], "Bobby");
        let stored = profile(&desk).await;
        assert_eq!(stored["title"], format!("title {lost}"));
        assert_eq!(stored["nickName"], "Bobby");
        assert_eq!(desk.user(BOB).await["version"], 2 + lost);
        assert_eq!(desk.sent_to(), [NEW], "read again, sent once");
        assert_eq!(desk.validate(&typed(&desk.code())).await.status, 202);
    }
}

#[tokio::test]
async fn after_four_lost_races_it_is_told() {
    let desk = Arc::new(Desk::start().await);
    let nick_name = json!({ "nickName": "Bobby" });
    let event = Event::shipped("scim-patch/patch-me").replacing(&nick_name);
    let answer = interrupted(&desk, &event, "PutItem", titles(4)).await;
    assert_eq!(answer.gist(), "409", "no uniqueness is at fault");
    let stored = profile(&desk).await;
    assert_eq!(stored["title"], "title 4");
    assert_eq!(stored.get("nickName"), None);
}

/// Others may rely on a claim whose message is out: it is taken back late.
#[tokio::test]
async fn once_a_message_is_out_more_races_may_be_lost() {
    let desk = Arc::new(Desk::start().await);
    let answer = interrupted(&desk, &number_and_nick_name(), "PutItem", titles(12)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(desk.sent_to(), [NEW]);
    let desk = Arc::new(Desk::start().await);
    let answer = interrupted(&desk, &number_and_nick_name(), "PutItem", titles(13)).await;
    assert_eq!(answer.gist(), "409");
    assert_eq!(profile(&desk).await.get("nickName"), None);
    assert_eq!(desk.pending(BOB).await.get("primaryClaim"), None);
}

#[tokio::test]
async fn a_number_that_was_changed_meanwhile_is_not_overwritten() {
    let desk = Arc::new(Desk::start().await);
    desk.patch(&primary(OTHER)).await;
    let code = desk.code();
    let (next, other) = (Arc::clone(&desk), typed(&code));
    let platform = meanwhile(desk.bench.platform(), "PutItem", 1, move || {
        let (desk, event) = (Arc::clone(&next), other.clone());
        async move { assert_eq!(desk.validate(&event).await.status, 202) }
    });
    let app = App::from_env(&desk.bench.env("scim-patch"), &platform)
        .await
        .unwrap();
    let answer = Answer::from(scim_patch::handle(&app, title("Dr").request()).await);
    assert_eq!(answer.status, 200);
    let user = desk.user(BOB).await;
    assert_eq!(user["primary"], OTHER);
    assert_eq!(profile(&desk).await["title"], "Dr");
}

#[tokio::test]
async fn two_requests_for_one_number_send_one_message() {
    let desk = Arc::new(Desk::start().await);
    let answer = interrupted(&desk, &primary(NEW), "UpdateItem", vec![primary(NEW)]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body["urn:scim:wso2:schema"]["pendingMobileNumber"],
        NEW
    );
    assert_eq!(desk.sent_to(), [NEW]);
    assert_eq!(desk.validate(&typed(&desk.code())).await.status, 202);
}

#[tokio::test]
async fn of_two_numbers_the_later_claim_is_left() {
    let desk = Arc::new(Desk::start().await);
    let answer = interrupted(&desk, &primary(NEW), "UpdateItem", vec![primary(OTHER)]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(desk.sent_to(), [OTHER, NEW]);
    assert_eq!(desk.pending(BOB).await["primaryClaim"]["number"], NEW);
    assert_eq!(desk.validate(&typed(&desk.code())).await.status, 202);
    assert_eq!(desk.user(BOB).await["primary"], NEW);
}

#[tokio::test]
async fn the_claim_is_there_before_the_message_and_the_message_before_the_user() {
    for (operation, messages) in [("UpdateItem", 0), ("PutItem", 1)] {
        let desk = Arc::new(Desk::start().await);
        let seen = Arc::new(AtomicUsize::new(usize::MAX));
        let (look, see) = (Arc::clone(&desk), Arc::clone(&seen));
        let platform = meanwhile(desk.bench.platform(), operation, 1, move || {
            see.store(look.sent_to().len(), Ordering::Relaxed);
            std::future::ready(())
        });
        let app = App::from_env(&desk.bench.env("scim-patch"), &platform)
            .await
            .unwrap();
        let answer = Answer::from(scim_patch::handle(&app, number_and_nick_name().request()).await);
        assert_eq!(answer.status, 200);
        assert_eq!(seen.load(Ordering::Relaxed), messages, "{operation}");
    }
}

#[tokio::test]
async fn a_user_deleted_meanwhile_leaves_nothing_behind() {
    let desk = Arc::new(Desk::start().await);
    let other = Arc::clone(&desk);
    let platform = meanwhile(desk.bench.platform(), "PutItem", 1, move || {
        let desk = Arc::clone(&other);
        async move {
            let deleted = desk.users(&Event::shipped("scim-users/delete")).await;
            assert_eq!(deleted.status, 204);
        }
    });
    let app = App::from_env(&desk.bench.env("scim-patch"), &platform)
        .await
        .unwrap();
    let answer = Answer::from(scim_patch::handle(&app, number_and_nick_name().request()).await);
    assert_eq!(answer.status, 404);
    assert!(desk.user(BOB).await.is_null());
    assert!(desk.verification(BOB).await.is_null());
}

/// Free when it was looked for, taken when it is written: nothing of the change is left.
#[tokio::test]
async fn an_external_id_that_is_taken_in_between() {
    for changed in [
        json!({ "externalId": "X-1" }),
        json!({ "userName": "rob", "externalId": "X-1" }),
    ] {
        let desk = Arc::new(Desk::start().await);
        let other = Arc::clone(&desk);
        let platform = meanwhile(desk.bench.platform(), "TransactWriteItems", 1, move || {
            let desk = Arc::clone(&other);
            async move { assert_eq!(desk.users(&carol()).await.status, 201) }
        });
        let app = scim_patch::App::from_env(&desk.bench.env("scim-patch"), &platform)
            .await
            .unwrap();
        let before = desk.user(BOB).await;
        let event = Event::shipped("scim-patch/patch-user").replacing(&changed);
        let answer = Box::pin(scim_patch::handle(&app, event.request())).await;
        assert_eq!(answer.status(), 409);
        assert_eq!(desk.user(BOB).await, before);
        assert_eq!(desk.user_names().await, ["alice", "bob123", "carol"]);
    }
}

fn carol() -> Event {
    Event::shipped("scim-users/create").body(&json!({ "userName": "carol", "externalId": "X-1" }))
}
