//! Any gateway that takes a message by HTTP: URL, headers and payload are templates.

mod auth;
mod expected;
mod failure;
mod headers;
mod payload;
mod template;
mod xml;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, StatusCode};
use url::Url;

use self::auth::Auth;
use self::expected::Expected;
use self::headers::Headers;
use self::payload::Payload;
use self::template::{Part, Template, Values};
use crate::clock::Timestamp;
use crate::messaging::http_client::HttpClient;
use crate::messaging::message::{Message, SendError};
use crate::messaging::secret::{FieldError, Fields};
use crate::messaging::sms::senders::Senders;

/// How `{{mobile}}` and `$ctx.num` are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberFormat {
    /// The former with the plus sign, the latter without.
    ByPlace,
    E164,
    Digits,
}

pub struct Custom {
    http: HttpClient,
    method: Method,
    url: Template,
    headers: Headers,
    payload: Option<Payload>,
    auth: Auth,
    expected: Expected,
    numbers: NumberFormat,
    senders: Senders,
}

impl Custom {
    pub fn new(mut fields: Fields, http: &HttpClient) -> Result<Self, FieldError> {
        let url = url(&mut fields, http)?;
        let method = method(&mut fields)?;
        let headers = Headers::of(&mut fields)?;
        let payload = Payload::of(&mut fields, &headers)?;
        if method == Method::GET && payload.is_some() {
            return Err(fields.wrong("payloadTemplate", "must be left out where method is GET"));
        }
        let auth = Auth::of(&mut fields, http)?;
        if let Some(name) = auth.header().filter(|name| headers.has(name)) {
            return Err(fields.wrong(&format!("headers.{name}"), "is what auth is to set"));
        }
        let sender = fields.optional_text("sender")?;
        let custom = Self {
            auth,
            expected: Expected::of(&mut fields)?,
            numbers: numbers(&mut fields)?,
            senders: Senders::of(&mut fields, sender)?,
            http: http.clone(),
            method,
            url,
            headers,
            payload,
        };
        if !custom.holds(&[Part::Body, Part::Code]) {
            return Err(fields.wrong("payloadTemplate", "has no {{body}}, nor has the URL"));
        }
        if !custom.holds(&[Part::Mobile, Part::Digits]) {
            return Err(fields.wrong("payloadTemplate", "has no {{mobile}}, nor has the URL"));
        }
        if let Some(fault) = custom.payload.as_ref().and_then(Payload::fault) {
            return Err(fields.wrong("payloadTemplate", fault));
        }
        fields.done()?;
        Ok(custom)
    }

    /// Whether any of the parts goes anywhere.
    fn holds(&self, parts: &[Part]) -> bool {
        let mut templates = std::iter::once(&self.url).chain(self.headers.templates());
        let payload = self.payload.as_ref();
        templates.any(|template| template.holds(parts))
            || payload.is_some_and(|payload| payload.holds(parts))
    }

    pub async fn send(&self, text: &Message<'_>, now: Timestamp) -> Result<(), SendError> {
        // A gateway that has the text itself would make a message of a missing code.
        if text.code.is_empty() && !self.holds(&[Part::Body]) {
            let reason = "its templates have the code alone, and this message has none";
            return Err(SendError::Rejected(reason.into()));
        }
        let digits = text.to.as_e164().trim_start_matches('+');
        let (mobile, digits) = match self.numbers {
            NumberFormat::ByPlace => (text.to.as_e164(), digits),
            NumberFormat::E164 => (text.to.as_e164(), text.to.as_e164()),
            NumberFormat::Digits => (digits, digits),
        };
        let sender = self.senders.pick(text.sender, text.region);
        let values = Values {
            body: text.body,
            mobile,
            digits,
            code: text.code,
            sender: sender.unwrap_or_default(),
        };
        let answer = match &self.auth {
            Auth::None => self.http.call(self.request(&values)?).await?,
            Auth::Header(name, value) => {
                let mut request = self.request(&values)?;
                request.headers_mut().insert(name, value.clone());
                self.http.call(request).await?
            }
            Auth::Token(client) => {
                let with = |token: HeaderValue| {
                    let mut request = self.request(&values)?;
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
            *request.body_mut() = Some(payload.filled(values).into());
        } else if self.method != Method::GET {
            // RFC 9110 §8.6: without it, a gateway may answer 411.
            let nothing = HeaderValue::from_static("0");
            request.headers_mut().insert(CONTENT_LENGTH, nothing);
        }
        Ok(request)
    }
}

/// Scheme and host stand fast: no part of a message chooses who is called.
fn url(fields: &mut Fields, http: &HttpClient) -> Result<Template, FieldError> {
    let text = fields.text("url")?;
    let template = Template::parse(text.trim())
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

fn numbers(fields: &mut Fields) -> Result<NumberFormat, FieldError> {
    match fields.optional_text("numberFormat")?.as_deref() {
        None => Ok(NumberFormat::ByPlace),
        Some("e164") => Ok(NumberFormat::E164),
        Some("digits") => Ok(NumberFormat::Digits),
        Some(_) => Err(fields.wrong("numberFormat", "must be e164 or digits")),
    }
}
