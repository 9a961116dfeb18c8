//! Carries the steps out on a deployment of its own, and looks at what became of each.

use std::sync::Arc;
use std::time::Duration;

use local::testing::{Answer, Event, TestApp, UNCAPPED};
use serde_json::{Map, Value, json};
use shared::clock::Timestamp;
use shared::crypto::key::Key;
use shared::otp::Code;
use shared::platform::outbox::{OutboxMessage, Outcome};
use shared::verification::claim::{Claim, hash_for};
use shared::verification::scenario::Scenario;

use super::operation::{By, Call, Guess, Setup, Step, USERS, What};
use crate::api::{USER, WSO2, mobile, wrong};

const ADMIN: &str =
    "internal_user_mgt_create internal_user_mgt_update internal_user_code_mgt_create";

/// The administrator who validates codes without naming their user.
pub const DESK: usize = USERS;

/// Four users and what they were sent.
pub struct World {
    pub test: Arc<TestApp>,
    pub ids: Vec<String>,
    pub gateway: Outcome,
    state: State,
    /// How many messages have been looked at.
    read: usize,
}

/// What is stored of each user.
#[derive(Clone, Debug)]
pub struct State {
    pub users: Vec<Value>,
    pub pending: Vec<Map<String, Value>>,
}

/// A request, and its answer.
#[derive(Debug)]
pub struct Done {
    pub call: Call,
    pub typed: Option<String>,
    pub answer: Answer,
}

/// What the gateway took over.
pub struct Message {
    pub at: Timestamp,
    pub to: String,
    pub code: String,
    /// Whose claim the code proves, and its id; None where there is no such claim.
    pub proves: Option<(usize, String)>,
}

/// What became of a step.
pub struct Seen {
    pub from: Timestamp,
    pub to: Timestamp,
    pub before: State,
    pub after: State,
    pub done: Vec<Done>,
    /// What the gateway took over meanwhile.
    pub messages: Vec<Message>,
    pub gateway: Outcome,
}

pub fn number(n: usize) -> String {
    format!("+601234567{n:02}")
}

impl World {
    pub async fn new(setup: Setup) -> Self {
        let narrow = ["MaxSendsPerIpPerHour=6", "MaxSendsPerHourInAll=13"];
        let test = TestApp::with(match setup {
            Setup::Defaults => &[],
            Setup::Narrow => &narrow,
            Setup::Unique => &["VerifiedNumberUniqueness=verified"],
            Setup::Uncapped => &UNCAPPED,
        });
        let test = Box::pin(test).await;
        let mut ids = Vec::new();
        for n in 0..USERS {
            let body = json!({"schemas": [USER], "userName": format!("user{n}")});
            let event = Event::shipped("scim-users/create").by("admin", ADMIN);
            let created = test.users(&event.body(&body)).await;
            ids.push(created.body["id"].as_str().unwrap().to_owned());
        }
        let state = State::of(&test, &ids).await;
        Self {
            test: Arc::new(test),
            ids,
            gateway: Outcome::Delivered,
            state,
            read: 0,
        }
    }

    /// Answers what there is to look at; nothing where only time passed. `codes` are those that were sent to each user,
    /// oldest first.
    pub async fn play(&mut self, step: &Step, codes: &[Vec<String>]) -> Seen {
        let from = self.test.stack.clock().now();
        let done = match step {
            Step::One(call) => self.at_once(vec![call.clone()], codes).await,
            Step::Burst(user, calls) => self.at_once(burst(*user, calls), codes).await,
            Step::Crowd(call) => self.at_once(crowd(call), codes).await,
            Step::Unlock(user, number) => vec![self.unlock(*user, *number).await],
            Step::Wait(seconds) => {
                self.test
                    .stack
                    .clock()
                    .advance(Duration::from_secs(*seconds));
                Vec::new()
            }
            Step::Gateway(outcome) => {
                self.gateway = *outcome;
                self.test.stack.outbox().set_outcome(*outcome);
                Vec::new()
            }
            Step::Sweep => {
                self.test.stack.sweep().await;
                Vec::new()
            }
        };
        let after = State::of(&self.test, &self.ids).await;
        let messages = self.test.stack.outbox().messages(None);
        let keys = self.test.validate_code.keys.living().await.unwrap();
        let new = messages.iter().skip(self.read);
        let new = new
            .map(|message| self.message(message, &after, &keys))
            .collect();
        self.read = messages.len();
        Seen {
            from,
            to: self.test.stack.clock().now(),
            before: std::mem::replace(&mut self.state, after.clone()),
            after,
            done,
            messages: new,
            gateway: self.gateway,
        }
    }

    /// Two users' messages to one number may be of one moment: only the codes tell whose they are.
    fn message(&self, message: &OutboxMessage, after: &State, keys: &[Key]) -> Message {
        let code = message.body.rsplit_once(" : ").unwrap().1;
        let typed = Code::parse(code).unwrap();
        let proves = (0..USERS).find_map(|user| {
            Scenario::ALL.into_iter().find_map(|scenario| {
                let claim = after.pending[user].get(scenario.attribute())?;
                let claim: Claim = serde_json::from_value(claim.clone()).unwrap();
                let (id, number) = (&self.ids[user], &claim.address);
                let hash = |key| hash_for(key, &typed, id, scenario, number, &claim.code_id);
                let found = keys.iter().any(|key| claim.code_hash == hash(key));
                found.then(|| (user, claim.code_id.as_str().to_owned()))
            })
        });
        Message {
            at: message.sent_at,
            to: message.to.clone(),
            code: code.to_owned(),
            proves,
        }
    }

    async fn at_once(&self, calls: Vec<Call>, codes: &[Vec<String>]) -> Vec<Done> {
        let typed = |call: &Call| call.what.guess().map(|guess| code(guess, call.user, codes));
        let mut running = Vec::new();
        for call in calls {
            let typed = typed(&call);
            let (test, event) = (Arc::clone(&self.test), self.event(&call, typed.as_deref()));
            let what = call.what.clone();
            let asking = tokio::spawn(async move { ask(&test, &what, &event).await });
            running.push((call, typed, asking));
        }
        let mut done = Vec::new();
        for (call, typed, asking) in running {
            let answer = asking.await.unwrap();
            done.push(Done {
                call,
                typed,
                answer,
            });
        }
        done
    }

    async fn unlock(&self, user: usize, beside: Option<usize>) -> Done {
        let mut change = beside.map_or_else(|| json!({}), |n| mobile(&number(n)));
        change[WSO2] = json!({ "verificationLocked": false });
        let call = Call {
            user,
            by: By::Admin,
            address: 0,
            what: What::Primary(beside.unwrap_or_default()),
        };
        let answer = self
            .test
            .patch(&self.patching(&call).replacing(&change))
            .await;
        Done {
            call,
            typed: None,
            answer,
        }
    }

    fn event(&self, call: &Call, typed: Option<&str>) -> Event {
        let id = &self.ids[call.user];
        let event = match &call.what {
            What::Validate(_, scenario) | What::Resend(scenario) => {
                let name = scenario.map(Scenario::name);
                let properties = name.map(|name| json!({"key": "RecoveryScenario", "value": name}));
                let properties: Vec<_> = properties.into_iter().collect();
                let mut body = json!({ "properties": properties });
                if let Some(typed) = typed {
                    body["code"] = typed.into();
                }
                let door = if typed.is_some() {
                    "validate-code"
                } else {
                    "resend-code"
                };
                match call.by {
                    By::Owner => Event::shipped(&format!("{door}/me")).by(id, "").body(&body),
                    By::Admin => {
                        body["user"] = json!({ "userId": id });
                        let event = Event::shipped(&format!("{door}/privileged"));
                        event.by("admin", ADMIN).body(&body)
                    }
                }
            }
            What::ValidateAnyones(_) => Event::shipped("validate-code/privileged")
                .by("admin", ADMIN)
                .body(&json!({ "code": typed })),
            What::Passcode(n, _) => Event::shipped("transmit/validate")
                .by(id, "")
                .body(&json!({ "phone_number": number(*n), "passcode": typed })),
            What::Send(n) => Event::shipped("transmit/send")
                .by(id, "")
                .body(&json!({ "phone_number": number(*n) })),
            What::Replace { .. } => self.putting(call),
            _ => self.patched(call),
        };
        event.from_address(&format!("203.0.113.{}", call.address))
    }

    fn patching(&self, call: &Call) -> Event {
        let id = &self.ids[call.user];
        match call.by {
            By::Owner if !matches!(call.what, What::Active(_)) => {
                Event::shipped("scim-patch/patch-me").by(id, "")
            }
            _ => Event::shipped("scim-patch/patch-user")
                .by("admin", ADMIN)
                .parameter("id", id),
        }
    }

    fn patched(&self, call: &Call) -> Event {
        let stored = &self.state.users[call.user];
        let remove = |path: &str| json!([{ "op": "remove", "path": path }]);
        let list = |numbers: Vec<Value>| json!({ "verifiedMobileNumbers": numbers });
        let event = self.patching(call);
        match &call.what {
            What::Primary(n) => event.replacing(&mobile(&number(*n))),
            What::List { keep, add } => {
                let kept = stored["verifiedMobileNumbers"].as_array().filter(|_| *keep);
                let mut numbers: Vec<Value> = kept.cloned().unwrap_or_default();
                numbers.extend(add.iter().map(|n| number(*n).into()));
                event.replacing(&json!({ WSO2: list(numbers) }))
            }
            What::Both(primary, listed) => {
                let mut both = mobile(&number(*primary));
                both[WSO2] = list(vec![number(*listed).into()]);
                event.replacing(&both)
            }
            What::Cancel => match stored["primary"].as_str() {
                Some(primary) => event.replacing(&mobile(primary)),
                None => event.operations(&remove("phoneNumbers")),
            },
            What::RemovePrimary => event.operations(&remove("phoneNumbers[type eq \"mobile\"]")),
            What::RemoveLists => event.operations(&remove(&format!("{WSO2}:mobileNumbers"))),
            What::Active(active) => event.replacing(&json!({ "active": active })),
            _ => unreachable!("no PATCH"),
        }
    }

    fn putting(&self, call: &Call) -> Event {
        let What::Replace { primary, list } = &call.what else {
            unreachable!("no PUT");
        };
        let id = &self.ids[call.user];
        let mut body = primary.map_or_else(|| json!({}), |n| mobile(&number(n)));
        body["schemas"] = json!([USER, WSO2]);
        body["userName"] = format!("user{}", call.user).into();
        if let Some(list) = list {
            let numbers: Vec<_> = list.iter().map(|n| number(*n)).collect();
            body[WSO2] = json!({ "verifiedMobileNumbers": numbers });
        }
        match call.by {
            By::Owner => Event::shipped("scim-patch/put-me").by(id, ""),
            By::Admin => Event::shipped("scim-patch/put-user")
                .by("admin", ADMIN)
                .parameter("id", id),
        }
        .body(&body)
    }
}

impl State {
    async fn of(test: &TestApp, ids: &[String]) -> Self {
        let (mut users, mut pending) = (Vec::new(), Vec::new());
        for id in ids {
            users.push(test.user(id).await);
            pending.push(test.pending(id).await);
        }
        Self { users, pending }
    }
}

/// All of one user, and from one address.
fn burst(user: usize, calls: &[Call]) -> Vec<Call> {
    let address = calls.first().map_or(0, |call| call.address);
    let calls = calls.iter().cloned();
    let calls = calls.map(|call| Call {
        user,
        address,
        ..call
    });
    calls.collect()
}

/// The same of every user.
fn crowd(call: &Call) -> Vec<Call> {
    let of = |user| Call {
        user,
        ..call.clone()
    };
    (0..USERS).map(of).collect()
}

async fn ask(test: &TestApp, what: &What, event: &Event) -> Answer {
    match what {
        What::Validate(..) | What::ValidateAnyones(_) => test.validate(event).await,
        What::Passcode(..) | What::Send(_) => test.transmit(event).await,
        What::Resend(_) => test.resend(event).await,
        _ => test.patch(event).await,
    }
}

fn code(guess: Guess, user: usize, codes: &[Vec<String>]) -> String {
    let newest = |user: usize, older| codes[user].iter().rev().nth(older).cloned();
    let code = match guess {
        Guess::Sent {
            user: behind,
            older,
        } => newest((user + behind) % USERS, older),
        Guess::Wrong => newest(user, 0).map(|code| wrong(&code)),
    };
    code.unwrap_or_else(|| "123456".to_owned())
}
