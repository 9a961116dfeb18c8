//! Requests at the same moment: whatever their order, limits hold, codes work once and no update is lost.
//! Every race is run many times, each time with a new user: as often as `RACE_ROUNDS` says, or 20 times.

mod emails;
mod guesses;
mod updates;

use std::collections::BTreeMap;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use local::testing::{Answer, Event, TestApp};
use serde_json::{Value, json};
use shared::config::process_env;
use tokio::task::JoinHandle;

use crate::api::{USER, mobile};

/// Made, not yet set off.
type Request = Pin<Box<dyn Future<Output = Answer> + Send>>;

const ADMIN: &str = "internal_user_mgt_create internal_user_mgt_update internal_user_mgt_delete";

fn rounds() -> Range<u32> {
    let rounds = process_env("RACE_ROUNDS").map(|rounds| rounds.parse().unwrap());
    0..rounds.unwrap_or(20)
}

/// A user of one round, with a number that nobody else has.
struct Racer {
    test: Arc<TestApp>,
    id: String,
    number: String,
}

impl Racer {
    /// Without a number.
    async fn new(test: &Arc<TestApp>, round: u32) -> Self {
        let created = test.users(&create(&format!("racer-{round}"))).await;
        assert_eq!(created.status, 201);
        Self {
            test: Arc::clone(test),
            id: created.body["id"].as_str().unwrap().to_owned(),
            number: format!("+6012{:07}", 1_000_000 + round),
        }
    }

    /// With a pending number.
    async fn pending(test: &Arc<TestApp>, round: u32) -> Self {
        let racer = Self::new(test, round).await;
        assert_eq!(racer.patch(&mobile(&racer.number)).await.status, 200);
        racer
    }

    /// The codes that were sent to the number, oldest first.
    fn codes(&self) -> Vec<String> {
        codes(&self.test, &self.number)
    }

    async fn me(&self) -> Answer {
        let event = Event::shipped("scim-users/get-me").by(&self.id, "");
        self.test.users(&event).await
    }

    fn patch(&self, value: &Value) -> Request {
        let event = Event::shipped("scim-patch/patch-me").by(&self.id, "");
        let (test, event) = (Arc::clone(&self.test), event.replacing(value));
        Box::pin(async move { test.patch(&event).await })
    }

    fn patched_by_admin(&self, value: &Value) -> Request {
        let event = Event::shipped("scim-patch/patch-user").by("admin", ADMIN);
        let event = event.parameter("id", &self.id).replacing(value);
        let test = Arc::clone(&self.test);
        Box::pin(async move { test.patch(&event).await })
    }

    /// The same change five times by the user and five times by an administrator, all of them under way.
    fn patched_at_once(&self, value: &Value) -> Vec<JoinHandle<Answer>> {
        let mine = (0..5).map(|_| tokio::spawn(self.patch(value)));
        let others = (0..5).map(|_| tokio::spawn(self.patched_by_admin(value)));
        mine.chain(others).collect()
    }

    fn deleted_by_admin(&self) -> Request {
        let event = Event::shipped("scim-users/delete").by("admin", ADMIN);
        let (test, event) = (Arc::clone(&self.test), event.parameter("id", &self.id));
        Box::pin(async move { test.users(&event).await })
    }

    fn validate(&self, code: &str) -> Request {
        let event = Event::shipped("validate-code/me").by(&self.id, "");
        let event = event.body(&json!({"code": code, "properties": []}));
        let test = Arc::clone(&self.test);
        Box::pin(async move { test.validate(&event).await })
    }

    /// By Transmit's call.
    fn send(&self) -> Request {
        let event = Event::shipped("transmit/send").by(&self.id, "");
        let event = event.body(&json!({"phone_number": self.number}));
        let test = Arc::clone(&self.test);
        Box::pin(async move { test.transmit(&event).await })
    }

    fn resend(&self) -> Request {
        let event = Event::shipped("resend-code/me").by(&self.id, "");
        let test = Arc::clone(&self.test);
        Box::pin(async move { test.resend(&event).await })
    }
}

fn codes(test: &TestApp, number: &str) -> Vec<String> {
    let messages = test.stack.outbox().messages(Some(number));
    let bodies = messages.iter().map(|message| message.body.as_str());
    bodies
        .map(|body| body.rsplit_once(" : ").unwrap().1.to_owned())
        .collect()
}

fn create(user_name: &str) -> Event {
    let body = json!({"schemas": [USER], "userName": user_name});
    Event::shipped("scim-users/create")
        .by("admin", ADMIN)
        .body(&body)
}

/// Sets all off, then waits for all; the answers are in the order given.
async fn at_once<F>(requests: impl IntoIterator<Item = F>) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let running: Vec<_> = requests.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for request in running {
        answers.push(request.await.unwrap());
    }
    answers
}

/// Two different requests at once; which of them is set off first alternates.
async fn against(round: u32, one: Request, other: Request) -> (Answer, Answer) {
    let mut requests = [one, other];
    let swapped = round.is_multiple_of(2);
    if swapped {
        requests.reverse();
    }
    let mut answers = at_once(requests).await;
    if swapped {
        answers.reverse();
    }
    let [one, other] = answers.try_into().unwrap();
    (one, other)
}

/// How often there was each answer.
fn tally(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer.gist()).or_default() += 1;
    }
    tally
}

fn tallied<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected
        .map(|(gist, times)| (gist.to_owned(), times))
        .into()
}
