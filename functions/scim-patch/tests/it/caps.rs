//! Caps on messages: of a user, a number, an address, the whole deployment; and the countries they go to.
//! A refused message costs nothing, is counted nowhere, and leaves what was pending.

use std::sync::Arc;
use std::time::Duration;

use local::testing::{ALICE, Answer, BOB, Event, Fault, TestApp};
use shared::platform::outbox::Outcome;

use crate::support::{NEW, primary};

const HOUR: Duration = Duration::from_hours(1);

/// The nth of many mobile numbers.
pub fn number(n: usize) -> String {
    format!("+60123{:06}", 100_000 + n)
}

/// Bob changes his number.
async fn bob(test: &TestApp, number: &str) -> Answer {
    test.patch(&primary(number)).await
}

/// A service changes a user's number.
async fn service(test: &TestApp, user: &str, number: &str) -> Answer {
    let event = Event::shipped("scim-patch/patch-user").parameter("id", user);
    let numbers = serde_json::json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
    test.patch(&event.replacing(&numbers)).await
}

/// What is counted now, in all windows together.
async fn counted(test: &TestApp) -> u64 {
    let table = test.stack.env("scim-patch")("VERIFICATIONS_TABLE").unwrap();
    let scan = test.stack.dynamodb().scan().table_name(table).send().await;
    let items = scan.unwrap().items.unwrap_or_default();
    let counts = items
        .iter()
        .filter_map(|item| item.get("sends")?.as_n().ok());
    counts.map(|count| count.parse::<u64>().unwrap()).sum()
}

/// What is not known to be given back is not given back again.
#[tokio::test]
async fn a_lost_reply_gives_back_once() {
    let test = TestApp::at_the_hour(&[
        "MaxSendsPerDay=0",
        "MaxSendsPerIpPerHour=0",
        "MaxSendsPerHourInAll=0",
        "PrivilegedLookupByCode=false",
    ])
    .await;
    assert_eq!(bob(&test, NEW).await.status, 200);
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    // After the count, the claim, and the claim taken back.
    let faults = test.stack.faults();
    faults.fail_after(3, "UpdateItem", Fault::LostReply);
    faults.take_calls();
    let alices = primary(NEW).by(ALICE, "");
    assert_eq!(test.patch(&alices).await.status, 502);
    assert_eq!(counted(&test).await, 1, "{:?}", faults.take_calls());
}

#[tokio::test]
async fn a_user_is_sent_so_many_in_any_hour_and_day() {
    let test = TestApp::at_the_hour(&[
        "MaxSendsPerHour=2",
        "MaxSendsPerDay=3",
        "MaxSendsPerIpPerHour=0",
    ])
    .await;
    assert_eq!(bob(&test, &number(0)).await.status, 200);
    test.stack.clock().advance(Duration::from_mins(30));
    assert_eq!(bob(&test, &number(1)).await.status, 200);
    let pending = test.verification(BOB).await;
    let before = counted(&test).await;
    let refused = bob(&test, &number(2)).await;
    assert_eq!(refused.gist(), "429 VRF-42901");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1790..=1800).contains(&wait), "{wait}");
    assert_eq!(test.verification(BOB).await, pending, "the claim stays");
    assert_eq!(
        counted(&test).await,
        before,
        "nobody else's budget is spent"
    );
    test.stack.clock().advance(Duration::from_secs(wait));
    assert_eq!(bob(&test, &number(2)).await.status, 200);
    let refused = bob(&test, &number(3)).await;
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(wait > 22 * 3600, "the day's: {wait}");
    assert_eq!(test.sent_to().len(), 3);
}

#[tokio::test]
async fn a_number_is_sent_so_many_by_anyone() {
    let test = TestApp::at_the_hour(&["MaxSendsPerHour=2", "ResendCooldownSeconds=0"]).await;
    assert_eq!(bob(&test, NEW).await.status, 200);
    assert_eq!(service(&test, ALICE, "012-345 6789").await.status, 200);
    let mallory = Event::shipped("scim-patch/patch-me").by(ALICE, "");
    let numbers = serde_json::json!({ "phoneNumbers": [{ "type": "mobile", "value": number(1) }] });
    assert_eq!(test.patch(&mallory.replacing(&numbers)).await.status, 200);
    // A third user, and the same number in another spelling.
    let carol = test.users(&Event::shipped("scim-users/create")).await;
    let carol = carol.body["id"].as_str().unwrap().to_owned();
    let before = counted(&test).await;
    let own = |number: &str| {
        let numbers =
            serde_json::json!({ "phoneNumbers": [{ "type": "mobile", "value": number }] });
        Event::shipped("scim-patch/patch-me")
            .by(&carol, "")
            .replacing(&numbers)
    };
    let refused = test.patch(&own("tel:+60-12-345-6789")).await;
    assert_eq!(refused.gist(), "429 VRF-42902");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(counted(&test).await, before, "given back");
    // Whoever acts for others is held to no number's cap.
    assert_eq!(service(&test, &carol, NEW).await.status, 200);
    test.stack.clock().advance(HOUR);
    assert_eq!(test.patch(&own(NEW)).await.status, 200);
}

#[tokio::test]
async fn an_address_causes_so_many_and_a_service_is_not_counted() {
    let test = TestApp::at_the_hour(&["MaxSendsPerIpPerHour=2"]).await;
    assert_eq!(bob(&test, &number(0)).await.status, 200);
    assert_eq!(bob(&test, &number(1)).await.status, 200);
    assert_eq!(bob(&test, &number(2)).await.gist(), "429 VRF-42903");
    assert_eq!(service(&test, ALICE, &number(3)).await.status, 200);
    let elsewhere = primary(&number(4)).from_address("2001:db8::1");
    assert_eq!(test.patch(&elsewhere).await.status, 200);
    test.stack.clock().advance(HOUR);
    assert_eq!(bob(&test, &number(5)).await.status, 200);
}

/// Behind a proxy the connection's address is the proxy's: the header tells the clients apart, an address written in
/// any way is one, and what is no address is nobody else's.
#[tokio::test]
async fn an_address_is_taken_from_the_header_that_a_proxy_sets() {
    let header = "CloudFront-Viewer-Address";
    let test = TestApp::at_the_hour(&[
        "MaxSendsPerIpPerHour=1",
        &format!("ClientAddressHeader={header}"),
    ])
    .await;
    let from =
        |n: usize, address: &str| primary(&number(n)).header(&header.to_lowercase(), address);
    for (n, address, status) in [
        (0, "198.51.100.10:46532", 200),
        (1, "198.51.100.10:46533", 429),
        (2, "198.51.100.11:46532", 200),
        (3, "2001:db8:1:2:3:4:5:6:443", 200),
        (4, "[2001:db8:1:2::9]:444", 429),
    ] {
        let answer = test.patch(&from(n, address)).await;
        assert_eq!(answer.status, status, "{address}: {answer}");
    }
    test.stack.clock().advance(HOUR);
    for (n, address) in [(5, "unknown"), (6, "unknown"), (7, "10.0.0.1, 10.0.0.2")] {
        let answer = test.patch(&from(n, address)).await;
        assert_eq!(answer.status, 200, "{address}: {answer}");
    }
    test.stack.clock().advance(HOUR);
    // Not by way of the proxy: the connection's address counts, with or without a port.
    let direct = |n: usize, address: &str| primary(&number(n)).from_address(address);
    assert_eq!(test.patch(&direct(8, "203.0.113.7")).await.status, 200);
    assert_eq!(test.patch(&direct(9, "203.0.113.7:5555")).await.status, 429);
}

/// Twenty users at once against a budget that does not divide by the shards.
#[tokio::test(flavor = "multi_thread")]
async fn the_budget_is_exact_in_parallel() {
    let test = Arc::new(TestApp::at_the_hour(&["MaxSendsPerHourInAll=13"]).await);
    let mut users = Vec::new();
    for n in 0..20 {
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("user{n}"),
        });
        let created = test
            .users(&Event::shipped("scim-users/create").body(&body))
            .await;
        users.push(created.body["id"].as_str().unwrap().to_owned());
    }
    let requests = users.into_iter().enumerate().map(|(n, user)| {
        let test = Arc::clone(&test);
        tokio::spawn(async move { service(&test, &user, &number(n)).await.gist() })
    });
    let requests: Vec<_> = requests.collect();
    let mut sent = 0;
    for request in requests {
        match request.await.unwrap().as_str() {
            "200" => sent += 1,
            refused => assert_eq!(refused, "429 VRF-42904"),
        }
    }
    assert_eq!(sent, 13);
    assert_eq!(test.sent_to().len(), 13);
}

#[tokio::test]
async fn what_was_not_sent_is_not_counted() {
    let test = TestApp::at_the_hour(&[]).await;
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    assert_eq!(bob(&test, NEW).await.gist(), "502 VRF-50200");
    assert_eq!(counted(&test).await, 0);
    test.stack.outbox().set_outcome(Outcome::Delivered);
    assert_eq!(bob(&test, NEW).await.status, 200);
    assert_eq!(counted(&test).await, 3);
}

#[tokio::test]
async fn a_counter_that_cannot_be_written_means_no_message() {
    let test = TestApp::at_the_hour(&[]).await;
    for fault in [Fault::Throttled, Fault::Unreachable] {
        test.stack.faults().fail("UpdateItem", fault, 100);
        assert_eq!(bob(&test, NEW).await.gist(), "503 VRF-50300");
        test.stack.faults().clear_faults();
        assert_eq!(test.sent_to().len(), 0);
        assert!(test.verification(BOB).await.is_null());
    }
    assert_eq!(bob(&test, NEW).await.status, 200);
}

#[tokio::test]
async fn messages_go_to_allowed_countries_only() {
    let test = TestApp::with(&["AllowedRegions=MY,GB", "DeniedRegions=GB"]).await;
    for denied in ["+447400123456", "+12025550123"] {
        let before = test.verification(BOB).await;
        let answer = bob(&test, denied).await;
        assert_eq!(answer.status, 400, "{denied}");
        assert_eq!(answer.body["scimType"], "invalidValue");
        assert_eq!(test.verification(BOB).await, before);
    }
    assert_eq!(test.sent_to().len(), 0);
    assert_eq!(counted(&test).await, 0);
    assert_eq!(bob(&test, NEW).await.status, 200);
}

#[tokio::test]
async fn an_own_number_is_changed_after_a_fresh_sign_in() {
    let test = TestApp::with(&["MaxAuthenticationAgeMinutes=5"]).await;
    let answer = bob(&test, NEW).await;
    assert_eq!(answer.gist(), "401 VRF-40101");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(
        challenge.contains("insufficient_user_authentication"),
        "{challenge}"
    );
    assert!(challenge.contains("max_age=\"300\""), "{challenge}");
    let title =
        Event::shipped("scim-patch/patch-me").replacing(&serde_json::json!({"title": "Dr"}));
    assert_eq!(test.patch(&title).await.status, 200, "no number");
    let signed_in = test.stack.clock().now().seconds() - 200;
    let fresh = primary(NEW).claim("auth_time", &signed_in.to_string());
    assert_eq!(test.patch(&fresh).await.status, 200);
    assert_eq!(
        service(&test, ALICE, &number(1)).await.status,
        200,
        "a service has no sign-in"
    );
}
