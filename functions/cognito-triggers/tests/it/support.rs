//! A user pool as AWS describes it: it keeps a sign-in's session, asks the triggers what is next, and hands out tokens.
//! +60111111111 is Bob's verified number; Alice has none.

use std::time::Duration;

use local::testing::{ALICE, BOB, Event, TestApp, event};
use serde_json::{Value, json};

pub const NEW: &str = "+60123456789";
pub const COOLDOWN: Duration = Duration::from_secs(30);

/// What a client sees of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A challenge of ours: its public parameters, `OTP *******111`.
    Challenge(String),
    Tokens,
    /// NotAuthorizedException
    NotAuthorized,
    /// UserLambdaValidationException, with this text.
    Failed(String),
}

pub fn challenge(public: &str) -> Seen {
    Seen::Challenge(public.to_owned())
}

/// A sign-in in a user pool.
pub struct SignIn<'a> {
    test: &'a TestApp,
    user: (String, String),
    not_found: bool,
    session: Vec<Value>,
    /// Of the last challenge.
    pub private: Value,
    pub public: Value,
    metadata: Value,
}

impl<'a> SignIn<'a> {
    /// Before anything was proved.
    pub fn of(test: &'a TestApp, user_name: &str, sub: &str) -> Self {
        Self {
            test,
            user: (user_name.to_owned(), sub.to_owned()),
            not_found: false,
            session: Vec::new(),
            private: Value::Null,
            public: Value::Null,
            metadata: Value::Null,
        }
    }

    pub fn of_bob(test: &'a TestApp) -> Self {
        Self::of(test, "bob123", BOB)
    }

    pub fn of_alice(test: &'a TestApp) -> Self {
        Self::of(test, "alice", ALICE)
    }

    /// Of a name that nobody has in the pool, which does not say so.
    pub fn of_nobody(test: &'a TestApp) -> Self {
        Self {
            not_found: true,
            ..Self::of(test, "mallory", "")
        }
    }

    /// A challenge was answered.
    pub fn answered(&mut self, name: &str, result: bool, metadata: &Value) {
        self.session.push(json!({
            "challengeName": name,
            "challengeResult": result,
            "challengeMetadata": metadata,
        }));
    }

    /// The password by SRP, and what comes after it.
    pub async fn password(&mut self) -> Seen {
        self.answered("SRP_A", true, &Value::Null);
        let next = self.defined().await.unwrap();
        assert_eq!(next["challengeName"], "PASSWORD_VERIFIER");
        self.answered("PASSWORD_VERIFIER", true, &Value::Null);
        self.next().await
    }

    /// An answer to the last challenge, and what comes after it.
    pub async fn answer(&mut self, answer: &str) -> Seen {
        match self.verified(answer).await {
            Ok(correct) => {
                let metadata = self.metadata.clone();
                self.answered("CUSTOM_CHALLENGE", correct, &metadata);
                self.next().await
            }
            Err(text) => Seen::Failed(text),
        }
    }

    /// Whether the answer is right, without a next step.
    pub async fn verified(&self, answer: &str) -> Result<bool, String> {
        let mut event = self.event("verify");
        event["request"]["challengeAnswer"] = answer.into();
        event["request"]["privateChallengeParameters"] = self.private.clone();
        let response = self.response(&event).await?;
        Ok(response["answerCorrect"].as_bool().unwrap())
    }

    pub async fn next(&mut self) -> Seen {
        let next = match self.defined().await {
            Ok(next) => next,
            Err(text) => return Seen::Failed(text),
        };
        let flags = (&next["issueTokens"], &next["failAuthentication"]);
        match flags {
            (Value::Bool(true), Value::Bool(false)) => Seen::Tokens,
            (Value::Bool(false), Value::Bool(true)) => Seen::NotAuthorized,
            (Value::Bool(false), Value::Bool(false)) => {
                assert_eq!(next["challengeName"], "CUSTOM_CHALLENGE");
                match self.created().await {
                    Ok(()) => Seen::Challenge(self.shown()),
                    Err(text) => Seen::Failed(text),
                }
            }
            _ => unreachable!("{next}"),
        }
    }

    pub async fn defined(&self) -> Result<Value, String> {
        self.response(&self.event("define-password")).await
    }

    async fn created(&mut self) -> Result<(), String> {
        let response = self.response(&self.event("create")).await?;
        self.public = response["publicChallengeParameters"].clone();
        self.private = response["privateChallengeParameters"].clone();
        self.metadata = response["challengeMetadata"].clone();
        assert_eq!(response.as_object().unwrap().len(), 3, "{response}");
        Ok(())
    }

    /// The shipped event of this name, of this user and this session.
    pub fn event(&self, case: &str) -> Value {
        let mut event = event(&format!("cognito-triggers/{case}"));
        event["userName"] = self.user.0.as_str().into();
        event["request"]["userAttributes"]["sub"] = self.user.1.as_str().into();
        event["request"]["userNotFound"] = self.not_found.into();
        if case != "verify" {
            event["request"]["session"] = self.session.clone().into();
        }
        event
    }

    async fn response(&self, event: &Value) -> Result<Value, String> {
        let mut answer = self.test.cognito(event).await?;
        let response = answer["response"].take();
        // The rest goes back as it came.
        let mut sent = event.clone();
        sent["response"].take();
        assert_eq!(answer, sent);
        Ok(response)
    }

    fn shown(&self) -> String {
        let public = self.public.as_object().unwrap();
        let known = ["prompt", "maskedMobileNumber"];
        assert!(public.keys().all(|name| known.contains(&name.as_str())));
        let texts = public.values().map(|value| value.as_str().unwrap());
        texts.collect::<Vec<_>>().join(" ")
    }
}

/// A code of the same form that is not this one.
pub fn not(code: &str) -> String {
    let other = if code.starts_with('1') { "2" } else { "1" };
    format!("{other}{}", &code[1..])
}

/// New backup codes of Bob.
pub async fn backup_codes(test: &TestApp, count: usize) -> Vec<String> {
    let body = json!({ "user": { "username": "bob123" }, "count": count });
    let event = Event::shipped("second-factor/backup-codes").body(&body);
    let answer = test.second_factor(&event).await;
    assert_eq!(answer.status, 200, "{answer}");
    let codes = answer.body["codes"].as_array().unwrap().iter();
    codes
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

/// An administrator writes these attributes of Bob.
pub async fn write_bob(test: &TestApp, attributes: &Value) {
    let event = Event::shipped("scim-patch/patch-user").replacing(attributes);
    let answer = test.patch(&event).await;
    assert_eq!(answer.status, 200, "{answer}");
}

pub fn wait(test: &TestApp) {
    test.stack.clock().advance(COOLDOWN);
}
