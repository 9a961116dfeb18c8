//! The first step: who it is, what is asked of them, and the code on its way where one is.

use crate::challenge::attempts::Attempts;
use crate::challenge::login::policy::Demand;
use crate::challenge::login::send::Sending;
use crate::challenge::login::{Foreseen, LoginError, SecondFactor, Step, Who};
use crate::telemetry::audit;
use crate::user::name::folded;
use crate::user::{User, is_id};
use crate::verification::Verification;
use crate::verification::flow::{Asks, Flow, FlowId, NumberFrom, Stage, Subject};

impl SecondFactor {
    /// Starts a flow. Three round trips before a message: whose name it is, the user, and the counts beside the flow;
    /// two where the id is given.
    pub async fn start(
        &self,
        who: &Who,
        return_url: Option<String>,
        step: &Step,
    ) -> Result<(FlowId, Flow), LoginError> {
        let known = self.id_of(who).await?;
        let id = FlowId::generate(self.random)?;
        let mut attempts = Attempts::new(self.random);
        loop {
            let (user, state) = match &known {
                Some(known) => self.store.read(known).await?,
                None => (None, Verification::default()),
            };
            let subject = self.subject(who, user.as_ref()).await;
            let flow = Flow::new(subject, step.now + self.policy.validity)
                .returning_to(return_url.clone());
            let demand = self.policy.demand(user.as_ref());
            let Demand::Code(number) = demand else {
                let flow = self.without_code(flow, demand, &state, step)?;
                self.store.write_new_flow(&id, &flow).await?;
                return Ok((id, flow));
            };
            let sending = Sending {
                id: &id,
                before: None,
                region: number.region(),
                number: number.clone(),
                draft: flow,
                user_version: user.as_ref().map(|user| user.version),
                read: &state,
            };
            match self.send(sending, step).await {
                Ok(flow) => return Ok((id, flow)),
                Err(error) => attempts.again(error).await?,
            }
        }
    }

    /// The id that a user may have whom the application names; None where it is nobody's.
    async fn id_of(&self, who: &Who) -> Result<Option<String>, LoginError> {
        Ok(match who {
            Who::Id(id) => Some(id.clone()).filter(|id| is_id(id)),
            Who::UserName(name) => self.store.id_by_name(name).await?,
            Who::ExternalId(value) => self.store.id_by_external_id(value).await?,
        })
    }

    /// The user that the application names, with what it counts.
    pub(super) async fn user_of(
        &self,
        who: &Who,
    ) -> Result<Option<(User, Verification)>, LoginError> {
        let Some(id) = self.id_of(who).await? else {
            return Ok(None);
        };
        let (user, state) = self.store.read(&id).await?;
        Ok(user.map(|user| (user, state)))
    }

    /// What a sign-in comes to, without starting a flow: for whoever must say it beforehand. One that ends with that
    /// is in the audit log. Three reads, two where the id is given.
    pub async fn foresee(&self, who: &Who) -> Result<Foreseen, LoginError> {
        let user = self.user_of(who).await?.map(|(user, _)| user);
        let account = self.subject(who, user.as_ref()).await.account;
        Ok(match self.policy.demand(user.as_ref()) {
            Demand::Nothing => {
                audit::login_succeeded(&account, "none");
                Foreseen::Skipped
            }
            Demand::Refused(refusal) => {
                audit::login_refused(&account, refusal);
                Foreseen::Refused
            }
            Demand::Code(_) | Demand::Number(_) | Demand::BackupCode => Foreseen::Asked,
        })
    }

    async fn subject(&self, who: &Who, user: Option<&User>) -> Subject {
        if let Some(user) = user {
            return Subject {
                account: user.id.clone(),
                user_id: Some(user.id.clone()),
                user_name: Some(user.user_name.clone()),
                user_version: Some(user.version),
                unknown_id: None,
            };
        }
        let (name, user_name, unknown_id) = match who {
            Who::Id(id) => (id, None, Some(id.clone())),
            Who::ExternalId(value) => (value, None, None),
            Who::UserName(name) => (name, Some(name.clone()), None),
        };
        let key = self.keys.current().await;
        Subject {
            account: format!("login#{}", key.pseudonym("login", &folded(name))),
            user_id: None,
            user_name,
            user_version: None,
            unknown_id,
        }
    }

    /// The flow of whoever is sent nothing yet, or nothing at all.
    fn without_code(
        &self,
        flow: Flow,
        demand: Demand<'_>,
        state: &Verification,
        step: &Step,
    ) -> Result<Flow, LoginError> {
        let account = &flow.subject.account;
        match demand {
            Demand::Nothing => {
                audit::login_succeeded(account, "none");
                return Ok(flow.ended(Stage::Succeeded));
            }
            Demand::Refused(refusal) => {
                audit::login_refused(account, refusal);
                return Ok(flow.ended(Stage::Failed));
            }
            _ => {}
        }
        if let Some(until) = state.locked_until(step.now, &self.limits) {
            return Err(Self::locked(account, until));
        }
        Ok(match demand {
            Demand::Number(from) => flow.asking(Asks::Number, from),
            _ => flow.asking(Asks::BackupCode, NumberFrom::User),
        })
    }
}
