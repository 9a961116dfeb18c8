//! Whatever the words around it: the code stands where its place was, and more text never needs fewer messages.

use proptest::prelude::*;

use crate::messaging::sms::segments::segments;
use crate::messaging::template::MessageTemplate;
use crate::otp::Code;

const CODE: &str = "Q7Q7Q7";

/// Pieces of templates: places, near misses, and letters of both encodings (none of them a Q).
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "{{confirmation-code}}",
            "{otp}",
            "{app}",
            "{{confirmation-code}",
            "{{{confirmation-code}}}",
            "{{ confirmation-code }}",
            "{{app}}",
            "{",
            "}}",
            "€",
            "🎉",
        ])
        .prop_map(str::to_owned),
        "[a-p ]{0,8}",
        "[а-я]{0,4}",
    ]
}

fn template() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_code_stands_where_its_place_was(
        template in template(),
        wording in template(),
        app in template(),
        bound in any::<bool>(),
    ) {
        let given = template.clone();
        let setting = |name: &str| match name {
            "SMS_TEMPLATE" => Some(given.clone()),
            "APP_NAME" => Some(app.clone()),
            "ORIGIN_DOMAIN" => bound.then(|| "example.com".to_owned()),
            "MAX_SMS_SEGMENTS" => Some("10".to_owned()),
            _ => None,
        };
        let place = "{{confirmation-code}}";
        let template = template.replace("{{ confirmation-code }}", place);
        let beside = template.replace(place, "").replace("{app}", "");
        let Ok(message) = MessageTemplate::from_env(&setting, CODE.len()) else {
            let strange = beside.contains('{') && template.contains('}');
            prop_assert!(!template.contains(place) || strange || template.len() + app.len() > 200);
            return Ok(());
        };
        let code = Code::parse(CODE).unwrap();
        let last = if bound { format!("\n@example.com #{CODE}") } else { String::new() };
        let reworded = message.reworded(&wording);
        let long = wording.len() * app.len().max(CODE.len()) > 500;
        prop_assert!(reworded.is_ok() || long);
        let reworded = reworded.iter().map(|reworded| (reworded, &wording, "{otp}"));
        for (message, template, place) in reworded.chain([(&message, &template, place)]) {
            let text = message.with_code(&code);
            let count = |text: &str, what: &str| text.matches(what).count();
            prop_assert_eq!(count(&text, CODE), count(template, place) + usize::from(bound));
            // With a mark for the code, what is around it is the template and nothing else.
            let around = template.replace(place, "\u{1}").replace("{app}", &app);
            prop_assert_eq!(text.replace(CODE, "\u{1}"), around + &last.replace(CODE, "\u{1}"));
        }
    }

    #[test]
    fn more_text_needs_no_fewer_messages(text in "[a€ж🎉]{0,200}|[a€]{0,400}", more in any::<String>()) {
        let longer = format!("{text}{more}");
        prop_assert!(segments(&text) <= segments(&longer));
        prop_assert!(segments(&longer) <= segments(&text).max(text.chars().count().div_ceil(33)) + more.chars().count() + 1);
    }
}
