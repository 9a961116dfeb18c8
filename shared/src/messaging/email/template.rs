//! What e-mails say: subject and text by templates that are checked at start, and the HTML made from them.

use std::time::Duration;

use crate::config::{ConfigError, Env};
use crate::messaging::email::html::{Inline, page};
use crate::messaging::email::link::LinkUrl;
use crate::messaging::http_client::Reach;
use crate::messaging::template::{APP, CODE, template_and_app};
use crate::platform::Platform;

const LINK: &str = "{{link}}";

const MINUTES: &str = "{{minutes}}";

const SUBJECT: &str = "EMAIL_SUBJECT";

const TEMPLATE: &str = "EMAIL_TEMPLATE";

const DEFAULT_SUBJECT: &str = "Verify your email address for {app}";

const WITH_CODE: &str = "Your {app} verification code is {{confirmation-code}}. \
    It is valid for {{minutes}} minutes. If you did not ask for it, ignore this message.";

const WITH_LINK: &str = "Confirm this email address for your {app} account: {{link}} \
    (valid for {{minutes}} minutes). If you did not ask for it, ignore this message.";

/// Characters of a subject: RFC 5322 §2.1.1 has 998 for a line, mail programs show far fewer.
const LONGEST_SUBJECT: usize = 200;

/// An e-mail's words. They hold a code: Debug shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailText {
    /// One line.
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl std::fmt::Debug for EmailText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmailText").finish_non_exhaustive()
    }
}

/// The text around a code or a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailTemplate {
    subject: String,
    pieces: Vec<Piece>,
    link: Option<LinkUrl>,
}

/// A part of a text, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The code, or the link that holds it.
    Code,
    Minutes,
}

impl EmailTemplate {
    /// `EMAIL_SUBJECT` with `{app}`; `EMAIL_TEMPLATE` with `{{confirmation-code}}`, or `{{link}}` where `EMAIL_LINK_URL`
    /// is set, beside `{{minutes}}` and `{app}`; `APP_NAME`. The link is http on the local server alone.
    pub fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Self::reaching(env, Reach::of(platform))
    }

    fn reaching(env: &Env<'_>, reach: Reach) -> Result<Self, ConfigError> {
        let link = LinkUrl::from_env(env, reach)?;
        let (place, default) = match link {
            Some(_) => (LINK, WITH_LINK),
            None => (CODE, WITH_CODE),
        };
        let places = [place, MINUTES, APP];
        // One default for both could not be a parameter's: without a text, that of the kind.
        let given = |name: &str| env(name).filter(|text| name != TEMPLATE || !text.is_empty());
        let (template, app) = template_and_app(&given, TEMPLATE, default, &places)?;
        let wrong = |reason: String| Err(ConfigError::new(TEMPLATE, reason));
        if !template.contains(place) {
            return wrong(format!("must contain {place}"));
        }
        // A mail program that makes links of texts would take a sign for a part of the token.
        let mut behind = template.split(LINK).skip(1);
        if !behind.all(|rest| rest.is_empty() || rest.starts_with([' ', '\n'])) {
            return wrong(format!("must have a blank or the line's end behind {LINK}"));
        }
        Ok(Self {
            subject: subject(env, SUBJECT, DEFAULT_SUBJECT)?,
            pieces: pieces(&template, place, &app),
            link,
        })
    }

    /// Whether messages carry links, and so tokens in place of short codes.
    pub fn has_link(&self) -> bool {
        self.link.is_some()
    }

    /// The e-mail for a code or token that is valid for so long.
    pub fn filled(&self, code: &str, left: Duration) -> EmailText {
        // No more than it is, and not 0.
        let minutes = (left.as_secs() / 60).max(1).to_string();
        let link = self.link.as_ref().map(|link| link.with(code));
        let pieces = self.pieces.iter().map(|piece| match (piece, &link) {
            (Piece::Text(text), _) => Inline::Text(text),
            (Piece::Minutes, _) => Inline::Text(&minutes),
            (Piece::Code, None) => Inline::Code(code),
            (Piece::Code, Some(link)) => Inline::Link(link),
        });
        EmailText::of(&self.subject, &pieces.collect::<Vec<_>>())
    }
}

impl EmailText {
    /// A text without a code, which says something of the app: a subject and a template with `{app}`, each the setting
    /// of that name or its default.
    pub fn from_env(
        env: &Env<'_>,
        subject_setting: Setting<'_>,
        text_setting: Setting<'_>,
    ) -> Result<Self, ConfigError> {
        let Setting { name, default } = text_setting;
        let (template, app) = template_and_app(env, name, default, &[APP])?;
        if template.trim().is_empty() {
            return Err(ConfigError::new(name, "must say something"));
        }
        let subject = subject(env, subject_setting.name, subject_setting.default)?;
        let text = template.replace(APP, &app);
        Ok(Self::of(&subject, &[Inline::Text(&text)]))
    }

    fn of(subject: &str, pieces: &[Inline<'_>]) -> Self {
        let plain = pieces.iter().map(|piece| match piece {
            Inline::Text(text) | Inline::Code(text) | Inline::Link(text) => *text,
        });
        Self {
            subject: subject.to_owned(),
            text: plain.collect(),
            html: page(subject, pieces),
        }
    }
}

/// A setting and what holds without it.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub name: &'a str,
    pub default: &'a str,
}

/// One line, in which nothing stands that comes from a user.
fn subject(env: &Env<'_>, setting: &str, default: &str) -> Result<String, ConfigError> {
    let (template, app) = template_and_app(env, setting, default, &[APP])?;
    let wrong = |reason: String| Err(ConfigError::new(setting, reason));
    let subject = template.replace(APP, &app);
    if subject.trim().is_empty() {
        return wrong("must say something".into());
    }
    if subject.contains(['\n', '\u{85}', '\u{2028}', '\u{2029}']) {
        return wrong("must be one line".into());
    }
    if subject.chars().count() > LONGEST_SUBJECT {
        return wrong(format!(
            "must have at most {LONGEST_SUBJECT} characters with the app's name"
        ));
    }
    Ok(subject)
}

/// Split first, so that nothing within the app's name is taken for a place.
fn pieces(template: &str, code: &str, app: &str) -> Vec<Piece> {
    let text = |text: &str| Piece::Text(text.replace(APP, app));
    let mut pieces = Vec::new();
    for (at, part) in template.split(code).enumerate() {
        if at > 0 {
            pieces.push(Piece::Code);
        }
        for (at, part) in part.split(MINUTES).enumerate() {
            if at > 0 {
                pieces.push(Piece::Minutes);
            }
            pieces.push(text(part));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    const TOKEN: &str = "Abcdefghijklmnopqrstuvwxyz012345";

    const PAGE: &str = "https://app.example/confirm";

    fn env(settings: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
        let settings: Vec<(String, String)> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        move |name| {
            let setting = settings.iter().find(|(set, _)| set == name);
            setting.map(|(_, value)| value.clone())
        }
    }

    fn template(settings: &[(&str, &str)]) -> Result<EmailTemplate, ConfigError> {
        EmailTemplate::reaching(&env(settings), Reach::Public)
    }

    fn minutes(minutes: u64) -> Duration {
        Duration::from_mins(minutes)
    }

    #[test]
    fn with_a_code() {
        let email = template(&[("APP_NAME", "ACME")]).unwrap();
        assert!(!email.has_link());
        let email = email.filled("012345", minutes(15));
        assert_eq!(email.subject, "Verify your email address for ACME");
        assert_eq!(
            email.text,
            "Your ACME verification code is 012345. It is valid for 15 minutes. \
             If you did not ask for it, ignore this message."
        );
        assert_snapshot!(email.html, @r#"
        <!DOCTYPE html>
        <html>
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="supported-color-schemes" content="light dark">
        <style>:root { color-scheme: light dark; supported-color-schemes: light dark; }</style>
        <title>Verify your email address for ACME</title>
        </head>
        <body style="margin: 0; padding: 24px; font: 16px/1.5 -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif;">
        <div style="max-width: 36em; margin: 0 auto; word-break: break-word; overflow-wrap: anywhere;">
        <p dir="auto">Your ACME verification code is <strong style="font-size: 1.25em; letter-spacing: 0.1em;">012345</strong>. It is valid for 15 minutes. If you did not ask for it, ignore this message.</p>
        </div>
        </body>
        </html>
        "#);
    }

    #[test]
    fn with_a_link() {
        let settings = [("APP_NAME", "ACME"), ("EMAIL_LINK_URL", PAGE)];
        let email = template(&settings).unwrap();
        assert!(email.has_link());
        let email = email.filled(TOKEN, minutes(1440));
        assert_eq!(
            email.text,
            "Confirm this email address for your ACME account: \
             https://app.example/confirm#code=Abcdefghijklmnopqrstuvwxyz012345 \
             (valid for 1440 minutes). If you did not ask for it, ignore this message."
        );
        let link = "<a href=\"https://app.example/confirm#code=Abcdefghijklmnopqrstuvwxyz012345\">\
                    https://app.example/confirm#code=Abcdefghijklmnopqrstuvwxyz012345</a> (valid";
        assert!(email.html.contains(link), "{}", email.html);
        assert_eq!(email.html.matches(TOKEN).count(), 2);
    }

    /// What an operator writes is text, too; a name with signs is no markup.
    #[test]
    fn everything_is_escaped() {
        let settings = [
            ("APP_NAME", "A&B <b>{{link}}</b> \"'"),
            ("EMAIL_LINK_URL", "https://app.example/?a=1&b=2"),
            ("EMAIL_SUBJECT", "{ app }: <confirm>"),
            (
                "EMAIL_TEMPLATE",
                "<p>{app}</p>\n\n{{ link }}\n{{minutes}}<script>",
            ),
        ];
        let email = template(&settings).unwrap().filled(TOKEN, minutes(2));
        assert_eq!(email.subject, "A&B <b>{{link}}</b> \"': <confirm>");
        let link = "https://app.example/?a=1&b=2#code=Abcdefghijklmnopqrstuvwxyz012345";
        assert_eq!(
            email.text,
            format!("<p>A&B <b>{{{{link}}}}</b> \"'</p>\n\n{link}\n2<script>")
        );
        let link = "https://app.example/?a=1&amp;b=2#code=Abcdefghijklmnopqrstuvwxyz012345";
        let text = format!(
            "<p dir=\"auto\">&lt;p&gt;A&amp;B &lt;b&gt;{{{{link}}}}&lt;/b&gt; &quot;&#39;&lt;/p&gt;</p>\
             <p dir=\"auto\"><a href=\"{link}\">{link}</a><br>2&lt;script&gt;</p>"
        );
        assert!(email.html.contains(&text), "{}", email.html);
        let title =
            "<title>A&amp;B &lt;b&gt;{{link}}&lt;/b&gt; &quot;&#39;: &lt;confirm&gt;</title>";
        assert!(email.html.contains(title));
    }

    #[test]
    fn what_is_left_is_not_more_than_it_is() {
        let email = template(&[("EMAIL_TEMPLATE", "{{confirmation-code}} {{minutes}}")]).unwrap();
        for (seconds, said) in [(0, "1"), (59, "1"), (119, "1"), (120, "2"), (899, "14")] {
            let text = email.filled("1", Duration::from_secs(seconds)).text;
            assert_eq!(text, format!("1 {said}"), "{seconds}");
        }
    }

    #[test]
    fn a_template_that_cannot_be_sent_is_refused() {
        let long = "x".repeat(201);
        let link = ("EMAIL_LINK_URL", PAGE);
        for (settings, variable) in [
            (vec![("EMAIL_TEMPLATE", "no code")], TEMPLATE),
            (
                vec![("EMAIL_TEMPLATE", "{{confirmation-code}} {{link}}")],
                TEMPLATE,
            ),
            (
                vec![("EMAIL_TEMPLATE", "{{confirmation-code}} {name}")],
                TEMPLATE,
            ),
            (
                vec![("EMAIL_TEMPLATE", "{{confirmation-code}}\u{7}")],
                TEMPLATE,
            ),
            (
                vec![("EMAIL_TEMPLATE", "{{confirmation-code}}\r\n")],
                TEMPLATE,
            ),
            (
                vec![link, ("EMAIL_TEMPLATE", "{{confirmation-code}}")],
                TEMPLATE,
            ),
            (vec![link, ("EMAIL_TEMPLATE", "Go to {{link}}.")], TEMPLATE),
            (
                vec![link, ("EMAIL_TEMPLATE", "{{link}} or ({{link}})")],
                TEMPLATE,
            ),
            (vec![("EMAIL_SUBJECT", "")], SUBJECT),
            (vec![("EMAIL_SUBJECT", "{{confirmation-code}}")], SUBJECT),
            (vec![("EMAIL_SUBJECT", "a\nBcc: x@y.example")], SUBJECT),
            (vec![("EMAIL_SUBJECT", "a\rb")], SUBJECT),
            (vec![("EMAIL_SUBJECT", "a\u{2028}b")], SUBJECT),
            (vec![("EMAIL_SUBJECT", &long)], SUBJECT),
            (vec![("APP_NAME", "a\r\nBcc: x@y.example")], "APP_NAME"),
            (
                vec![("EMAIL_LINK_URL", "http://localhost/")],
                "EMAIL_LINK_URL",
            ),
        ] {
            let wrong = template(&settings).unwrap_err();
            assert_eq!(wrong.variable, variable, "{settings:?}");
        }
        for good in ["", "{{link}}", "Go: {{link}}\nnow", "{{link}} {{ link }} "] {
            assert!(
                template(&[link, ("EMAIL_TEMPLATE", good)]).is_ok(),
                "{good}"
            );
        }
        let settings = env(&[("EMAIL_LINK_URL", "http://localhost/")]);
        assert!(EmailTemplate::reaching(&settings, Reach::Loopback).is_ok());
    }

    #[test]
    fn a_text_without_a_code() {
        let subject = Setting {
            name: "S",
            default: "News of {app}",
        };
        let text = Setting {
            name: "T",
            default: "{app} has news.\nRead it.",
        };
        let told = EmailText::from_env(&env(&[("APP_NAME", "A<B")]), subject, text).unwrap();
        assert_eq!(told.subject, "News of A<B");
        assert_eq!(told.text, "A<B has news.\nRead it.");
        assert!(
            told.html.contains(">A&lt;B has news.<br>Read it.<"),
            "{}",
            told.html
        );
        for (name, value) in [
            ("S", "{{link}}"),
            ("T", " "),
            ("T", "{{confirmation-code}}"),
        ] {
            let wrong = EmailText::from_env(&env(&[(name, value)]), subject, text);
            assert_eq!(wrong.err().unwrap().variable, name, "{value}");
        }
    }
}
