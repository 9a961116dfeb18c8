//! Whatever is configured, and whatever the app is called: nothing of it is markup or a header, and links are whole.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use shared::messaging::email::template::{EmailTemplate, EmailText, Setting};
use shared::platform::Platform;

use crate::support::platform;

#[path = "../../fuzz/src/mail.rs"]
mod mail;

static PLATFORM: LazyLock<Platform> = LazyLock::new(platform);

/// Places, near misses, markup, and what would end a header or an attribute.
fn words(places: &'static [&'static str]) -> impl Strategy<Value = String> {
    let strange = prop::sample::select(vec![
        "<b>",
        "</p>",
        "<br>",
        "&amp;",
        "&",
        "\"",
        "'",
        "<a href=\"x\">",
        "</title>",
        "\u{2028}",
        "\r\n",
        "\n",
        "\n\n",
        "\u{85}",
        "{",
        "{{x}}",
        "{ app }",
        "https://evil.example",
        "#code=x",
    ]);
    let piece = prop_oneof![
        3 => "[a-zé 🎉]{0,6}",
        3 => prop::sample::select(places).prop_map(str::to_owned),
        2 => strange.prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn url() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/", "?", "&", "a=b", "%20", ";", "&lt;", "'", "\"", "<", "#", " ", "\n", "é", "$", "|",
    ]);
    let pieces = prop::collection::vec(piece, 0..5);
    pieces.prop_map(|pieces| format!("https://app.example/{}", pieces.concat()))
}

/// Most are good, so that something is sent at all.
fn mostly(
    good: &'static str,
    other: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    prop_oneof![1 => Just(good.to_owned()), 2 => other]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_page_says_what_the_text_says(
        template in mostly("{{link}} ", words(&["{{link}}", "{{link}} ", "{{minutes}}", "{app}"])),
        subject in mostly("Verify {app}", words(&["{app}"])),
        app in words(&["A&B", "ACME", "{{link}}", "{{confirmation-code}}"]),
        url in prop::option::weighted(0.6, url()),
        code in "[A-Za-z0-9]{1,32}",
        minutes in 0..20_000_u64,
    ) {
        let template = match url {
            Some(_) => template,
            None => template.replace("{{link}}", "{{confirmation-code}}"),
        };
        let settings = BTreeMap::from([
            ("EMAIL_TEMPLATE", template.clone()),
            ("EMAIL_SUBJECT", subject),
            ("EMAIL_LINK_URL", url.clone().unwrap_or_default()),
            ("APP_NAME", app),
        ]);
        let env = |name: &str| settings.get(name).cloned();
        let [subject, text] = ["EMAIL_SUBJECT", "EMAIL_TEMPLATE"].map(|name| Setting { name, default: "" });
        if let Ok(said) = EmailText::from_env(&env, subject, text) {
            mail::check(&said.subject, &said.text, &said.html, None);
        }
        let Ok(template) = EmailTemplate::from_env(&env, &PLATFORM) else {
            return Ok(());
        };
        let said = template.filled(&code, Duration::from_mins(minutes));
        let link = url.map(|url| format!("{url}#code={code}"));
        mail::check(&said.subject, &said.text, &said.html, link.as_deref());
        prop_assert!(said.text.contains(&code));
    }
}

/// That there is something to be found by it.
#[test]
fn a_page_with_words_that_are_markup_is_not_read() {
    let page = |text: &str| {
        format!("<title>T</title>\n</head>\n<p dir=\"auto\">{text}</p>\n</div>\n</body>\n</html>\n")
    };
    let read = mail::read(&page("a &lt;b&gt;<br>c</p><p dir=\"auto\">d")).unwrap();
    assert_eq!(read.text, "a <b>\nc\n\nd");
    for markup in [
        "<b>",
        "&",
        "\"",
        "&nbsp;",
        "<a href=\"a\" b=\"\">",
        "<img src=x>",
        "'",
        "\n",
        ">",
    ] {
        assert_eq!(mail::read(&page(markup)), None, "{markup}");
    }
}
