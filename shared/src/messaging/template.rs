//! The text of a message: a template, checked at start, with the place of the code.

use url::Host;

use crate::config::{ConfigError, Env, text};
use crate::messaging::sms::segments::{is_gsm7, must_fit, segments, too_long};
use crate::otp::Code;

pub(super) const CODE: &str = "{{confirmation-code}}";
pub(super) const APP: &str = "{app}";

/// The place of the code in a text that comes with a request.
const REQUESTED_CODE: &str = "{otp}";

/// Characters of a text that comes with a request.
pub const LONGEST_REQUESTED: usize = 140;

/// The text around the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageTemplate {
    parts: Vec<String>,
    app: String,
    /// The last line, `@host #code`: the browser fills the code in on that site only
    /// (<https://wicg.github.io/sms-one-time-codes/>).
    origin: Option<String>,
    /// As long as a code gets.
    longest_code: String,
    /// Text messages that a text may fill.
    most: usize,
}

impl MessageTemplate {
    /// `SMS_TEMPLATE` with `{{confirmation-code}}`, `APP_NAME` for its `{app}`, `ORIGIN_DOMAIN` for the last line.
    /// With a code of the given length it may fill `MAX_SMS_SEGMENTS` text messages.
    pub fn from_env(env: &Env<'_>, code_length: usize) -> Result<Self, ConfigError> {
        let default = format!("Your Mobile Number Verification Code : {CODE}");
        let (template, app) = template_and_app(env, "SMS_TEMPLATE", &default, &[CODE, APP])?;
        if !template.contains(CODE) {
            let reason = "must contain {{confirmation-code}}";
            return Err(ConfigError::new("SMS_TEMPLATE", reason));
        }
        let mut message = Self {
            parts: parts(&template, CODE, &app),
            app,
            origin: origin(env)?,
            longest_code: "0".repeat(code_length),
            most: 0,
        };
        message.most = must_fit(env, "SMS_TEMPLATE", (&message.longest(), "its code"))?;
        Ok(message)
    }

    /// The same for another text, with `{otp}` and `{app}` in it; the last line stays. Why not, where it fills too many
    /// text messages.
    pub fn reworded(&self, text: &str) -> Result<Self, String> {
        let reworded = self.with_text(text);
        // Of GSM-7, all characters that a request may use fit, however long the names that are set here.
        let most = if is_gsm7(text) {
            self.most.max(self.longest_plain())
        } else {
            self.most
        };
        let with = "its code, the app's name and the last line";
        match too_long(most, (&reworded.longest(), with)) {
            None => Ok(reworded),
            Some(reason) => Err(reason),
        }
    }

    fn with_text(&self, text: &str) -> Self {
        Self {
            parts: parts(text, REQUESTED_CODE, &self.app),
            ..self.clone()
        }
    }

    /// Text messages for the longest text of one septet a character, each place in it once.
    fn longest_plain(&self) -> usize {
        let places = format!("{REQUESTED_CODE}{APP}");
        let text = format!("{places:x<LONGEST_REQUESTED$}");
        segments(&self.with_text(&text).longest())
    }

    fn longest(&self) -> String {
        self.filled(&self.longest_code)
    }

    /// The text for one code.
    pub fn with_code(&self, code: &Code) -> String {
        self.filled(code.expose())
    }

    fn filled(&self, code: &str) -> String {
        let text = self.parts.join(code);
        match &self.origin {
            Some(host) => format!("{text}\n@{host} #{code}"),
            None => text,
        }
    }
}

/// A text to fill in, of any lines, and `APP_NAME` for its `{app}`. It has no other places than these, such as `{app}`;
/// blanks within their braces are dropped.
pub fn template_and_app(
    env: &Env<'_>,
    setting: &str,
    default: &str,
    places: &[&str],
) -> Result<(String, String), ConfigError> {
    let template = text(env, setting, default);
    let Some(template) = with_plain_places(&template, places) else {
        let reason = format!(
            "has braces around something else than {}",
            places.join(" and ")
        );
        return Err(ConfigError::new(setting, reason));
    };
    if template.chars().any(|c| c.is_control() && c != '\n') {
        let reason = "must not contain control characters";
        return Err(ConfigError::new(setting, reason));
    }
    let app = text(env, "APP_NAME", "");
    if app.chars().any(char::is_control) {
        return Err(ConfigError::new("APP_NAME", "must be one line"));
    }
    Ok((template, app))
}

/// The text with its places spelled as they are named; None where something else stands in braces.
fn with_plain_places(text: &str, places: &[&str]) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from_brace) = rest.split_at_checked(at)?;
        plain.push_str(before);
        let found = places
            .iter()
            .find_map(|place| Some((place, after_place(from_brace, place)?)));
        if let Some((place, after)) = found {
            plain.push_str(place);
            rest = after;
        } else if from_brace.contains('}') {
            return None;
        } else {
            // A brace that is never closed is no place.
            plain.push_str(from_brace);
            rest = "";
        }
    }
    plain.push_str(rest);
    Some(plain)
}

/// What follows a place that the text begins with, with or without blanks within its braces.
fn after_place<'a>(text: &'a str, place: &str) -> Option<&'a str> {
    let name = place.trim_matches(['{', '}']);
    let braces = place.find(|c| c != '{')?;
    let (open, close) = ("{".repeat(braces), "}".repeat(braces));
    let (inner, after) = text.strip_prefix(&open)?.split_once(&close)?;
    (inner.trim() == name).then_some(after)
}

/// Split first, so that nothing within the app's name is taken for a place.
fn parts(template: &str, code: &str, app: &str) -> Vec<String> {
    let parts = template.split(code);
    parts.map(|part| part.replace(APP, app)).collect()
}

fn origin(env: &Env<'_>) -> Result<Option<String>, ConfigError> {
    let host = text(env, "ORIGIN_DOMAIN", "");
    if host.is_empty() {
        return Ok(None);
    }
    match Host::parse(&host) {
        Ok(Host::Domain(parsed)) if parsed == host => Ok(Some(host)),
        _ => {
            let reason = "must be a domain such as example.com, in lower case";
            Err(ConfigError::new("ORIGIN_DOMAIN", reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(settings: &[(&str, &str)]) -> Result<MessageTemplate, ConfigError> {
        let settings: Vec<(String, String)> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let env = move |name: &str| {
            let setting = settings.iter().find(|(set, _)| set == name);
            setting.map(|(_, value)| value.clone())
        };
        MessageTemplate::from_env(&env, 6)
    }

    fn sms(text: &str) -> Result<MessageTemplate, ConfigError> {
        template(&[("SMS_TEMPLATE", text)])
    }

    #[test]
    fn the_code_and_the_app_go_to_their_places() {
        let code = Code::parse("012345").unwrap();
        let default = template(&[]).unwrap();
        let expected = "Your Mobile Number Verification Code : 012345";
        assert_eq!(default.with_code(&code), expected);
        let own = template(&[
            ("SMS_TEMPLATE", "{app}: {{confirmation-code}} is your code"),
            ("APP_NAME", "{{confirmation-code}} & Sons"),
        ]);
        let own = own.unwrap();
        let expected = "{{confirmation-code}} & Sons: 012345 is your code";
        assert_eq!(own.with_code(&code), expected);
        let asked = own.reworded("Your {app} verification code is: {otp}");
        let asked = asked.unwrap();
        let expected = "Your {{confirmation-code}} & Sons verification code is: 012345";
        assert_eq!(asked.with_code(&code), expected);
    }

    /// As people who know other systems write them.
    #[test]
    fn blanks_within_braces_do_not_matter() {
        let code = Code::parse("012345").unwrap();
        for text in [
            "{app}: {{confirmation-code}}",
            "{ app }: {{ confirmation-code }}",
            "{app }: {{  confirmation-code}}",
        ] {
            let own = template(&[("SMS_TEMPLATE", text), ("APP_NAME", "ACME")]).unwrap();
            assert_eq!(own.with_code(&code), "ACME: 012345", "{text}");
        }
        let smiling = sms("{{confirmation-code}} }:-{").unwrap();
        assert_eq!(smiling.with_code(&code), "012345 }:-{");
    }

    #[test]
    fn the_last_line_binds_the_code_to_a_site() {
        let code = Code::parse("012345").unwrap();
        let bound = template(&[("ORIGIN_DOMAIN", "example.com")]).unwrap();
        let expected = "Your Mobile Number Verification Code : 012345\n@example.com #012345";
        assert_eq!(bound.with_code(&code), expected);
        let asked = bound.reworded("{otp} for {app}").unwrap();
        assert_eq!(asked.with_code(&code), "012345 for \n@example.com #012345");
        for host in [
            "https://example.com",
            "Example.com",
            "exa mple.com",
            "127.0.0.1",
            "a/b",
        ] {
            let wrong = template(&[("ORIGIN_DOMAIN", host)]).unwrap_err();
            assert_eq!(wrong.variable, "ORIGIN_DOMAIN", "{host}");
        }
    }

    #[test]
    fn a_template_that_cannot_be_sent_is_refused() {
        let long = format!("{{{{confirmation-code}}}}{}", "x".repeat(155));
        let unicode = format!("{{{{confirmation-code}}}}{}", "ж".repeat(65));
        for text in [
            "",
            "no code",
            "a\u{7}{{confirmation-code}}",
            "{confirmation-code}",
            "{{confirmation-code}} {name}",
            "{{confirmation-code}} {{app}}",
            "{{confirmation-code}} {{otp}}",
            "{{Confirmation-Code}}",
            "{{{confirmation-code}}}",
            "{{confirmation-code}} {}",
            &long,
            &unicode,
        ] {
            let wrong = sms(text).unwrap_err();
            assert_eq!(wrong.variable, "SMS_TEMPLATE", "{text}");
        }
        let fits = format!("{{{{confirmation-code}}}}{}", "x".repeat(154));
        assert!(sms(&fits).is_ok());
        let two = template(&[("SMS_TEMPLATE", long.as_str()), ("MAX_SMS_SEGMENTS", "2")]);
        assert!(two.is_ok());
        let bound = template(&[
            ("SMS_TEMPLATE", fits.as_str()),
            ("ORIGIN_DOMAIN", "example.com"),
        ]);
        assert_eq!(bound.unwrap_err().variable, "SMS_TEMPLATE");
    }

    #[test]
    fn a_text_of_a_request_fills_no_more_messages_than_allowed() {
        let (name, unicode_name) = ("x".repeat(64), "ж".repeat(64));
        let plain = format!("{{otp}}{{app}}{}", "x".repeat(130));
        let unicode = |length: usize| format!("{{otp}} {{app}}{}", "ж".repeat(length));
        let repeated = format!("{{otp}}{}", "{app}".repeat(27));
        let codes = "{otp}".repeat(28);
        let site = "example.com";
        for (app, origin, most, text, fits) in [
            ("ACME", "", "1", &plain, true),
            ("ACME", site, "1", &plain, true),
            (&name, site, "1", &plain, true),
            (&unicode_name, site, "1", &plain, true),
            ("ACME", "", "1", &repeated, true),
            (&name, "", "1", &repeated, false),
            (&name, "", "10", &repeated, false),
            (&unicode_name, "", "10", &repeated, false),
            ("ACME", "", "1", &codes, false),
            ("ACME", "", "2", &codes, true),
            // 6 and a space, the name, and those.
            ("ACME", "", "1", &unicode(59), true),
            ("ACME", "", "1", &unicode(60), false),
            ("ACME", "", "2", &unicode(60), true),
            ("ACME", "", "2", &unicode(123), true),
            ("ACME", "", "2", &unicode(124), false),
            ("ACMEACME", "", "1", &unicode(59), false),
            ("ACME", site, "1", &unicode(38), true),
            ("ACME", site, "1", &unicode(39), false),
        ] {
            let settings = [
                ("APP_NAME", app),
                ("ORIGIN_DOMAIN", origin),
                ("MAX_SMS_SEGMENTS", most),
            ];
            let reworded = template(&settings).unwrap().reworded(text);
            assert_eq!(reworded.is_ok(), fits, "{most} {app} {origin} {text}");
        }
        let refused = template(&[]).unwrap().reworded(&unicode(64)).unwrap_err();
        assert_eq!(
            refused,
            "fills more than 1 SMS with its code, the app's name and the last line: \
             one SMS holds 160 characters of GSM-7, or 70 where another is among them"
        );
    }
}
