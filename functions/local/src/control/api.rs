//! The control API below `/_local`: tokens for anyone, the messages sent, the clock, and how sending goes.
//! Its shapes are a contract; outside tests are written against it.

use std::sync::Arc;
use std::time::Duration;

use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use shared::address::Channel;
use shared::address::email::key_of;
use shared::clock::Clock;
use shared::platform::outbox::{Outbox, OutboxMessage, Outcome};
use shared::platform::random::Random;
use tokio::sync::Mutex;

use crate::audit::RecentAudit;
use crate::data_dir::Home;
use crate::embedded::Sweeper;
use crate::random;
use crate::template::JwtAuthorizer;
use crate::token::{Claims, TokenIssuer};
use crate::users::{Named, Users};
use crate::web::request::Incoming;
use crate::web::response::{Answer, empty, json_answer, message, method_not_allowed};

/// How long a token is valid.
const LIFETIME_SECONDS: i64 = 3600;
/// The last second of the year 9999, behind which RFC 3339 has no times.
const LAST_SECOND: i64 = 253_402_300_799;

/// What the control API steers.
pub struct Control {
    pub url: String,
    pub issuer: Arc<TokenIssuer>,
    pub authorizer: JwtAuthorizer,
    /// The claim that names the user, next to `sub`.
    pub identity_claim: String,
    pub users: Option<Users>,
    pub outbox: Arc<Outbox>,
    pub audit: RecentAudit,
    pub clock: Clock,
    pub random: Random,
    /// Where the clock's offset is kept; one advance at a time.
    pub home: Mutex<Home>,
    pub sweeper: Sweeper,
}

/// Why a call was not carried out.
enum Trouble {
    /// The caller's mistake.
    Bad(&'static str),
    /// This server's.
    Broken(String),
}

impl Trouble {
    #[expect(clippy::needless_pass_by_value, reason = "the shape map_err wants")]
    fn broken(reason: impl ToString) -> Self {
        Self::Broken(reason.to_string())
    }

    fn answer(&self) -> Answer {
        match self {
            Self::Bad(reason) => message(StatusCode::BAD_REQUEST, reason),
            Self::Broken(reason) => message(StatusCode::INTERNAL_SERVER_ERROR, reason),
        }
    }
}

impl Control {
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn issuer(&self) -> &TokenIssuer {
        &self.issuer
    }

    pub fn issuer_name(&self) -> &str {
        &self.authorizer.issuer
    }

    pub async fn answer(&self, incoming: &Incoming) -> Answer {
        let answer = match (incoming.path.as_str(), incoming.method.as_str()) {
            ("/_local/token", "POST") => self.token(incoming).await,
            ("/_local/clock", "POST") => self.advance(incoming).await,
            ("/_local/sms", "PUT") => self.set_outcome(incoming, Outbox::set_outcome),
            ("/_local/email", "PUT") => self.set_outcome(incoming, Outbox::set_email_outcome),
            ("/_local/audit", "GET") => Ok(self.audit()),
            ("/_local/messages", "GET") => Ok(self.messages(incoming)),
            ("/_local/messages", "DELETE") => {
                self.outbox.clear();
                Ok(empty(StatusCode::NO_CONTENT))
            }
            ("/_local/health", "GET") => Ok(json_answer(StatusCode::OK, &json!({"status": "ok"}))),
            ("/_local/token" | "/_local/clock", _) => Ok(method_not_allowed("POST")),
            ("/_local/sms" | "/_local/email", _) => Ok(method_not_allowed("PUT")),
            ("/_local/messages", _) => Ok(method_not_allowed("GET, DELETE")),
            ("/_local/audit" | "/_local/health", _) => Ok(method_not_allowed("GET")),
            _ => Ok(message(StatusCode::NOT_FOUND, "Not Found")),
        };
        let mut answer = answer.unwrap_or_else(|trouble| trouble.answer());
        // Tokens and codes are nothing for a cache.
        let never = HeaderValue::from_static("no-store");
        answer.headers_mut().insert(CACHE_CONTROL, never);
        answer
    }

    async fn token(&self, incoming: &Incoming) -> Result<Answer, Trouble> {
        let wanted = Wanted::read(&object(incoming)?)?;
        let known = match &self.users {
            Some(users) => users.named(&wanted.user).await.map_err(Trouble::broken)?,
            None => None,
        };
        // A name that is no user's stands for any other subject, as it is.
        let named = known.unwrap_or_else(|| Named {
            id: wanted.user.clone(),
            identity: Some(wanted.user.clone()),
        });
        let mut claims = self.claims(named, wanted.scope)?;
        // As they are, so that a token may be one of any provider, or a bad one.
        for (name, value) in wanted.claims {
            match value {
                Value::Null => claims.remove(&name),
                value => claims.insert(name, value),
            };
        }
        let token = self.issuer.sign(&claims).map_err(Trouble::broken)?;
        Ok(json_answer(
            StatusCode::OK,
            &json!({
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": LIFETIME_SECONDS,
            }),
        ))
    }

    fn claims(&self, named: Named, scope: Option<String>) -> Result<Claims, Trouble> {
        let identity = named.identity.ok_or(Trouble::Bad(
            "the user has no externalId, which is what tokens hold with IdentityAttribute=externalId",
        ))?;
        let now = self.clock.now().seconds();
        let id = random::uuid(self.random).map_err(Trouble::broken)?;
        let audience = self.authorizer.audience.first().cloned();
        let scope = scope.filter(|scope| !scope.is_empty());
        let claims = [
            ("iss", Some(self.authorizer.issuer.clone().into())),
            ("aud", audience.map(Value::from)),
            ("sub", Some(named.id.into())),
            (&*self.identity_claim, Some(identity.into())),
            ("scope", scope.map(Value::from)),
            ("auth_time", Some(now.into())),
            ("iat", Some(now.into())),
            ("exp", Some((now + LIFETIME_SECONDS).into())),
            ("jti", Some(id.into())),
        ];
        let claims = claims.into_iter();
        let claims = claims.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Ok(claims.collect())
    }

    fn messages(&self, incoming: &Incoming) -> Answer {
        // A plus that was not percent-encoded reads as a blank; no address has one. Spellings of an address are one.
        let to = incoming.parameter("to");
        let to = to.map(|to| key_of(&to.replace(' ', "+")));
        let all = self.outbox.messages(None).into_iter();
        let wanted = all.filter(|message| to.as_ref().is_none_or(|to| *to == key_of(&message.to)));
        let messages: Vec<Value> = wanted.map(shown).collect();
        json_answer(StatusCode::OK, &json!({ "messages": messages }))
    }

    /// What happened last, and what time it is by the clock that the lines are written by.
    fn audit(&self) -> Answer {
        let now = self.clock.now().rfc3339();
        let lines = self.audit.lines();
        json_answer(StatusCode::OK, &json!({ "lines": lines, "now": now }))
    }

    async fn advance(&self, incoming: &Incoming) -> Result<Answer, Trouble> {
        let body = object(incoming)?;
        let seconds = match body.get("advanceSeconds") {
            Some(seconds) => seconds.as_u64().ok_or(Trouble::Bad(
                "advanceSeconds must be a whole number, 0 or more",
            ))?,
            None => return Err(Trouble::Bad("advanceSeconds is missing")),
        };
        let home = self.home.lock().await;
        let reach = u64::try_from(LAST_SECOND - self.clock.now().seconds()).unwrap_or_default();
        if seconds > reach {
            return Err(Trouble::Bad("advanceSeconds leads beyond the year 9999"));
        }
        self.clock.advance(Duration::from_secs(seconds));
        home.keep_clock(&self.clock).map_err(Trouble::broken)?;
        self.sweeper.sweep().await.map_err(Trouble::broken)?;
        Ok(json_answer(
            StatusCode::OK,
            &json!({ "now": self.clock.now().rfc3339() }),
        ))
    }

    fn set_outcome(
        &self,
        incoming: &Incoming,
        set: fn(&Outbox, Outcome),
    ) -> Result<Answer, Trouble> {
        let body = object(incoming)?;
        let outcome = match body.get("outcome").and_then(Value::as_str) {
            Some("delivered") => Outcome::Delivered,
            Some("refused") => Outcome::Refused,
            Some("unavailable") => Outcome::Unavailable,
            _ => {
                return Err(Trouble::Bad(
                    "outcome must be delivered, refused or unavailable",
                ));
            }
        };
        set(&self.outbox, outcome);
        Ok(empty(StatusCode::NO_CONTENT))
    }
}

/// A message of the inbox.
fn shown(message: OutboxMessage) -> Value {
    let channel = match message.email {
        Some(_) => Channel::Email,
        None => Channel::Sms,
    };
    let mut shown = json!({
        "id": message.id.to_string(),
        "channel": channel.name(),
        "to": message.to,
        "body": message.body,
        "sender": message.sender,
        "sentAt": message.sent_at.rfc3339(),
    });
    if let (Some(email), Some(members)) = (message.email, shown.as_object_mut()) {
        members.insert("subject".to_owned(), email.subject.into());
        members.insert("html".to_owned(), email.html.into());
    }
    shown
}

/// For whom a token is wanted.
struct Wanted {
    user: String,
    scope: Option<String>,
    /// Over the token's own; null takes one out.
    claims: Claims,
}

impl Wanted {
    fn read(body: &Map<String, Value>) -> Result<Self, Trouble> {
        let user = match body.get("user") {
            Some(Value::String(user)) if !user.is_empty() => user.clone(),
            Some(Value::String(_)) => return Err(Trouble::Bad("user must not be empty")),
            Some(_) => return Err(Trouble::Bad("user must be a string")),
            None => {
                return Err(Trouble::Bad(
                    "user is missing: an id, a userName, or any other subject",
                ));
            }
        };
        let scope = match body.get("scope") {
            None | Some(Value::Null) => None,
            Some(Value::String(scope)) => Some(scope.clone()),
            Some(_) => {
                return Err(Trouble::Bad(
                    "scope must be a string of scopes separated by spaces",
                ));
            }
        };
        let claims = match body.get("claims") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(claims)) => claims.clone(),
            Some(_) => return Err(Trouble::Bad("claims must be an object")),
        };
        Ok(Self {
            user,
            scope,
            claims,
        })
    }
}

/// The body as a JSON object; the content type does not matter here, `curl -d` sends that of a form.
fn object(incoming: &Incoming) -> Result<Map<String, Value>, Trouble> {
    match serde_json::from_slice(&incoming.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Trouble::Bad("the body must be a JSON object")),
        Err(_) => Err(Trouble::Bad("the body is not JSON")),
    }
}
