//! What an attack can cost: the most messages in a clock hour that tokens, numbers and addresses in
//! somebody's hands can cause. Every limit is met in turn; the smallest of them holds exactly. What old numbers
//! are told of is counted, too.

use std::time::Duration;

use local::testing::{Event, TestApp};
use serde_json::json;

use crate::caps::number;
use crate::support::{NEW, OTHER, fail, primary, typed};

/// Bob's number of the seeds.
const OLD: &str = "+60111111111";

/// What the attacker has.
struct Attacker {
    tokens: usize,
    numbers: usize,
    addresses: usize,
}

async fn users(test: &TestApp, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("token{n}"),
        });
        let created = test
            .users(&Event::shipped("scim-users/create").body(&body))
            .await;
        ids.push(created.body["id"].as_str().unwrap().to_owned());
    }
    ids
}

/// Asks for everything, again and again, as soon as the cooldown lets it, for almost an hour.
async fn messages(limits: &[&str], attacker: &Attacker) -> usize {
    let test = TestApp::at_the_hour(limits).await;
    let users = users(&test, attacker.tokens).await;
    let mut turn = 0;
    for _ in 0..12 {
        for user in &users {
            for n in 0..attacker.numbers {
                let numbers = serde_json::json!({
                    "phoneNumbers": [{ "type": "mobile", "value": number(n) }],
                });
                let address = format!("203.0.113.{}", turn % attacker.addresses);
                turn += 1;
                let event = Event::shipped("scim-patch/patch-me").by(user, "");
                let event = event.from_address(&address).replacing(&numbers);
                let status = test.patch(&event).await.status;
                assert!(status == 200 || status == 429, "{status}");
            }
        }
        test.stack.clock().advance(Duration::from_secs(61));
    }
    test.sent_to().len()
}

#[tokio::test]
async fn the_smallest_limit_is_what_it_costs() {
    let limits = [
        "MaxSendsPerHour=2",
        "MaxSendsPerDay=2",
        "MaxSendsPerIpPerHour=3",
        "MaxSendsPerHourInAll=7",
    ];
    for (tokens, numbers, addresses, expected) in [
        // By the user, the number, the address, the deployment.
        (1, 5, 5, 2),
        (5, 1, 5, 2),
        (5, 5, 1, 3),
        (5, 5, 5, 7),
    ] {
        let attacker = Attacker {
            tokens,
            numbers,
            addresses,
        };
        let sent = messages(&limits, &attacker).await;
        assert_eq!(
            sent, expected,
            "{tokens} tokens, {numbers} numbers, {addresses} addresses"
        );
    }
}

/// Bob has two verified numbers, and his account is locked; two codes were sent for it.
async fn locked_with_two_numbers(limits: &[&str]) -> TestApp {
    let test = TestApp::at_the_hour(&[&["MaxFailures=1"], limits].concat()).await;
    let both = json!({ "urn:scim:wso2:schema": { "verifiedMobileNumbers": [OLD, NEW] } });
    let both = Event::shipped("scim-patch/patch-me").replacing(&both);
    assert_eq!(test.patch(&both).await.status, 200);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(test.patch(&primary(OTHER)).await.status, 200);
    fail(&test, 1).await;
    assert_eq!(test.sent_to(), [NEW, OTHER]);
    test
}

/// Changes the primary number to and fro, or takes it away and sets it again, and tells the numbers that were there.
/// Answers how many messages to each of the two numbers there were, and how many are to come.
async fn flipped(test: &TestApp) -> (usize, usize, usize) {
    let remove = json!([{ "op": "remove", "path": "phoneNumbers[type eq \"mobile\"]" }]);
    let remove = Event::shipped("scim-patch/patch-me").operations(&remove);
    let mut to_come = 0;
    for _ in 0..4 {
        for change in [&primary(NEW), &primary(OLD), &remove, &primary(OLD)] {
            assert_eq!(test.patch(change).await.status, 200);
        }
        to_come = test.follow().await;
    }
    let to = |number: &str| test.stack.outbox().messages(Some(number)).len();
    (to(OLD), to(NEW), to_come)
}

#[tokio::test]
async fn numbers_to_and_fro_cost_no_more() {
    for (limits, expected) in [
        // NEW was verified beside OLD, eight changes took OLD away, four NEW, which had a code before.
        (["MaxSendsPerHour=0", "MaxSendsPerDay=0"], (9, 5, 0)),
        (["MaxSendsPerHour=3", "MaxSendsPerDay=0"], (3, 4, 0)),
        (["MaxSendsPerHour=0", "MaxSendsPerDay=2"], (2, 3, 0)),
    ] {
        let test = locked_with_two_numbers(&limits).await;
        assert_eq!(flipped(&test).await, expected, "{limits:?}");
    }
}

#[tokio::test]
async fn notices_have_a_budget_of_their_own_and_wait_for_it() {
    let limits = [
        "MaxSendsPerHour=3",
        "MaxSendsPerHourInAll=2",
        "MaxNoticesPerHourInAll=4",
    ];
    let test = locked_with_two_numbers(&limits).await;
    // OLD has had its share; what NEW is to be told is not forgotten.
    assert_eq!(flipped(&test).await, (3, 2, 3));
    assert_eq!(test.sent_to().len(), 6);
    test.stack.clock().advance(Duration::from_hours(1));
    assert_eq!(test.follow().await, 0);
    assert_eq!(test.sent_to()[6..], [NEW; 3]);
}
