//! Changes in parallel: one number is sent one code, an acknowledged update stays,
//! a name has one user, and a deleted user is gone with everything that was pending.

use std::sync::Arc;
use std::time::Duration;

use local::testing::TestApp;
use serde_json::{Value, json};

use super::{Racer, against, at_once, codes, create, rounds, tallied, tally};
use crate::api::{mobile, pending, primary};

/// The others would be full after so many rounds.
const CAPS_OF_A_NUMBER: [&str; 2] = ["MaxSendsPerIpPerHour=0", "MaxSendsPerHourInAll=0"];

/// Two of six digits are the same now and then.
const LONG_CODES: [&str; 5] = [
    "OtpLength=10",
    "MaxSendsPerHour=0",
    "MaxSendsPerDay=0",
    "MaxSendsPerIpPerHour=0",
    "MaxSendsPerHourInAll=0",
];

const ATTRIBUTES: [&str; 10] = [
    "displayName",
    "nickName",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "profileUrl",
    "externalId",
    "employeeNumber",
];

#[tokio::test(flavor = "multi_thread")]
async fn one_number_is_sent_one_code() {
    // With the caps of a number: those that count a message and do not send it are in each other's way.
    let test = Arc::new(TestApp::with(&CAPS_OF_A_NUMBER).await);
    for round in rounds() {
        let racer = Racer::new(&test, round).await;
        let change = mobile(&racer.number);
        for request in racer.patched_at_once(&change) {
            let answer = request.await.unwrap();
            assert_eq!(answer.gist(), "200");
            assert_eq!(pending(&answer.body), Some(racer.number.as_str()));
        }
        let [code] = racer.codes().try_into().unwrap();
        assert_eq!(racer.validate(&code).await.gist(), "202");
    }
}

/// At any door: who comes second is told to wait, or that its number is pending.
#[tokio::test(flavor = "multi_thread")]
async fn one_number_is_sent_one_code_by_two_doors() {
    let test = Arc::new(TestApp::with(&CAPS_OF_A_NUMBER).await);
    for round in rounds() {
        let racer = Racer::new(&test, round).await;
        let change = mobile(&racer.number);
        let (mut requests, sends): (Vec<_>, Vec<_>) =
            (0..5).map(|_| (racer.patch(&change), racer.send())).unzip();
        requests.extend(sends);
        if round.is_multiple_of(2) {
            requests.reverse();
        }
        let answers = tally(&at_once(requests).await);
        let expected = ["200", "429 VRF-42900", "429 VRF-42902", "409 VRF-40900"];
        assert!(
            answers.keys().all(|gist| expected.contains(&gist.as_str())),
            "{answers:?}"
        );
        let [code] = racer.codes().try_into().unwrap();
        assert_eq!(racer.validate(&code).await.gist(), "202");
    }
}

/// Each replaces the one before it. At most one code is alive, and it is the pending number's.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_numbers_one_is_pending() {
    let test = Arc::new(TestApp::with(&LONG_CODES).await);
    for round in rounds() {
        let racer = Racer::new(&test, round).await;
        let number = |n: u32| format!("+6013{:07}", 1_000_000 + 10 * round + n);
        let answers = at_once((0..4).map(|n| racer.patch(&mobile(&number(n))))).await;
        let me = racer.me().await.body;
        for (n, answer) in (0..).zip(&answers) {
            let sent = codes(&test, &number(n));
            // Who came too late three times has changed and sent nothing.
            let expected = usize::from(answer.status == 200);
            assert!(answer.status == 200 || answer.status == 409, "{answer}");
            assert_eq!(sent.len(), expected);
            if pending(&me) != Some(&number(n)) && expected == 1 {
                assert_eq!(racer.validate(&sent[0]).await.gist(), "400 18001");
            }
        }
        let code = codes(&test, pending(&me).unwrap()).remove(0);
        assert_eq!(racer.validate(&code).await.gist(), "202");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_update_is_lost() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let racer = Racer::new(&test, round).await;
        let change = |name: &str| match name {
            "employeeNumber" => {
                json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {name: "7"}})
            }
            "profileUrl" => json!({name: "https://example.com/7"}),
            _ => json!({name: "7"}),
        };
        let changes = ATTRIBUTES.map(|name| racer.patched_by_admin(&change(name)));
        let answers = at_once(changes).await;
        let stored = test.user(&racer.id).await;
        let me = racer.me().await.body;
        let mut done = 0;
        for (name, answer) in ATTRIBUTES.into_iter().zip(&answers) {
            assert!(answer.status == 200 || answer.status == 409, "{answer}");
            let there = me.to_string().contains(&format!("\"{name}\":"));
            assert_eq!(there, answer.status == 200, "{name}: {me}");
            done += u64::from(there);
        }
        assert!(done > 0);
        assert_eq!(stored["version"].as_u64(), Some(1 + done));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_renewed_once() {
    let test = Arc::new(TestApp::with(&LONG_CODES).await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        test.stack.clock().advance(Duration::from_secs(61));
        let answers = at_once((0..10).map(|_| racer.resend())).await;
        let expected = tallied([("201", 1), ("429 VRF-42900", 9)]);
        assert_eq!(tally(&answers), expected);
        let [first, second] = racer.codes().try_into().unwrap();
        assert_ne!(first, second);
        assert_eq!(racer.validate(&first).await.gist(), "400 18001");
        assert_eq!(racer.validate(&second).await.gist(), "202");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_stays_deleted() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        let code = racer.codes().remove(0);
        let (validated, deleted) =
            against(round, racer.validate(&code), racer.deleted_by_admin()).await;
        assert_eq!(deleted.gist(), "204");
        assert!(
            ["202", "400 18001"].contains(&validated.gist().as_str()),
            "{validated}"
        );
        assert_eq!(racer.me().await.status, 404);
        assert_eq!(test.user(&racer.id).await, Value::Null);
        let left = test.pending(&racer.id).await;
        assert!(!left.contains_key("primaryClaim"), "{left:?}");
        assert_eq!(racer.validate(&code).await.gist(), "400 18001");
        // The name is free, and whoever gets it has nothing of the old user.
        let again = Racer::new(&test, round).await;
        assert_ne!(again.id, racer.id);
        let me = again.me().await.body;
        assert_eq!((primary(&me), pending(&me)), (None, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_has_one_user() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let creating = [format!("Twin-{round}"), format!("tWIN-{round}")].map(|name| {
            let (test, event) = (Arc::clone(&test), create(&name));
            async move { test.users(&event).await }
        });
        let mut answers = at_once(creating).await;
        answers.sort_by_key(|answer| answer.status);
        let [created, refused] = answers.try_into().unwrap();
        assert_eq!((created.status, refused.status), (201, 409));
        assert_eq!(refused.body["scimType"], "uniqueness");
    }
}
