//! An event of the three triggers, as AWS documents it
//! (<https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>).
//! Members come and go with Cognito's features: only what is needed is read, and the rest goes back as it came.

use serde::Deserialize;
use serde_json::{Map, Value};
use shared::api::caller::IdentityAttribute;
use shared::api::error::Error;
use shared::challenge::login::Who;

use crate::session::Challenge;

/// The version of these events.
const VERSION: &str = "1";

/// Which of the triggers it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Source {
    #[serde(rename = "DefineAuthChallenge_Authentication")]
    Define,
    #[serde(rename = "CreateAuthChallenge_Authentication")]
    Create,
    #[serde(rename = "VerifyAuthChallengeResponse_Authentication")]
    Verify,
}

/// An event. No Debug: it holds what somebody typed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    version: String,
    #[serde(rename = "triggerSource")]
    pub source: Source,
    #[serde(default)]
    user_name: Option<String>,
    pub request: Request,
}

/// What is asked. What only some of the triggers have is None for the others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    #[serde(default)]
    user_attributes: Option<Attributes>,
    /// True where nobody has the name, and the pool does not say so (PreventUserExistenceErrors).
    #[serde(default)]
    user_not_found: Option<bool>,
    /// The challenges of this sign-in, oldest first.
    #[serde(default)]
    session: Option<Vec<Challenge>>,
    /// Which challenge is to be made.
    #[serde(default)]
    pub challenge_name: Option<String>,
    /// What `create` left for `verify`, and Cognito shows to nobody else.
    #[serde(default)]
    pub private_challenge_parameters: Option<Map<String, Value>>,
    #[serde(default)]
    pub challenge_answer: Option<Value>,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(default)]
    sub: Option<String>,
}

impl Trigger {
    /// What is no event of these triggers is refused before anything is done.
    pub fn read(event: &Map<String, Value>) -> Result<Self, Error> {
        let refused = || {
            Error::BadRequest(
                "The event is none of a user pool's triggers for custom challenges, version 1."
                    .into(),
            )
        };
        let read: Self =
            serde_json::from_value(Value::Object(event.clone())).map_err(|_| refused())?;
        if read.version == VERSION {
            Ok(read)
        } else {
            Err(refused())
        }
    }

    pub fn is_of_nobody(&self) -> bool {
        self.request.user_not_found == Some(true)
    }

    pub fn session(&self) -> &[Challenge] {
        self.request.session.as_deref().unwrap_or_default()
    }

    /// The name in the pool; empty where there is none.
    pub fn user_name(&self) -> &str {
        self.user_name.as_deref().unwrap_or_default()
    }

    /// Who signs in, by what the pool's tokens would name.
    pub fn who(&self, identity: IdentityAttribute) -> Result<Who, Error> {
        let attributes = self.request.user_attributes.as_ref();
        let sub = attributes.and_then(|attributes| attributes.sub.clone());
        let who = match identity {
            IdentityAttribute::Id => sub.map(Who::Id),
            IdentityAttribute::ExternalId => sub.map(Who::ExternalId),
            IdentityAttribute::UserName => self.user_name.clone().map(Who::UserName),
        };
        who.ok_or_else(|| Error::BadRequest("The event does not say who signs in.".into()))
    }
}
