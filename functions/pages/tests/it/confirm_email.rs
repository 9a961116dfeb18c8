//! The page behind a link: languages, what a deployment puts into it, its policy.

use local::testing::{Event, TestStack};

use crate::support::{asked, asked_with, ui};

fn page(accept_language: &str) -> Event {
    ui("confirm-email").header("accept-language", accept_language)
}

#[tokio::test]
async fn the_page_is_in_the_language_that_is_wanted() {
    for (accepted, language, direction) in [
        ("de-CH, de;q=0.9, en;q=0.8", "de", "ltr"),
        ("he", "he", "rtl"),
        ("zh-TW", "zh-Hant", "ltr"),
        ("tlh", "en", "ltr"),
    ] {
        let answer = asked(&page(accepted)).await;
        assert_eq!(answer.status, 200);
        let html = format!(r#"<html lang="{language}" dir="{direction}">"#);
        assert!(answer.text().contains(&html), "{accepted}");
        assert_eq!(answer.header("content-language"), Some(language));
        assert_eq!(answer.header("vary"), Some("Accept-Language"));
        let media_type = answer.header("content-type");
        assert_eq!(media_type, Some("text/html; charset=utf-8"));
    }
}

/// The style is the one inline thing, and the policy names it by its hash.
#[tokio::test]
async fn the_policy_allows_nothing_unsafe_and_all_that_the_page_has() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    let answer = asked(&page("en")).await;
    let policy = answer.header("content-security-policy").unwrap();
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    let html = answer.text();
    let (_, rest) = html.split_once("<style>").unwrap();
    let (style, rest) = rest.split_once("</style>").unwrap();
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    assert!(!rest.contains("<style"));
    let mut attributes = html
        .split_ascii_whitespace()
        .filter(|word| word.contains('='));
    let inline = attributes.find(|one| one.starts_with("on") || one.starts_with("style"));
    assert_eq!(inline, None);
    let scripts: Vec<&str> = html.split("<script").skip(1).collect();
    assert_eq!(scripts, [scripts[0]]);
    assert!(scripts[0].starts_with(r#" type="module" src="confirm-email.js"></script>"#));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    for file in ["confirm-email.js", "confirm-email.css"] {
        assert!(html.contains(file));
        assert_eq!(asked(&ui(file)).await.status, 200);
    }
}

#[tokio::test]
async fn what_a_deployment_says_is_escaped() {
    let overrides = [
        r#"AppName=<b>"Tom & Jerry's"</b>"#,
        "SupportUrl=https://help.example.com/a?b=1&c=2",
        "AccentColor=#FFEE00",
    ];
    let answer = asked_with(&overrides, &page("en")).await;
    let html = answer.text();
    assert!(
        !html.contains("<b>") && html.contains("Tom &#38; Jerry&#39;s"),
        "{html}"
    );
    assert!(html.contains(
        r#"<a href="https://help.example.com/a?b=1&#38;c=2" rel="noopener noreferrer">"#
    ));
    // A shade of yellow that is read on white, and yellow itself on black.
    assert!(html.contains("--mv-accent:#7f7700;"), "{html}");
    assert!(html.contains("--mv-accent:#ffee00;"), "{html}");
    let answer = asked(&page("en")).await;
    let html = answer.text();
    assert!(
        html.contains(":root{--mv-accent:#0b57d0;--mv-on-accent:#ffffff}"),
        "{html}"
    );
    assert!(!html.contains("<a "), "no help, no link");
}

#[tokio::test]
async fn every_language_has_every_sentence() {
    let english = asked(&page("en")).await.text().to_owned();
    let sentences = |html: &str| -> Vec<String> {
        let main = html.split_once("<main ").unwrap().1;
        main.split('"')
            .skip(1)
            .step_by(2)
            .take(6)
            .map(str::to_owned)
            .collect()
    };
    for language in [
        "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "ru", "uk", "ar", "he", "hi", "id", "ms",
        "ja", "ko", "zh-Hans", "zh-Hant", "th", "vi",
    ] {
        let html = asked(&page(language)).await.text().to_owned();
        assert!(
            html.contains(&format!(r#"lang="{language}""#)),
            "{language}"
        );
        for (text, of_english) in sentences(&html).iter().zip(sentences(&english)) {
            assert!(
                !text.is_empty() && *text != of_english,
                "{language}: {text}"
            );
            assert_eq!(
                text.contains("{time}"),
                of_english.contains("{time}"),
                "{language}"
            );
        }
        assert!(!html.contains("{app}"), "{language}");
    }
}

#[tokio::test]
async fn a_bad_setting_stops_the_start() {
    let stack = TestStack::start().await;
    for (variable, value) in [
        ("SUPPORT_URL", "javascript:alert(1)"),
        ("ACCENT_COLOR", "red"),
        ("ACCENT_COLOR", "#12345g"),
        ("APP_NAME", ""),
        ("HOSTED_PAGES", "yes"),
        ("OTP_LENGTH", "3"),
    ] {
        let given = stack.env("pages");
        let env = |name: &str| {
            if name == variable {
                Some(value.to_owned())
            } else {
                given(name)
            }
        };
        let refused = local::functions::start("pages", &env, stack.platform()).await;
        let refused = refused.err().unwrap().to_string();
        assert!(refused.starts_with(variable), "{refused}");
    }
}
