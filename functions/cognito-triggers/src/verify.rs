//! VerifyAuthChallengeResponse: true for the one answer that ends a flow with a success, and for no other
//! (<https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-verify-auth-challenge-response.html>).

use serde_json::{Value, json};
use shared::api::error::Error;
use shared::challenge::issue::IssueError;
use shared::challenge::login::{LoginError, Proof, Step};
use shared::verification::flow::{FlowId, Stage};
use shared::verification::limits::Refusal;

use crate::answer::Answer;
use crate::app::App;
use crate::create::{FLOW, PROMPT};
use crate::event::Trigger;

pub async fn verify(app: &App, trigger: &Trigger, step: &Step) -> Result<Value, Error> {
    let correct = !trigger.is_of_nobody() && is_correct(app, trigger, step).await?;
    Ok(json!({ "answerCorrect": correct }))
}

async fn is_correct(app: &App, trigger: &Trigger, step: &Step) -> Result<bool, Error> {
    let request = &trigger.request;
    let private = |name: &str| {
        request
            .private_challenge_parameters
            .as_ref()?
            .get(name)?
            .as_str()
    };
    let typed = request.challenge_answer.as_ref().and_then(Value::as_str);
    let (Some(id), Some(prompt), Some(typed)) = (
        private(FLOW).and_then(FlowId::parse),
        private(PROMPT),
        typed,
    ) else {
        return Ok(false);
    };
    match Answer::read(typed, prompt, &app.alphabet) {
        Answer::Code(code) => proves(app, &id, Proof::Code(&code), step).await,
        Answer::BackupCode(code) => proves(app, &id, Proof::BackupCode(&code), step).await,
        Answer::Resend => proves_nothing(app.second_factor.resend(&id, step).await),
        Answer::Number(number) => {
            let sent = app.second_factor.send_to(&id, number, step).await;
            proves_nothing(sent.map(drop))
        }
        Answer::Unreadable => Ok(false),
    }
}

/// A success is taken out of its flow here, so that it is told once: another answer at the same time finds none.
async fn proves(app: &App, id: &FlowId, proof: Proof<'_>, step: &Step) -> Result<bool, Error> {
    let ended = async {
        let flow = app.second_factor.verify(id, proof, step.now).await?;
        if flow.stage != Stage::Succeeded {
            return Ok(false);
        }
        let told = app.second_factor.outcome(id, step.now).await?;
        Ok(told.stage == Stage::Succeeded)
    };
    match ended.await {
        Err(LoginError::NoFlow | LoginError::SwitchedOff(_)) => Ok(false),
        ended => Ok(ended?),
    }
}

/// What asks for a message is no proof. Where it cannot be had, or is there already, the same is asked again; where
/// the sign-in cannot go on for now, the client is told why.
fn proves_nothing(sent: Result<(), LoginError>) -> Result<bool, Error> {
    match sent {
        Ok(())
        | Err(
            LoginError::NoFlow
            | LoginError::SwitchedOff(_)
            | LoginError::NoNumberAsked
            | LoginError::NothingSent
            | LoginError::Number(_)
            | LoginError::NotIssued(IssueError::Refused(
                Refusal::Cooldown { .. } | Refusal::Region | Refusal::Domain,
            )),
        ) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
