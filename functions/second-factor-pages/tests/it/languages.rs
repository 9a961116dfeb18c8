//! Each language's pages, whole.

use shared::language::LANGUAGES;

use crate::support::{html, stack, started};

#[tokio::test]
async fn every_language_is_spoken_on_every_page() {
    let test = stack(&["DefaultRegion="]).await;
    let code = started(&test, "bob123").await;
    let number = started(&test, "alice").await;
    let unknown = crate::support::Browser {
        test: &test,
        id: "a".repeat(32),
    };
    let mut headings = std::collections::BTreeSet::new();
    for language in LANGUAGES {
        for (browser, query, texts) in [
            (&code, vec![], 3),
            (&code, vec![("e", "code")], 3),
            (&code, vec![("e", "locked"), ("t", "99999999999")], 3),
            (&number, vec![("e", "number")], 2),
            (&unknown, vec![], 0),
        ] {
            let event = browser.shown().query(&query);
            let event = event.header("accept-language", language.tag);
            let page = test.second_factor_pages(&event).await;
            let html = html(&page);
            let opening = format!(
                "<html lang=\"{}\" dir=\"{}\">",
                language.tag, language.direction
            );
            assert!(html.contains(&opening), "{html}");
            assert_eq!(page.header("content-language"), Some(language.tag));
            // Each place in a text was filled.
            assert!(!html.contains('{') && !html.contains('}'), "{html}");
            assert_eq!(html.matches("<form").count(), texts, "{html}");
            let heading = html.split("<h1>").nth(1).unwrap().split("</h1>").next();
            assert!(heading.unwrap().contains("Example"));
            headings.insert(heading.unwrap().to_owned());
        }
    }
    assert_eq!(headings.len(), LANGUAGES.len(), "{headings:?}");
}

#[tokio::test]
async fn the_language_is_the_one_that_is_wanted_most() {
    let test = stack(&[]).await;
    let browser = started(&test, "bob123").await;
    for (accepted, tag) in [
        ("de-CH, fr;q=0.9", "de"),
        ("sv, ar;q=0.4, he;q=0.8", "he"),
        ("zh-TW", "zh-Hant"),
        ("xx", "en"),
    ] {
        let event = browser.shown().header("accept-language", accepted);
        let page = test.second_factor_pages(&event).await;
        assert_eq!(page.header("content-language"), Some(tag), "{accepted}");
        assert_eq!(page.header("vary"), Some("Accept-Language"));
    }
}
