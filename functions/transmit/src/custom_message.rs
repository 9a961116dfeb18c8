//! `custom_message` and `sender_id`: how far a request may word its message, and from whom it may be.
//! Nobody relays texts through us: a message is the code, the app's name and words that lead nowhere else.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use serde_json::{Map, Value};
use shared::address::phone_number::PhoneNumber;
use shared::api::body;
use shared::api::error::Error;
use shared::challenge::issue::MessageOverride;
use shared::config::{ConfigError, Env, text};
use shared::messaging::template::{LONGEST_REQUESTED, MessageTemplate};

use crate::phishing::{self, JOINERS};

/// What a message must hold.
const CODE: &str = "{otp}";
const APP: &str = "{app}";

/// Whether requests word their messages.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Messages {
    Off,
    /// One of these, exactly.
    Listed(Vec<String>),
    /// Any that leads nowhere: for front ends that are trusted.
    Any,
}

/// What requests may ask for.
#[derive(Clone, Debug)]
pub struct CustomMessagePolicy {
    messages: Messages,
    senders: Vec<String>,
    app: String,
}

impl CustomMessagePolicy {
    /// `CUSTOM_MESSAGES`: `off`, `any`, or texts, a line each, which must fit what is `configured`;
    /// `ALLOWED_SENDER_IDS`; `APP_NAME`, as `{app}` will read.
    pub fn from_env(env: &Env<'_>, configured: &MessageTemplate) -> Result<Self, ConfigError> {
        let senders = text(env, "ALLOWED_SENDER_IDS", "");
        let senders: Vec<String> = senders
            .split(',')
            .filter(|_| !senders.is_empty())
            .map(str::to_owned)
            .collect();
        if !senders.iter().all(|sender| is_sender(sender)) {
            return Err(ConfigError::new(
                "ALLOWED_SENDER_IDS",
                "must be names of 1 to 11 letters and digits or E.164 numbers, separated by commas",
            ));
        }
        Ok(Self {
            messages: Messages::from_env(env, configured)?,
            senders,
            app: text(env, "APP_NAME", ""),
        })
    }

    /// The message and the sender that a request asks for.
    pub fn wanted(
        &self,
        body: &Map<String, Value>,
        configured: &MessageTemplate,
    ) -> Result<MessageOverride, Error> {
        let message = body::text(body, "custom_message")?;
        let sender = body::text(body, "sender_id")?;
        let wrong = |field: &str, why: &str| Error::BadRequest(format!("{field} {why}"));
        let reworded = |message: &str| {
            self.check_message(message)
                .map_err(|why| wrong("custom_message", why))?;
            let reworded = configured.reworded(message);
            reworded.map_err(|why| wrong("custom_message", &format!("{why}.")))
        };
        let message = message.map(reworded).transpose()?;
        if let Some(sender) = sender {
            self.check_sender(sender)
                .map_err(|why| wrong("sender_id", why))?;
        }
        Ok(MessageOverride {
            message,
            sender: sender.map(str::to_owned),
        })
    }

    fn check_message(&self, message: &str) -> Result<(), &'static str> {
        match &self.messages {
            Messages::Off => Err("is switched off: leave it out."),
            // It was looked at when it was set.
            Messages::Listed(texts) if texts.iter().any(|text| text == message) => Ok(()),
            Messages::Listed(_) => Err("is not among the messages that are allowed."),
            Messages::Any => {
                check_form(message)?;
                if phishing::is_in(message, &self.app) {
                    let lure =
                        "must not hold anything like a link, an address or a number to call.";
                    return Err(lure);
                }
                Ok(())
            }
        }
    }

    fn check_sender(&self, sender: &str) -> Result<(), &'static str> {
        if !is_sender(sender) {
            return Err("must be 1 to 11 letters (A-Z, a-z) and digits, or an E.164 number.");
        }
        if !self.senders.iter().any(|allowed| allowed == sender) {
            return Err("is not among the senders that are allowed.");
        }
        Ok(())
    }
}

impl Messages {
    fn from_env(env: &Env<'_>, configured: &MessageTemplate) -> Result<Self, ConfigError> {
        let setting = text(env, "CUSTOM_MESSAGES", "off");
        match setting.as_str() {
            "off" => return Ok(Self::Off),
            "any" => return Ok(Self::Any),
            _ => {}
        }
        let wrong = |n: usize, why: &str| {
            let reason = format!(
                "must be off, any, or texts, a line each; line {} {why}",
                n + 1
            );
            ConfigError::new("CUSTOM_MESSAGES", reason)
        };
        let texts = setting.strip_suffix('\n').unwrap_or(&setting).split('\n');
        let texts = texts.enumerate().map(|(n, text)| {
            check_form(text).map_err(|why| wrong(n, why))?;
            let fits = configured.reworded(text);
            fits.map_err(|why| wrong(n, &why))?;
            Ok(text.to_owned())
        });
        texts.collect::<Result<_, _>>().map(Self::Listed)
    }
}

/// One line of at most 140 characters with a place for the code, one or more for the app's name, and no others.
fn check_form(message: &str) -> Result<(), &'static str> {
    if message.chars().count() > LONGEST_REQUESTED {
        return Err("must have at most 140 characters.");
    }
    if message.chars().any(is_unseen) {
        return Err("must be one line, without control or invisible characters.");
    }
    if !message.contains(CODE) || !message.contains(APP) {
        return Err("must hold {otp} and {app}.");
    }
    // A second code could be read as another one, and one that was not filled in as a mistake of ours.
    let rest = message.replacen(CODE, "", 1).replace(APP, "");
    if rest.contains(['{', '}']) {
        return Err("must hold {otp} once, and no other braces than those of {otp} and {app}.");
    }
    Ok(())
}

fn is_sender(text: &str) -> bool {
    let name =
        (1..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    name || PhoneNumber::from_e164(text).is_some()
}

/// Ends a line, or shows nothing.
fn is_unseen(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    match category {
        Control | LineSeparator | ParagraphSeparator => true,
        Format => !JOINERS.contains(&c),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(messages: &str, senders: &str) -> Result<CustomMessagePolicy, ConfigError> {
        policy_of(messages, senders, "3")
    }

    fn policy_of(
        messages: &str,
        senders: &str,
        segments: &'static str,
    ) -> Result<CustomMessagePolicy, ConfigError> {
        let (messages, senders) = (messages.to_owned(), senders.to_owned());
        let env = move |name: &str| match name {
            "CUSTOM_MESSAGES" => Some(messages.clone()).filter(|set| !set.is_empty()),
            "ALLOWED_SENDER_IDS" => Some(senders.clone()),
            "APP_NAME" => Some("ACME".to_owned()),
            "MAX_SMS_SEGMENTS" => Some(segments.to_owned()),
            _ => None,
        };
        CustomMessagePolicy::from_env(&env, &MessageTemplate::from_env(&env, 6)?)
    }

    #[test]
    fn the_form_of_a_message() {
        let any = policy("any", "").unwrap();
        let long = |n: usize| format!("{{app}} {{otp}} {}", "ж".repeat(n - 12));
        for (message, ok) in [
            ("{app}{otp}", true),
            ("{otp} {app} {app}", true),
            ("Your {app} verification code is: {otp}", true),
            ("کد شما برای {app}: {otp} می\u{200c}باشد", true),
            (&long(140), true),
            (&long(141), false),
            ("", false),
            ("{otp}", false),
            ("{app}", false),
            ("{OTP} {app}", false),
            ("{ otp } {app}", false),
            ("{otp} { app }", false),
            ("{otp} {app} { otp }", false),
            ("{otp} {app} {otp}", false),
            ("{otp} {app} {name}", false),
            ("{{otp}} {app}", false),
            ("{otp} {{app}}", false),
            ("{otp} {app} {", false),
            ("{otp} {app} }", false),
            ("{otp} {app} {{confirmation-code}}", false),
            ("\u{ff5b}otp\u{ff5d} {app}", false),
            ("{otp} {app}\n", false),
            ("{otp}\r{app}", false),
            ("{otp}\t{app}", false),
            ("{otp}\u{85}{app}", false),
            ("{otp}\u{2028}{app}", false),
            ("{otp}\u{2029}{app}", false),
            ("{otp}\u{0}{app}", false),
            ("{otp}\u{200b}{app}", false),
            ("{otp}\u{ad}{app}", false),
            ("{otp} {app} \u{202e}moc", false),
            ("{otp} {app} \u{e0041}", false),
        ] {
            assert_eq!(any.check_message(message).is_ok(), ok, "{message:?}");
            // What no request may say, no setting says either.
            if message != "{otp} {app}\n" {
                assert_eq!(
                    policy(message, "").is_ok(),
                    ok || message.is_empty(),
                    "{message:?}"
                );
            }
        }
    }

    #[test]
    fn messages_are_off_or_from_a_list() {
        for off in ["", "off"] {
            let policy = policy(off, "").unwrap();
            assert_eq!(
                policy.check_message("{otp} {app}"),
                Err("is switched off: leave it out.")
            );
        }
        // The operator's own text may name where to call.
        let own = "{app}: {otp}. Not you? Call 0800 123456.";
        for list in [
            format!("{{otp}} {{app}}\n{own}"),
            format!("{own}\n{{otp}} {{app}}\n"),
        ] {
            let listed = policy(&list, "").unwrap();
            for (message, ok) in [
                ("{otp} {app}", true),
                (own, true),
                ("{otp}  {app}", false),
                ("{OTP} {app}", false),
                ("{otp} {app} ", false),
                (&list, false),
                ("", false),
            ] {
                assert_eq!(listed.check_message(message).is_ok(), ok, "{message:?}");
            }
        }
        let long = format!("{{otp}}{{app}}{}", "x".repeat(131));
        for (wrong, line) in [
            ("true", 1),
            ("{otp} {app}\n\n{app} {otp}", 2),
            ("{otp} {app}\r\n{app} {otp}", 1),
            ("{otp} {app}\nCode: {otp}", 2),
            (&long, 1),
        ] {
            let error = policy(wrong, "").unwrap_err();
            assert_eq!(error.variable, "CUSTOM_MESSAGES", "{wrong}");
            let named = format!("line {line} ");
            assert!(error.reason.contains(&named), "{wrong} {error}");
        }
        // With its code and the app's name, 71 characters that GSM-7 does not have.
        let unicode = format!("{{otp}}{{app}}{}", "ж".repeat(61));
        assert!(policy_of(&unicode, "", "2").is_ok());
        assert!(policy_of(&unicode, "", "1").is_err());
    }

    #[test]
    fn senders_are_from_a_list() {
        let allowed = policy("off", "ACME,+15005550006").unwrap();
        for (sender, ok) in [
            ("ACME", true),
            ("+15005550006", true),
            ("acme", false),
            ("ACME ", false),
            ("ACM", false),
            ("", false),
            ("ACME,+15005550006", false),
            ("+1500555000", false),
            ("ACME12345678", false),
        ] {
            assert_eq!(allowed.check_sender(sender).is_ok(), ok, "{sender:?}");
        }
        assert!(policy("off", "").unwrap().check_sender("ACME").is_err());
        for wrong in [",", "ACME,", "ACME, X", "ACME12345678", "A-B", "+0123"] {
            let error = policy("off", wrong).unwrap_err();
            assert_eq!(error.variable, "ALLOWED_SENDER_IDS", "{wrong}");
        }
    }
}
