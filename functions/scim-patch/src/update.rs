//! The way of an update: read, applied, decided, code issued, user saved, user shown.

use lambda_http::{Body, Request, Response};
use shared::address::Channel;
use shared::api::caller::{Caller, IMPORT, UPDATE};
use shared::api::error::Error;
use shared::api::user_response::{self, ResponseOptions};
use shared::api::{body, request};
use shared::challenge::attempts::Attempts;
use shared::challenge::issue::{IssueContext, IssueError, Issued};
use shared::clock::Timestamp;
use shared::messaging::caps::Requester;
use shared::messaging::courier;
use shared::scim::import::{self, SaidVerified};
use shared::scim::parts::{self, list_names};
use shared::scim::show::View;
use shared::store::{Save, Saved};
use shared::telemetry::audit::{self, CancelReason};
use shared::user::User;
use shared::verification::Verification;
use shared::verification::failures::Failures;
use tokio::time::Instant;

use crate::app::App;
use crate::apply::{Applied, Before, Change};
use crate::decide::{Actor, Refused};
use crate::emails;
use crate::next::{Moment, Next, next};
use crate::plan::{Circumstances, Plan, Policies};
use crate::second_factor;

/// A request, read.
struct Update {
    /// Whose resource it is about.
    id: String,
    /// By the route `/Me`.
    me: bool,
    caller: Caller,
    requester: Requester,
    change: Change,
    /// What the caller may say without a code.
    import: Option<SaidVerified>,
    options: ResponseOptions,
    /// When sending must have come to an end.
    until: Instant,
}

/// A user as it is now, with everything pending.
struct Outcome {
    user: User,
    pending: Verification,
    now: Timestamp,
}

/// Why an attempt came to nothing.
enum Failure {
    /// What another request did in between: the next attempt may go through.
    Interrupted(IssueError),
    Final(Error),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Final(error.into())
    }
}

/// Answers with the whole user; whatever fails, a claim that was started is taken back.
pub async fn update(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let update = Update::from_request(app, request).await?;
    let mut attempts = Attempts::new(app.random);
    let mut issued = None;
    let failed = loop {
        match attempt(app, &update, &mut issued).await {
            Ok(outcome) => return Ok(shown(app, request, &update, &outcome)),
            Err(Failure::Final(error)) => break error,
            Err(Failure::Interrupted(error)) => {
                if issued.is_some() {
                    attempts.sent();
                }
                if let Err(error) = attempts.again(error).await {
                    break error.into();
                }
            }
        }
    };
    if let Some(issued) = issued
        && let Err(error) = app.issuer.take_back(&update.id, &issued).await
    {
        tracing::error!(user = update.id, %error, "a claim of a failed update could not be taken back");
    }
    Err(failed)
}

impl Update {
    async fn from_request(app: &App, request: &Request) -> Result<Self, Error> {
        let until = courier::deadline();
        let caller = Caller::from_request(request, &app.tokens)?;
        let me = request::route(request).ends_with("/Me");
        if me {
            caller.require_me()?;
        } else {
            caller.require(UPDATE)?;
        }
        let options = ResponseOptions::from_request(request)?;
        let mut body = body::json_object(request)?;
        let put = request.method() == http::Method::PUT;
        // Beside the update scope; by anybody else the flag is as read-only as the schema says.
        let imports = !me && caller.has(IMPORT);
        let said = match (imports, put) {
            (false, _) => None,
            (true, true) => Some(import::from_resource(&mut body)?),
            (true, false) => Some(import::from_patch(&mut body)?),
        };
        let change = if put {
            Change::put(body)
        } else {
            Change::patch(body)
        }?;
        let id = if me {
            let now = app.clock.now();
            caller.own_id(&app.store, app.random, now).await?
        } else {
            request::path_parameter(request, "id")
        };
        Ok(Self {
            id: id.ok_or(Error::NotFound)?,
            me,
            requester: caller.requester(request, &app.addresses),
            caller,
            change,
            import: said,
            options,
            until,
        })
    }

    fn actor(&self, user: &User) -> Actor {
        if self.me || self.caller.is(user) {
            Actor::Owner
        } else {
            Actor::Privileged
        }
    }
}

/// Reads, decides, issues and writes once.
async fn attempt(
    app: &App,
    update: &Update,
    issued: &mut Option<Issued>,
) -> Result<Outcome, Failure> {
    let now = app.clock.now();
    let (user, mut pending) = app.store.read(&update.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    update.options.may_change(&user)?;
    may_go_on(update, &user, now)?;
    let mut applied = update.change.apply(Before {
        user: &user,
        pending: &pending,
        now,
        numbering: &app.numbering,
        multiple: app.policy.multiple,
        emails: &app.emails,
        limits: &app.issuer.limits,
        self_service: update.me.then_some(&app.self_service),
    })?;
    may_change(app, update, &user, &applied)?;
    let unlock = applied.unlock;
    if unlock {
        pending.failures = Failures::default();
    }
    let circumstances = Circumstances {
        pending: &pending,
        actor: update.actor(&user),
        standing: applied.standing,
        now,
        limits: &app.issuer.limits,
        import: update.import,
    };
    let plan = planned(app, update, &circumstances, &user, &applied)?;
    let codes = second_factor::stored(app, &user, applied.backup_codes.take()).await?;
    let moment = Moment {
        pending: &pending,
        now,
        verifies_emails: app.emails.policy.scenarios.email,
        me: update.me,
    };
    let next = next(moment, &user, applied, codes, &plan);
    may_store(app, &user, next.user.as_ref()).await?;
    let email = plan.emails.start.as_ref().map(|(_, email)| email);
    emails::may_be_sent_to(email)?;
    let claims = plan.claims(now + app.pending_validity, next.entry.as_ref());
    let mut shown = pending.clone();
    if !claims.is_empty() {
        let context = context(update, &circumstances);
        let started = app.issuer.start(&context, claims, pending.clone()).await;
        let started = started.map_err(Failure::Interrupted)?;
        shown = started.after();
        *issued = Some(started);
    }
    let user = save(app, update, user, next, &pending, &plan, now).await?;
    if unlock {
        end_lock(app, &user, now).await?;
    }
    for scenario in plan.cancel() {
        *shown.claim_mut(scenario) = None;
    }
    Ok(Outcome {
        user,
        pending: shown,
        now,
    })
}

/// What becomes of the addresses; a user's own change of them, or of its second factor, needs a sign-in that is recent
/// enough.
fn planned(
    app: &App,
    update: &Update,
    at: &Circumstances<'_>,
    user: &User,
    applied: &Applied,
) -> Result<Plan, Error> {
    let policies = Policies {
        numbers: &app.policy,
        emails: &app.email_policy,
    };
    let plan = Plan::of(at, policies, user, applied);
    let plan = plan.map_err(|(channel, why)| refused(channel, why, at.actor))?;
    let sensitive = plan.changes(user) || second_factor::changes(user, applied);
    if at.actor == Actor::Owner && sensitive {
        app.sign_in.check(&update.caller, at.now)?;
    }
    Ok(plan)
}

fn context<'a>(update: &'a Update, at: &Circumstances<'_>) -> IssueContext<'a> {
    IssueContext {
        user: &update.id,
        now: at.now,
        until: update.until,
        requester: update.requester.acting(at.actor == Actor::Privileged),
        message: None,
    }
}

/// Writes the user, and ends the claims that the update no longer wants: each with the code that it was read with.
async fn save(
    app: &App,
    update: &Update,
    user: User,
    next: Next,
    pending: &Verification,
    plan: &Plan,
    now: Timestamp,
) -> Result<User, Failure> {
    let ended = plan.ended(pending, now);
    let cancel: Vec<_> = ended
        .map(|(scenario, claim)| (scenario, claim.code_id.clone()))
        .collect();
    let after = next.user;
    let save = Save {
        before: &user,
        after: after.as_ref(),
        cancel: &cancel,
        restated: plan.restated(pending, next.entry.as_ref(), now),
        read: pending,
    };
    match app.store.save(save).await? {
        Saved::Done => {}
        Saved::Lost => return Err(Failure::Interrupted(IssueError::Lost)),
        Saved::Taken(name) => return Err(Error::NotUnique(name.attribute()).into()),
    }
    for (scenario, claim) in plan.ended(pending, now) {
        audit::cancelled(&user.id, scenario, &claim.address, CancelReason::Withdrawn);
    }
    let Some(after) = after else {
        return Ok(user);
    };
    let (old, new) = (user.known_emails(), after.known_emails());
    audit::written(&user.id, &user.numbers, &after.numbers);
    audit::written(&user.id, &old, &new);
    second_factor::audit(&user, &after);
    if update.import.is_some() {
        audit::imported(&user.id, &user.numbers, &after.numbers);
        audit::imported(&user.id, &old, &new);
    }
    Ok(after)
}

/// Comes last: the lock outlives an update that fails.
async fn end_lock(app: &App, user: &User, now: Timestamp) -> Result<(), Failure> {
    app.store.unlock(&user.id, now).await?;
    audit::unlocked(&user.id);
    Ok(())
}

fn shown(app: &App, request: &Request, update: &Update, outcome: &Outcome) -> Response<Body> {
    let base_url = &app.base_url.of(request);
    let view = View {
        pending: &outcome.pending,
        now: outcome.now,
        base_url,
        multiple: app.policy.multiple,
        emails: &app.emails.policy,
        limits: &app.issuer.limits,
    };
    let mut response = update.options.written(200, &outcome.user, view);
    if update.me {
        user_response::located(&mut response, &outcome.user.id, base_url);
    }
    response
}

/// Whoever has changed itself too often goes no further, whatever it asks for.
fn may_go_on(update: &Update, user: &User, now: Timestamp) -> Result<(), Error> {
    match user.changes_spent_until(now).filter(|_| update.me) {
        Some(until) => Err(Error::TooManyChanges { until }),
        None => Ok(()),
    }
}

/// A user's own token changes numbers and what `SelfServiceAttributes` names, nothing that others rely on.
fn may_change(app: &App, update: &Update, user: &User, applied: &Applied) -> Result<(), Error> {
    let own = &app.self_service;
    let codes_too = applied.backup_codes.is_none() || own.allows_backup_codes();
    let allowed = own.allows(user, &applied.user_name, &applied.profile) && codes_too;
    if update.me && !allowed {
        update.caller.require(UPDATE)?;
    }
    let writes_lists = applied.emails.listed.is_some() || applied.emails.verified.is_some();
    if applied.unlock || (update.me && writes_lists && !own.allows_emails()) {
        update.caller.require(UPDATE)?;
    }
    Ok(())
}

/// What can be known before a message goes out: whether the user still fits its item, and its new names are free.
async fn may_store(app: &App, user: &User, after: Option<&User>) -> Result<(), Error> {
    let Some(after) = after else {
        return Ok(());
    };
    parts::fits(after, Some(user))?;
    match app.store.taken(user, after).await? {
        Some(name) => Err(Error::NotUnique(name.attribute())),
        None => Ok(()),
    }
}

fn refused(channel: Channel, refused: Refused, actor: Actor) -> Error {
    let [listed, verified] = list_names(channel);
    let (noun, nouns) = match channel {
        Channel::Sms => ("number", "numbers"),
        Channel::Email => ("address", "addresses"),
    };
    let invalid = |detail: String| Error::Scim("invalidValue".into(), detail);
    match refused {
        Refused::Inactive if actor == Actor::Owner => Error::Inactive,
        Refused::Inactive => invalid(format!(
            "active: the user is inactive, and no {noun} is verified for it"
        )),
        Refused::Several => Error::SeveralAddresses(channel),
        Refused::TooMany => invalid(format!(
            "{listed}: there are more {nouns} than a user may have"
        )),
        Refused::VerificationOff => invalid(format!(
            "{verified}: verification is off, so that no {noun} can be added"
        )),
    }
}
