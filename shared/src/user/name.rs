//! The name that a user signs in with: which texts may be one, and when two are the same name.
//! Whoever looks alike must not be two users, and whoever is named by a token must not be somebody else.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The longest userName or externalId, and the longest subject of a token, in characters.
pub const LONGEST_NAME: usize = 512;

/// Shows nothing, and is of none of the categories that are refused.
const BRAILLE_BLANK: char = '\u{2800}';

/// Why a text is no userName: what follows the attribute's name in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("is required")]
    Empty,
    #[error("is longer than {LONGEST_NAME} characters")]
    TooLong,
    #[error("begins or ends with a blank")]
    Blank,
    #[error("has a character that is not visible or not assigned")]
    Invisible,
}

/// Whether it can be found again: a text of at most [`LONGEST_NAME`] characters.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().nth(LONGEST_NAME).is_none()
}

/// Whether a user can have this userName.
pub fn check(user_name: &str) -> Result<(), NameError> {
    if user_name.trim().is_empty() {
        return Err(NameError::Empty);
    }
    if !is_name(user_name) {
        return Err(NameError::TooLong);
    }
    if user_name.trim().len() != user_name.len() {
        return Err(NameError::Blank);
    }
    if user_name.chars().all(is_visible) {
        Ok(())
    } else {
        Err(NameError::Invisible)
    }
}

fn is_visible(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let refused = matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    !refused && c != BRAILLE_BLANK && !is_ignorable(c)
}

fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// A userName as it is compared (RFC 7643 §4.1.1: not case exact): Unicode's `toNFKC_Casefold` (§3.13 R5).
/// What is stored under it is the name of one user only.
pub fn folded(user_name: &str) -> String {
    if user_name.is_ascii() {
        return user_name.to_ascii_lowercase();
    }
    let (case, compatible) = (CaseMapper::new(), ComposingNormalizerBorrowed::new_nfkc());
    let seen: String = user_name.chars().filter(|c| !is_ignorable(*c)).collect();
    let mut folded = DecomposingNormalizerBorrowed::new_nfd()
        .normalize(&seen)
        .into_owned();
    // NFKC may make capitals, and folding what is no longer composed.
    for _ in 0..2 {
        let lower = case.fold_string(&folded).into_owned();
        folded = compatible.normalize(&lower).into_owned();
    }
    folded.retain(|c| !is_ignorable(c));
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One name in several spellings: whoever has one of them has them all.
    #[test]
    fn spellings_of_one_name() {
        for (one, other) in [
            ("Bob123", "bOB123"),
            ("STRASSE", "straße"),
            ("ſamuel", "SAMUEL"),
            // NFC and NFD.
            ("jos\u{e9}", "jose\u{301}"),
            ("\u{1e9b}\u{323}", "\u{1e69}"),
            // Compatibility characters: full width, ligature, superscript, circled, Kelvin.
            ("ｂｏｂ", "bob"),
            ("ﬁona", "fiona"),
            ("x²", "X2"),
            ("ⓑob", "bob"),
            ("\u{212a}elvin", "kelvin"),
            // Capitals that only compatibility makes.
            ("℻", "fax"),
            ("㎏", "KG"),
            // What nobody sees.
            ("bo\u{ad}b", "bob"),
            ("b\u{200d}o\u{34f}b", "bob"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [
            ("bob", "bobb"),
            ("i", "ı"),
            ("résumé", "resume"),
            ("α", "a"),
        ] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn texts_that_are_no_name() {
        let longest = "ü".repeat(LONGEST_NAME);
        let longer = format!("{longest}x");
        for name in [
            "bob",
            "bob@x.test",
            "Bob Smith",
            "山田太郎",
            "e\u{301}a",
            "👩",
            &longest,
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for (name, wanted) in [
            ("", NameError::Empty),
            (" \u{a0}", NameError::Empty),
            (longer.as_str(), NameError::TooLong),
            (" bob", NameError::Blank),
            ("bob\u{3000}", NameError::Blank),
            ("bob\n", NameError::Blank),
            ("b\0b", NameError::Invisible),
            ("b\u{85}b", NameError::Invisible),
            ("b\u{200b}b", NameError::Invisible),
            ("\u{202e}bob", NameError::Invisible),
            ("bob\u{feff}", NameError::Invisible),
            ("b\u{3164}b", NameError::Invisible),
            ("b\u{fe0f}b", NameError::Invisible),
            ("b\u{2800}b", NameError::Invisible),
            ("b\u{2028}b", NameError::Invisible),
            ("b\u{378}b", NameError::Invisible),
            ("b\u{e0041}b", NameError::Invisible),
        ] {
            assert_eq!(check(name), Err(wanted), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_as_it_is(text in any::<String>()) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }
    }
}
