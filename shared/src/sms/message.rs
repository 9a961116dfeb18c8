//! The text of a message: a template, checked at start, with the place of the code.

use crate::config::{ConfigError, Env, text};
use crate::otp::Code;

const CODE: &str = "{{confirmation-code}}";
const APP: &str = "{app}";

/// GSM-7's length of one segment (3GPP TS 23.038); longer texts are split and paid for by the part.
const LONGEST: usize = 160;

/// The text around the code.
#[derive(Clone, Debug)]
pub struct MessageTemplate {
    parts: Vec<String>,
}

impl MessageTemplate {
    /// `SMS_TEMPLATE` with `{{confirmation-code}}`, and `APP_NAME` for its `{app}`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let wrong = |reason: &str| Err(ConfigError::new("SMS_TEMPLATE", reason));
        let default = format!("Your Mobile Number Verification Code : {CODE}");
        let template = text(env, "SMS_TEMPLATE", &default);
        let app = text(env, "APP_NAME", "");
        let parts = template.split(CODE).map(|part| part.replace(APP, &app));
        let parts: Vec<String> = parts.collect();
        let codes = parts.len().saturating_sub(1);
        if codes == 0 {
            return wrong("must contain {{confirmation-code}}");
        }
        if parts
            .iter()
            .flat_map(|part| part.chars())
            .any(|c| c.is_control() && c != '\n')
        {
            return wrong("must not contain control characters");
        }
        let length: usize = parts.iter().map(|part| part.chars().count()).sum();
        if length + codes * crate::otp::LONGEST > LONGEST {
            return wrong("is longer than 160 characters with its code");
        }
        Ok(Self { parts })
    }

    /// The text for one code.
    pub fn with_code(&self, code: &Code) -> String {
        self.parts.join(code.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str, app: &str) -> Result<MessageTemplate, ConfigError> {
        let (text, app) = (text.to_owned(), app.to_owned());
        MessageTemplate::from_env(&move |name: &str| match name {
            "SMS_TEMPLATE" => Some(text.clone()),
            _ => Some(app.clone()),
        })
    }

    #[test]
    fn the_code_and_the_app_go_to_their_places() {
        let code = Code::parse("012345").unwrap();
        let default = MessageTemplate::from_env(&|_: &str| None).unwrap();
        assert_eq!(
            default.with_code(&code),
            "Your Mobile Number Verification Code : 012345"
        );
        let own = template(
            "{app}: {{confirmation-code}} is your code",
            "{{confirmation-code}} & Sons",
        )
        .unwrap();
        assert_eq!(
            own.with_code(&code),
            "{{confirmation-code}} & Sons: 012345 is your code"
        );
    }

    #[test]
    fn a_template_that_cannot_be_sent_is_refused() {
        let long = format!("{{{{confirmation-code}}}}{}", "x".repeat(151));
        for text in ["", "no code", "a\u{7}{{confirmation-code}}", &long] {
            assert_eq!(
                template(text, "").unwrap_err().variable,
                "SMS_TEMPLATE",
                "{text}"
            );
        }
    }
}
