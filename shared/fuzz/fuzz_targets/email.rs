//! What e-mails say: as it is configured, around a code or a link.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use shared::messaging::email::template::{EmailTemplate, EmailText, Setting};
use shared::platform::Platform;
use shared_fuzz::{mail, platform};

static PLATFORM: LazyLock<Platform> = LazyLock::new(platform);

fuzz_target!(|input: (&str, &str, &str, Option<&str>, &str, u16)| {
    let (template, subject, app, url, code, minutes) = input;
    let url = url.filter(|url| !url.is_empty());
    let env = |name: &str| match name {
        "EMAIL_TEMPLATE" => Some(template.to_owned()),
        "EMAIL_SUBJECT" => Some(subject.to_owned()),
        "EMAIL_LINK_URL" => url.map(str::to_owned),
        "APP_NAME" => Some(app.to_owned()),
        _ => None,
    };
    // Codes and tokens are letters and digits.
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    if let Ok(template) = EmailTemplate::from_env(&env, &PLATFORM) {
        let left = Duration::from_mins(minutes.into());
        let said = template.filled(&code, left);
        let link = url.map(|url| format!("{url}#code={code}"));
        mail::check(&said.subject, &said.text, &said.html, link.as_deref());
        assert!(said.text.contains(&code));
    }
    let [subject, text] =
        ["EMAIL_SUBJECT", "EMAIL_TEMPLATE"].map(|name| Setting { name, default: "" });
    if let Ok(said) = EmailText::from_env(&env, subject, text) {
        mail::check(&said.subject, &said.text, &said.html, None);
    }
});
