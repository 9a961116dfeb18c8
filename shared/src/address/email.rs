//! An e-mail address (RFC 5321 §4.1.2, RFC 6531 §3.3): parsed once at the door, shown as it was typed, compared by a key.
//! It is personal data: no Display, and Debug shows it masked.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

/// A mailbox without display name, comments, quotes and literals.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct EmailAddress {
    shown: String,
    key: String,
}

/// Two texts are one address if their keys are equal. Made of stable parts only, since keys are stored: ASCII lower
/// case, NFC, and for the domain A-labels (RFC 5890 §2.3.2.1) of its lower-case NFKC. What is no address has a key, too.
pub fn key_of(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Composing may make a capital, and a small letter may compose where its capital does not.
    let composed = |text: &str| {
        let nfc = ComposingNormalizerBorrowed::new_nfc();
        let lower = nfc.normalize(text).to_ascii_lowercase();
        nfc.normalize(&lower).into_owned()
    };
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{}", composed(local), a_labels(domain)),
        None => composed(text),
    }
}

/// A domain as it is compared and sent to, if it is one: see [`key_of`].
pub fn a_labels(domain: &str) -> String {
    if domain.is_ascii() {
        return domain.to_ascii_lowercase();
    }
    let compatible = ComposingNormalizerBorrowed::new_nfkc();
    let lower = compatible.normalize(domain).to_lowercase();
    let lower = compatible.normalize(&lower);
    let labels = lower.split('.').map(|label| {
        let encoded = (!label.is_ascii()).then(|| idna::punycode::encode_str(label));
        encoded
            .flatten()
            .map_or_else(|| label.to_owned(), |label| format!("xn--{label}"))
    });
    labels.collect::<Vec<_>>().join(".")
}

impl EmailAddress {
    /// An address that was stored or parsed before. What was stored unchecked may be none, and is compared all the same.
    pub fn from_stored(text: &str) -> Self {
        Self {
            shown: text.to_owned(),
            key: key_of(text),
        }
    }

    /// As it was typed, for storing and the owner's eyes; never for a log.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What it is compared by; equal for all spellings of one address.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where messages go: the local part as it was typed, which is the receiving host's to read (RFC 5321 §2.4), and the
    /// domain in A-labels.
    pub fn mailbox(&self) -> String {
        format!("{}@{}", local_part(&self.shown), self.domain())
    }

    /// The domain, lower-case and in A-labels.
    pub fn domain(&self) -> &str {
        self.key.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// What messages to it are counted on: its key without a `+tag`, which many hosts deliver to one mailbox.
    pub fn for_counters(&self) -> String {
        let local = local_part(&self.key);
        let name = local
            .split_once('+')
            .map_or(local, |(name, _)| name)
            .trim_end_matches('.');
        let name = if name.is_empty() { local } else { name };
        format!("{name}@{}", self.domain())
    }

    /// `b***@abc.com`: enough to recognise one's own.
    pub fn masked(&self) -> String {
        let start: String = local_part(&self.key).chars().take(1).collect();
        format!("{start}***@{}", self.domain())
    }
}

fn local_part(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(local, _)| local)
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for EmailAddress {}

impl PartialOrd for EmailAddress {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EmailAddress {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl From<String> for EmailAddress {
    fn from(text: String) -> Self {
        Self::from_stored(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> EmailAddress {
        EmailAddress::from_stored(text)
    }

    #[test]
    fn masks_all_but_the_first_character_and_the_domain() {
        for (text, masked) in [
            ("bob@abc.com", "b***@abc.com"),
            ("Bob+x@ABC.com", "b***@abc.com"),
            ("é@abc.com", "é***@abc.com"),
            ("b@bücher.example", "b***@xn--bcher-kva.example"),
        ] {
            assert_eq!(stored(text).masked(), masked);
            assert_eq!(format!("{:?}", stored(text)), masked);
        }
    }

    /// Before, every spelling was an address of its own.
    #[test]
    fn spellings_of_one_address() {
        for (one, other) in [
            ("bob@abc.com", "BOB@Abc.COM"),
            ("bob@bücher.example", "bob@xn--bcher-kva.example"),
            ("bob@BÜCHER.example", "bob@bu\u{308}cher.example"),
            ("jos\u{e9}@abc.com", "jose\u{301}@abc.com"),
            ("bob@ａｂｃ.com", "bob@abc.com"),
            ("T\u{308}@abc.com", "\u{1e97}@abc.com"),
            ("\u{212a}@abc.com", "k@abc.com"),
        ] {
            assert_eq!(stored(one), stored(other), "{one} {other}");
        }
        for (one, other) in [
            ("bob@abc.com", "bob@abc.org"),
            ("bob@abc.com", "bob+x@abc.com"),
            ("bob@abc.com", "b.ob@abc.com"),
            ("É@abc.com", "é@abc.com"),
            ("bob@straße.example", "bob@strasse.example"),
        ] {
            assert_ne!(stored(one), stored(other), "{one} {other}");
        }
    }

    #[test]
    fn where_messages_go_and_what_they_are_counted_on() {
        for (text, mailbox, counted) in [
            (
                "Bob+Shop@BÜCHER.example",
                "Bob+Shop@xn--bcher-kva.example",
                "bob@xn--bcher-kva.example",
            ),
            ("bob@abc.com", "bob@abc.com", "bob@abc.com"),
            ("bob+a+b@abc.com", "bob+a+b@abc.com", "bob@abc.com"),
            ("+a@abc.com", "+a@abc.com", "+a@abc.com"),
        ] {
            assert_eq!(stored(text).mailbox(), mailbox);
            assert_eq!(stored(text).for_counters(), counted);
        }
    }

    #[test]
    fn what_is_stored_is_read_as_it_is() {
        let text = "\"Bob@abc.com\"";
        let address: EmailAddress = serde_json::from_str(text).unwrap();
        assert_eq!(address.shown(), "Bob@abc.com");
        assert_eq!(serde_json::to_string(&address).unwrap(), text);
    }
}
