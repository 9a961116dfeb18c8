//! A form of filters that Entra ID sends and RFC 7644's grammar has not: `emails[type eq "work"].value eq "x"`,
//! a sub-attribute of the values that a filter picks. It means `emails[(type eq "work") and value eq "x"]`.

use std::borrow::Cow;

/// The filter in the grammar's own form.
pub(super) fn in_grammar(text: &str) -> Cow<'_, str> {
    if !text.contains("].") {
        return text.into();
    }
    let mut written = String::with_capacity(text.len() + 16);
    let mut rest = text;
    // Where the brackets that are open began, in what is written.
    let mut open = None;
    while let Some(c) = rest.chars().next() {
        let token = match c {
            '"' => quoted(rest),
            _ => c.len_utf8(),
        };
        let (token, behind) = rest.split_at(token);
        rest = behind;
        match c {
            '[' => open = Some(written.len() + 1),
            ']' => {
                let picked = open
                    .take()
                    .zip(behind.strip_prefix('.').and_then(comparison));
                if let Some((start, (comparison, behind))) = picked {
                    written.insert(start, '(');
                    written.push_str(") and ");
                    written.push_str(comparison);
                    rest = behind;
                }
            }
            _ => {}
        }
        written.push_str(token);
    }
    written.into()
}

/// `value eq "x"` or `value pr` at the beginning, and what is behind it.
fn comparison(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = text.split_once(' ')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_$".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let operator = word(behind);
    let end = if operator.eq_ignore_ascii_case("pr") {
        name.len() + 1 + operator.len()
    } else {
        let value = behind.get(operator.len()..)?.strip_prefix(' ')?;
        let value = if value.starts_with('"') {
            quoted(value)
        } else {
            word(value).len()
        };
        name.len() + operator.len() + 2 + value
    };
    text.split_at_checked(end)
}

fn word(text: &str) -> &str {
    let end = text.find([' ', ')', '(', '[', ']']);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// How long the quoted string at the beginning is; to the end where it has none.
pub(super) fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_spelled_out() {
        for (text, wanted) in [
            (
                r#"emails[type eq "work"].value eq "x""#,
                r#"emails[(type eq "work") and value eq "x"]"#,
            ),
            (
                r#"(emails[type eq "work"].value PR) and active eq true"#,
                r#"(emails[(type eq "work") and value PR]) and active eq true"#,
            ),
            (
                r#"emails[type eq "a]" or type eq "b].c eq"].primary eq true and not (emails[type pr].value sw "a \"b\" c")"#,
                r#"emails[(type eq "a]" or type eq "b].c eq") and primary eq true] and not (emails[(type pr) and value sw "a \"b\" c"])"#,
            ),
        ] {
            assert_eq!(in_grammar(text), wanted);
            assert!(super::super::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_stays_as_it_is() {
        for text in [
            r#"emails[type eq "work"]"#,
            r#"title eq "a[b].c eq 1""#,
            r#"emails[type eq "work"].value"#,
            r#"emails[type eq "work"]. eq "x""#,
            r#"emails[type eq "work"].value.x eq "x""#,
            "a].b eq 1",
            "[].",
            "\"].",
        ] {
            assert_eq!(in_grammar(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(
            text in r#"([a-c\[\]. "\\()é]|eq|pr|\]\.a eq "b"){0,24}"#,
            any in any::<String>(),
        ) {
            let _ = in_grammar(&text);
            let _ = in_grammar(&any);
        }
    }
}
