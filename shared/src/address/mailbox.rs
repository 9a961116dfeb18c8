//! How an e-mail address is read: RFC 5321 and 6531 by kept libraries, without what no form of an account needs.

use icu_properties::CodePointMapData;
use icu_properties::CodePointSetData;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::address::email::{EmailAddress, a_labels};

/// The longest address and its longest local part, in bytes (RFC 5321 §4.5.3.1: a path of 256 with its brackets).
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

/// Why a text is no e-mail address: what follows the attribute's name in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    #[error("is longer than {LONGEST} bytes, or {LONGEST_LOCAL} before the @")]
    TooLong,
    #[error("has a character that no e-mail address has")]
    Character,
    #[error("is no e-mail address such as bob@abc.com")]
    NoAddress,
    #[error("has no domain such as abc.com")]
    Domain,
}

impl EmailAddress {
    /// An address as people type it, trimmed: local part, `@`, and a domain with a dot.
    pub fn parse(text: &str) -> Result<Self, MailboxError> {
        let text = text.trim_matches(|c: char| c.is_whitespace() && !c.is_control());
        if text.len() > LONGEST {
            return Err(MailboxError::TooLong);
        }
        if !text.chars().all(is_allowed) {
            return Err(MailboxError::Character);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(MailboxError::NoAddress)?;
        let domain = parse_domain(domain).ok_or(MailboxError::Domain)?;
        let mailbox = format!("{local}@{domain}");
        if local.len() > LONGEST_LOCAL || mailbox.len() > LONGEST {
            return Err(MailboxError::TooLong);
        }
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_minimum_sub_domains(2);
        let parsed = email_address::EmailAddress::parse_with_options(&mailbox, options);
        if parsed.is_err() || local.contains('"') {
            return Err(MailboxError::NoAddress);
        }
        Ok(Self::from_stored(text))
    }
}

/// A domain with a dot in A-labels; none where it cannot be on the Internet.
pub fn parse_domain(text: &str) -> Option<String> {
    let read = Uts46::new().to_ascii(
        text.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    let domain = read.ok()?.into_owned();
    let (_, last) = domain.rsplit_once('.')?;
    // Keys must not depend on the library's tables: where it reads a domain in another way, it is refused.
    let usable = !last.bytes().all(|byte| byte.is_ascii_digit()) && domain == a_labels(text);
    usable.then_some(domain)
}

/// Neither blanks nor what nobody sees: they would make two of one address, or two lines of a header.
fn is_allowed(c: char) -> bool {
    use GeneralCategory as Category;
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    let refused = matches!(
        CodePointMapData::<Category>::new().get(c),
        Category::Control
            | Category::Format
            | Category::Unassigned
            | Category::PrivateUse
            | Category::Surrogate
            | Category::SpaceSeparator
            | Category::LineSeparator
            | Category::ParagraphSeparator
    );
    !refused && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spelling::unicode::{FORMATS, SPACES, each};

    #[test]
    fn addresses() {
        let long = format!("{}@abc.com", "b".repeat(64));
        for (text, shown, key) in [
            ("bob@abc.com", "bob@abc.com", "bob@abc.com"),
            (" Bob@ABC.com\u{a0}", "Bob@ABC.com", "bob@abc.com"),
            (
                "o'neil+x@a-b.co.uk",
                "o'neil+x@a-b.co.uk",
                "o'neil+x@a-b.co.uk",
            ),
            ("用户@例え.jp", "用户@例え.jp", "用户@xn--r8jz45g.jp"),
            ("a@straße.de", "a@straße.de", "a@xn--strae-oqa.de"),
            (
                "a@XN--STRAE-OQA.de",
                "a@XN--STRAE-OQA.de",
                "a@xn--strae-oqa.de",
            ),
            (
                "a@हिन्दी.example",
                "a@हिन्दी.example",
                "a@xn--j2bd4cyah0f.example",
            ),
            (&long, &long, &long),
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!((address.shown(), address.key()), (shown, key), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address() {
        let (local, whole) = (
            format!("{}@abc.com", "b".repeat(65)),
            format!("b@{}com", "abc.".repeat(63)),
        );
        for text in [
            "",
            "@",
            "bob",
            "bob@",
            "@abc.com",
            "bob@abc",
            "bob@@abc.com",
            "bob@x@abc.com",
            "bob@.com",
            "bob@abc..com",
            "bob@abc.com.",
            ".bob@abc.com",
            "bob.@abc.com",
            "b..b@abc.com",
            "bob@abc.123",
            "bob@[127.0.0.1]",
            "bob@127.0.0.1",
            "bob@[IPv6:::1]",
            "\"bob\"@abc.com",
            "\"b b\"@abc.com",
            "Bob <bob@abc.com>",
            "<bob@abc.com>",
            "bob(x)@abc.com",
            "bob@abc.com (x)",
            "bob@abc.com,eve@abc.com",
            "bob,eve@abc.com",
            "bob eve@abc.com",
            "bob@abc com",
            "bob@abc.com\r\n",
            "bob@abc.com\nBcc: eve@abc.com",
            "bob\r@abc.com",
            "bob@-abc.com",
            "bob@abc-.com",
            "bob@a_b.com",
            "bob@a!b.com",
            "bob@xn--zzzz-.com",
            "bob@abc\u{3002}com",
            "mailto:bob@abc.com;x",
            "bob\u{0}@abc.com",
            "bob@abc.com\t",
            "bob@abc\u{ff0e}com\u{ad}",
            "b\u{2800}\u{e000}@abc.com",
            &local,
            &whole,
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
        for c in each(&FORMATS).chain(each(&SPACES)) {
            for text in [format!("b{c}b@abc.com"), format!("bb@a{c}bc.com")] {
                assert!(EmailAddress::parse(&text).is_err(), "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_read_reads_the_same_again(text in prop_oneof![
            any::<String>(),
            "[a-zA-Z0-9.+'@ -]{0,20}@[a-zA-Z0-9äßΣ例.-]{1,20}",
        ]) {
            let Ok(address) = EmailAddress::parse(&text) else { return Ok(()) };
            for again in [address.shown(), address.key(), &address.mailbox()] {
                prop_assert_eq!(EmailAddress::parse(again), Ok(address.clone()));
            }
            prop_assert!(address.domain().is_ascii());
            prop_assert!(!address.mailbox().contains(['\r', '\n', ' ', ',', '<', '>', '"']));
            let counted = EmailAddress::from_stored(&address.for_counters());
            prop_assert_eq!(counted.for_counters(), address.for_counters());
        }
    }
}
