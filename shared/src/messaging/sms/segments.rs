//! How many parts a text is sent in, and paid for: GSM-7 or UCS-2 (3GPP TS 23.038, 23.040 §9.2.3.24.1).

use crate::config::{ConfigError, Env, number};

/// One septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Two septets each: an escape comes first.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// Refuses a setting whose text, `filled` with the longest that may come into it, fills more than `MAX_SMS_SEGMENTS`
/// (1 to 10, one unless set), which are returned.
pub fn must_fit(
    env: &Env<'_>,
    setting: &str,
    (filled, with): (&str, &str),
) -> Result<usize, ConfigError> {
    let most = number(env, "MAX_SMS_SEGMENTS", 1, 1..=10)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    match too_long(most, (filled, with)) {
        None => Ok(most),
        Some(reason) => Err(ConfigError::new(setting, reason)),
    }
}

/// Why a text, `filled` with the longest that may come into it, cannot be sent.
pub fn too_long(most: usize, (filled, with): (&str, &str)) -> Option<String> {
    let fits = "one SMS holds 160 characters of GSM-7, or 70 where another is among them";
    let fills = || format!("fills more than {most} SMS with {with}: {fits}");
    (segments(filled) > most).then(fills)
}

/// Whether the text needs no Unicode.
pub fn is_gsm7(text: &str) -> bool {
    text.chars().all(|c| septets(c).is_some())
}

/// Parts of a text: 160 septets or 70 UTF-16 units in one, 153 or 67 in each of several.
pub fn segments(text: &str) -> usize {
    let costs: Option<Vec<usize>> = text.chars().map(septets).collect();
    if let Some(septets) = costs {
        return parts(&septets, 160, 153);
    }
    let units: Vec<usize> = text.chars().map(char::len_utf16).collect();
    parts(&units, 70, 67)
}

fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else {
        EXTENDED.contains(c).then_some(2)
    }
}

/// A character is never split between two parts.
fn parts(costs: &[usize], alone: usize, each: usize) -> usize {
    if costs.iter().sum::<usize>() <= alone {
        return 1;
    }
    let (mut parts, mut used) = (1, 0);
    for cost in costs {
        if used + cost > each {
            parts += 1;
            used = 0;
        }
        used += cost;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_their_parts() {
        for (text, expected) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            // The escape and its character stay together: 152 septets fit in the first part.
            ("€".repeat(153), 3),
            ("ü".repeat(160), 1),
            ("ê".repeat(70), 1),
            ("ê".repeat(71), 2),
            ("🎉".repeat(35), 1),
            ("🎉".repeat(36), 2),
            ("🎉".repeat(67), 3),
        ] {
            assert_eq!(segments(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_needs_unicode() {
        assert!(is_gsm7("Code: 123456 {app} [€] @host #1\n"));
        assert!(!is_gsm7("Kód"));
        assert!(!is_gsm7("`"));
    }
}
