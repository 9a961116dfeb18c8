//! A phone number as E.164 (ITU-T E.164): parsed once at the door, compared and stored in one spelling.
//! It is personal data: no Display, and Debug shows it masked.

use serde::{Deserialize, Serialize};

/// `+`, then 2 to 15 digits, the first of them not 0.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// A number that already is E.164, such as one that was stored.
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let valid = (2..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        valid.then(|| Self(text.to_owned()))
    }

    /// The number itself, for storing, sending and the owner's eyes; never for a log.
    pub fn as_e164(&self) -> &str {
        &self.0
    }

    /// `+60*****789`: enough to recognise one's own, not enough to call it.
    pub fn masked(&self) -> String {
        let start: String = self.0.chars().take(3).collect();
        let skipped = self.0.len().saturating_sub(3).max(start.len());
        let end: String = self.0.chars().skip(skipped).collect();
        format!("{start}*****{end}")
    }
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_e164(&text).ok_or("not E.164")
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_all_but_the_ends() {
        let number = PhoneNumber::from_e164("+60123456789").unwrap();
        assert_eq!(number.masked(), "+60*****789");
        assert_eq!(format!("{number:?}"), "+60*****789");
        assert_eq!(PhoneNumber::from_e164("+12").unwrap().masked(), "+12*****");
    }

    #[test]
    fn e164_is_strict() {
        for text in [
            "",
            "+",
            "+1",
            "0123456789",
            "+0123456",
            "+1 23",
            "+1234567890123456",
            "+12a",
        ] {
            assert!(PhoneNumber::from_e164(text).is_none(), "{text}");
        }
    }
}
