//! The same races of e-mail addresses, by codes and by links, and of a number and an address in one request.

use std::sync::Arc;
use std::time::Duration;

use local::testing::{Event, TestApp, UNCAPPED};
use serde_json::{Value, json};

use super::{Racer, Request, against, at_once, codes, rounds, tally};
use crate::api::{email, pending, pending_email, primary, verified_email};

const ON: &str = "EnableEmailVerification=true";

/// Two short ones are the same now and then, and either might open the other's claim.
const BY_CODE: [&str; 3] = [
    ON,
    "OtpLength=10",
    "EmailTemplate=Code : {{confirmation-code}}",
];

const BY_LINK: [&str; 4] = [
    ON,
    "OtpLength=10",
    "EmailTemplate=Open : {{link}}",
    "EmailLinkUrl=https://app.example/confirm",
];

async fn with(settings: &[&str]) -> Arc<TestApp> {
    let more = ["MaxTriesPerIpPerHour=0", "MaxEmailsPerHourInAll=0"];
    Arc::new(TestApp::with(&[&UNCAPPED[..], &more, settings].concat()).await)
}

/// A racer with an e-mail address that nobody else has.
struct Mailer {
    racer: Racer,
    email: String,
}

impl Mailer {
    async fn new(test: &Arc<TestApp>, round: u32) -> Self {
        Self {
            racer: Racer::new(test, round).await,
            email: format!("racer-{round}@abc.com"),
        }
    }

    /// With a pending address.
    async fn pending(test: &Arc<TestApp>, round: u32) -> Self {
        let mailer = Self::new(test, round).await;
        let patched = mailer.racer.patch(&email(&mailer.email)).await;
        assert_eq!(patched.status, 200);
        mailer
    }

    /// The codes or tokens that were sent to the address, oldest first.
    fn proofs(&self) -> Vec<String> {
        proofs(&self.racer.test, &self.email)
    }

    /// By the door of links, if it is a link's token.
    fn prove(&self, proof: &str) -> Request {
        if proof.len() == 10 {
            return self.racer.validate(proof);
        }
        let event = Event::shipped("validate-code/confirm-email");
        let event = event.body(&json!({"code": proof}));
        let test = Arc::clone(&self.racer.test);
        Box::pin(async move { test.validate(&event).await })
    }

    fn resend(&self) -> Request {
        let property = json!({"key": "RecoveryScenario", "value": "EMAIL_VERIFICATION_ON_UPDATE"});
        let event = Event::shipped("resend-code/me").by(&self.racer.id, "");
        let event = event.body(&json!({"properties": [property]}));
        let test = Arc::clone(&self.racer.test);
        Box::pin(async move { test.resend(&event).await })
    }

    /// What is verified and what is pending.
    async fn addresses(&self) -> (Option<String>, Option<String>) {
        let me = self.racer.me().await.body;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        (owned(verified_email(&me)), owned(pending_email(&me)))
    }
}

fn proofs(test: &TestApp, address: &str) -> Vec<String> {
    let sent = codes(test, address).into_iter();
    sent.map(|proof| match proof.rsplit_once("#code=") {
        Some((_, token)) => token.to_owned(),
        None => proof,
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_commits_once() {
    let test = with(&BY_LINK).await;
    for round in rounds() {
        let mailer = Mailer::pending(&test, round).await;
        let token = mailer.proofs().remove(0);
        assert_eq!(token.len(), 32);
        let before = test.user(&mailer.racer.id).await;
        let answers = at_once((0..20).map(|_| mailer.prove(&token))).await;
        let mut others = tally(&answers);
        assert_eq!(others.remove("202"), Some(1), "{others:?}");
        assert!(others.keys().all(|gist| gist == "400 18001"), "{others:?}");
        let after = test.user(&mailer.racer.id).await;
        assert_eq!(
            after["version"].as_u64(),
            before["version"].as_u64().map(|version| version + 1)
        );
        assert_eq!(mailer.addresses().await, (Some(mailer.email.clone()), None));
        // Nobody guessed.
        assert_eq!(test.failures(&mailer.racer.id).await, 0);
    }
}

/// One of them wins whole, as with numbers.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_or_link_is_used_or_renewed() {
    for settings in [&BY_CODE[..], &BY_LINK] {
        let test = with(settings).await;
        for round in rounds() {
            let mailer = Mailer::pending(&test, round).await;
            let proof = mailer.proofs().remove(0);
            test.stack.clock().advance(Duration::from_secs(61));
            let (proved, sent) = against(round, mailer.prove(&proof), mailer.resend()).await;
            let addresses = mailer.addresses().await;
            let address = Some(mailer.email.clone());
            match (proved.gist().as_str(), sent.gist().as_str()) {
                ("202", "400 UAR-10012") => {
                    assert_eq!(addresses, (address, None));
                    assert_eq!(mailer.proofs().len(), 1);
                }
                ("400 18001", "201") => {
                    assert_eq!(addresses, (None, address));
                    let new = mailer.proofs().remove(1);
                    assert_eq!(mailer.prove(&proof).await.gist(), "400 18001");
                    assert_eq!(mailer.prove(&new).await.gist(), "202");
                }
                other => unreachable!("{other:?}"),
            }
        }
    }
}

/// It commits its address or is dead; the other address is pending either way.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_or_link_is_used_or_its_address_replaced() {
    for settings in [&BY_CODE[..], &BY_LINK] {
        let test = with(settings).await;
        for round in rounds() {
            let mailer = Mailer::pending(&test, round).await;
            let proof = mailer.proofs().remove(0);
            let other = format!("other-{}", mailer.email);
            let mut change = email(&other);
            change["nickName"] = "other".into();
            let patch = mailer.racer.patch(&change);
            let (proved, patched) = against(round, mailer.prove(&proof), patch).await;
            assert_eq!(patched.gist(), "200");
            let expected = match proved.gist().as_str() {
                "202" => Some(mailer.email.clone()),
                "400 18001" => None,
                other => unreachable!("{other}"),
            };
            assert_eq!(mailer.addresses().await, (expected, Some(other.clone())));
            assert_eq!(mailer.racer.me().await.body["nickName"], "other");
            let [new] = proofs(&test, &other).try_into().unwrap();
            assert_eq!(mailer.prove(&proof).await.gist(), "400 18001");
            assert_eq!(mailer.prove(&new).await.gist(), "202");
        }
    }
}

fn both(number: &str, address: &str) -> Value {
    json!({
        "phoneNumbers": [{"type": "mobile", "value": number}],
        "emails": [{"value": address}],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_and_an_address_are_sent_one_code_each() {
    let test = with(&BY_CODE).await;
    for round in rounds() {
        let mailer = Mailer::new(&test, round).await;
        let racer = &mailer.racer;
        let change = both(&racer.number, &mailer.email);
        for request in racer.patched_at_once(&change) {
            let answer = request.await.unwrap();
            assert_eq!(answer.gist(), "200");
            assert_eq!(pending(&answer.body), Some(racer.number.as_str()));
            assert_eq!(pending_email(&answer.body), Some(mailer.email.as_str()));
        }
        let [by_text] = racer.codes().try_into().unwrap();
        let [by_email] = mailer.proofs().try_into().unwrap();
        // Both at once: neither is in the other's way.
        let (one, other) =
            against(round, racer.validate(&by_text), racer.validate(&by_email)).await;
        assert_eq!((one.gist(), other.gist()), ("202".into(), "202".into()));
        let me = racer.me().await.body;
        assert_eq!(
            (primary(&me), pending(&me)),
            (Some(racer.number.as_str()), None)
        );
        assert_eq!(mailer.addresses().await, (Some(mailer.email.clone()), None));
    }
}

/// Each pair replaces the one before it, whole: what is pending came in one request.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_pairs_one_is_pending() {
    let test = with(&BY_CODE).await;
    for round in rounds() {
        let mailer = Mailer::new(&test, round).await;
        let racer = &mailer.racer;
        let number = |n: u32| format!("+6013{:07}", 1_000_000 + 10 * round + n);
        let address = |n: u32| format!("pair-{round}-{n}@abc.com");
        let changes = (0..4).map(|n| racer.patch(&both(&number(n), &address(n))));
        let answers = at_once(changes).await;
        for (n, answer) in (0..).zip(&answers) {
            assert!([200, 409, 429].contains(&answer.status), "{answer}");
            let sent = usize::from(answer.status == 200);
            assert_eq!(codes(&test, &number(n)).len(), sent, "{answer}");
            assert_eq!(codes(&test, &address(n)).len(), sent, "{answer}");
        }
        let me = racer.me().await.body;
        let of = |n: &u32| pending(&me) == Some(&number(*n));
        let n = (0..4).find(of).unwrap();
        assert_eq!(pending_email(&me), Some(address(n).as_str()));
        let sent = [number(n), address(n)].map(|to| codes(&test, &to).remove(0));
        for code in sent {
            assert_eq!(racer.validate(&code).await.gist(), "202");
        }
    }
}
