//! What people type and paste, as plain ASCII: the spaces, dashes, digits and full-width forms of every script,
//! and the characters that nobody sees. Phone numbers and codes are read by it.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// The text with each character in its plain form: any space is a space, any dash `-`, any digit one of ASCII,
/// full-width forms are ASCII's. Format characters and variation selectors are gone, control characters stay.
pub fn plain(text: &str) -> String {
    text.chars().filter_map(plain_form).collect()
}

/// Without the spaces and control characters around it.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control())
}

fn plain_form(c: char) -> Option<char> {
    use GeneralCategory::{DashPunctuation, DecimalNumber, Format, SpaceSeparator};
    if c.is_ascii() {
        return Some(c);
    }
    if is_variation_selector(c) {
        return None;
    }
    match category(c) {
        Format => None,
        SpaceSeparator | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => {
            Some(' ')
        }
        DashPunctuation => Some('-'),
        DecimalNumber => Some(digit(c)),
        _ => Some(match c {
            // The minus sign, and the long vowel mark that Japanese keyboards give for a dash, in both widths.
            '\u{2212}' | '\u{30fc}' | '\u{ff70}' => '-',
            // Small forms, as of Big5: ﹢﹙﹚﹒﹡.
            '\u{fe62}' => '+',
            '\u{fe59}' => '(',
            '\u{fe5a}' => ')',
            '\u{fe52}' => '.',
            '\u{fe61}' => '*',
            c => full_width(c).unwrap_or(c),
        }),
    }
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// They choose a glyph and are no characters of their own: VS1 to VS256, and Mongolian's.
fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' | '\u{180f}')
}

/// `！` to `～` stand in ASCII's order.
fn full_width(c: char) -> Option<char> {
    let offset = u32::from(c).checked_sub(0xff01)?;
    let ascii = u8::try_from(offset + u32::from(b'!')).ok()?;
    ascii.is_ascii_graphic().then(|| char::from(ascii))
}

/// Decimal digits stand in rows of ten in ascending order (Unicode §4.6: a stability policy), some rows side by side.
fn digit(c: char) -> char {
    let row = (u32::from('0')..u32::from(c)).rev();
    let before = row.take_while(|code| {
        let before = char::from_u32(*code);
        before.is_some_and(|c| category(c) == GeneralCategory::DecimalNumber)
    });
    let value = before.count() % 10;
    u8::try_from(value).map_or(c, |value| char::from(b'0' + value))
}

#[cfg(test)]
pub(crate) mod unicode;

#[cfg(test)]
mod tests {
    use super::unicode::{DASHES, FORMATS, SPACES, ZEROS, each};
    use super::*;

    #[test]
    fn every_space_dash_and_format_character() {
        for c in each(&SPACES) {
            assert_eq!(plain(&format!("1{c}2")), "1 2", "{c:?}");
        }
        for c in each(&DASHES).chain(['\u{2212}', '\u{30fc}']) {
            assert_eq!(plain(&format!("1{c}2")), "1-2", "{c:?}");
        }
        for c in each(&FORMATS).chain(each(&[(0xfe00, 0xfe0f), (0xe0100, 0xe01ef)])) {
            assert_eq!(plain(&format!("1{c}2")), "12", "{c:?}");
        }
    }

    #[test]
    fn every_decimal_digit() {
        for zero in ZEROS {
            let row: String = (zero..zero + 10)
                .map(|code| char::from_u32(code).unwrap())
                .collect();
            assert_eq!(plain(&row), "0123456789", "{row}");
        }
    }

    #[test]
    fn full_width_forms_are_those_of_ascii() {
        let wide: String = ('！'..='～').collect();
        let ascii: String = ('!'..='~').collect();
        assert_eq!(plain(&wide), ascii);
        assert_eq!(plain("＋（）．／"), "+()./");
        assert_eq!(plain("﹢﹙﹚﹒﹡"), "+().*");
    }

    #[test]
    fn what_is_no_other_form_stays() {
        for text in [
            "",
            "½²Ⅷ①",
            "é",
            "a\u{0}b\n",
            "〇一",
            "½",
            "\u{ff5f}\u{ff9f}",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn what_stands_around_a_text() {
        assert_eq!(trimmed("\u{0}\t +60 12\r\n\u{7f}"), "+60 12");
        assert_eq!(trimmed("\n"), "");
    }
}
