//! What an old number or e-mail address is told: one fixed text, without any address, checked at start.

use shared::config::{ConfigError, Env};
use shared::messaging::email::template::{EmailText, Setting};
use shared::messaging::sms::segments::must_fit;
use shared::messaging::template::template_and_app;

const SETTING: &str = "SMS_OLD_NUMBER_TEMPLATE";

const DEFAULT: &str = "The mobile number of your {app} account was changed. \
                       If this was not you, contact support.";

/// `SMS_OLD_NUMBER_TEMPLATE`, with `APP_NAME` for its `{app}`. It may fill `MAX_SMS_SEGMENTS` text messages;
/// the default may fill a second one, which takes a name of letters that GSM-7 does not have.
pub fn from_env(env: &Env<'_>) -> Result<String, ConfigError> {
    let wrong = |reason: &str| ConfigError::new(SETTING, reason);
    let (template, app) = template_and_app(env, SETTING, DEFAULT, &["{app}"])?;
    if template.trim().is_empty() {
        return Err(wrong("must say something"));
    }
    let message = template.replace("{app}", &app);
    let own = if template == DEFAULT { "" } else { &message };
    must_fit(env, SETTING, (own, "the app's name"))?;
    Ok(message)
}

/// `EMAIL_OLD_ADDRESS_SUBJECT` and `EMAIL_OLD_ADDRESS_TEMPLATE`, with `APP_NAME` for their `{app}`.
pub fn of_emails(env: &Env<'_>) -> Result<EmailText, ConfigError> {
    let subject = Setting {
        name: "EMAIL_OLD_ADDRESS_SUBJECT",
        default: "Your email address for {app} was changed",
    };
    let text = Setting {
        name: "EMAIL_OLD_ADDRESS_TEMPLATE",
        default: "The email address of your {app} account was changed. If this was not you, contact support.",
    };
    EmailText::from_env(env, subject, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(settings: &[(&str, &str)]) -> Result<String, String> {
        let settings: Vec<(String, String)> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let env = move |name: &str| {
            let setting = settings.iter().find(|(set, _)| set == name);
            setting.map(|(_, value)| value.clone())
        };
        from_env(&env).map_err(|error| error.variable)
    }

    #[test]
    fn the_app_goes_to_its_places() {
        assert_eq!(
            message(&[("APP_NAME", "ACME")]).unwrap(),
            "The mobile number of your ACME account was changed. If this was not you, contact support."
        );
        let own = message(&[
            ("SMS_OLD_NUMBER_TEMPLATE", "{app}! Not you? Call { app }."),
            ("APP_NAME", "{app} & Sons"),
        ]);
        assert_eq!(own.unwrap(), "{app} & Sons! Not you? Call {app} & Sons.");
    }

    #[test]
    fn an_old_address_is_told_without_any_address() {
        let env = |name: &str| (name == "APP_NAME").then(|| "ACME".to_owned());
        let told = of_emails(&env).unwrap();
        assert_eq!(told.subject, "Your email address for ACME was changed");
        assert_eq!(
            told.text,
            "The email address of your ACME account was changed. If this was not you, contact support."
        );
        assert!(told.html.contains(&told.text));
        for setting in ["EMAIL_OLD_ADDRESS_SUBJECT", "EMAIL_OLD_ADDRESS_TEMPLATE"] {
            for wrong in ["", "{{confirmation-code}}", "{address}", "a\u{7}"] {
                let env = move |name: &str| (name == setting).then(|| wrong.to_owned());
                assert_eq!(of_emails(&env).unwrap_err().variable, setting, "{wrong}");
            }
        }
    }

    #[test]
    fn the_default_has_room_for_the_longest_name() {
        assert!(message(&[("APP_NAME", &"x".repeat(64))]).is_ok());
        assert!(message(&[("APP_NAME", &"ж".repeat(64))]).is_ok());
    }

    #[test]
    fn a_text_that_cannot_be_sent_is_refused() {
        let long = "x".repeat(161);
        let unicode = "\u{436}".repeat(71);
        let with_code = "{app}: {{confirmation-code}}";
        for text in [
            "", "  ", "a\u{7}", with_code, "{name}", "{{app}}", &long, &unicode,
        ] {
            let wrong = message(&[("SMS_OLD_NUMBER_TEMPLATE", text)]);
            assert_eq!(wrong.unwrap_err(), "SMS_OLD_NUMBER_TEMPLATE", "{text}");
        }
        for (variable, value) in [("APP_NAME", "a\nb"), ("MAX_SMS_SEGMENTS", "11")] {
            assert_eq!(message(&[(variable, value)]).unwrap_err(), variable);
        }
        let two = [
            ("SMS_OLD_NUMBER_TEMPLATE", long.as_str()),
            ("MAX_SMS_SEGMENTS", "2"),
        ];
        assert_eq!(message(&two).unwrap(), long);
    }
}
