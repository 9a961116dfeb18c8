//! The languages that pages speak, and which of them somebody wants (RFC 4647 §3.4).

/// A language that pages have texts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    /// Its tag (BCP 47).
    pub tag: &'static str,
    /// How it is written: `ltr` or `rtl`, the values of `dir` in HTML.
    pub direction: &'static str,
}

impl Language {
    const fn new(tag: &'static str) -> Self {
        Self {
            tag,
            direction: "ltr",
        }
    }

    const fn from_the_right(tag: &'static str) -> Self {
        Self {
            tag,
            direction: "rtl",
        }
    }
}

/// That of whoever wants none of the others.
pub const ENGLISH: Language = Language::new("en");

/// All of them.
pub const LANGUAGES: [Language; 22] = [
    ENGLISH,
    Language::new("de"),
    Language::new("fr"),
    Language::new("es"),
    Language::new("pt"),
    Language::new("it"),
    Language::new("nl"),
    Language::new("pl"),
    Language::new("tr"),
    Language::new("ru"),
    Language::new("uk"),
    Language::from_the_right("ar"),
    Language::from_the_right("he"),
    Language::new("hi"),
    Language::new("id"),
    Language::new("ms"),
    Language::new("ja"),
    Language::new("ko"),
    Language::new("zh-Hans"),
    Language::new("zh-Hant"),
    Language::new("th"),
    Language::new("vi"),
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

/// The language that is wanted most, by a priority list as `Accept-Language` has it: `de-CH, fr;q=0.9`.
pub fn wanted(accept_language: &str) -> Language {
    let mut best = (ENGLISH, 0.0);
    for item in accept_language.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        let weight = weight.map_or(1.0, |weight| weight.parse::<f32>().unwrap_or_default());
        if let Some(language) = found(range)
            && (0.0..=1.0).contains(&weight)
            && weight > best.1
        {
            best = (language, weight);
        }
    }
    best.0
}

/// The language of a range, which is shortened from its end until there is one.
fn found(range: &str) -> Option<Language> {
    let mut range = range.to_ascii_lowercase();
    loop {
        let other = OTHER_NAMES.iter().find(|(name, _)| *name == range);
        let name = other.map_or(&*range, |(_, name)| name);
        let mut languages = LANGUAGES.iter();
        let language = languages.find(|one| one.tag.eq_ignore_ascii_case(name));
        if language.is_some() {
            return language.copied();
        }
        let end = range.rfind('-')?;
        range.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_found() {
        for (accepted, tag) in [
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
            ("de;q=inf, fr;q=0.1", "fr"),
            ("de;q=NaN", "en"),
        ] {
            assert_eq!(wanted(accepted).tag, tag, "{accepted}");
        }
    }

    #[test]
    fn two_are_written_from_the_right() {
        let from_the_right = LANGUAGES.iter().filter(|one| one.direction == "rtl");
        let tags: Vec<&str> = from_the_right.map(|one| one.tag).collect();
        assert_eq!(tags, ["ar", "he"]);
    }
}
