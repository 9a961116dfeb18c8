//! The text of a message: as it is configured, and as a request words it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::messaging::sms::segments::segments;
use shared::messaging::template::MessageTemplate;
use shared::otp::Code;

const CODE: &str = "Q7Q7Q7";
const PLACE: &str = "{{confirmation-code}}";

fuzz_target!(|input: (&str, &str, Option<&str>, &str, u8)| {
    let (template, app, origin, wording, most) = input;
    let most = u64::from(most % 10) + 1;
    let setting = |name: &str| match name {
        "SMS_TEMPLATE" => Some(template.to_owned()),
        "APP_NAME" => Some(app.to_owned()),
        "ORIGIN_DOMAIN" => origin.map(str::to_owned),
        "MAX_SMS_SEGMENTS" => Some(most.to_string()),
        _ => None,
    };
    assert!(segments(template) <= segments(&format!("{template}{app}")));
    let Ok(message) = MessageTemplate::from_env(&setting, CODE.len()) else {
        return;
    };
    let code = Code::parse(CODE).unwrap();
    let end = match origin {
        Some(host) if !host.is_empty() => format!("\n@{host} #{CODE}"),
        _ => String::new(),
    };
    let filled = |template: &str, place: &str| {
        let parts: Vec<_> = template
            .split(place)
            .map(|part| part.replace("{app}", app))
            .collect();
        parts.join(CODE) + &end
    };
    let text = message.with_code(&code);
    assert_eq!(text, filled(template, PLACE));
    assert!(segments(&text) as u64 <= most);
    if let Ok(reworded) = message.reworded(wording) {
        assert_eq!(reworded.with_code(&code), filled(wording, "{otp}"));
    }
});
