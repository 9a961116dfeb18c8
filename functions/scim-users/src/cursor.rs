//! Cursors (RFC 9865): where in the list the next page begins, for the query that the page belongs to.
//! A cursor carries no authority: it names a user, and whoever may list may begin behind any user. Its digest
//! keeps apart what was given out for this query from what was mistyped, changed or taken from another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::clock::Timestamp;
use shared::scim::limits::CURSOR_LIFETIME;
use shared::user::LONGEST_ID;

/// Bytes of the digest that a cursor keeps.
const DIGEST: usize = 12;

/// Longer than any cursor of ours.
const LONGEST: usize = 1_000;

/// Changes with the form of cursors, so that those given out before are invalid.
const FORM: &str = "users 1";

/// Behind which user a page begins, and how long it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Cursor {
    pub after: String,
    pub count: usize,
}

/// Why a cursor is not followed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    Invalid,
    Expired,
}

impl Cursor {
    /// As text of unreserved characters (RFC 3986 §2.3) only.
    pub fn encode(&self, filter: &str, now: Timestamp) -> String {
        let expires = (now + CURSOR_LIFETIME).seconds();
        let content = format!("{expires} {} {}", self.count, self.after);
        let mut bytes = digest(&content, filter);
        bytes.extend_from_slice(content.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub fn decode(text: &str, filter: &str, now: Timestamp) -> Result<Self, Refused> {
        let (expires, cursor) = Self::read(text, filter).ok_or(Refused::Invalid)?;
        if now.seconds() < expires {
            Ok(cursor)
        } else {
            Err(Refused::Expired)
        }
    }

    fn read(text: &str, filter: &str) -> Option<(i64, Self)> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (given, content) = bytes.split_at_checked(DIGEST)?;
        let content = str::from_utf8(content).ok()?;
        if given != digest(content, filter) {
            return None;
        }
        let mut parts = content.splitn(3, ' ');
        let expires = parts.next()?.parse().ok()?;
        let count = parts.next()?.parse().ok()?;
        let after = parts.next()?.to_owned();
        let is_id = !after.is_empty() && after.len() <= LONGEST_ID;
        is_id.then_some((expires, Self { after, count }))
    }
}

fn digest(content: &str, filter: &str) -> Vec<u8> {
    let mut digest = Sha256::new();
    for part in [FORM, content, filter] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let mut digest = digest.finalize().to_vec();
    digest.truncate(DIGEST);
    digest
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_768_471_200_000);

    fn cursor(after: &str) -> Cursor {
        Cursor {
            after: after.into(),
            count: 7,
        }
    }

    #[test]
    fn a_cursor_comes_back_for_its_query_and_its_time() {
        let longest = "x".repeat(LONGEST_ID);
        for after in [
            "1e624046-520c-4628-a245-091e04b03f21",
            "a b  c",
            "ü",
            longest.as_str(),
        ] {
            let text = cursor(after).encode("title pr", NOW);
            let unreserved = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
            assert!(text.chars().all(unreserved), "{text}");
            let decoded = |filter, now| Cursor::decode(&text, filter, now);
            assert_eq!(decoded("title pr", NOW), Ok(cursor(after)));
            let last = NOW + CURSOR_LIFETIME;
            assert_eq!(
                decoded("title pr", last - Duration::from_secs(1)),
                Ok(cursor(after))
            );
            assert_eq!(decoded("title pr", last), Err(Refused::Expired));
            assert_eq!(decoded("", NOW), Err(Refused::Invalid));
        }
    }

    #[test]
    fn what_was_changed_is_invalid() {
        let text = cursor("1e624046").encode("", NOW);
        for at in 0..text.len() {
            for other in ["A", "b", "-", "=", "%", ""] {
                let mut changed = text.clone();
                changed.replace_range(at..=at, other);
                if changed != text {
                    let decoded = Cursor::decode(&changed, "", NOW);
                    assert_eq!(decoded, Err(Refused::Invalid), "{changed}");
                }
            }
        }
        let long = text.repeat(50);
        for other in ["", "A", "AAAA", "ü", "USER#1", &text[..16], long.as_str()] {
            assert_eq!(
                Cursor::decode(other, "", NOW),
                Err(Refused::Invalid),
                "{other}"
            );
        }
    }

    /// Whoever knows how cursors are made makes none that DynamoDB would refuse as a key.
    #[test]
    fn no_cursor_names_what_is_no_id() {
        for after in [String::new(), "x".repeat(LONGEST_ID + 1)] {
            let text = cursor(&after).encode("", NOW);
            assert_eq!(Cursor::decode(&text, "", NOW), Err(Refused::Invalid));
        }
    }
}
