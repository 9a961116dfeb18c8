//! DefineAuthChallenge: what comes next, tokens, or the end
//! (<https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-define-auth-challenge.html>).

use serde_json::{Value, json};
use shared::api::error::Error;
use shared::challenge::login::{Foreseen, LoginError, Step};
use shared::verification::flow::{FlowId, Stage};

use crate::app::App;
use crate::event::Trigger;
use crate::session::{CUSTOM, Progress};

/// Most challenges of a sign-in: wrong answers, other codes and numbers together.
const MOST_ANSWERS: usize = 20;

/// What Cognito is to do.
enum Next {
    Ask(&'static str),
    IssueTokens,
    Fail,
}

pub async fn define(app: &App, trigger: &Trigger, step: &Step) -> Result<Value, Error> {
    let next = match Progress::of(trigger.session()) {
        Progress::Srp => Next::Ask("PASSWORD_VERIFIER"),
        Progress::Password => begin(app, trigger).await?,
        Progress::Unproved { answers, flow } => go_on(app, trigger, answers, flow, step).await?,
        // Nobody proves anything.
        Progress::Proved if !trigger.is_of_nobody() => Next::IssueTokens,
        Progress::Proved | Progress::Over => Next::Fail,
    };
    Ok(json!({
        "challengeName": match next {
            Next::Ask(challenge) => Some(challenge),
            _ => None,
        },
        "issueTokens": matches!(next, Next::IssueTokens),
        "failAuthentication": matches!(next, Next::Fail),
    }))
}

async fn begin(app: &App, trigger: &Trigger) -> Result<Next, Error> {
    if trigger.is_of_nobody() {
        return Ok(Next::Ask(CUSTOM));
    }
    let who = trigger.who(app.identity)?;
    Ok(match app.second_factor.foresee(&who).await? {
        Foreseen::Skipped => Next::IssueTokens,
        Foreseen::Refused => Next::Fail,
        Foreseen::Asked => Next::Ask(CUSTOM),
    })
}

/// Asks again as long as an answer can still be right. What is nobody's ends as a wrong code does.
async fn go_on(
    app: &App,
    trigger: &Trigger,
    answers: usize,
    flow: Option<FlowId>,
    step: &Step,
) -> Result<Next, Error> {
    let most_tries = app.second_factor.most_tries();
    let can_be_right = if trigger.is_of_nobody() {
        answers < usize::try_from(most_tries).unwrap_or(MOST_ANSWERS)
    } else if let Some(id) = flow {
        match app.second_factor.show(&id, step.now).await {
            Ok(flow) => flow.stage == Stage::Open && flow.tries < most_tries,
            Err(LoginError::NoFlow) => false,
            Err(error) => return Err(error.into()),
        }
    } else {
        false
    };
    Ok(if can_be_right && answers < MOST_ANSWERS {
        Next::Ask(CUSTOM)
    } else {
        Next::Fail
    })
}
