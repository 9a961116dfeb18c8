//! PATCH and PUT of `/scim2/Users/{id}` and `/scim2/Me`: a changed mobile number is held back until its code comes.
//! All or nothing: whatever fails, the user and what was pending are as before.

mod apply;
mod decide;

use std::time::Duration;

use http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde_json::{Map, Value};
use shared::address::numbering::Numbering;
use shared::api::body;
use shared::api::caller::{Caller, TokenPolicy, UPDATE};
use shared::api::error::Error;
use shared::api::request;
use shared::api::response::Form;
use shared::api::serve::serve;
use shared::api::sign_in::SignInPolicy;
use shared::api::user_response::ResponseOptions;
use shared::challenge::issue::{CodeIssuer, IssueContext, Issued, Met, NewClaim};
use shared::clock::{Clock, Timestamp};
use shared::config::{ConfigError, Env};
use shared::messaging::caps::Requester;
use shared::messaging::courier;
use shared::platform::Platform;
use shared::scim::show::View;
use shared::store::{Save, Saved, Store, pause};
use shared::telemetry::audit::{self, CancelReason};
use shared::user::User;
use shared::verification::Verification;
use shared::verification::claim::Claim;
use shared::verification::limits::pending_validity;
use shared::verification::scenario::Scenario;

use apply::{Applied, Change};
use decide::{Actor, Decision, Policy, Refused, Situation};

/// A user that others change at the same time is read, and the request applied, again this often;
/// more often once a message is out, since others may rely on its claim.
const RETRIES: u32 = 3;
const RETRIES_ONCE_SENT: u32 = 12;

/// What the function needs, made once at start.
#[derive(Debug)]
pub struct App {
    clock: Clock,
    store: Store,
    issuer: CodeIssuer,
    tokens: TokenPolicy,
    sign_in: SignInPolicy,
    numbering: Numbering,
    policy: Policy,
    pending_validity: Duration,
}

impl App {
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            clock: platform.clock.clone(),
            store: Store::of_users(env, platform)?,
            issuer: CodeIssuer::from_env(env, platform).await?,
            tokens: TokenPolicy::from_env(env)?,
            sign_in: SignInPolicy::from_env(env)?,
            numbering: Numbering::from_env(env)?,
            policy: Policy::from_env(env)?,
            pending_validity: pending_validity(env)?,
        })
    }

    /// Opens the connection that the first request would wait for; whether it works is the first request's business.
    pub async fn warm_up(&self) {
        let _ = self.store.read("nobody").await;
    }
}

/// Answers 200 with the whole user.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    let trace_id = request::trace_id(&request);
    let work = update(app, &request, &trace_id);
    serve(
        Form::Scim,
        (&request, &trace_id),
        &app.clock,
        Box::pin(work),
    )
    .await
}

/// Whose resource is updated, and by whom.
struct Target {
    id: String,
    /// By the route `/Me`.
    me: bool,
    caller: Caller,
}

impl Target {
    /// By the route; who may update others is known to have the scope.
    async fn of(request: &Request, caller: Caller, app: &App) -> Result<Self, Error> {
        let me = is_me(request);
        let id = if me {
            caller.user_id(&app.store).await?
        } else {
            request::path_parameter(request, "id")
        };
        Ok(Self {
            id: id.ok_or(Error::NotFound)?,
            me,
            caller,
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

fn is_me(request: &Request) -> bool {
    request::route(request).ends_with("/Me")
}

/// What a request has done so far, so that it can be taken back.
#[derive(Default)]
struct Progress {
    issued: Option<Issued>,
    met: Met,
}

impl Progress {
    fn retries(&self) -> u32 {
        if self.issued.is_some() {
            RETRIES_ONCE_SENT
        } else {
            RETRIES
        }
    }
}

async fn update(app: &App, request: &Request, trace_id: &str) -> Result<Response<Body>, Error> {
    let until = courier::deadline();
    let caller = Caller::from_request(request, &app.tokens)?;
    if !is_me(request) {
        caller.require(UPDATE)?;
    }
    let asked = ResponseOptions::from_request(request)?;
    let body = body::json_object(request)?;
    let change = parse(request, body)?;
    let target = Target::of(request, caller, app).await?;
    let mut progress = Progress::default();
    for attempt_number in 0.. {
        let now = app.clock.now();
        let ask = IssueContext {
            user: &target.id,
            now,
            until,
            origin: Requester::of(request, &target.caller),
            wording: None,
        };
        match attempt(app, &target, &change, &asked, &ask, &mut progress).await {
            Ok(Some((user, pending))) => {
                let view = View {
                    pending: &pending,
                    now,
                    base_url: &request::base_url(request),
                    multiple: app.policy.multiple,
                };
                return Ok(asked.written(StatusCode::OK, &user, view, trace_id));
            }
            Ok(None) if attempt_number < progress.retries() => pause(attempt_number).await,
            Ok(None) => break,
            Err(error) => {
                take_back(app, &target, progress).await;
                return Err(error);
            }
        }
    }
    take_back(app, &target, progress).await;
    Err(Error::Conflict)
}

fn parse(request: &Request, body: Map<String, Value>) -> Result<Change, Error> {
    let change = if request.method() == http::Method::PUT {
        Change::put(body)
    } else {
        Change::patch(body)
    };
    change.map_err(Error::from)
}

/// Reads, decides and writes once; None where somebody else's write came in between.
async fn attempt(
    app: &App,
    target: &Target,
    change: &Change,
    asked: &ResponseOptions,
    ask: &IssueContext<'_>,
    progress: &mut Progress,
) -> Result<Option<(User, Verification)>, Error> {
    let now = ask.now;
    let (user, pending) = app.store.read(&target.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    asked.may_change(&user)?;
    let applied = change.apply(&user, &app.numbering, app.policy.multiple, target.me)?;
    may_change(target, &user, &applied)?;
    let situation = Situation {
        before: &user.numbers,
        pending: &pending,
        policy: &app.policy,
        actor: target.actor(&user),
        now,
        limits: &app.issuer.limits,
    };
    let decision = decide::decide(&situation, &applied.numbers).map_err(refused)?;
    if target.actor(&user) == Actor::Owner && decision.changes(&user.numbers) {
        app.sign_in.check(&target.caller, now)?;
    }
    let after = next(&user, applied, &decision, now);
    if let Some(after) = &after {
        may_store(app, &user, after).await?;
    }

    let mut shown = pending.clone();
    if let Some((scenario, number)) = &decision.start {
        let new = NewClaim {
            scenario: *scenario,
            region: number.region(),
            number: number.clone(),
            expires: now + app.pending_validity,
        };
        match app.issuer.start(ask, new, pending.clone()).await {
            Ok(issued) => {
                shown = issued.after();
                progress.issued = Some(issued);
            }
            Err(error) if progress.met.others(&error) => return Ok(None),
            Err(error) => return Err(error.told(now)),
        }
    }

    // Each with the code that it was read with.
    let cancel: Vec<_> = ended(&pending, &decision, now)
        .map(|(scenario, claim)| (scenario, claim.code_id.clone()))
        .collect();
    for (scenario, _) in &cancel {
        shown.end(*scenario);
    }
    let save = Save {
        before: &user,
        after: after.as_ref(),
        cancel: &cancel,
    };
    match app.store.save(save).await? {
        Saved::Done => {
            for (scenario, claim) in ended(&pending, &decision, now) {
                audit::cancelled(&target.id, scenario, &claim.number, CancelReason::Withdrawn);
            }
            if let Some(after) = &after {
                audit::written(&target.id, &user.numbers, &after.numbers);
            }
            Ok(Some((after.unwrap_or(user), shown)))
        }
        Saved::Lost => Ok(None),
        Saved::Taken(name) => Err(Error::NotUnique(name.attribute())),
    }
}

/// A user's own token changes numbers and the ordinary profile, nothing that others rely on.
fn may_change(target: &Target, user: &User, applied: &Applied) -> Result<(), Error> {
    let changed = |name: &str| applied.profile.get(name) != user.profile.get(name);
    let guarded = applied.user_name != user.user_name || changed("externalId") || changed("active");
    if guarded {
        target.caller.require(UPDATE)?;
    }
    Ok(())
}

/// What can be known before a message goes out: whether the user still fits its item, and its new names are free.
async fn may_store(app: &App, user: &User, after: &User) -> Result<(), Error> {
    if !after.fits() {
        return Err(Error::Scim(
            "invalidValue".into(),
            "The user would be larger than can be stored.".into(),
        ));
    }
    match app.store.taken(user, after).await? {
        Some(name) => Err(Error::NotUnique(name.attribute())),
        None => Ok(()),
    }
}

/// The user as it is to be stored; None where nothing changes.
fn next(user: &User, applied: Applied, decision: &Decision, now: Timestamp) -> Option<User> {
    let mut after = User {
        user_name: applied.user_name,
        profile: applied.profile,
        numbers: decision.numbers.clone(),
        ..user.clone()
    };
    if after == *user {
        return None;
    }
    after.version += 1;
    after.last_modified = now;
    Some(after)
}

/// The claims that end.
fn ended<'a>(
    pending: &'a Verification,
    decision: &'a Decision,
    now: Timestamp,
) -> impl Iterator<Item = (Scenario, &'a Claim)> {
    let ends = decision.cancel.iter();
    ends.filter_map(move |scenario| Some((*scenario, pending.pending(*scenario, now)?)))
}

fn refused(refused: Refused) -> Error {
    match refused {
        Refused::Several => Error::MultipleNumbers,
        Refused::TooManyNumbers => Error::Scim(
            "invalidValue".into(),
            "mobileNumbers: there are more numbers than a user may have".into(),
        ),
        Refused::VerificationOff => Error::Scim(
            "invalidValue".into(),
            "verifiedMobileNumbers: verification is off, so that no number can be added".into(),
        ),
    }
}

async fn take_back(app: &App, target: &Target, progress: Progress) {
    let Some(issued) = progress.issued else {
        return;
    };
    if let Err(error) = app.issuer.take_back(&target.id, &issued).await {
        tracing::error!(user = target.id, %error, "a claim of a failed update could not be taken back");
    }
}
