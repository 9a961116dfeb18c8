//! How a gateway knows us: nothing, a header, or a token by client credentials (RFC 6749 §4.4).

use std::time::Duration;

use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::clock::Timestamp;
use crate::messaging::custom::headers::is_of_connection;
use crate::messaging::http_client::{HttpClient, Request, basic};
use crate::messaging::message::SendError;
use crate::messaging::secret::{FieldError, Fields};

/// A token is renewed this much before its end.
const MARGIN: Duration = Duration::from_secs(30);

/// How long a token of unknown life is used.
const UNKNOWN_LIFE: Duration = Duration::from_mins(5);

pub enum Auth {
    None,
    Header(HeaderName, HeaderValue),
    Token(Box<ClientCredentials>),
}

/// A client, and the token it has.
pub struct ClientCredentials {
    http: HttpClient,
    url: Url,
    authorization: HeaderValue,
    body: String,
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    value: HeaderValue,
    expires: Timestamp,
}

impl Auth {
    pub fn of(fields: &mut Fields, http: &HttpClient) -> Result<Self, FieldError> {
        let Some(mut auth) = fields.object("auth")? else {
            return Ok(Self::None);
        };
        let unsendable = |auth: &Fields, field| auth.wrong(field, "cannot be sent in a header");
        let made = match auth.text("type")?.as_str() {
            "none" => Self::None,
            "basic" => {
                let (user, password) = (auth.text("username")?, auth.text("password")?);
                // RFC 7617 §2: the first colon ends the name.
                if user.contains(':') {
                    return Err(auth.wrong("username", "must not contain a colon"));
                }
                let value = basic(&user, &password).ok_or_else(|| unsendable(&auth, "password"))?;
                Self::Header(AUTHORIZATION, value)
            }
            "bearer" => {
                let token = auth.text("token")?;
                let value = bearer(&token).ok_or_else(|| unsendable(&auth, "token"))?;
                Self::Header(AUTHORIZATION, value)
            }
            "apiKey" => {
                let (header, value) = (auth.text("header")?, auth.text("value")?);
                let header = HeaderName::try_from(header)
                    .map_err(|_| auth.wrong("header", "must be the name of a header"))?;
                if is_of_connection(&header) {
                    return Err(auth.wrong("header", "belongs to the connection"));
                }
                let mut value =
                    HeaderValue::try_from(value).map_err(|_| unsendable(&auth, "value"))?;
                value.set_sensitive(true);
                Self::Header(header, value)
            }
            "clientCredentials" => Self::Token(Box::new(ClientCredentials::of(&mut auth, http)?)),
            _ => {
                let kinds = "must be none, basic, bearer, apiKey or clientCredentials";
                return Err(auth.wrong("type", kinds));
            }
        };
        auth.done()?;
        Ok(made)
    }

    /// The header that it sets.
    pub fn header(&self) -> Option<&HeaderName> {
        match self {
            Self::None => None,
            Self::Header(name, _) => Some(name),
            Self::Token(_) => Some(&AUTHORIZATION),
        }
    }
}

fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl ClientCredentials {
    fn of(auth: &mut Fields, http: &HttpClient) -> Result<Self, FieldError> {
        let url = auth.text("tokenUrl")?;
        let url = http
            .address(&url)
            .map_err(|reason| auth.wrong("tokenUrl", reason))?;
        let (id, secret) = (auth.text("clientId")?, auth.text("clientSecret")?);
        // RFC 6749 §2.3.1: both are form-encoded before they become Basic credentials.
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let authorization = basic(&encoded(&id), &encoded(&secret))
            .ok_or_else(|| auth.wrong("clientSecret", "cannot be sent in a header"))?;
        let mut body = Serializer::new(String::new());
        body.append_pair("grant_type", "client_credentials");
        if let Some(scope) = auth.optional_text("scope")? {
            body.append_pair("scope", &scope);
        }
        Ok(Self {
            http: http.clone(),
            url,
            authorization,
            body: body.finish(),
            token: Mutex::new(None),
        })
    }

    /// The `Authorization` header: of the token at hand, or of a new one where that has ended or was refused.
    pub async fn token(
        &self,
        refused: Option<&HeaderValue>,
        now: Timestamp,
    ) -> Result<HeaderValue, SendError> {
        let mut token = self.token.lock().await;
        let good = token
            .as_ref()
            .filter(|token| now < token.expires && refused != Some(&token.value));
        if let Some(good) = good {
            return Ok(good.value.clone());
        }
        let new = self.fetch(now).await?;
        *token = Some(new.clone());
        Ok(new.value)
    }

    async fn fetch(&self, now: Timestamp) -> Result<Token, SendError> {
        let mut request = Request::new(Method::POST, self.url.clone());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form_type);
        *request.body_mut() = Some(self.body.clone());
        let answer = self.http.call(request).await.map_err(without_message)?;
        let said = format!("token: {}", answer.status.as_u16());
        if !answer.status.is_success() {
            // RFC 6749 §5.2: a client that is not known is told so by 400 as well.
            return Err(match answer.status {
                StatusCode::BAD_REQUEST => SendError::Unauthorized(said),
                status => without_message(SendError::of_status(status, said)),
            });
        }
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let token = body.get("access_token").and_then(Value::as_str);
        let value = token
            .and_then(bearer)
            .ok_or_else(|| SendError::Unavailable("token: none in the answer".into()))?;
        let life = body.get("expires_in").and_then(|life| match life {
            Value::String(text) => text.parse().ok(),
            life => life.as_u64(),
        });
        let life = life.map_or(UNKNOWN_LIFE, Duration::from_secs);
        Ok(Token {
            value,
            expires: now + life.saturating_sub(MARGIN),
        })
    }
}

/// The message waits for its token: whatever became of this request, it has not left.
fn without_message(error: SendError) -> SendError {
    match error {
        SendError::Unknown(said) => SendError::Unavailable(said),
        error => error,
    }
}
