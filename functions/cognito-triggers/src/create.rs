//! CreateAuthChallenge: the first one starts a flow, with its message; those after it go on with it, without one
//! (<https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-create-auth-challenge.html>).

use serde_json::{Map, Value, json};
use shared::api::error::Error;
use shared::challenge::login::Step;
use shared::verification::flow::{Asks, Flow, FlowId, Stage, last_digits};

use crate::app::App;
use crate::event::Trigger;
use crate::session::{CUSTOM, Progress, metadata};

/// The members of `privateChallengeParameters`, which only `verify` reads.
pub const FLOW: &str = "flowId";
pub const PROMPT: &str = "prompt";

pub async fn create(app: &App, trigger: &Trigger, step: &Step) -> Result<Value, Error> {
    if trigger.request.challenge_name.as_deref() != Some(CUSTOM) {
        return Err(Error::BadRequest("There is one custom challenge.".into()));
    }
    let progress = Progress::of(trigger.session());
    let begun = match &progress {
        Progress::Password => None,
        Progress::Unproved { flow, .. } => Some(flow),
        _ => return Err(Error::BadRequest("No password was proved.".into())),
    };
    if trigger.is_of_nobody() {
        return Ok(decoy(app, trigger.user_name()).await);
    }
    let (id, flow) = match begun {
        None => {
            let who = trigger.who(app.identity)?;
            app.second_factor.start(&who, None, step).await?
        }
        Some(flow) => {
            let id = flow.clone().ok_or(Error::NoFlow)?;
            let flow = app.second_factor.show(&id, step.now).await?;
            (id, flow)
        }
    };
    if flow.stage != Stage::Open {
        return Err(Error::NoFlow);
    }
    Ok(challenge(&id, &flow))
}

fn challenge(id: &FlowId, flow: &Flow) -> Value {
    let prompt = flow.asks.prompt();
    let mut public = Map::new();
    public.insert("prompt".to_owned(), prompt.into());
    if let Some(number) = flow.number() {
        public.insert("maskedMobileNumber".to_owned(), last_digits(number).into());
    }
    json!({
        "publicChallengeParameters": public,
        "privateChallengeParameters": { FLOW: id.expose(), PROMPT: prompt },
        "challengeMetadata": metadata(Some(id)),
    })
}

/// What somebody who is nobody is asked: as it looks for others, and the same each time.
async fn decoy(app: &App, name: &str) -> Value {
    let pseudonym = app.keys.current().await.pseudonym("decoy", name);
    let digits = pseudonym.bytes().take(3);
    let digits: String = digits.map(|byte| (byte % 10).to_string()).collect();
    let prompt = Asks::Code.prompt();
    json!({
        "publicChallengeParameters": {
            "prompt": prompt,
            "maskedMobileNumber": format!("*******{digits}"),
        },
        "privateChallengeParameters": { PROMPT: prompt },
        "challengeMetadata": metadata(None),
    })
}
