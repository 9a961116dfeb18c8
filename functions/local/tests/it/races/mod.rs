//! Requests at the same moment: whatever their order, limits hold, codes work once and no update is lost.
//! Every race is run many times, each time with a new user: as often as `RACE_ROUNDS` says, or 20 times.

mod guesses;
mod updates;

use std::collections::BTreeMap;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use local::testing::{Answer, Desk, Event};
use serde_json::{Value, json};
use shared::config::process_env;

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
    desk: Arc<Desk>,
    id: String,
    number: String,
}

impl Racer {
    /// Without a number.
    async fn new(desk: &Arc<Desk>, round: u32) -> Self {
        let created = desk.users(&create(&format!("racer-{round}"))).await;
        assert_eq!(created.status, 201);
        Self {
            desk: Arc::clone(desk),
            id: created.body["id"].as_str().unwrap().to_owned(),
            number: format!("+6012{:07}", 1_000_000 + round),
        }
    }

    /// With a pending number.
    async fn pending(desk: &Arc<Desk>, round: u32) -> Self {
        let racer = Self::new(desk, round).await;
        assert_eq!(racer.patch(&mobile(&racer.number)).await.status, 200);
        racer
    }

    /// The codes that were sent to the number, oldest first.
    fn codes(&self) -> Vec<String> {
        codes(&self.desk, &self.number)
    }

    async fn me(&self) -> Answer {
        let event = Event::shipped("scim-users/get-me").by(&self.id, "");
        self.desk.users(&event).await
    }

    fn patch(&self, value: &Value) -> Request {
        let event = Event::shipped("scim-patch/patch-me").by(&self.id, "");
        let (desk, event) = (Arc::clone(&self.desk), event.replacing(value));
        Box::pin(async move { desk.patch(&event).await })
    }

    fn patched_by_admin(&self, value: &Value) -> Request {
        let event = Event::shipped("scim-patch/patch-user").by("admin", ADMIN);
        let event = event.parameter("id", &self.id).replacing(value);
        let desk = Arc::clone(&self.desk);
        Box::pin(async move { desk.patch(&event).await })
    }

    fn deleted_by_admin(&self) -> Request {
        let event = Event::shipped("scim-users/delete").by("admin", ADMIN);
        let (desk, event) = (Arc::clone(&self.desk), event.parameter("id", &self.id));
        Box::pin(async move { desk.users(&event).await })
    }

    fn validate(&self, code: &str) -> Request {
        let event = Event::shipped("validate-code/me").by(&self.id, "");
        let event = event.body(&json!({"code": code, "properties": []}));
        let desk = Arc::clone(&self.desk);
        Box::pin(async move { desk.validate(&event).await })
    }

    /// By Transmit's call.
    fn send(&self) -> Request {
        let event = Event::shipped("sms-otp/send").by(&self.id, "");
        let event = event.body(&json!({"phone_number": self.number}));
        let desk = Arc::clone(&self.desk);
        Box::pin(async move { desk.sms_otp(&event).await })
    }

    fn resend(&self) -> Request {
        let event = Event::shipped("resend-code/me").by(&self.id, "");
        let desk = Arc::clone(&self.desk);
        Box::pin(async move { desk.resend(&event).await })
    }
}

fn codes(desk: &Desk, number: &str) -> Vec<String> {
    let messages = desk.bench.outbox().messages(Some(number));
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
