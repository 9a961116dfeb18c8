//! Backup codes: each opens the second factor once where no message arrives. Kept only as keyed hashes, with the user.
//! A code has no Display, Debug, Serialize: it goes into the one answer that shows it, and nowhere else.

use std::fmt;

use rand::rand_core::TryRng;
use serde::{Deserialize, Serialize};

use crate::crypto::key::{Key, KeyedHash};
use crate::otp::{CodeId, NoRandomness, drawn};
use crate::spelling;

/// The most codes that a user has at a time.
pub const MOST_CODES: usize = 20;

/// Fewer possible codes than this (20 bits) can be guessed within the limits.
const FEWEST_CODES: u64 = 1 << 20;

/// Characters of the longest code.
const LONGEST: usize = 64;

/// Bytes of what was typed, with blanks, dashes and characters that nobody sees.
const LONGEST_TYPED: usize = 512;

/// Letters and digits that are not mistaken for each other when they are written down: ten of them are 49.5 bits.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
const GENERATED_LENGTH: usize = 10;

/// Characters of a group, as a generated code is shown.
const GROUP: usize = 5;

/// What a hash is about, so that no code of another kind has the same.
const PURPOSE: &str = "backup";

/// A backup code as its owner has it, in its one spelling.
#[derive(PartialEq, Eq)]
pub struct BackupCode(String);

impl BackupCode {
    /// A code as somebody typed it: 1 to 64 ASCII letters or digits, digits of any script among them. Blanks and dashes
    /// around and within are dropped. Case does not count: nobody has to know how a code was written down.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST_TYPED {
            return None;
        }
        let mut code = spelling::plain(text.trim());
        code.retain(|c| !c.is_whitespace() && c != '-');
        code.make_ascii_lowercase();
        let valid = (1..=LONGEST).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        valid.then_some(Self(code))
    }

    /// The code as it is shown and written down, for the one answer that shows it: `xxxxx-xxxxx`.
    pub fn grouped(&self) -> String {
        let mut shown = String::with_capacity(self.0.len() + self.0.len() / GROUP);
        for (at, character) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                shown.push('-');
            }
            shown.push(character);
        }
        shown
    }

    /// Whether there are 20 bits of such codes: as many of its length as its kinds of characters (10 digits, 26
    /// letters) allow. What the same character repeats is none.
    fn is_strong(&self) -> bool {
        let mut kinds = 0;
        if self.0.bytes().any(|byte| byte.is_ascii_digit()) {
            kinds += 10_u64;
        }
        if self.0.bytes().any(|byte| byte.is_ascii_lowercase()) {
            kinds += 26;
        }
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let mut pairs = self.0.chars().zip(self.0.chars().skip(1));
        kinds.saturating_pow(length) >= FEWEST_CODES && pairs.any(|(one, next)| one != next)
    }

    fn generate(random: &mut impl TryRng) -> Result<Self, NoRandomness> {
        drawn(ALPHABET, GENERATED_LENGTH, random).map(Self)
    }
}

/// Why codes cannot become a user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackupCodeError {
    #[error("a code must be 1 to 64 ASCII letters or digits")]
    Unreadable,
    #[error(
        "a code must have at least 20 bits, such as 7 digits or 5 letters, and not be one character repeated"
    )]
    Weak,
    #[error("a code is there twice")]
    Twice,
    #[error("a user has at most 20 codes")]
    TooMany,
}

/// Codes that are to become a user's: each strong enough, none twice, at most [`MOST_CODES`].
/// Debug shows how many.
#[derive(Default)]
pub struct NewCodes(Vec<BackupCode>);

impl fmt::Debug for NewCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NewCodes").field(&self.0.len()).finish()
    }
}

impl NewCodes {
    /// Codes that a client chose.
    ///
    /// # Errors
    /// Where one cannot be read, can be guessed, or is there twice, and where there are too many.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, BackupCodeError> {
        let mut codes = Self::default();
        for text in texts {
            let code = BackupCode::parse(text).ok_or(BackupCodeError::Unreadable)?;
            codes.push(code)?;
        }
        Ok(codes)
    }

    /// As many new codes, at most [`MOST_CODES`]; every one of the possible codes is as likely as another.
    ///
    /// # Errors
    /// Where the generator gives nothing, or the same code again: then it is broken.
    pub fn generate(count: usize, random: &mut impl TryRng) -> Result<Self, NoRandomness> {
        let mut codes = Self::default();
        for _ in 0..count.min(MOST_CODES) {
            let code = BackupCode::generate(random)?;
            codes.push(code).map_err(|_| NoRandomness)?;
        }
        Ok(codes)
    }

    /// Those that are not known yet.
    #[must_use]
    pub fn without(self, is_known: impl Fn(&BackupCode) -> bool) -> Self {
        let unknown = self.0.into_iter().filter(|code| !is_known(code));
        Self(unknown.collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &BackupCode> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push(&mut self, code: BackupCode) -> Result<(), BackupCodeError> {
        if !code.is_strong() {
            return Err(BackupCodeError::Weak);
        }
        if self.0.contains(&code) {
            return Err(BackupCodeError::Twice);
        }
        if self.0.len() == MOST_CODES {
            return Err(BackupCodeError::TooMany);
        }
        self.0.push(code);
        Ok(())
    }
}

/// The codes that a user has, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BackupCodes(Vec<StoredCode>);

/// One of them, bound to its user and its own id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredCode {
    id: CodeId,
    hash: KeyedHash,
    #[serde(rename = "key")]
    key_version: String,
}

impl StoredCode {
    fn new(
        user: &str,
        code: &BackupCode,
        key: &Key,
        random: &mut impl TryRng,
    ) -> Result<Self, NoRandomness> {
        let id = CodeId::generate(random)?;
        Ok(Self {
            hash: key.keyed_hash(&bound(user, &id, code)),
            key_version: key.version().to_owned(),
            id,
        })
    }

    /// In constant time; never where the version of its key is not among these.
    fn is(&self, user: &str, code: &BackupCode, keys: &[Key]) -> bool {
        let key = keys.iter().find(|key| key.version() == self.key_version);
        key.is_some_and(|key| key.is_hash_of(&self.hash, &bound(user, &self.id, code)))
    }
}

fn bound<'a>(user: &'a str, id: &'a CodeId, code: &'a BackupCode) -> [&'a str; 4] {
    [PURPOSE, user, id.as_str(), &code.0]
}

impl BackupCodes {
    /// Those of these codes alone, each with an id of its own.
    ///
    /// # Errors
    /// Where the generator gives no ids.
    pub fn new(
        user: &str,
        codes: &NewCodes,
        key: &Key,
        random: &mut impl TryRng,
    ) -> Result<Self, NoRandomness> {
        let stored = codes.iter();
        let stored = stored.map(|code| StoredCode::new(user, code, key, random));
        Ok(Self(stored.collect::<Result<_, _>>()?))
    }

    /// Whose code this is, by its id: compared with each, whichever is the one. `keys` are those of
    /// [`key_versions`](Self::key_versions), as far as they exist.
    pub fn find(&self, user: &str, code: &BackupCode, keys: &[Key]) -> Option<CodeId> {
        let mut found = None;
        for stored in &self.0 {
            let is_it = stored.is(user, code, keys);
            found = found.or(is_it.then_some(&stored.id));
        }
        found.cloned()
    }

    /// What is left once this one is used.
    #[must_use]
    pub fn without(&self, id: &CodeId) -> Self {
        self.retaining(|other| other != id)
    }

    /// Those whose ids are wanted.
    #[must_use]
    pub fn retaining(&self, wanted: impl Fn(&CodeId) -> bool) -> Self {
        let kept = self.0.iter().filter(|stored| wanted(&stored.id));
        Self(kept.cloned().collect())
    }

    /// These and those.
    ///
    /// # Errors
    /// Where they are too many.
    pub fn and(mut self, more: Self) -> Result<Self, BackupCodeError> {
        self.0.extend(more.0);
        if self.0.len() > MOST_CODES {
            return Err(BackupCodeError::TooMany);
        }
        Ok(self)
    }

    /// The ids of all, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = &CodeId> {
        self.0.iter().map(|stored| &stored.id)
    }

    /// How many there are.
    pub fn remaining(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The versions of the key that these were made with, each once.
    pub fn key_versions(&self) -> Vec<String> {
        let mut versions: Vec<String> = Vec::new();
        for stored in &self.0 {
            if !versions.contains(&stored.key_version) {
                versions.push(stored.key_version.clone());
            }
        }
        versions
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::platform::random::Random;

    const USER: &str = "1e624046-520c-4628-a245-091e04b03f21";

    fn key(version: &str, byte: u8) -> Key {
        Key::new(version, &[byte; 32]).unwrap()
    }

    fn code(text: &str) -> BackupCode {
        BackupCode::parse(text).unwrap()
    }

    fn stored(texts: &[&str], key: &Key) -> BackupCodes {
        let codes = NewCodes::parse(texts.iter().copied()).unwrap();
        BackupCodes::new(USER, &codes, key, &mut Random::system()).unwrap()
    }

    #[test]
    fn what_can_be_typed_as_a_code() {
        let long = "a".repeat(65);
        let wide = format!("1{}", " ".repeat(512));
        for (text, read) in [
            ("abcde-fghjk", Some("abcdefghjk")),
            ("ABCDE FGHJK", Some("abcdefghjk")),
            (" - abcde \u{2013} fghjk\n", Some("abcdefghjk")),
            ("1234\u{a0}5678", Some("12345678")),
            ("١٢٣٤５６７８", Some("12345678")),
            ("7", Some("7")),
            ("", None),
            ("  - ", None),
            ("abcde_fghjk", None),
            ("abcdé", None),
            ("abc\u{0}de", None),
            (&long, None),
            (&long[1..], Some(&long[1..])),
            (&wide, None),
        ] {
            let parsed = BackupCode::parse(text);
            assert_eq!(
                parsed.as_ref().map(|code| code.0.as_str()),
                read,
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_can_be_guessed_is_refused() {
        for (text, strong) in [
            ("1234567", true),
            ("123456", false),
            ("abcde", true),
            ("abcd", false),
            ("ab12", true),
            ("ab1", false),
            ("aaaaaaaaaaaa", false),
            ("1111111-1111111", false),
            ("11111112", true),
        ] {
            let parsed = NewCodes::parse([text]).map(|codes| codes.len());
            let wanted = if strong {
                Ok(1)
            } else {
                Err(BackupCodeError::Weak)
            };
            assert_eq!(parsed, wanted, "{text}");
        }
    }

    #[test]
    fn codes_are_refused_together() {
        let many: Vec<String> = (0..21).map(|n| format!("{}", 10_000_000 + n)).collect();
        let many = || many.iter().map(String::as_str);
        assert_eq!(NewCodes::parse(many().take(20)).unwrap().len(), 20);
        for (texts, error) in [
            (many().collect::<Vec<_>>(), BackupCodeError::TooMany),
            (vec!["abcde-fghjk", "ABCDEFGHJK"], BackupCodeError::Twice),
            (vec!["12345678", "nope!"], BackupCodeError::Unreadable),
        ] {
            assert_eq!(NewCodes::parse(texts).unwrap_err(), error);
        }
        let key = key("v1", 7);
        let (twelve, nine) = (many().take(12).collect::<Vec<_>>(), many().skip(12));
        let nine = stored(&nine.collect::<Vec<_>>(), &key);
        let twelve = stored(&twelve, &key);
        let too_many = twelve.clone().and(nine.clone());
        assert_eq!(too_many.unwrap_err(), BackupCodeError::TooMany);
        let ninth = nine.ids().last().cloned().unwrap();
        assert_eq!(twelve.and(nine.without(&ninth)).unwrap().remaining(), 20);
    }

    #[test]
    fn a_code_is_found_until_it_is_gone_and_by_its_own_user_and_key_alone() {
        let (old, new) = (key("v1", 7), key("v2", 8));
        let codes = stored(&["12345678", "abcde-fghjk"], &old);
        let codes = codes.and(stored(&["23456789"], &new)).unwrap();
        assert_eq!(codes.key_versions(), ["v1", "v2"]);
        let keys = [old.clone(), new.clone()];
        let find = |codes: &BackupCodes, text: &str, keys: &[Key]| {
            let found = codes.find(USER, &code(text), keys);
            found.and_then(|id| codes.ids().position(|one| *one == id))
        };
        for (text, found, with_new_alone) in [
            ("1234 5678", Some(0), None),
            ("ABCDEFGHJK", Some(1), None),
            ("23456789", Some(2), Some(2)),
            ("23456780", None, None),
        ] {
            assert_eq!(find(&codes, text, &keys), found, "{text}");
            let without = find(&codes, text, std::slice::from_ref(&new));
            assert_eq!(without, with_new_alone, "{text}");
        }
        assert_eq!(codes.find("another", &code("12345678"), &keys), None);
        // The same version of another secret.
        assert_eq!(find(&codes, "12345678", &[key("v1", 9)]), None);
        let id = codes.find(USER, &code("12345678"), &keys).unwrap();
        let left = codes.without(&id);
        assert_eq!(
            (left.remaining(), find(&left, "12345678", &keys)),
            (2, None)
        );
        assert_eq!(find(&left, "23456789", &keys), Some(1));
        assert_eq!(left.without(&id), left);
    }

    #[test]
    fn what_is_stored_shows_no_code_and_is_read_again() {
        let key = key("v1", 7);
        let codes = stored(&["12345678", "abcde-fghjk"], &key);
        let text = serde_json::to_string(&codes).unwrap();
        assert!(
            !text.contains("12345678") && !text.contains("abcde"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<BackupCodes>(&text).unwrap(), codes);
        let written = NewCodes::parse(["12345678"]).unwrap();
        assert_eq!(format!("{written:?}"), "NewCodes(1)");
        // Bound to an id of its own: nothing tells that two users, or one twice, have the same code.
        assert_ne!(stored(&["12345678"], &key), stored(&["12345678"], &key));
    }

    #[test]
    fn generated_codes_are_strong_different_and_of_every_letter() {
        let mut seen = BTreeMap::new();
        for _ in 0..100 {
            let codes = NewCodes::generate(20, &mut Random::system()).unwrap();
            assert_eq!(codes.len(), 20);
            for code in codes.iter() {
                let shown = code.grouped();
                assert_eq!((shown.len(), shown.find('-')), (11, Some(5)));
                for typed in [shown.clone(), shown.to_uppercase(), shown.replace('-', "")] {
                    assert!(BackupCode::parse(&typed) == Some(BackupCode(code.0.clone())));
                }
                for letter in code.0.bytes() {
                    *seen.entry(letter).or_insert(0_u32) += 1;
                }
            }
        }
        // 20,000 draws of 31: 645 each, standard deviation 25. Ten of them away is no chance any more.
        assert!(
            seen.len() == 31 && seen.values().all(|n| n.abs_diff(645) < 250),
            "{seen:?}"
        );
        let none = NewCodes::generate(0, &mut Random::system()).unwrap();
        assert!(none.is_empty());
        let most = NewCodes::generate(21, &mut Random::system()).unwrap();
        assert_eq!(most.len(), MOST_CODES);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_and_reads_again(text in any::<String>(), near in "[a-zA-Z0-9٠-٩ -]{0,80}") {
            for text in [text, near] {
                if let Some(code) = BackupCode::parse(&text) {
                    prop_assert!(BackupCode::parse(&code.grouped()) == Some(code));
                }
            }
        }
    }
}
