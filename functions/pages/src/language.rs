//! Which of the hosted page's languages a request wants (RFC 4647 §3.4, by `Accept-Language`).

/// The languages, by their tags (BCP 47). The first is that of whoever wants none of them.
pub const LANGUAGES: [&str; 22] = [
    "en", "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "ru", "uk", "ar", "he", "hi", "id", "ms",
    "ja", "ko", "zh-Hans", "zh-Hant", "th", "vi",
];

/// Where one is meant by another name.
const OTHER_NAMES: [(&str, &str); 11] = [
    ("iw", "he"),
    ("in", "id"),
    ("zh", "zh-Hans"),
    ("zh-cn", "zh-Hans"),
    ("zh-sg", "zh-Hans"),
    ("zh-my", "zh-Hans"),
    ("zh-tw", "zh-Hant"),
    ("zh-hk", "zh-Hant"),
    ("zh-mo", "zh-Hant"),
    ("yue", "zh-Hant"),
    ("cmn", "zh-Hans"),
];

/// The language that is wanted most, by its place in `LANGUAGES`.
pub fn wanted(accept_language: &str) -> usize {
    let mut best = (0, 0.0);
    for item in accept_language.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        let weight = weight.map_or(1.0, |weight| weight.parse::<f32>().unwrap_or_default());
        if let Some(place) = found(range)
            && weight > best.1
        {
            best = (place, weight);
        }
    }
    best.0
}

/// The place of a language range, shortened from its end until there is one.
fn found(range: &str) -> Option<usize> {
    let mut range = range.to_ascii_lowercase();
    loop {
        let other = OTHER_NAMES.iter().find(|(name, _)| *name == range);
        let name = other.map_or(&*range, |(_, name)| name);
        let place = LANGUAGES
            .iter()
            .position(|one| one.eq_ignore_ascii_case(name));
        if place.is_some() {
            return place;
        }
        let end = range.rfind('-')?;
        range.truncate(end);
    }
}

/// Arabic and Hebrew are written from right to left.
pub fn direction(language: &str) -> &'static str {
    if ["ar", "he"].contains(&language) {
        "rtl"
    } else {
        "ltr"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_found() {
        for (accepted, language) in [
            ("", "en"),
            ("*", "en"),
            ("xx, yy;q=0.9", "en"),
            ("de-CH, fr;q=0.9, en;q=0.8", "de"),
            ("fr;q=0.5, de;q=0.9", "de"),
            ("sv, ms-MY;q=0.7, en;q=0.3", "ms"),
            ("zh-TW,zh;q=0.9", "zh-Hant"),
            ("zh-Hant-HK", "zh-Hant"),
            ("zh-Hans-SG", "zh-Hans"),
            ("zh", "zh-Hans"),
            ("iw", "he"),
            ("PT-br", "pt"),
            ("de;q=0, en", "en"),
            ("de;q=x", "en"),
        ] {
            assert_eq!(
                LANGUAGES.get(wanted(accepted)),
                Some(&language),
                "{accepted}"
            );
        }
    }
}
