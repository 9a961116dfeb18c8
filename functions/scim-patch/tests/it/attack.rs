//! What an attack can cost: the most messages in a clock hour that tokens, numbers and addresses in
//! somebody's hands can cause. Every limit is met in turn; the smallest of them holds exactly.

use std::time::Duration;

use local::testing::{Desk, Event};

use crate::caps::number;

/// What the attacker has.
struct Attacker {
    tokens: usize,
    numbers: usize,
    addresses: usize,
}

async fn users(desk: &Desk, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("token{n}"),
        });
        let created = desk
            .users(&Event::shipped("scim-users/create").body(&body))
            .await;
        ids.push(created.body["id"].as_str().unwrap().to_owned());
    }
    ids
}

/// Asks for everything, again and again, as soon as the cooldown lets it, for almost an hour.
async fn messages(limits: &[&str], attacker: &Attacker) -> usize {
    let desk = Desk::at_the_hour(limits).await;
    let users = users(&desk, attacker.tokens).await;
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
                let status = desk.patch(&event).await.status;
                assert!(status == 200 || status == 429, "{status}");
            }
        }
        desk.bench.clock().advance(Duration::from_secs(61));
    }
    desk.sent_to().len()
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
