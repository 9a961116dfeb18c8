//! Carries the steps out on a deployment of its own, and looks at what became of each.

use std::sync::Arc;
use std::time::Duration;

use local::testing::{Answer, TestApp, UNCAPPED};
use serde_json::{Map, Value, json};
use shared::address::Channel;
use shared::clock::Timestamp;
use shared::crypto::key::Key;
use shared::otp::Code;
use shared::platform::outbox::{OutboxMessage, Outcome};
use shared::verification::claim::{Claim, hash_for};
use shared::verification::scenario::Scenario;

use super::operation::{By, Call, Guess, Rules, Setup, Step, USERS, What};
use super::requests::{Request, ask, creating, deleting, primary};
use crate::api::{WSO2, wrong};

/// The administrator who validates codes without naming their user.
pub const DESK: usize = USERS;

/// Tokens that may be tried from one address in an hour, where that is narrow.
pub const FEW_TOKENS: usize = 3;

/// The primary address that a user has at first.
const AT_FIRST: [Option<(Channel, usize)>; USERS] = [
    None,
    Some((Channel::Sms, 5)),
    Some((Channel::Email, 5)),
    None,
];

/// How long the token of a link is.
pub const TOKEN: usize = 32;

/// Four users and what they were sent.
pub struct World {
    pub test: Arc<TestApp>,
    pub ids: Vec<String>,
    gateways: Gateways,
    state: State,
    /// How many messages have been looked at.
    read: usize,
}

/// What is answered to messages of either channel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gateways {
    texts: Outcome,
    emails: Outcome,
}

/// What is stored of each user.
#[derive(Clone, Debug, PartialEq)]
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

/// What a gateway took over.
pub struct Message {
    pub at: Timestamp,
    pub channel: Channel,
    pub to: String,
    pub code: String,
    /// The claim that the code proves; None where there is no such claim.
    pub proves: Option<Proved>,
}

/// A claim of a user, and the id of its code.
pub struct Proved {
    pub user: usize,
    pub code_id: String,
}

/// What became of a step.
pub struct Seen {
    pub from: Timestamp,
    pub to: Timestamp,
    pub before: State,
    pub after: State,
    pub done: Vec<Done>,
    /// What the gateways took over meanwhile.
    pub messages: Vec<Message>,
    pub gateways: Gateways,
}

impl Gateways {
    pub const fn of(self, channel: Channel) -> Outcome {
        match channel {
            Channel::Sms => self.texts,
            Channel::Email => self.emails,
        }
    }
}

impl World {
    pub async fn new(setup: Setup) -> Self {
        let test = Box::pin(TestApp::with(&settings(setup))).await;
        let mut ids = Vec::new();
        for (user, with) in AT_FIRST.into_iter().enumerate() {
            ids.push(created(&test, user, with).await);
        }
        let state = State::of(&test, &ids).await;
        Self {
            test: Arc::new(test),
            ids,
            gateways: Gateways::default(),
            state,
            read: 0,
        }
    }

    /// Answers what there is to look at; nothing where only time passed. `codes` are those that were sent to each user,
    /// oldest first.
    pub async fn play(&mut self, step: &Step, codes: &[Vec<String>]) -> Seen {
        let from = self.test.stack.clock().now();
        let mut done = Vec::new();
        match step {
            Step::One(call) => done = self.at_once(vec![call.clone()], codes).await,
            Step::Burst(user, calls) => done = self.at_once(burst(*user, calls), codes).await,
            Step::Crowd(call) => done = self.at_once(crowd(call), codes).await,
            Step::Unlock(user, beside) => done.push(self.unlock(*user, *beside).await),
            Step::Recreate(user, with) => self.recreate(*user, *with).await,
            Step::Wait(seconds) => {
                let clock = self.test.stack.clock();
                clock.advance(Duration::from_secs(*seconds));
            }
            Step::Gateway(channel, outcome) => self.set(*channel, *outcome),
            Step::Sweep => {
                self.test.stack.sweep().await;
            }
        }
        let after = State::of(&self.test, &self.ids).await;
        let messages = self.new_messages(&after).await;
        Seen {
            from,
            to: self.test.stack.clock().now(),
            before: std::mem::replace(&mut self.state, after.clone()),
            after,
            done,
            messages,
            gateways: self.gateways,
        }
    }

    async fn new_messages(&mut self, after: &State) -> Vec<Message> {
        let messages = self.test.stack.outbox().messages(None);
        let keys = self.test.validate_code.keys.living().await.unwrap();
        let new = messages.iter().skip(self.read);
        let new = new
            .map(|message| self.message(message, after, &keys))
            .collect();
        self.read = messages.len();
        new
    }

    /// Two users' messages to one address may be of one moment: only the codes tell whose they are.
    fn message(&self, message: &OutboxMessage, after: &State, keys: &[Key]) -> Message {
        let code = message.body.rsplit_once(" : ").unwrap().1;
        let code = code.rsplit_once("#code=").map_or(code, |(_, token)| token);
        let typed = Code::parse(code).unwrap();
        let proves = (0..USERS).find_map(|user| {
            Scenario::ALL.into_iter().find_map(|scenario| {
                let claim = after.pending[user].get(scenario.attribute())?;
                let claim: Claim = serde_json::from_value(claim.clone()).unwrap();
                let (id, address) = (&self.ids[user], &claim.address);
                let hash = |key| hash_for(key, &typed, id, scenario, address, &claim.code_id);
                let found = keys.iter().any(|key| claim.code_hash == hash(key));
                let code_id = claim.code_id.as_str().to_owned();
                found.then_some(Proved { user, code_id })
            })
        });
        Message {
            at: message.sent_at,
            channel: match message.email {
                Some(_) => Channel::Email,
                None => Channel::Sms,
            },
            to: message.to.clone(),
            code: code.to_owned(),
            proves,
        }
    }

    fn set(&mut self, channel: Channel, outcome: Outcome) {
        let outbox = self.test.stack.outbox();
        match channel {
            Channel::Sms => {
                outbox.set_outcome(outcome);
                self.gateways.texts = outcome;
            }
            Channel::Email => {
                outbox.set_email_outcome(outcome);
                self.gateways.emails = outcome;
            }
        }
    }

    async fn at_once(&self, calls: Vec<Call>, codes: &[Vec<String>]) -> Vec<Done> {
        let typed = |call: &Call| call.what.guess().map(|guess| code(guess, call.user, codes));
        let mut running = Vec::new();
        for call in calls {
            let typed = typed(&call);
            let event = self.request(&call, typed.as_deref()).event();
            let (test, what) = (Arc::clone(&self.test), call.what.clone());
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

    fn request<'a>(&'a self, call: &'a Call, typed: Option<&'a str>) -> Request<'a> {
        Request {
            call,
            id: &self.ids[call.user],
            stored: &self.state.users[call.user],
            typed,
        }
    }

    async fn unlock(&self, user: usize, beside: Option<(Channel, usize)>) -> Done {
        let beside = beside.map(|(channel, n)| (What::Primary(channel, n), (channel, n)));
        let (what, mut change) = match beside {
            Some((what, (channel, n))) => (what, primary(channel, n, By::Admin)),
            None => (What::Active(true), json!({})),
        };
        change[WSO2] = json!({ "verificationLocked": false });
        let call = Call {
            user,
            by: By::Admin,
            address: 0,
            what,
        };
        let event = self.request(&call, None).patching().replacing(&change);
        let answer = self.test.patch(&event).await;
        Done {
            call,
            typed: None,
            answer,
        }
    }

    /// Nothing stays of the user from before, nothing is sent, and nobody else sees anything of it.
    async fn recreate(&mut self, user: usize, with: Option<(Channel, usize)>) {
        let deleted = self.test.users(&deleting(&self.ids[user])).await;
        assert_eq!(deleted.status, 204, "{deleted}");
        assert!(self.test.verification(&self.ids[user]).await.is_null());
        self.ids[user] = created(&self.test, user, with).await;
        let fresh = State::of(&self.test, &self.ids).await;
        assert!(fresh.pending[user].is_empty());
        self.state.users[user] = fresh.users[user].clone();
        self.state.pending[user].clear();
        assert_eq!(self.state, fresh);
    }
}

fn settings(setup: Setup) -> Vec<&'static str> {
    let mut settings = match setup.rules {
        Rules::Defaults => Vec::new(),
        Rules::Narrow => vec![
            "MaxSendsPerIpPerHour=6",
            "MaxSendsPerHourInAll=13",
            "MaxEmailsPerHourInAll=13",
            "MaxTriesPerIpPerHour=3",
        ],
        Rules::Unique => vec![
            "VerifiedNumberUniqueness=verified",
            "VerifiedEmailUniqueness=verified",
        ],
        Rules::Uncapped => UNCAPPED.to_vec(),
    };
    settings.push("EnableEmailVerification=true");
    if setup.links {
        settings.push("EmailLinkUrl=https://app.example/confirm");
        settings.push("EmailTemplate=Open : {{link}}");
    } else {
        settings.push("EmailTemplate=Code : {{confirmation-code}}");
    }
    if !setup.lists {
        settings.push("MultipleMobileNumbers=false");
        settings.push("MultipleEmailAddresses=false");
    }
    settings
}

async fn created(test: &TestApp, user: usize, with: Option<(Channel, usize)>) -> String {
    let created = test.users(&creating(user, with)).await;
    assert_eq!(created.status, 201, "{created}");
    created.body["id"].as_str().unwrap().to_owned()
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
