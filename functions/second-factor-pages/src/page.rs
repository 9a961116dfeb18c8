//! A page on its way to a browser: its language, its frame, and the headers that keep it to itself.

use askama::Template;
use http::header::{
    CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use lambda_http::{Body, Request, Response};
use shared::api::error::{Error, Failure};
use shared::api::request::flow_id;
use shared::api::response;
use shared::language::{self, Language};
use shared::verification::flow::{Flow, FlowId};

use crate::address::with_flow;
use crate::app::App;
use crate::texts;
use crate::wording::Texts;

/// Who reads a page, and in which language.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub app: &'a App,
    pub language: Language,
    pub texts: &'static Texts,
}

impl<'a> Reader<'a> {
    /// By `Accept-Language`.
    pub fn of(app: &'a App, request: &Request) -> Self {
        let values = request.headers().get_all("accept-language").iter();
        let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        let language = language::wanted(&values.join(","));
        Self {
            app,
            language,
            texts: texts::of(language.tag),
        }
    }

    /// A text with the application's name.
    pub fn say(&self, text: &str) -> String {
        text.replace("{app}", &self.app.appearance.app_name)
    }

    pub fn title(&self) -> String {
        self.say(self.texts.title)
    }

    pub fn support_url(&self) -> Option<&'a str> {
        self.app.appearance.support_url.as_deref()
    }
}

/// Where a page leads on to.
pub struct Link {
    pub address: String,
    pub text: String,
}

/// To the application, where it said how.
pub fn way_back(reader: &Reader<'_>, id: &FlowId, flow: &Flow) -> Result<Option<Link>, Error> {
    let Some(url) = &flow.return_url else {
        return Ok(None);
    };
    Ok(Some(Link {
        address: with_flow(url, id)?,
        text: reader.say(reader.texts.go_on),
    }))
}

/// A page that says something, and asks for nothing.
pub struct Message {
    pub status: u16,
    pub is_error: bool,
    pub text: String,
    pub link: Option<Link>,
}

#[derive(Template)]
#[template(path = "message.html", whitespace = "minimize")]
struct MessageHtml<'a> {
    language: Language,
    texts: &'a Texts,
    title: String,
    is_error: bool,
    support_url: Option<&'a str>,
    message: &'a str,
    link: Option<&'a Link>,
}

impl Message {
    pub fn answer(&self, reader: &Reader<'_>) -> Result<Response<Body>, Error> {
        let html = MessageHtml {
            language: reader.language,
            texts: reader.texts,
            title: reader.title(),
            is_error: self.is_error,
            support_url: reader.support_url(),
            message: &self.text,
            link: self.link.as_ref(),
        };
        html_answer(self.status, &html, reader.language, "'none'")
    }
}

/// An HTML answer, which may send forms only where `form_action` says (the value of that directive).
pub fn html_answer(
    status: u16,
    html: &impl Template,
    language: Language,
    form_action: &str,
) -> Result<Response<Body>, Error> {
    let html = html.render();
    let html = html.map_err(|error| Error::Internal(format!("no page: {error}")))?;
    let mut answer = secured(response::text(status, html));
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    );
    response::insert(&mut answer, CONTENT_SECURITY_POLICY, &policy);
    response::insert(&mut answer, CONTENT_LANGUAGE, language.tag);
    response::insert(&mut answer, VARY, "Accept-Language");
    Ok(answer)
}

/// To another page, by GET (RFC 9110 §15.4.4).
pub fn see_other(address: &str) -> Response<Body> {
    let mut answer = secured(response::empty(303));
    response::insert(&mut answer, LOCATION, address);
    answer
}

/// The flow's id is in the address: nobody else may learn that, and no other page may show this one.
fn secured(mut answer: Response<Body>) -> Response<Body> {
    for (name, value) in [
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        response::insert(&mut answer, name, value);
    }
    answer
}

/// There is nothing, in the words of API Gateway.
pub fn nowhere() -> Response<Body> {
    let mut answer = response::text(404, r#"{"message":"Not Found"}"#.to_owned());
    response::insert(&mut answer, CONTENT_TYPE, "application/json");
    secured(answer)
}

/// The page of what the form's own page cannot say.
pub fn failed(app: &App, request: &Request, failure: Failure) -> Response<Body> {
    let reader = Reader::of(app, request);
    let texts = reader.texts;
    let text = match failure.status {
        404 => texts.unknown,
        403 => texts.switched_off,
        400 | 405 | 413 | 415 => texts.bad,
        409 => texts.conflict,
        503 => texts.unavailable,
        _ => texts.broken,
    };
    // Where there still is a flow its page says how to go on.
    let back = flow_id(request).ok().filter(|_| failure.status != 404);
    let message = Message {
        status: failure.status,
        is_error: true,
        text: reader.say(text).replace("{when}", texts.later),
        link: back.map(|id| Link {
            address: id.expose().to_owned(),
            text: texts.confirm.to_owned(),
        }),
    };
    let answer = message.answer(&reader);
    let mut answer = answer.unwrap_or_else(|_| secured(response::empty(failure.status)));
    if let Some(seconds) = failure.retry_after {
        response::insert(&mut answer, RETRY_AFTER, &seconds.to_string());
    }
    answer
}
