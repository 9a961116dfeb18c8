//! One-time codes: made from an alphabet by the system's generator, kept only as a keyed hash.
//! A code has no Display, Debug, Serialize: it goes into a message and nowhere else.

use crate::crypto::key::Key;
pub(crate) use crate::crypto::key::KeyedHash;
use std::time::Duration;

use rand::rand_core::TryRng;
use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, Env, number, text};
use crate::spelling;

/// Letters and digits that are not mistaken for each other when read aloud or typed.
const UPPERCASE: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ";
const LOWERCASE: &[u8] = b"abcdefghjkmnpqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";

/// Fewer possible codes than this can be guessed within the limits.
const FEWEST_CODES: u64 = 1_000_000;

/// The longest code that is typed (and the longest that can be configured).
const LONGEST: usize = 10;

/// The longest text that is taken for a link's token.
const LONGEST_TOKEN: usize = 64;

/// Characters of a link's token, of [`TOKEN_LETTERS`]: 190 bits.
const TOKEN_LENGTH: usize = 32;

const TOKEN_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Bytes of what was typed, with blanks, dashes and characters that nobody sees.
const LONGEST_TYPED: usize = 256;

/// The letters of codes, and how a code of them is read as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alphabet(Vec<u8>);

impl Default for Alphabet {
    fn default() -> Self {
        Self(DIGITS.to_vec())
    }
}

impl Alphabet {
    /// `OTP_CHARACTERS`: any of numeric, uppercase, lowercase, comma separated.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let mut alphabet = Vec::new();
        for name in text(env, "OTP_CHARACTERS", "numeric").split(',') {
            let letters = match name.trim() {
                "numeric" => DIGITS,
                "uppercase" => UPPERCASE,
                "lowercase" => LOWERCASE,
                _ => {
                    return Err(ConfigError::new(
                        "OTP_CHARACTERS",
                        "must be one or more of numeric, uppercase, lowercase, comma separated",
                    ));
                }
            };
            // Named twice, letters would come up twice as often, and count twice for how many codes there are.
            if letters.iter().any(|letter| !alphabet.contains(letter)) {
                alphabet.extend_from_slice(letters);
            }
        }
        Ok(Self(alphabet))
    }

    /// Whether codes are of digits alone.
    pub fn is_numeric(&self) -> bool {
        self.0.iter().all(u8::is_ascii_digit)
    }

    /// Whether codes have small letters.
    pub fn has_lowercase(&self) -> bool {
        self.0.iter().any(u8::is_ascii_lowercase)
    }

    /// What somebody typed: 1 to 10 ASCII letters or digits, digits of any script among them. Blanks and dashes around
    /// and within are dropped. Letters keep their case, unless the alphabet has one case only, which they take.
    pub fn read(&self, text: &str) -> Option<Code> {
        self.read_or_token(text).filter(|code| !code.is_long())
    }

    /// The same, or up to 64 letters and digits: perhaps a link's token, which has both cases.
    pub fn read_or_token(&self, text: &str) -> Option<Code> {
        if text.len() > LONGEST_TYPED {
            return None;
        }
        let mut code = spelling::plain(text.trim());
        code.retain(|c| !c.is_whitespace() && c != '-');
        if code.len() > LONGEST {
            return Code::parse(&code);
        }
        let has = |case: fn(&u8) -> bool| self.0.iter().any(case);
        match (has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase)) {
            (true, false) => code.make_ascii_uppercase(),
            (false, true) => code.make_ascii_lowercase(),
            _ => {}
        }
        Code::parse(&code)
    }
}

/// What codes look like and how long they live.
#[derive(Clone, Debug)]
pub struct CodePolicy {
    length: usize,
    alphabet: Alphabet,
    pub validity: Duration,
}

/// What an e-mail brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailForm {
    /// A code to type.
    Code,
    /// A link that holds a token.
    Link,
}

impl CodePolicy {
    /// Characters of a code.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Whether its codes are tokens of links.
    pub fn is_link(&self) -> bool {
        self.length > LONGEST
    }
}

impl Default for CodePolicy {
    fn default() -> Self {
        Self {
            length: 6,
            alphabet: Alphabet::default(),
            validity: Duration::from_mins(5),
        }
    }
}

impl CodePolicy {
    /// `OTP_LENGTH` (4 to 10 characters), `OTP_CHARACTERS`, `OTP_VALIDITY_MINUTES` (1 to 10).
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let minutes = number(env, "OTP_VALIDITY_MINUTES", 5, 1..=10)?;
        Self::valid_for(env, Duration::from_mins(minutes))
    }

    /// Codes in e-mails: `EMAIL_OTP_VALIDITY_MINUTES` (1 to 1,440; NIST SP 800-63A-4 §3.1.8: at most 24 hours), else as
    /// those of text messages; or tokens, `EMAIL_LINK_VALIDITY_MINUTES` (1 to 10,080).
    pub fn of_emails(env: &Env<'_>, form: EmailForm) -> Result<Self, ConfigError> {
        let code = number(env, "EMAIL_OTP_VALIDITY_MINUTES", 15, 1..=1_440)?;
        let link = number(env, "EMAIL_LINK_VALIDITY_MINUTES", 1_440, 1..=10_080)?;
        match form {
            EmailForm::Code => Self::valid_for(env, Duration::from_mins(code)),
            EmailForm::Link => Ok(Self {
                length: TOKEN_LENGTH,
                alphabet: Alphabet(TOKEN_LETTERS.to_vec()),
                validity: Duration::from_mins(link),
            }),
        }
    }

    fn valid_for(env: &Env<'_>, validity: Duration) -> Result<Self, ConfigError> {
        let length = number(env, "OTP_LENGTH", 6, 4..=LONGEST as u64)?;
        let alphabet = Alphabet::from_env(env)?;
        let exponent = u32::try_from(length).unwrap_or(u32::MAX);
        if (alphabet.0.len() as u64).saturating_pow(exponent) < FEWEST_CODES {
            return Err(ConfigError::new(
                "OTP_LENGTH",
                "gives fewer than 1,000,000 possible codes with these OTP_CHARACTERS",
            ));
        }
        Ok(Self {
            length: usize::try_from(length).unwrap_or(LONGEST),
            alphabet,
            validity,
        })
    }
}

/// The system's generator gave nothing.
#[derive(Debug, thiserror::Error)]
#[error("no randomness from the operating system")]
pub struct NoRandomness;

/// As many letters of an alphabet of at most 256, each as likely as another.
pub(crate) fn drawn(
    alphabet: &[u8],
    length: usize,
    random: &mut impl TryRng,
) -> Result<String, NoRandomness> {
    let size = alphabet.len();
    // Bytes at or above the largest multiple of the alphabet's size would favour its first letters.
    let fair = 256 - 256 % size.max(1);
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 32];
    while text.len() < length {
        random
            .try_fill_bytes(&mut bytes)
            .map_err(|_| NoRandomness)?;
        let letters = bytes
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < fair)
            .filter_map(|byte| alphabet.get(byte % size))
            .map(|letter| char::from(*letter));
        text.extend(letters.take(length - text.len()));
    }
    Ok(text)
}

/// A code as its owner has it.
pub struct Code(String);

impl Code {
    /// A new code; every one of the possible codes is as likely as another.
    pub fn generate(policy: &CodePolicy, random: &mut impl TryRng) -> Result<Self, NoRandomness> {
        drawn(&policy.alphabet.0, policy.length, random).map(Self)
    }

    /// A code or token as it was sent: 1 to 64 ASCII letters or digits. What somebody typed is for [`Alphabet::read`].
    pub fn parse(text: &str) -> Option<Self> {
        let valid = (1..=LONGEST_TOKEN).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        valid.then(|| Self(text.to_owned()))
    }

    /// Longer than any code that is typed: compared with tokens only, and not repeated in answers.
    pub fn is_long(&self) -> bool {
        self.0.len() > LONGEST
    }

    /// Whether a link could hold it.
    pub fn is_token(&self) -> bool {
        self.0.len() == TOKEN_LENGTH
    }

    /// The keyed hash of the code for this binding.
    pub fn hash(&self, key: &Key, bound: Binding<'_>) -> KeyedHash {
        key.keyed_hash(&bound.with(self))
    }

    /// Whether this is the code behind the hash, in constant time.
    pub fn is_behind(&self, expected: &KeyedHash, key: &Key, bound: Binding<'_>) -> bool {
        key.is_hash_of(expected, &bound.with(self))
    }

    /// The code itself: for the text of the message, and for the answer to whoever typed it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Identifies one issue of a code: a resend has another id, so an older code can never be meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeId(String);

impl CodeId {
    pub fn generate(random: &mut impl TryRng) -> Result<Self, NoRandomness> {
        let mut bytes = [0; 16];
        random
            .try_fill_bytes(&mut bytes)
            .map_err(|_| NoRandomness)?;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// One that was stored.
    pub(crate) fn of(id: &str) -> Self {
        Self(id.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a code is bound to: the same digits are another code for anyone or anything else.
#[derive(Clone, Copy)]
pub struct Binding<'a> {
    pub user: &'a str,
    pub scenario: &'a str,
    /// What the address is compared by.
    pub address: &'a str,
    pub id: &'a CodeId,
}

impl<'a> Binding<'a> {
    fn with(self, code: &'a Code) -> [&'a str; 6] {
        [
            "otp",
            self.user,
            self.scenario,
            self.address,
            self.id.as_str(),
            &code.0,
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::platform::random::Random;

    fn policy(length: &str, characters: &str) -> Result<CodePolicy, ConfigError> {
        let (length, characters) = (length.to_owned(), characters.to_owned());
        CodePolicy::from_env(&move |name: &str| match name {
            "OTP_LENGTH" => Some(length.clone()),
            "OTP_CHARACTERS" => Some(characters.clone()),
            _ => None,
        })
    }

    #[test]
    fn a_code_has_the_configured_length_and_letters() {
        for (length, characters, allowed) in [
            ("6", "numeric", "0123456789"),
            (
                "10",
                "numeric,uppercase",
                "0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
            ),
            (
                "5",
                "lowercase,uppercase",
                "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPRSTUVWXYZ",
            ),
        ] {
            let policy = policy(length, characters).unwrap();
            for _ in 0..50 {
                let code = Code::generate(&policy, &mut Random::system()).unwrap();
                assert_eq!(code.expose().len().to_string(), length);
                assert!(
                    code.expose().chars().all(|c| allowed.contains(c)),
                    "{}",
                    code.expose()
                );
            }
        }
    }

    #[test]
    fn every_digit_comes_about_as_often() {
        let policy = CodePolicy::default();
        let mut seen = BTreeMap::new();
        for _ in 0..10_000 {
            for digit in Code::generate(&policy, &mut Random::system())
                .unwrap()
                .expose()
                .chars()
            {
                *seen.entry(digit).or_insert(0_u32) += 1;
            }
        }
        // 60,000 draws: 6,000 each, standard deviation 73. Ten of them away is no chance any more.
        assert!(
            seen.len() == 10 && seen.values().all(|n| n.abs_diff(6_000) < 730),
            "{seen:?}"
        );
    }

    #[test]
    fn weak_settings_are_refused_by_name() {
        for (length, characters, variable) in [
            ("3", "numeric", "OTP_LENGTH"),
            ("11", "numeric", "OTP_LENGTH"),
            ("5", "numeric", "OTP_LENGTH"),
            ("4", "uppercase", "OTP_LENGTH"),
            ("six", "numeric", "OTP_LENGTH"),
            ("6", "", "OTP_CHARACTERS"),
            ("6", "numeric,hex", "OTP_CHARACTERS"),
        ] {
            assert_eq!(
                policy(length, characters).unwrap_err().variable,
                variable,
                "{length} {characters}"
            );
        }
        assert!(policy("4", "uppercase,lowercase").is_ok());
        let twice = policy("6", "numeric,uppercase,numeric").unwrap();
        assert_eq!(twice.alphabet.0.len(), 33);
    }

    #[test]
    fn what_can_be_typed_as_a_code() {
        let long = format!("1{}", " ".repeat(256));
        for (characters, text, expected) in [
            ("numeric", "012345", Some("012345")),
            ("numeric", " 012345\n", Some("012345")),
            ("numeric", "012 345", Some("012345")),
            ("numeric", "012-345", Some("012345")),
            ("numeric", "- 0 1 2 \u{2013} 3 4 5 -", Some("012345")),
            ("numeric", "012\u{a0}345", Some("012345")),
            ("numeric", "012\u{202f}345", Some("012345")),
            ("numeric", "012\u{30fc}345", Some("012345")),
            ("numeric", "\u{202a}012345\u{202c}", Some("012345")),
            ("numeric", "012\t345\r\n", Some("012345")),
            ("numeric", "０１２３４５", Some("012345")),
            ("numeric", "٠١٢٣٤٥", Some("012345")),
            ("numeric", "०१२ ३४५", Some("012345")),
            ("numeric", "abCD", Some("abCD")),
            ("uppercase", "abCD-efGH", Some("ABCDEFGH")),
            ("uppercase,numeric", "ａb1", Some("AB1")),
            ("lowercase", "ABcd", Some("abcd")),
            ("lowercase,numeric", "AB12", Some("ab12")),
            ("uppercase,lowercase", "ABcd", Some("ABcd")),
            ("numeric", "", None),
            ("numeric", "  ", None),
            ("numeric", "---", None),
            ("numeric", "12345678901", None),
            ("numeric", "é", None),
            ("numeric", "½", None),
            ("numeric", "1\u{0}2", None),
            ("numeric", "12.34", None),
            ("numeric", &long, None),
        ] {
            let alphabet = policy("10", characters).unwrap().alphabet;
            let read = alphabet.read(text);
            let read = read.as_ref().map(Code::expose);
            assert_eq!(read, expected, "{characters} {text:?}");
        }
    }

    #[test]
    fn a_hash_is_bound_to_everything_it_names() {
        let key = Key::new("v1", &[7; 32]).unwrap();
        let other_key = Key::new("v2", &[8; 32]).unwrap();
        let (id, other_id) = (CodeId("a".into()), CodeId("b".into()));
        let code = Code::parse("123456").unwrap();
        let bound = Binding {
            user: "u1",
            scenario: "s",
            address: "+60123456789",
            id: &id,
        };
        let hash = code.hash(&key, bound);
        assert!(code.is_behind(&hash, &key, bound));
        assert!(!code.is_behind(&hash, &other_key, bound));
        assert!(!Code::parse("123457").unwrap().is_behind(&hash, &key, bound));
        for other in [
            Binding {
                user: "u2",
                ..bound
            },
            Binding {
                scenario: "t",
                ..bound
            },
            Binding {
                address: "+60123456780",
                ..bound
            },
            Binding {
                id: &other_id,
                ..bound
            },
            Binding {
                user: "u1s",
                scenario: "",
                ..bound
            },
        ] {
            assert!(!code.is_behind(&hash, &key, other));
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(Key::new("v1", &[7; 31]).is_none());
    }
}
