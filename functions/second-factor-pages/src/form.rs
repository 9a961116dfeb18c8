//! The page of an open flow: the forms of what it asks for, and of the other ways there are.

use std::collections::BTreeSet;

use askama::Template;
use lambda_http::{Body, Response};
use shared::api::error::Error;
use shared::clock::Timestamp;
use shared::language::Language;
use shared::verification::flow::{Asks, Flow, FlowId, last_digits};
use url::Url;

use crate::app::App;
use crate::notice::{Field, Kind, Notice};
use crate::page::{Link, Reader, html_answer, way_back};
use crate::wording::Texts;

#[expect(
    clippy::struct_excessive_bools,
    reason = "what a template asks, each of another part of the page"
)]
#[derive(Template)]
#[template(path = "form.html", whitespace = "minimize")]
struct FormHtml<'a> {
    language: Language,
    texts: &'a Texts,
    title: String,
    is_error: bool,
    support_url: Option<&'a str>,
    flow_id: &'a str,
    /// What is said of no field.
    status: Option<String>,
    takes_code: bool,
    sent: Sent<'a>,
    of_code: Option<String>,
    code_input: &'a str,
    capitals: &'a str,
    resends: bool,
    needs_prefix: bool,
    number: Option<Part>,
    backup: Option<Part>,
    /// The field that the cursor is in.
    focus: &'a str,
    link: Option<Link>,
}

/// `We sent a code to {number}.`, in which the number is written from the left in every language.
struct Sent<'a> {
    before: &'a str,
    number: String,
    after: &'a str,
}

/// A form beside or in place of the code's.
struct Part {
    /// It is another way, which opens with a click.
    folded: bool,
    mistake: Option<String>,
    /// Ids of what explains its field.
    described_by: String,
}

impl Part {
    fn new(name: &str, folded: bool, mistake: Option<String>, has_hint: bool) -> Self {
        let hint = has_hint.then(|| format!("{name}-hint"));
        let error = mistake.as_ref().map(|_| format!("{name}-error"));
        let ids: Vec<String> = [hint, error].into_iter().flatten().collect();
        Self {
            folded,
            mistake,
            described_by: ids.join(" "),
        }
    }
}

/// What is left to be done in a flow.
#[expect(clippy::struct_excessive_bools, reason = "each is a form of its own")]
#[derive(Clone, Copy)]
struct Ways {
    /// A code was sent, and is still compared.
    code: bool,
    resend: bool,
    number: bool,
    backup: bool,
}

impl Ways {
    fn of(app: &App, flow: &Flow, now: Timestamp) -> Self {
        let policy = &app.second_factor.policy;
        let sent = flow.login_code.as_ref();
        let compares = flow.tries < app.second_factor.most_tries();
        Self {
            code: flow.asks == Asks::Code
                && compares
                && sent.is_some_and(|sent| now < sent.expires),
            resend: sent.is_some() && policy.resend,
            number: flow.takes_number(),
            backup: policy.backup_codes && flow.subject.user_id.is_some() && compares,
        }
    }

    fn has(self, field: Field) -> bool {
        match field {
            Field::Code => self.code,
            Field::BackupCode => self.backup,
            Field::Number => self.number,
        }
    }
}

pub fn page(
    reader: &Reader<'_>,
    id: &FlowId,
    flow: &Flow,
    notice: Option<Notice>,
    now: Timestamp,
) -> Result<Response<Body>, Error> {
    let (app, texts) = (reader.app, reader.texts);
    let ways = Ways::of(app, flow, now);
    // What is said of a field that is not there any more is over.
    let notice = notice.filter(|one| one.kind.field().is_none_or(|field| ways.has(field)));
    let said = notice.map(|notice| notice.text(texts, now));
    let about = |field: Field| {
        let is_it = notice.is_some_and(|notice| notice.kind.field() == Some(field));
        said.clone().filter(|_| is_it)
    };
    let general = said
        .clone()
        .filter(|_| notice.is_some_and(|notice| notice.kind.field().is_none()));
    let dead = dead(reader, flow, ways, now).filter(|_| general.is_none());
    let is_error = dead.is_some() || notice.is_some_and(Notice::is_failure);
    let (number_first, backup_first) = (flow.asks == Asks::Number, flow.asks == Asks::BackupCode);
    let needs_prefix = !app.has_default_region;
    let number = ways
        .number
        .then(|| Part::new("number", !number_first, about(Field::Number), needs_prefix));
    let backup = ways
        .backup
        .then(|| Part::new("backup", !backup_first, about(Field::BackupCode), true));
    let html = FormHtml {
        language: reader.language,
        texts,
        title: reader.title(),
        is_error,
        support_url: reader.support_url(),
        flow_id: id.expose(),
        link: way_out(reader, id, flow, ways)?,
        status: general.or(dead),
        takes_code: ways.code,
        sent: sent(texts, flow),
        of_code: about(Field::Code).map(|text| of_code(reader, notice, text)),
        code_input: if app.alphabet.is_numeric() {
            "numeric"
        } else {
            "text"
        },
        capitals: if app.alphabet.has_lowercase() {
            "none"
        } else {
            "characters"
        },
        resends: ways.resend,
        needs_prefix,
        focus: focus(flow, notice),
        number,
        backup,
    };
    html_answer(200, &html, reader.language, &form_action(app, flow))
}

fn sent<'a>(texts: &'a Texts, flow: &Flow) -> Sent<'a> {
    let (before, after) = texts.sent.split_once("{number}").unwrap_or_default();
    Sent {
        before,
        number: flow.number().map(last_digits).unwrap_or_default(),
        after,
    }
}

/// Why no code is taken where one was sent, or nothing at all.
fn dead(reader: &Reader<'_>, flow: &Flow, ways: Ways, now: Timestamp) -> Option<String> {
    let texts = reader.texts;
    let expired = flow
        .login_code
        .as_ref()
        .is_some_and(|sent| sent.expires <= now);
    let text = match flow.asks {
        Asks::Number => return None,
        Asks::Code if ways.code => return None,
        Asks::BackupCode if ways.backup => return None,
        Asks::Code if expired && ways.resend => texts.expired,
        Asks::Code if expired => texts.failed,
        Asks::Code if ways.resend => texts.used_up,
        Asks::Code | Asks::BackupCode => texts.exhausted,
    };
    Some(reader.say(text))
}

/// The sentence of a wrong code speaks of another one, which there may not be.
fn of_code(reader: &Reader<'_>, notice: Option<Notice>, text: String) -> String {
    let is_wrong = notice.is_some_and(|notice| notice.kind == Kind::WrongCode);
    if is_wrong && !reader.app.second_factor.policy.resend {
        return reader.texts.unreadable.to_owned();
    }
    text
}

/// Back to the application where no form is left that could help.
fn way_out(
    reader: &Reader<'_>,
    id: &FlowId,
    flow: &Flow,
    ways: Ways,
) -> Result<Option<Link>, Error> {
    if ways.code || ways.resend || ways.number || ways.backup {
        return Ok(None);
    }
    way_back(reader, id, flow)
}

fn focus(flow: &Flow, notice: Option<Notice>) -> &'static str {
    match (notice.and_then(|notice| notice.kind.field()), flow.asks) {
        (Some(Field::Code), _) | (None, Asks::Code) => "code",
        (Some(Field::Number), _) | (None, Asks::Number) => "number",
        (Some(Field::BackupCode), _) | (None, Asks::BackupCode) => "backup",
    }
}

/// Where what follows a form may lead: browsers apply the policy to the redirects behind it, too.
fn form_action(app: &App, flow: &Flow) -> String {
    let pages = &app.pages;
    let addresses = [
        flow.return_url.as_deref(),
        pages.authentication_endpoint.as_deref(),
        pages.mobile_number_reg_page.as_deref(),
        pages.error_page.as_deref(),
    ];
    let urls = addresses.into_iter().flatten();
    let urls = urls.filter_map(|address| Url::parse(address).ok());
    let origins: BTreeSet<String> = urls.map(|url| url.origin().ascii_serialization()).collect();
    let mut sources = vec!["'self'".to_owned()];
    sources.extend(origins);
    sources.join(" ")
}
