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
    /// E.164, or an e-mail address as it is sent to.
    pub to: String,
    pub body: String,
    pub sender: String,
    pub sent_at: Timestamp,
    /// None of a text message.
    pub email: Option<EmailParts>,
}

/// What an e-mail has beside its text.
#[derive(Clone)]
pub struct EmailParts {
    pub subject: String,
    pub html: String,
}

#[derive(Default)]
struct State {
    messages: Vec<OutboxMessage>,
    next_id: u64,
    of_texts: Outcome,
    of_emails: Outcome,
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

impl State {
    fn keep(&mut self, outcome: Outcome, message: OutboxMessage) {
        if matches!(outcome, Outcome::Delivered | Outcome::Unknown) {
            self.next_id += 1;
            let id = self.next_id;
            self.messages.push(OutboxMessage { id, ..message });
        }
    }
}

impl OutboxMessage {
    /// A text message without its id.
    fn new(to: &str, body: &str, sender: &str, now: Timestamp) -> Self {
        Self {
            id: 0,
            to: to.to_owned(),
            body: body.to_owned(),
            sender: sender.to_owned(),
            sent_at: now,
            email: None,
        }
    }
}

impl Outbox {
    /// Takes a text message over, or says what a provider in that state would say.
    pub fn deliver(&self, to: &str, body: &str, sender: &str, now: Timestamp) -> Outcome {
        let mut state = self.state();
        let outcome = state.of_texts;
        state.keep(outcome, OutboxMessage::new(to, body, sender, now));
        outcome
    }

    /// The same for an e-mail.
    pub fn deliver_email(
        &self,
        to: &str,
        body: &str,
        email: EmailParts,
        sender: &str,
        now: Timestamp,
    ) -> Outcome {
        let mut state = self.state();
        let outcome = state.of_emails;
        let email = Some(email);
        let message = OutboxMessage::new(to, body, sender, now);
        state.keep(outcome, OutboxMessage { email, ..message });
        outcome
    }

    /// What it answers to text messages.
    pub fn set_outcome(&self, outcome: Outcome) {
        self.state().of_texts = outcome;
    }

    /// What it answers to e-mails.
    pub fn set_email_outcome(&self, outcome: Outcome) {
        self.state().of_emails = outcome;
    }

    /// All messages, or those to one address, spelled as it is sent to.
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
