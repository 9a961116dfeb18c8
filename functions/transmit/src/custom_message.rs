//! `custom_message` and `sender_id`: how far a request may word its message, and from whom it may be.
//! Nobody relays texts through us: a message is the code, the app's name and words that lead nowhere else.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use serde_json::{Map, Value};
use shared::address::phone_number::PhoneNumber;
use shared::api::body;
use shared::api::error::Error;
use shared::challenge::issue::MessageOverride;
use shared::config::{ConfigError, Env, flag, text};
use shared::messaging::template::{LONGEST_REQUESTED, MessageTemplate};

use crate::phishing;

/// What a message must hold.
const CODE: &str = "{otp}";
const APP: &str = "{app}";

/// Characters without a shape of their own that scripts need: joiners and marks of direction. They cannot
/// turn letters around, as overrides of direction do.
pub const JOINERS: [char; 5] = ['\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{61c}'];

/// What requests may ask for.
#[derive(Clone, Debug)]
pub struct CustomMessagePolicy {
    messages: bool,
    senders: Vec<String>,
    app: String,
}

impl CustomMessagePolicy {
    /// `CUSTOM_MESSAGES`, `ALLOWED_SENDER_IDS`; `APP_NAME`, as `{app}` will read.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
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
            messages: flag(env, "CUSTOM_MESSAGES", true)?,
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
        if !self.messages {
            return Err("is switched off: leave it out.");
        }
        if message.chars().count() > LONGEST_REQUESTED {
            return Err("must have at most 140 characters.");
        }
        if message.chars().any(is_unseen) {
            return Err("must be one line, without control or invisible characters.");
        }
        if !message.contains(CODE) || !message.contains(APP) {
            return Err("must hold {otp} and {app}.");
        }
        if phishing::is_in(message, &self.app) {
            return Err("must not hold anything like a link, an address or a number to call.");
        }
        Ok(())
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

    fn policy(senders: &str) -> Result<CustomMessagePolicy, ConfigError> {
        let senders = senders.to_owned();
        CustomMessagePolicy::from_env(&move |name: &str| match name {
            "ALLOWED_SENDER_IDS" => Some(senders.clone()),
            "APP_NAME" => Some("ACME".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn the_form_of_a_message() {
        let policy = policy("").unwrap();
        let long = |n: usize| format!("{{app}} {{otp}} {}", "ж".repeat(n - 12));
        for (message, ok) in [
            ("{app}{otp}", true),
            ("{otp} {app} {otp} {app}", true),
            ("Your {app} verification code is: {otp}", true),
            ("کد شما برای {app}: {otp} می\u{200c}باشد", true),
            (&long(140), true),
            (&long(141), false),
            ("", false),
            ("{otp}", false),
            ("{app}", false),
            ("{OTP} {app}", false),
            ("{ otp } {app}", false),
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
            assert_eq!(policy.check_message(message).is_ok(), ok, "{message:?}");
        }
    }

    #[test]
    fn senders_are_from_a_list() {
        let allowed = policy("ACME,+15005550006").unwrap();
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
        assert!(policy("").unwrap().check_sender("ACME").is_err());
        for wrong in [",", "ACME,", "ACME, X", "ACME12345678", "A-B", "+0123"] {
            let error = policy(wrong).unwrap_err();
            assert_eq!(error.variable, "ALLOWED_SENDER_IDS", "{wrong}");
        }
    }
}
