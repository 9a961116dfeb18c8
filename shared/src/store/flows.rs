//! Sign-ins with a second factor, in the table `Verifications`: `FLOW#<digest of its id>`, each changed by conditional
//! writes only. What they count on their user stands in the user's item there.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnValue, TransactWriteItem, Update,
};

use crate::clock::Timestamp;
use crate::otp::CodeId;
use crate::store::claims::{Forgotten, KEPT, Row};
use crate::store::client::Store;
use crate::store::error::{StoreError, unavailable};
use crate::store::item::{
    Item, checking, integer, key, parsed, text, updating, user_key, value, write,
};
use crate::store::names::{Failed, NameWrites, Unique};
use crate::store::retry::retry_conflicts;
use crate::store::taken_back::MessageWas;
use crate::user::User;
use crate::verification::Verification;
use crate::verification::flow::{Flow, FlowId, Stage};
use crate::verification::limits::{HOUR, TryLimits};
use crate::verification::scenario::Scenario;

/// A flow, and the message that goes with what it becomes.
#[derive(Debug)]
pub struct FlowWrite<'a> {
    pub id: &'a FlowId,
    /// As it was read; None where it is new.
    pub before: Option<&'a Flow>,
    pub after: &'a Flow,
    /// The item that the message counts on, as it was read.
    pub read: &'a Verification,
    pub now: Timestamp,
}

/// What became of a flow that was to be written.
#[derive(Debug, PartialEq, Eq)]
pub enum FlowWritten {
    Done,
    /// Another request changed the flow, or sent the user a code, since they were read.
    Lost,
}

/// A flow that a right code ends.
#[derive(Debug)]
pub struct Finish<'a> {
    pub id: &'a FlowId,
    pub flow: &'a Flow,
    pub of_user: FinishOfUser<'a>,
    pub tries: TriesAtFinish<'a>,
    pub limits: &'a TryLimits,
    /// Whether a pending claim on the primary number ends with it: there is a verified one now.
    pub ends_claim: bool,
    pub now: Timestamp,
}

/// What a success asks of the user, or does to it.
#[derive(Clone, Copy, Debug)]
pub enum FinishOfUser<'a> {
    /// There is none, still, by this name or id.
    Nobody {
        user_name: Option<&'a str>,
        id: Option<&'a str>,
    },
    /// It is in the version that was looked at.
    Unchanged { id: &'a str, version: u64 },
    /// It becomes another.
    Changed { before: &'a User, after: &'a User },
}

/// How the account's limit is held where a flow ends well.
#[derive(Clone, Copy, Debug)]
pub enum TriesAtFinish<'a> {
    /// In the transaction itself: no lock, nothing in a row.
    Unlocked,
    /// The try was counted before, and is taken out with what the success strikes out of the row.
    Counted {
        state: &'a Verification,
        own: &'a CodeId,
        login: &'a str,
    },
}

/// What became of a flow that was to be ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Finished {
    Done,
    /// Another request ended it, or had another code sent.
    FlowChanged,
    /// The account is locked, or has failures that must be looked at.
    AccountChanged,
    /// Another request changed the user.
    UserChanged,
    /// The number is verified for another user.
    NumberTaken,
}

impl Store {
    /// A flow whose time is not over, whatever became of it. One consistent read.
    pub async fn flow(&self, id: &FlowId) -> Result<Option<Flow>, StoreError> {
        let item = self.get(&self.verifications, text(flow_key(id))).await?;
        item.map(parsed).transpose()
    }

    /// What an account counts, where it is no user's. One consistent read.
    pub async fn counts(&self, account: &str) -> Result<Verification, StoreError> {
        let item = self.get(&self.verifications, user_key(account)).await?;
        Ok(item.map(parsed).transpose()?.unwrap_or_default())
    }

    /// Counts a try in an open flow, and gives it back as it is then; None where there is none that is open.
    pub async fn count_flow_try(
        &self,
        id: &FlowId,
        now: Timestamp,
    ) -> Result<Option<Flow>, StoreError> {
        let open = value(&Stage::Open)?;
        let counting = || {
            self.flow_update(id, &open)
                .update_expression("SET #tries = #tries + :one")
                .condition_expression("#stage = :stage AND #expires > :now")
                .expression_attribute_names("#tries", "tries")
                .expression_attribute_names("#expires", "expires")
                .expression_attribute_values(":one", integer(1))
                .expression_attribute_values(":now", integer(now.millis()))
        };
        self.flow_updated(counting).await
    }

    /// Ends an open flow without a success; the flow as it is then, None where it is not open any more.
    pub async fn fail_flow(&self, id: &FlowId) -> Result<Option<Flow>, StoreError> {
        self.move_flow(id, Stage::Open, Stage::Failed).await
    }

    /// Hands a success out: to one call, and to no other.
    pub async fn consume_flow(&self, id: &FlowId) -> Result<Option<Flow>, StoreError> {
        self.move_flow(id, Stage::Succeeded, Stage::Consumed).await
    }

    /// Writes a flow that goes without a message, and is new.
    pub async fn write_new_flow(&self, id: &FlowId, flow: &Flow) -> Result<(), StoreError> {
        let item = flow_item(id, flow)?;
        let sent = retry_conflicts(self.random, || {
            self.client
                .put_item()
                .table_name(&self.verifications)
                .set_item(Some(item.clone()))
                .send()
        });
        sent.await.map(drop).map_err(|error| unavailable(&error))
    }

    /// Writes a flow with the code that is to be sent, and counts the message on its user: both or neither.
    pub async fn write_flow(&self, flow: &FlowWrite<'_>) -> Result<FlowWritten, StoreError> {
        let Some(code) = &flow.after.login_code else {
            return Err(StoreError::Unexpected(
                "a flow without a code is sent".into(),
            ));
        };
        let put = Put::builder()
            .table_name(&self.verifications)
            .set_item(Some(flow_item(flow.id, flow.after)?));
        let put = match flow.before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(before) => put
                .condition_expression("#revision = :revision AND #stage = :stage")
                .expression_attribute_names("#revision", "revision")
                .expression_attribute_names("#stage", "stage")
                .expression_attribute_values(":revision", integer(before.revision))
                .expression_attribute_values(":stage", value(&Stage::Open)?),
        };
        let logins = &flow.read.logins;
        let next = logins.with(code.id.as_str(), &code.number, flow.now);
        let condition = if logins.revision == 0 {
            "attribute_not_exists(logins)"
        } else {
            "logins.revision = :read"
        };
        let mut counted = self
            .account_update(&flow.after.subject.account)
            .update_expression("SET logins = :logins, #ttl = :ttl")
            .condition_expression(condition)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":logins", value(&next)?)
            .expression_attribute_values(":ttl", Row::of(&flow.read.failures).kept(flow.now));
        if logins.revision > 0 {
            counted = counted.expression_attribute_values(":read", integer(logins.revision));
        }
        let writes = vec![write(put)?, updating(counted)?];
        match self.transact(|| Ok(writes.clone())).await? {
            Ok(()) => Ok(FlowWritten::Done),
            Err(_) if self.is_written(flow).await? => Ok(FlowWritten::Done),
            Err(_) => Ok(FlowWritten::Lost),
        }
    }

    /// Whether an earlier reply was lost: the write is ours.
    async fn is_written(&self, flow: &FlowWrite<'_>) -> Result<bool, StoreError> {
        let there = self.flow(flow.id).await?;
        let ours = flow.after.login_code.as_ref().map(|code| &code.id);
        Ok(there.is_some_and(|there| there.login_code.as_ref().map(|code| &code.id) == ours))
    }

    /// Puts back the flow that there was before a code that did not go out, where its code is still that one; what
    /// became of the message is remembered on the user.
    pub async fn take_back_flow(
        &self,
        flow: &FlowWrite<'_>,
        message: MessageWas,
    ) -> Result<(), StoreError> {
        let Some(code) = &flow.after.login_code else {
            return Ok(());
        };
        let (putting, counting) = tokio::join!(
            self.put_flow_back(flow, &code.id),
            self.count_login_back(flow, &code.id, message)
        );
        putting.and(counting)
    }

    async fn put_flow_back(&self, flow: &FlowWrite<'_>, ours: &CodeId) -> Result<(), StoreError> {
        let (set, names, values) = match flow.before {
            // Nobody knows the id of a new one: it is as if there were none, and goes with its time.
            None => (
                "SET #stage = :gone".to_owned(),
                Vec::new(),
                vec![(":gone", value(&Stage::Consumed)?)],
            ),
            Some(before) => as_before(before)?,
        };
        let open = value(&Stage::Open)?;
        let putting = || {
            let mut update = self
                .flow_update(flow.id, &open)
                .update_expression(&set)
                .condition_expression("#code.#id = :ours AND #stage = :stage")
                .expression_attribute_names("#code", "loginCode")
                .expression_attribute_names("#id", "id")
                .expression_attribute_values(":ours", text(ours.as_str()));
            for (name, attribute) in &names {
                update = update.expression_attribute_names(*name, *attribute);
            }
            for (name, value) in &values {
                update = update.expression_attribute_values(*name, value.clone());
            }
            update
        };
        self.flow_updated(putting).await.map(drop)
    }

    async fn count_login_back(
        &self,
        flow: &FlowWrite<'_>,
        ours: &CodeId,
        message: MessageWas,
    ) -> Result<(), StoreError> {
        let set = match message {
            MessageWas::Sent => return Ok(()),
            MessageWas::NotTakenOver => ", logins.unsent.#id = :now",
            MessageWas::NotTried => "",
        };
        let counting = || {
            let update = self
                .kept_update(&flow.after.subject.account)
                .update_expression(format!(
                    "SET logins.revision = logins.revision + :one{set} REMOVE logins.sends.#id"
                ))
                .condition_expression("attribute_exists(logins.sends.#id)")
                .expression_attribute_names("#id", ours.as_str())
                .expression_attribute_values(":one", integer(1));
            match message {
                MessageWas::NotTakenOver => {
                    update.expression_attribute_values(":now", integer(flow.now.millis()))
                }
                _ => update,
            }
        };
        self.updated(counting).await.map(drop)
    }

    /// Ends a flow with a success, all or nothing: the flow is still the one whose code was compared, the account is
    /// not locked, the user is or becomes what the success says.
    pub async fn finish_flow(&self, finish: &Finish<'_>) -> Result<Finished, StoreError> {
        let mut writes = vec![self.ending(finish)?, self.account_of(finish)?];
        let mut names = NameWrites::default();
        let mut user = "";
        match finish.of_user {
            FinishOfUser::Nobody { user_name, id } => {
                let name = user_name
                    .and_then(|name| Unique::UserName.key(name))
                    .map(text);
                let keys = name.into_iter().chain(id.map(user_key));
                for pk in keys {
                    writes.push(self.absent(pk)?);
                }
            }
            FinishOfUser::Unchanged { id, version } => writes.push(self.in_version(id, version)?),
            FinishOfUser::Changed { before, after } => {
                writes.push(self.replacing(before, after)?);
                names = self.name_writes(before, after);
                user = &before.id;
            }
        }
        let written = self.transact_with_names(|| Ok(writes.clone()), names, user);
        Ok(match written.await? {
            Ok(()) => Finished::Done,
            Err(Failed::Write(0)) => Finished::FlowChanged,
            Err(Failed::Write(1)) => Finished::AccountChanged,
            Err(Failed::Write(_)) => Finished::UserChanged,
            Err(Failed::Taken(_)) => Finished::NumberTaken,
        })
    }

    fn ending(&self, finish: &Finish<'_>) -> Result<TransactWriteItem, StoreError> {
        let Finish { flow, now, .. } = *finish;
        let update = Update::builder()
            .table_name(&self.verifications)
            .set_key(Some(key(text(flow_key(finish.id)))))
            .update_expression("SET #stage = :done, #method = :method")
            .condition_expression("#stage = :open AND #revision = :revision AND #expires > :now")
            .expression_attribute_names("#stage", "stage")
            .expression_attribute_names("#method", "method")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_names("#expires", "expires")
            .expression_attribute_values(":done", value(&Stage::Succeeded)?)
            .expression_attribute_values(":open", value(&Stage::Open)?)
            .expression_attribute_values(":method", value(&flow.method)?)
            .expression_attribute_values(":revision", integer(flow.revision))
            .expression_attribute_values(":now", integer(now.millis()));
        updating(update)
    }

    fn account_of(&self, finish: &Finish<'_>) -> Result<TransactWriteItem, StoreError> {
        let account = &finish.flow.subject.account;
        let TriesAtFinish::Counted { state, own, login } = finish.tries else {
            return self.unlocked(account, finish);
        };
        let (struck, none_left) = state.failures.struck(login, own.as_str());
        let forgotten = Forgotten::new(own.as_str(), &struck, none_left);
        let removed = forgotten.paths.trim_start_matches(", ");
        let mut expression = format!("REMOVE {removed}");
        if finish.ends_claim {
            expression = format!("{expression}, {}", Scenario::Primary.attribute());
        }
        let mut update = self.account_update(account);
        if none_left {
            expression = format!("SET #ttl = :ttl {expression}");
            update = update
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", integer((finish.now + KEPT).seconds()));
        }
        for (name, attribute) in forgotten.names {
            update = update.expression_attribute_names(name, attribute);
        }
        updating(
            update
                .update_expression(expression)
                .condition_expression("attribute_exists(#f)"),
        )
    }

    /// Holds where the account is not locked, and nothing is in a row.
    fn unlocked(
        &self,
        account: &str,
        finish: &Finish<'_>,
    ) -> Result<TransactWriteItem, StoreError> {
        let names = [("#f", "failed"), ("#h", "recent"), ("#r", "streak")];
        let names = names.map(|(name, attribute)| (name.to_owned(), attribute.to_owned()));
        let names = Some(HashMap::from(names));
        let most = integer(finish.limits.failures);
        let values = [(":most".to_owned(), most), (":zero".to_owned(), integer(0))];
        let values = Some(HashMap::from(values));
        if !finish.ends_claim {
            return checking(
                ConditionCheck::builder()
                    .table_name(&self.verifications)
                    .set_key(Some(key(user_key(account))))
                    .condition_expression(UNLOCKED)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values),
            );
        }
        updating(
            self.account_update(account)
                .update_expression(format!("REMOVE {}", Scenario::Primary.attribute()))
                .condition_expression(UNLOCKED)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values),
        )
    }

    fn absent(&self, pk: AttributeValue) -> Result<TransactWriteItem, StoreError> {
        checking(
            ConditionCheck::builder()
                .table_name(&self.users)
                .set_key(Some(key(pk)))
                .condition_expression("attribute_not_exists(pk)"),
        )
    }

    async fn move_flow(
        &self,
        id: &FlowId,
        from: Stage,
        to: Stage,
    ) -> Result<Option<Flow>, StoreError> {
        let (from, to) = (value(&from)?, value(&to)?);
        let moving = || {
            self.flow_update(id, &from)
                .update_expression("SET #stage = :to")
                .condition_expression("#stage = :stage")
                .expression_attribute_values(":to", to.clone())
        };
        self.flow_updated(moving).await
    }

    /// An update of a flow that names `#stage`, and the stage that it must be in as `:stage`.
    fn flow_update(&self, id: &FlowId, stage: &AttributeValue) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.verifications)
            .set_key(Some(key(text(flow_key(id)))))
            .return_values(ReturnValue::AllNew)
            .expression_attribute_names("#stage", "stage")
            .expression_attribute_values(":stage", stage.clone())
    }

    async fn flow_updated(
        &self,
        update: impl Fn() -> UpdateItemFluentBuilder,
    ) -> Result<Option<Flow>, StoreError> {
        match retry_conflicts(self.random, || update().send()).await {
            Ok(done) => done.attributes.map(parsed).transpose(),
            Err(error) if is_failed_condition(&error) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn account_update(&self, account: &str) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.verifications)
            .set_key(Some(key(user_key(account))))
    }
}

/// An expression with its names and values.
type Expression = (
    String,
    Vec<(&'static str, &'static str)>,
    Vec<(&'static str, AttributeValue)>,
);

/// What makes a flow the one that it was; tries that were made since count on.
fn as_before(before: &Flow) -> Result<Expression, StoreError> {
    let mut set = "SET #asks = :asks, #from = :from, #revision = #revision + :one, \
                   #tries = #tries + :tries"
        .to_owned();
    let names = vec![
        ("#asks", "asks"),
        ("#from", "numberFrom"),
        ("#revision", "revision"),
        ("#tries", "tries"),
    ];
    let mut values = vec![
        (":asks", value(&before.asks)?),
        (":from", value(&before.number_from)?),
        (":tries", integer(before.tries)),
        (":one", integer(1)),
    ];
    if let Some(code) = &before.login_code {
        set.push_str(", #code = :code");
        values.push((":code", value(code)?));
    } else {
        set.push_str(" REMOVE #code");
    }
    Ok((set, names, values))
}

fn flow_key(id: &FlowId) -> String {
    format!("FLOW#{}", id.digest())
}

fn flow_item(id: &FlowId, flow: &Flow) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(flow)
        .map_err(|error| StoreError::Unexpected(format!("a flow cannot be stored: {error}")))?;
    item.insert("pk".to_owned(), text(flow_key(id)));
    let ttl = (flow.expires + HOUR).seconds();
    item.insert("ttl".to_owned(), integer(ttl));
    Ok(item)
}

/// No lock, and nothing in a row.
const UNLOCKED: &str = "attribute_not_exists(#f) OR (size(#f.#h) < :most AND size(#f.#r) = :zero)";

fn is_failed_condition(error: &SdkError<UpdateItemError>) -> bool {
    matches!(
        error.as_service_error(),
        Some(UpdateItemError::ConditionalCheckFailedException(_))
    )
}
