//! The inbox of the local server and the tests: keeps messages instead of sending them,
//! and can be told to behave like a provider that refuses or is down.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;

/// What the outbox answers from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    #[default]
    Delivered,
    /// The number cannot be reached; another provider would say the same.
    Refused,
    /// The provider is down.
    Unavailable,
    /// The provider takes the message over, and does not say so: a lost answer.
    Unknown,
}

/// A message that was taken over. It holds a code: no Debug.
#[derive(Clone)]
pub struct OutboxMessage {
    pub id: u64,
    /// E.164.
    pub to: String,
    pub body: String,
    pub sender: String,
    pub sent_at: Timestamp,
}

#[derive(Default)]
struct State {
    messages: Vec<OutboxMessage>,
    next_id: u64,
    outcome: Outcome,
}

/// Messages in memory, oldest first.
#[derive(Default)]
pub struct Outbox {
    state: Mutex<State>,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl Outbox {
    /// Takes the message over, or says what a provider in that state would say.
    pub fn deliver(&self, to: &str, body: &str, sender: &str, now: Timestamp) -> Outcome {
        let mut state = self.state();
        if matches!(state.outcome, Outcome::Delivered | Outcome::Unknown) {
            state.next_id += 1;
            let message = OutboxMessage {
                id: state.next_id,
                to: to.to_owned(),
                body: body.to_owned(),
                sender: sender.to_owned(),
                sent_at: now,
            };
            state.messages.push(message);
        }
        state.outcome
    }

    pub fn set_outcome(&self, outcome: Outcome) {
        self.state().outcome = outcome;
    }

    /// All messages, or those to one number.
    pub fn messages(&self, to: Option<&str>) -> Vec<OutboxMessage> {
        self.state()
            .messages
            .iter()
            .filter(|message| to.is_none_or(|to| message.to == to))
            .cloned()
            .collect()
    }

    pub fn clear(&self) {
        self.state().messages.clear();
    }

    /// A panic elsewhere leaves whole messages behind: nothing to distrust.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
