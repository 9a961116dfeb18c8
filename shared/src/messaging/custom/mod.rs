//! Any gateway that takes a message by HTTP: URL, headers and payload are templates. One engine for every channel;
//! what differs is the places that a channel's templates may have.

mod auth;
mod expected;
mod failure;
mod headers;
mod payload;
mod template;
mod xml;

use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Method, StatusCode};
use url::Url;

use self::auth::Auth;
use self::expected::Expected;
use self::headers::Headers;
use self::payload::Payload;
use self::template::{Part, Template};
pub use self::template::{Places, Values};
use crate::clock::Timestamp;
use crate::messaging::http_client::{HttpClient, Request};
use crate::messaging::message::SendError;
use crate::messaging::secret::{FieldError, Fields};

/// A gateway as its entry of the secret describes it.
pub struct Gateway {
    http: HttpClient,
    method: Method,
    url: Template,
    headers: Headers,
    payload: Option<Payload>,
    auth: Auth,
    expected: Expected,
    places: &'static Places,
}

impl Gateway {
    /// `url`, `method`, `headers`, `contentType`, `payloadTemplate`, `auth`, `expectedStatus` and `expectedBody`, with
    /// the places of a channel.
    pub fn of(
        fields: &mut Fields,
        http: &HttpClient,
        places: &'static Places,
    ) -> Result<Self, FieldError> {
        let url = url(fields, http, places)?;
        let method = method(fields)?;
        let headers = Headers::of(fields, places)?;
        let payload = Payload::of(fields, &headers, places)?;
        if method == Method::GET && payload.is_some() {
            return Err(fields.wrong("payloadTemplate", "must be left out where method is GET"));
        }
        let auth = Auth::of(fields, http)?;
        if let Some(name) = auth.header().filter(|name| headers.has(name)) {
            return Err(fields.wrong(&format!("headers.{name}"), "is what auth is to set"));
        }
        let gateway = Self {
            auth,
            expected: Expected::of(fields)?,
            http: http.clone(),
            method,
            url,
            headers,
            payload,
            places,
        };
        if !gateway.has_text() && !gateway.holds(&[Part::Code]) {
            return Err(fields.wrong("payloadTemplate", "has no {{body}}, nor has the URL"));
        }
        if !gateway.holds(&[Part::To, Part::Digits]) {
            let reason = format!("has no {}, nor has the URL", places.address);
            return Err(fields.wrong("payloadTemplate", reason));
        }
        if let Some(fault) = gateway.payload.as_ref().and_then(Payload::fault) {
            return Err(fields.wrong("payloadTemplate", fault));
        }
        Ok(gateway)
    }

    /// Whether any of the parts goes anywhere.
    fn holds(&self, parts: &[Part]) -> bool {
        let mut templates = std::iter::once(&self.url).chain(self.headers.templates());
        let payload = self.payload.as_ref();
        templates.any(|template| template.holds(parts))
            || payload.is_some_and(|payload| payload.holds(parts))
    }

    fn has_text(&self) -> bool {
        self.holds(self.places.texts)
    }

    pub async fn send(&self, values: &Values<'_>, now: Timestamp) -> Result<(), SendError> {
        // A gateway that has the text itself would make a message of a missing code.
        if values.code.is_empty() && !self.has_text() {
            let reason = "its templates have the code alone, and this message has none";
            return Err(SendError::Rejected(reason.into()));
        }
        let answer = match &self.auth {
            Auth::None => self.http.call(self.request(values)?).await?,
            Auth::Header(name, value) => {
                let mut request = self.request(values)?;
                request.headers_mut().insert(name, value.clone());
                self.http.call(request).await?
            }
            Auth::Token(client) => {
                let with = |token: HeaderValue| {
                    let mut request = self.request(values)?;
                    request.headers_mut().insert(AUTHORIZATION, token);
                    Ok::<_, SendError>(request)
                };
                let token = client.token(None, now).await?;
                let answer = self.http.call(with(token.clone())?).await?;
                if answer.status == StatusCode::UNAUTHORIZED {
                    let renewed = client.token(Some(&token), now).await?;
                    self.http.call(with(renewed)?).await?
                } else {
                    answer
                }
            }
        };
        self.expected.check(&answer)
    }

    fn request(&self, values: &Values<'_>) -> Result<Request, SendError> {
        let url = self.http.address(&self.url.encoded(values));
        let url = url.map_err(|reason| SendError::Rejected(format!("the URL {reason}")))?;
        let mut request = Request::new(self.method.clone(), url);
        let headers = self.headers.filled(values).map_err(|name| {
            SendError::Rejected(format!("the header {name} cannot hold this message"))
        })?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value);
        }
        if let Some(payload) = &self.payload {
            if !self.headers.has(&CONTENT_TYPE) {
                let media_type = HeaderValue::from_static(payload.media_type());
                request.headers_mut().insert(CONTENT_TYPE, media_type);
            }
            *request.body_mut() = Some(payload.filled(values));
        } else if self.method != Method::GET {
            // RFC 9110 §8.6: without it, a gateway may answer 411.
            let nothing = HeaderValue::from_static("0");
            request.headers_mut().insert(CONTENT_LENGTH, nothing);
        }
        Ok(request)
    }
}

/// Scheme and host stand fast: no part of a message chooses who is called.
fn url(fields: &mut Fields, http: &HttpClient, places: &Places) -> Result<Template, FieldError> {
    let text = fields.text("url")?;
    let template = Template::parse(text.trim(), places)
        .map_err(|_| fields.wrong("url", "has an unknown placeholder"))?;
    let sample: Result<Url, _> = http.address(&template.encoded(&Values::SAMPLE));
    sample.map_err(|reason| fields.wrong("url", reason))?;
    let after_scheme = template.start().split_once("://").map(|(_, rest)| rest);
    let host_stands = after_scheme.is_some_and(|rest| rest.contains(['/', '?']));
    if template.has_places() && !host_stands {
        return Err(fields.wrong("url", "must not have a placeholder in its host"));
    }
    // RFC 3986 §3.5: what is behind it stays with us.
    if template.has_place_behind('#') {
        return Err(fields.wrong(
            "url",
            "must not have a placeholder behind #, which is not sent",
        ));
    }
    Ok(template)
}

fn method(fields: &mut Fields) -> Result<Method, FieldError> {
    match fields.optional_text("method")?.as_deref() {
        None | Some("POST") => Ok(Method::POST),
        Some("PUT") => Ok(Method::PUT),
        Some("GET") => Ok(Method::GET),
        Some(_) => Err(fields.wrong("method", "must be POST, PUT or GET")),
    }
}
