//! Caps on messages: of a user, a number, an address, the whole deployment; and the countries they go to.
//! A refused message costs nothing, is counted nowhere, and leaves what was pending.

use std::sync::Arc;
use std::time::Duration;

use local::testing::{ALICE, Answer, BOB, Desk, Event, Fault};
use shared::platform::outbox::Outcome;

use crate::support::{NEW, primary};

const HOUR: Duration = Duration::from_hours(1);

/// The nth of many mobile numbers.
pub fn number(n: usize) -> String {
    format!("+60123{:06}", 100_000 + n)
}

/// Bob changes his number.
async fn bob(desk: &Desk, number: &str) -> Answer {
    desk.patch(&primary(number)).await
}

/// A service changes a user's number.
async fn service(desk: &Desk, user: &str, number: &str) -> Answer {
    let event = Event::shipped("scim-patch/patch-user").parameter("id", user);
    let numbers = serde_json::json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
    desk.patch(&event.replacing(&numbers)).await
}

/// What is counted now, in all windows together.
async fn counted(desk: &Desk) -> u64 {
    let table = desk.bench.env("scim-patch")("VERIFICATIONS_TABLE").unwrap();
    let scan = desk.bench.dynamodb().scan().table_name(table).send().await;
    let items = scan.unwrap().items.unwrap_or_default();
    let counts = items
        .iter()
        .filter_map(|item| item.get("sends")?.as_n().ok());
    counts.map(|count| count.parse::<u64>().unwrap()).sum()
}

/// What is not known to be given back is not given back again.
#[tokio::test]
async fn a_lost_reply_gives_back_once() {
    let desk = Desk::at_the_hour(&[
        "MaxSendsPerDay=0",
        "MaxSendsPerIpPerHour=0",
        "MaxSendsPerHourInAll=0",
        "PrivilegedLookupByCode=false",
    ])
    .await;
    assert_eq!(bob(&desk, NEW).await.status, 200);
    desk.bench.outbox().set_outcome(Outcome::Unavailable);
    // After the count, the claim, and the claim taken back.
    let tap = desk.bench.tap();
    tap.fail_after(3, "UpdateItem", Fault::LostReply);
    tap.take_calls();
    let alices = primary(NEW).by(ALICE, "");
    assert_eq!(desk.patch(&alices).await.status, 502);
    assert_eq!(counted(&desk).await, 1, "{:?}", tap.take_calls());
}

#[tokio::test]
async fn a_user_is_sent_so_many_in_any_hour_and_day() {
    let desk = Desk::at_the_hour(&[
        "MaxSendsPerHour=2",
        "MaxSendsPerDay=3",
        "MaxSendsPerIpPerHour=0",
    ])
    .await;
    assert_eq!(bob(&desk, &number(0)).await.status, 200);
    desk.bench.clock().advance(Duration::from_mins(30));
    assert_eq!(bob(&desk, &number(1)).await.status, 200);
    let pending = desk.verification(BOB).await;
    let before = counted(&desk).await;
    let refused = bob(&desk, &number(2)).await;
    assert_eq!(refused.gist(), "429 UMV-10004");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1790..=1800).contains(&wait), "{wait}");
    assert_eq!(desk.verification(BOB).await, pending, "the claim stays");
    assert_eq!(
        counted(&desk).await,
        before,
        "nobody else's budget is spent"
    );
    desk.bench.clock().advance(Duration::from_secs(wait));
    assert_eq!(bob(&desk, &number(2)).await.status, 200);
    let refused = bob(&desk, &number(3)).await;
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(wait > 22 * 3600, "the day's: {wait}");
    assert_eq!(desk.sent_to().len(), 3);
}

#[tokio::test]
async fn a_number_is_sent_so_many_by_anyone() {
    let desk = Desk::at_the_hour(&["MaxSendsPerHour=2", "ResendCooldownSeconds=0"]).await;
    assert_eq!(bob(&desk, NEW).await.status, 200);
    assert_eq!(service(&desk, ALICE, "012-345 6789").await.status, 200);
    let mallory = Event::shipped("scim-patch/patch-me").by(ALICE, "");
    let numbers = serde_json::json!({ "phoneNumbers": [{ "type": "mobile", "value": number(1) }] });
    assert_eq!(desk.patch(&mallory.replacing(&numbers)).await.status, 200);
    // A third user, and the same number in another spelling.
    let carol = desk.users(&Event::shipped("scim-users/create")).await;
    let carol = carol.body["id"].as_str().unwrap().to_owned();
    let before = counted(&desk).await;
    let refused = service(&desk, &carol, "tel:+60-12-345-6789").await;
    assert_eq!(refused.gist(), "429 UMV-10004");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(counted(&desk).await, before, "given back");
    desk.bench.clock().advance(HOUR);
    assert_eq!(service(&desk, &carol, NEW).await.status, 200);
}

#[tokio::test]
async fn an_address_causes_so_many_and_a_service_is_not_counted() {
    let desk = Desk::at_the_hour(&["MaxSendsPerIpPerHour=2"]).await;
    assert_eq!(bob(&desk, &number(0)).await.status, 200);
    assert_eq!(bob(&desk, &number(1)).await.status, 200);
    assert_eq!(bob(&desk, &number(2)).await.gist(), "429 UMV-10004");
    assert_eq!(service(&desk, ALICE, &number(3)).await.status, 200);
    let elsewhere = primary(&number(4)).from_address("2001:db8::1");
    assert_eq!(desk.patch(&elsewhere).await.status, 200);
    desk.bench.clock().advance(HOUR);
    assert_eq!(bob(&desk, &number(5)).await.status, 200);
}

/// Twenty users at once against a budget that does not divide by the shards.
#[tokio::test(flavor = "multi_thread")]
async fn the_budget_is_exact_in_parallel() {
    let desk = Arc::new(Desk::at_the_hour(&["MaxSendsPerHourInAll=13"]).await);
    let mut users = Vec::new();
    for n in 0..20 {
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("user{n}"),
        });
        let created = desk
            .users(&Event::shipped("scim-users/create").body(&body))
            .await;
        users.push(created.body["id"].as_str().unwrap().to_owned());
    }
    let requests = users.into_iter().enumerate().map(|(n, user)| {
        let desk = Arc::clone(&desk);
        tokio::spawn(async move { service(&desk, &user, &number(n)).await.gist() })
    });
    let requests: Vec<_> = requests.collect();
    let mut sent = 0;
    for request in requests {
        match request.await.unwrap().as_str() {
            "200" => sent += 1,
            refused => assert_eq!(refused, "429 UMV-10004"),
        }
    }
    assert_eq!(sent, 13);
    assert_eq!(desk.sent_to().len(), 13);
}

#[tokio::test]
async fn what_was_not_sent_is_not_counted() {
    let desk = Desk::at_the_hour(&[]).await;
    desk.bench.outbox().set_outcome(Outcome::Unavailable);
    assert_eq!(bob(&desk, NEW).await.gist(), "502 UMV-10005");
    assert_eq!(counted(&desk).await, 0);
    desk.bench.outbox().set_outcome(Outcome::Delivered);
    assert_eq!(bob(&desk, NEW).await.status, 200);
    assert_eq!(counted(&desk).await, 4);
}

#[tokio::test]
async fn a_counter_that_cannot_be_written_means_no_message() {
    let desk = Desk::at_the_hour(&[]).await;
    for fault in [Fault::Throttled, Fault::Unreachable] {
        desk.bench.tap().fail("UpdateItem", fault, 100);
        assert_eq!(bob(&desk, NEW).await.gist(), "503 UMV-10005");
        desk.bench.tap().clear_faults();
        assert_eq!(desk.sent_to().len(), 0);
        assert!(desk.verification(BOB).await.is_null());
    }
    assert_eq!(bob(&desk, NEW).await.status, 200);
}

#[tokio::test]
async fn messages_go_to_allowed_countries_only() {
    let desk = Desk::with(&["AllowedRegions=MY,GB", "DeniedRegions=GB"]).await;
    for denied in ["+447400123456", "+12025550123"] {
        let before = desk.verification(BOB).await;
        let answer = bob(&desk, denied).await;
        assert_eq!(answer.status, 400, "{denied}");
        assert_eq!(answer.body["scimType"], "invalidValue");
        assert_eq!(desk.verification(BOB).await, before);
    }
    assert_eq!(desk.sent_to().len(), 0);
    assert_eq!(counted(&desk).await, 0);
    assert_eq!(bob(&desk, NEW).await.status, 200);
}

#[tokio::test]
async fn an_own_number_is_changed_after_a_fresh_sign_in() {
    let desk = Desk::with(&["MaxAuthenticationAgeMinutes=5"]).await;
    let answer = bob(&desk, NEW).await;
    assert_eq!(answer.gist(), "401 UMV-10003");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(
        challenge.contains("insufficient_user_authentication"),
        "{challenge}"
    );
    assert!(challenge.contains("max_age=\"300\""), "{challenge}");
    let title =
        Event::shipped("scim-patch/patch-me").replacing(&serde_json::json!({"title": "Dr"}));
    assert_eq!(desk.patch(&title).await.status, 200, "no number");
    let signed_in = desk.bench.clock().now().seconds() - 200;
    let fresh = primary(NEW).claim("auth_time", &signed_in.to_string());
    assert_eq!(desk.patch(&fresh).await.status, 200);
    assert_eq!(
        service(&desk, ALICE, &number(1)).await.status,
        200,
        "a service has no sign-in"
    );
}
