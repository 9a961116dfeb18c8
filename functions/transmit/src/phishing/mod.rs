//! What leads whoever reads a message elsewhere: links, addresses, numbers to call, also in disguise.
//! Rather refuses an odd sentence than relays a trap; words, abbreviations, prices and years pass.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// Characters without a shape of their own that scripts need: joiners and marks of direction. They cannot
/// turn letters around, as overrides of direction do.
pub const JOINERS: [char; 5] = ['\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{61c}'];

/// Digits that could be called or texted, whatever stands between them.
const SHORTEST_NUMBER: usize = 5;

/// Digits with nothing between them that could be texted, unless they are a year.
const SHORT_CODE: usize = 4;
const CENTURIES: [&str; 2] = ["19", "20"];

/// Digits in all that could be put together to a number.
const MOST_DIGITS: usize = 8;

/// Characters between two digits of one number.
const WIDEST_GAP: usize = 3;

/// Digits before letters that stand for digits: `0800-FLOWERS`.
const SHORTEST_VANITY: usize = 4;

/// Ends of domains that are meant even where no phone would make a link of it.
const ENDS: [&str; 7] = ["com", "net", "org", "info", "biz", "xyz", "io"];

/// A separator in the place of a dot. None of these: they are within words and between them.
const NO_DOT: &str = "-'’/_";

/// Two letters after a spoken dot that are no country's domain, or rather a word of the sentence.
const SPOKEN: [&str; 10] = ["an", "do", "go", "if", "is", "it", "of", "on", "or", "up"];

const DOTS_IN_BRACKETS: [&str; 8] = [
    "(.)", "[.]", "{.}", "<.>", "(dot)", "[dot]", "{dot}", "<dot>",
];

const WEB_WORDS: [&str; 6] = ["http", "https", "hxxp", "hxxps", "ftp", "localhost"];

/// What phones and browsers hand on to an app where a colon and more follow directly.
const SCHEMES: [&str; 32] = [
    "aim",
    "bitcoin",
    "blob",
    "callto",
    "data",
    "facetime",
    "facetime-audio",
    "file",
    "geo",
    "intent",
    "itms",
    "itms-apps",
    "itms-services",
    "javascript",
    "magnet",
    "mailto",
    "market",
    "mms",
    "mmsto",
    "sip",
    "sips",
    "skype",
    "sms",
    "smsto",
    "tel",
    "telprompt",
    "tg",
    "vbscript",
    "viber",
    "view-source",
    "whatsapp",
    "xmpp",
];

/// Before a number, they make it one to call however short it is.
const CALLS: [&str; 8] = [
    "call",
    "dial",
    "phone",
    "ring",
    "sms",
    "tel",
    "telephone",
    "text",
];

/// Digits after such a word: `112`, `999`.
const EMERGENCY: usize = 3;

/// Looks for a lure in a message, with the app's name in the place of `{app}`.
pub fn is_in(message: &str, app: &str) -> bool {
    // A name may be short or empty: what is left and right of it must not make a link either.
    let mut variants = ["app", ""]
        .map(|app| read(&filled(message, app)))
        .into_iter();
    if variants.any(|text| has_link(&text) || has_number(&text)) {
        return true;
    }
    if has_link(&read(app)) {
        return !stands_alone(message);
    }
    has_link(&read(&filled(message, app)))
}

/// As it will read; a code is a word like any other.
fn filled(message: &str, app: &str) -> String {
    let parts = message
        .split("{otp}")
        .map(|part| part.replace("{app}", app));
    parts.collect::<Vec<_>>().join("x")
}

/// A name that is a link itself must not become another one: `evil{app}`, `{app}/path`.
fn stands_alone(message: &str) -> bool {
    let beside: Vec<&str> = message.split("{app}").collect();
    let last = beside.len() - 1;
    beside.iter().enumerate().all(|(n, part)| {
        let mut after = part.chars();
        let begins = match after.next() {
            Some('.') => after.next().is_none_or(char::is_whitespace),
            Some(c) => c.is_whitespace() || ",;!)]\"'’".contains(c),
            None => n == last,
        };
        let ends = match part.chars().next_back() {
            Some(c) => c.is_whitespace() || "([\"'’".contains(c),
            None => n == 0,
        };
        (n == 0 || begins) && (n == last || ends)
    })
}

/// The text without disguise: full width, circled and mathematical letters and digits are plain ones,
/// accents, enclosing marks and joiners are gone.
fn read(text: &str) -> Vec<char> {
    use GeneralCategory::{EnclosingMark, NonspacingMark};
    let categories = CodePointMapData::<GeneralCategory>::new();
    let plain = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let shown = |c: &char| {
        !JOINERS.contains(c) && !matches!(categories.get(*c), EnclosingMark | NonspacingMark)
    };
    plain.chars().filter(shown).collect()
}

fn has_link(text: &[char]) -> bool {
    let lower: String = text.iter().flat_map(|c| c.to_lowercase()).collect();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let dense: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
    lower.contains('@')
        || lower.contains("://")
        || has_scheme(&lower)
        || text
            .windows(3)
            .any(|three| matches!(three, ['/', '/', after] if after.is_alphanumeric()))
        || DOTS_IN_BRACKETS.iter().any(|dot| dense.contains(dot))
        || words.iter().any(|word| is_web_word(word))
        || words
            .windows(2)
            .any(|two| matches!(two, ["dot", end] if ENDS.contains(end) || is_country(end)))
        || text.windows(4).any(is_domain)
        || ENDS.iter().any(|end| has_end(&lower, end))
        || lower
            .split(|c: char| !c.is_numeric() && c != '.')
            .any(is_ip_address)
}

fn is_web_word(word: &str) -> bool {
    WEB_WORDS.contains(&word) || word.starts_with("www")
}

/// `tel:911`, but not `SMS: 123`.
fn has_scheme(lower: &str) -> bool {
    lower.match_indices(':').any(|(at, _)| {
        let (before, after) = lower.split_at_checked(at).unwrap_or_default();
        let goes_on = after.chars().nth(1).is_some_and(|c| !c.is_whitespace());
        let is_named = |scheme: &&str| {
            let rest = before.strip_suffix(*scheme);
            rest.is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
        };
        goes_on && SCHEMES.iter().any(is_named)
    })
}

/// Two letters that end a domain, as all countries' do.
fn is_country(word: &str) -> bool {
    let letters = word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters && !SPOKEN.contains(&word)
}

/// A dot within a word or before one, two letters after it. One letter is an abbreviation, as in `e.g.`.
fn is_domain(four: &[char]) -> bool {
    match four {
        [before, '.', one, two] if before.is_whitespace() => {
            one.is_ascii_alphabetic() && two.is_ascii_alphabetic()
        }
        [before, '.', one, two] => *before != '.' && one.is_alphabetic() && two.is_alphabetic(),
        // Browsers read it as a dot; between other scripts' letters it ends a sentence.
        [before, '\u{3002}', one, two] => {
            [before, one, two].iter().all(|c| c.is_ascii_alphabetic())
        }
        _ => false,
    }
}

/// `evil,com`, `evil .com`: the end of a domain after something like a dot.
fn has_end(lower: &str, end: &str) -> bool {
    lower.match_indices(end).any(|(at, _)| {
        let (before, after) = lower.split_at_checked(at).unwrap_or_default();
        let after = after.strip_prefix(end).unwrap_or_default();
        let mut before = before.chars().rev();
        let dotted = match (before.next(), before.next()) {
            (Some('.'), Some(c)) => c.is_whitespace(),
            (Some(dot), Some(c)) => {
                let is_dot =
                    !dot.is_alphanumeric() && !dot.is_whitespace() && !NO_DOT.contains(dot);
                is_dot && c.is_alphanumeric()
            }
            _ => false,
        };
        dotted && !after.starts_with(char::is_alphanumeric)
    })
}

fn is_ip_address(text: &str) -> bool {
    let parts = text.split('.').filter(|part| !part.is_empty());
    text.contains('.') && parts.count() >= 4
}

fn has_number(text: &[char]) -> bool {
    let plain: String = text.iter().collect();
    let digits = marked_digits(text);
    digits.iter().filter(|(_, digit)| *digit).count() > MOST_DIGITS
        || has_row(&digits)
        || has_area_code(&digits)
        || has_emergency(&digits)
        || has_short_code(&digits)
        || plain.split_whitespace().any(is_service_code)
}

/// `*100#`: the phone acts on it by itself.
fn is_service_code(word: &str) -> bool {
    let Some((_, code)) = word.split_once(['*', '#']) else {
        return false;
    };
    let code = code.trim_start_matches(['*', '#']);
    code.starts_with(char::is_numeric) && code.contains('#')
}

/// Every character, and whether it is a digit: of any script, or a letter that looks like one beside a digit.
fn marked_digits(text: &[char]) -> Vec<(char, bool)> {
    let words = text.chunk_by(|one, other| one.is_alphanumeric() == other.is_alphanumeric());
    words
        .flat_map(|word| {
            let looks_like_number = word.iter().any(|c| is_digit(*c))
                && word.iter().all(|c| is_digit(*c) || "oOlI".contains(*c));
            let marked = move |c: &char| (*c, is_digit(*c) || looks_like_number);
            word.iter().map(marked)
        })
        .collect()
}

fn is_digit(c: char) -> bool {
    c.is_numeric() || "〇零一二三四五六七八九".contains(c)
}

/// Digits with little between them, none of it letters or the end of a clause.
fn has_row(text: &[(char, bool)]) -> bool {
    let mut row = 0;
    let mut gap: Vec<char> = Vec::new();
    for (c, digit) in text {
        if *digit {
            if gap.len() > WIDEST_GAP || ends_clause(&gap) {
                row = 0;
            }
            row += 1;
            gap.clear();
        } else if c.is_alphanumeric() {
            if row >= SHORTEST_VANITY && gap == ['-'] {
                return true;
            }
            row = 0;
            gap.clear();
        } else {
            gap.push(*c);
        }
        if row >= SHORTEST_NUMBER {
            return true;
        }
    }
    false
}

fn has_short_code(text: &[(char, bool)]) -> bool {
    let mut runs = text.chunk_by(|one, other| one.1 == other.1);
    runs.any(|run| {
        let digits = run.iter().filter(|(_, digit)| *digit);
        let digits: String = digits.map(|(c, _)| *c).collect();
        digits.chars().count() == SHORT_CODE && !CENTURIES.iter().any(|c| digits.starts_with(c))
    })
}

/// `1-800`: as many digits as in a short code, with a dash after the first or before the last.
fn has_area_code(text: &[(char, bool)]) -> bool {
    let pieces: Vec<&[(char, bool)]> = text.chunk_by(|one, other| one.1 == other.1).collect();
    pieces.windows(3).any(|three| match three {
        [left, gap, right] => {
            let digits = matches!(
                (left.first(), right.first()),
                (Some((_, true)), Some((_, true)))
            );
            let dashes = gap.iter().filter(|(c, _)| !c.is_whitespace());
            digits
                && left.len() + right.len() == SHORT_CODE
                && left.len() != right.len()
                && dashes.clone().count() == 1
                && dashes.clone().all(|(c, _)| is_dash(*c))
        }
        _ => false,
    })
}

fn is_dash(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    category == GeneralCategory::DashPunctuation || c == '\u{2212}'
}

/// `call 112`, `dial 9-9-9`; `call 24/7` and `by text 10:30` are times.
fn has_emergency(text: &[(char, bool)]) -> bool {
    let kind = |&(c, digit): &(char, bool)| (c.is_alphanumeric(), digit);
    let mut digits = None;
    for piece in text.chunk_by(|one, other| kind(one) == kind(other)) {
        let said: String = piece.iter().flat_map(|(c, _)| c.to_lowercase()).collect();
        digits = match piece.first().map(kind) {
            Some((_, true)) => digits.map(|digits: usize| digits + piece.len()),
            Some((true, _)) => CALLS.contains(&said.as_str()).then_some(0),
            _ => digits.filter(|digits| *digits == 0 || !said.contains(['/', ':'])),
        };
        if digits.is_some_and(|digits| digits >= EMERGENCY) {
            return true;
        }
    }
    false
}

fn ends_clause(gap: &[char]) -> bool {
    gap.windows(2).any(
        |two| matches!(two, [mark, space] if ".,;:!?".contains(*mark) && space.is_whitespace()),
    )
}

#[cfg(test)]
mod tests;
