//! `not(...)`: so the grammar of RFC 7644 §3.4.2.2 writes it, its examples with a blank between.
//! `scim_v2` reads only the latter.

use std::borrow::Cow;

use crate::scim::filter::dialect::quoted;

/// The filter or path with a blank behind each `not`.
pub(in super::super) fn spaced(text: &str) -> Cow<'_, str> {
    let mut written = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['(', '"']) {
        let (before, behind) = rest.split_at(at);
        written.push_str(before);
        let token = if behind.starts_with('"') {
            quoted(behind)
        } else {
            if is_not(before) {
                written.push(' ');
            }
            1
        };
        let (token, behind) = behind.split_at(token);
        written.push_str(token);
        rest = behind;
    }
    if written.len() + rest.len() == text.len() {
        return text.into();
    }
    written.push_str(rest);
    written.into()
}

/// Whether it ends with the word `not`, not with a name that does.
fn is_not(text: &str) -> bool {
    let start = text.len().checked_sub(3);
    let Some((before, word)) = start.and_then(|start| text.split_at_checked(start)) else {
        return false;
    };
    word.eq_ignore_ascii_case("not")
        && !before.ends_with(|c: char| c.is_ascii_alphanumeric() || "-_$:.".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_blank_behind_not_and_nowhere_else() {
        for (text, wanted) in [
            ("not(title pr)", "not (title pr)"),
            (
                r#"active eq true and NOT(emails[not(type eq "not(")])"#,
                r#"active eq true and NOT (emails[not (type eq "not(")])"#,
            ),
            ("(not(not(title pr)))", "(not (not (title pr)))"),
            ("not (title pr)", "not (title pr)"),
            (r#"title eq "a \"not(b""#, r#"title eq "a \"not(b""#),
            ("knot(title pr)", "knot(title pr)"),
            ("é(", "é("),
        ] {
            assert_eq!(spaced(text), wanted);
        }
    }

    proptest! {
        #[test]
        fn nothing_but_blanks_is_added(text in r#"([ab ."\\()é]|not|not\(){0,20}"#, any in any::<String>()) {
            for text in [text, any] {
                let without = |text: &str| text.replace(' ', "");
                prop_assert_eq!(without(&spaced(&text)), without(&text));
            }
        }
    }
}
