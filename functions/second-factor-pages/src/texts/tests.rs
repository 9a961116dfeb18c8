//! Every language says everything, in words of its own.

use std::collections::BTreeMap;

use shared::language::LANGUAGES;

use super::of;
use crate::wording::Texts;

/// A language's texts by their names, as Debug shows them: no field can be forgotten here.
fn named(texts: &Texts) -> BTreeMap<String, String> {
    let shown = format!("{texts:#?}");
    let lines = shown
        .lines()
        .filter_map(|line| line.trim().split_once(": "));
    let named = lines.map(|(name, text)| {
        // Debug shows some characters by their number, in braces.
        let text = text
            .trim_end_matches(',')
            .trim_matches('"')
            .replace("\\u{", "(");
        (name.to_owned(), text)
    });
    named.collect()
}

fn places(text: &str) -> Vec<&str> {
    let mut places: Vec<&str> = text
        .split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .collect();
    places.sort_unstable();
    places
}

#[test]
fn every_language_says_everything() {
    let english = named(of("en"));
    assert_eq!(english.len(), 46);
    for language in LANGUAGES {
        let texts = named(of(language.tag));
        let mut as_in_english = 0;
        for (name, text) in &texts {
            let shown = format!("{} {name}: {text}", language.tag);
            assert!(!text.trim().is_empty(), "{shown}");
            assert_eq!(places(text), places(&english[name]), "{shown}");
            assert!(!text.contains('<') && !text.contains('&'), "{shown}");
            as_in_english += usize::from(*text == english[name]);
        }
        assert_eq!(texts.len(), english.len(), "{}", language.tag);
        // `Code` and `Error` are words of other languages, too.
        let is_english = language.tag == "en";
        assert!(is_english || as_in_english <= 2, "{}", language.tag);
    }
}
