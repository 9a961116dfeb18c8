//! A code on its way: the first, another, or one to a number that is given in the flow.

use crate::address::Address;
use crate::address::phone_number::PhoneNumber;
use crate::challenge::attempts::Attempts;
use crate::challenge::issue::IssueError;
use crate::challenge::login::{LoginError, SecondFactor, Step};
use crate::messaging::caps::{Purpose, Reservation};
use crate::messaging::dispatch::{DispatchError, Envelope};
use crate::messaging::message::Message;
use crate::otp::{Code, CodeId};
use crate::store::{FlowWrite, FlowWritten, MessageWas, StoreError};
use crate::telemetry::audit::{self, LoginRefusal};
use crate::user::User;
use crate::verification::Verification;
use crate::verification::flow::{Asks, Flow, FlowId, LoginCode, NumberFrom, login_hash};
use crate::verification::limits::Refusal;

/// A flow that is to have a code.
pub(super) struct Sending<'a> {
    pub id: &'a FlowId,
    /// As it was read; None where it is new.
    pub before: Option<&'a Flow>,
    /// As it is to be, but for the code.
    pub draft: Flow,
    pub number: PhoneNumber,
    pub region: String,
    /// None where there is no user.
    pub user_version: Option<u64>,
    /// What its messages count on, as it was read.
    pub read: &'a Verification,
}

impl SecondFactor {
    /// Another code to the number of before; the old one is dead. Three round trips before the message: the flow, the
    /// user, and the counts beside the flow.
    pub async fn resend(&self, id: &FlowId, step: &Step) -> Result<(), LoginError> {
        if !self.policy.resend {
            return Err(LoginError::SwitchedOff("ResendEnable"));
        }
        let mut attempts = Attempts::new(self.random);
        loop {
            let flow = self.open(id, step.now).await?;
            let Some(sent) = flow.login_code.clone() else {
                return Err(LoginError::NothingSent);
            };
            let (user, state) = self.of_flow(&flow).await?;
            if let Some(refusal) = dead(&flow, &sent.number, user.as_ref()) {
                self.refuse(id, flow, refusal).await?;
                return Err(LoginError::NoFlow);
            }
            let sending = Sending {
                id,
                before: Some(&flow),
                draft: flow.clone(),
                number: sent.number,
                region: sent.region,
                user_version: user.as_ref().map(|user| user.version),
                read: &state,
            };
            match self.send(sending, step).await {
                Ok(_) => return Ok(()),
                Err(error) => attempts.again(error).await?,
            }
        }
    }

    /// A code to the number that somebody gives in the flow: it asked for one, or one was mistyped. Three round trips
    /// before the message, as above.
    pub async fn send_to(
        &self,
        id: &FlowId,
        spelled: &str,
        step: &Step,
    ) -> Result<Flow, LoginError> {
        let mut attempts = Attempts::new(self.random);
        loop {
            let flow = self.open(id, step.now).await?;
            if !flow.takes_number() {
                return Err(LoginError::NoNumberAsked);
            }
            let (user, state) = self.of_flow(&flow).await?;
            let number = match &user {
                Some(user) => user.numbers.read(spelled, &self.numbering),
                None => self.numbering.parse_mobile(spelled),
            };
            let number = number.map_err(LoginError::Number)?;
            if let Some(refusal) = dead(&flow, &number, user.as_ref()) {
                return self.refuse(id, flow, refusal).await;
            }
            let sending = Sending {
                id,
                before: Some(&flow),
                draft: flow.clone().asking(Asks::Code, flow.number_from),
                region: number.region(),
                number,
                user_version: user.as_ref().map(|user| user.version),
                read: &state,
            };
            match self.send(sending, step).await {
                Ok(flow) => return Ok(flow),
                Err(error) => attempts.again(error).await?,
            }
        }
    }

    /// The user of a flow, and what its account counts.
    async fn of_flow(&self, flow: &Flow) -> Result<(Option<User>, Verification), StoreError> {
        let subject = &flow.subject;
        if let Some(user) = &subject.user_id {
            return self.store.read(user).await;
        }
        let (user, counts) = tokio::join!(self.user_now(flow), self.store.counts(&subject.account));
        Ok((user?, counts?))
    }

    /// The user of a flow; of one that began when nobody was known by the name, whoever is by now.
    pub(super) async fn user_now(&self, flow: &Flow) -> Result<Option<User>, StoreError> {
        let subject = &flow.subject;
        let known = subject.user_id.as_ref().or(subject.unknown_id.as_ref());
        let id = match (known, &subject.user_name) {
            (Some(id), _) => Some(id.clone()),
            (None, Some(name)) => self.store.id_by_name(name).await?,
            (None, None) => None,
        };
        match id {
            Some(id) => self.store.user(&id).await,
            None => Ok(None),
        }
    }

    /// Counts the message and writes the flow with its code, at the same time; sends it; takes all back where it did
    /// not go out.
    pub(super) async fn send(&self, sending: Sending<'_>, step: &Step) -> Result<Flow, IssueError> {
        self.may_send(&sending, step)?;
        let (flow, code) = self.with_code(&sending, step).await?;
        let Some(sent) = &flow.login_code else {
            return Err(StoreError::Unexpected("a flow without a code".into()).into());
        };
        let write = FlowWrite {
            id: sending.id,
            before: sending.before,
            after: &flow,
            read: sending.read,
            now: step.now,
        };
        let to = Address::from(sent.number.clone());
        let envelope = Envelope {
            user: &flow.subject.account,
            to: &to,
            region: &sent.region,
            purpose: Purpose::Login(step.requester),
            now: step.now,
        };
        let reservation = self.reserve_and_write(&envelope, &write).await?;
        let body = self.message.with_code(&code);
        let message = Message {
            user: envelope.user,
            to: envelope.to,
            region: envelope.region,
            body: &body,
            subject: "",
            html: "",
            code: code.expose(),
            sender: None,
        };
        let sent_to = (self.dispatcher).send(&envelope, &message, reservation, step.until);
        if let Err(error) = sent_to.await {
            let was = if error.is_unknown() {
                MessageWas::Sent
            } else {
                MessageWas::NotTakenOver
            };
            if let Err(error) = self.store.take_back_flow(&write, was).await {
                let user = envelope.user;
                tracing::error!(user, %error, "a flow without a message could not be taken back");
            }
            return Err(error.into());
        }
        audit::login_started(envelope.user, envelope.to, envelope.region);
        Ok(flow)
    }

    fn may_send(&self, sending: &Sending<'_>, step: &Step) -> Result<(), IssueError> {
        let (read, number) = (sending.read, &sending.number);
        let locked = read.locked_until(step.now, &self.limits);
        let may = match locked {
            Some(until) => Err(Refusal::Locked { until }),
            None => read.logins.may_send(number, step.now),
        };
        may.map_err(|refusal| {
            let to = Address::from(number.clone());
            audit::refused(&sending.draft.subject.account, Some(&to), &refusal);
            IssueError::Refused(refusal)
        })
    }

    /// The flow with a code of its own, which is kept only as a hash.
    async fn with_code(
        &self,
        sending: &Sending<'_>,
        step: &Step,
    ) -> Result<(Flow, Code), IssueError> {
        let mut random = self.random;
        let code = Code::generate(&self.codes, &mut random)?;
        let id = CodeId::generate(&mut random)?;
        let key = self.keys.current().await;
        let mut flow = sending.draft.clone();
        let account = &flow.subject.account;
        flow.login_code = Some(LoginCode {
            hash: login_hash(&key, &code, account, &sending.number, &id),
            number: sending.number.clone(),
            region: sending.region.clone(),
            id,
            key_version: key.version().to_owned(),
            expires: flow.expires.min(step.now + self.codes.validity),
            user_version: sending.user_version,
        });
        flow.tries = 0;
        flow.revision = sending.before.map_or(1, |before| before.revision + 1);
        Ok((flow, code))
    }

    async fn reserve_and_write(
        &self,
        envelope: &Envelope<'_>,
        write: &FlowWrite<'_>,
    ) -> Result<Reservation, IssueError> {
        let (reserved, written) = tokio::join!(
            self.dispatcher.reserve(envelope),
            self.store.write_flow(write)
        );
        match (reserved, written) {
            (Ok(reservation), Ok(FlowWritten::Done)) => Ok(reservation),
            (Ok(reservation), written) => {
                self.dispatcher.release(reservation).await;
                match written {
                    Err(error) => {
                        // It may be written all the same, its reply lost.
                        self.undo_untried(write).await;
                        Err(error.into())
                    }
                    Ok(_) => Err(IssueError::Lost),
                }
            }
            (Err(error), written) => {
                if !matches!(written, Ok(FlowWritten::Lost)) {
                    self.undo_untried(write).await;
                }
                Err(match error {
                    DispatchError::Refused(refusal) => IssueError::Refused(refusal),
                    DispatchError::Store(error) => error.into(),
                })
            }
        }
    }

    async fn undo_untried(&self, write: &FlowWrite<'_>) {
        let undone = self.store.take_back_flow(write, MessageWas::NotTried).await;
        if let Err(error) = undone {
            let user = &write.after.subject.account;
            tracing::warn!(user, %error, "a flow whose code was never sent stays");
        }
    }
}

/// Why no code of this flow lets anybody in any more: its sign-in has ended, or it is not the number that one would take
/// now. A number that is only given is for somebody who still is nobody.
pub(super) fn dead(flow: &Flow, number: &PhoneNumber, user: Option<&User>) -> Option<LoginRefusal> {
    if flow.number_from == NumberFrom::Direct {
        return user.map(|_| LoginRefusal::KnownNow);
    }
    let user = match in_use(flow, user) {
        Ok(user) => user,
        Err(refusal) => return Some(refusal),
    };
    let stored = user.login_number();
    let good = match flow.number_from {
        NumberFrom::User => stored == Some(number),
        _ => stored.is_none(),
    };
    (!good).then_some(LoginRefusal::NumberChanged)
}

/// The flow's user, where it is there, is active, and has been so since the flow's last step.
pub(super) fn in_use<'a>(flow: &Flow, user: Option<&'a User>) -> Result<&'a User, LoginRefusal> {
    let user = user.ok_or(LoginRefusal::NoUser)?;
    if !user.is_active() {
        return Err(LoginRefusal::Inactive);
    }
    let begun = flow.user_version();
    if begun.is_some_and(|version| user.has_ended_sign_ins_of(version)) {
        return Err(LoginRefusal::NumberChanged);
    }
    Ok(user)
}
