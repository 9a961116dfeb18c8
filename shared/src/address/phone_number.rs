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

    #[cfg(feature = "phone")]
    mod spellings {
        use super::super::*;
        use crate::config::ConfigError;

        fn numbering(region: &str) -> Numbering {
            let region = region.to_owned();
            let env = move |name: &str| (name == "DEFAULT_REGION").then(|| region.clone());
            Numbering::from_env(&env).unwrap()
        }

        #[test]
        fn one_number_in_every_accepted_spelling() {
            let malaysia = numbering("MY");
            for text in [
                "0123456789",
                "012-345 6789",
                "+60123456789",
                " +60 12-345.67/89 ",
                "+60 (12) 345 6789",
                "(+60)123456789",
                "tel:+60-12-345-6789",
                "TEL:0123456789",
                "٠١٢٣٤٥٦٧٨٩",
                "०१२३४५६७८९",
                "0123456789",
            ] {
                let number = malaysia
                    .parse_mobile(text)
                    .unwrap_or_else(|e| panic!("{text}: {e}"));
                assert_eq!(number.as_e164(), "+60123456789", "{text}");
            }
        }

        #[test]
        fn what_is_no_number_says_why() {
            use PhoneNumberError as E;
            let malaysia = numbering("MY");
            for (text, reason) in [
                ("", E::Empty),
                ("   ", E::Empty),
                ("tel:", E::Empty),
                ("hello", E::Characters),
                ("Ⅷ0123456789", E::Characters),
                ("½0123456789", E::Characters),
                ("0123456789²", E::Characters),
                ("①0123456789", E::Characters),
                ("0800-FLOWERS", E::Characters),
                ("+60123456789,5", E::Characters),
                ("+60123456789 x12", E::Extension),
                ("+60123456789;ext=12", E::Extension),
                ("+60123456789#", E::Extension),
                ("+6012+3456789", E::NotANumber),
                ("++60123456789", E::NotANumber),
                ("+", E::NotANumber),
                ("+999123456789", E::NotANumber),
                ("+601234567890123456789", E::TooLong),
                ("+60300", E::Invalid),
                ("0323456789", E::NotMobile),
                ("+60123456789\u{0}", E::Characters),
                ("+43 00 9112", E::Invalid),
            ] {
                assert_eq!(malaysia.parse_mobile(text).unwrap_err(), reason, "{text:?}");
            }
            assert_eq!(numbering("").parse("0123456789").unwrap_err(), E::NoRegion);
            assert_eq!(malaysia.parse("+43 00 9112").unwrap_err(), E::Invalid);
            assert_eq!(malaysia.parse(&"1".repeat(100)).unwrap_err(), E::TooLong);
        }

        #[test]
        fn a_stored_number_is_only_parsed() {
            // 011 numbers have eight more digits: the source documents' number is not a valid one.
            let malaysia = numbering("MY");
            assert_eq!(
                malaysia.parse("0111111111").unwrap().as_e164(),
                "+60111111111"
            );
            assert_eq!(
                malaysia.parse_mobile("0111111111").unwrap_err(),
                PhoneNumberError::Invalid
            );
        }

        #[test]
        fn a_new_number_is_of_an_allowed_region() {
            let env = |name: &str| match name {
                "ALLOWED_REGIONS" => Some("MY,GB".to_owned()),
                "DENIED_REGIONS" => Some("GB".to_owned()),
                _ => None,
            };
            let numbering = Numbering::from_env(&env).unwrap();
            assert!(numbering.parse_mobile("+60123456789").is_ok());
            for denied in ["+447400123456", "+12025550123"] {
                let error = numbering.parse_mobile(denied).unwrap_err();
                assert_eq!(error, PhoneNumberError::Region, "{denied}");
                assert!(numbering.parse(denied).is_ok());
            }
        }

        #[test]
        fn regions() {
            let region = |e164| PhoneNumber::from_e164(e164).unwrap().region();
            assert_eq!(region("+60123456789"), "MY");
            assert_eq!(region("+12025550123"), "US");
            assert_eq!(region("+447400123456"), "GB");
        }

        #[test]
        fn an_unknown_region_is_refused_by_name() {
            let env = |name: &str| (name == "DEFAULT_REGION").then(|| "XX".to_owned());
            let error = Numbering::from_env(&env).unwrap_err();
            assert_eq!(
                error,
                ConfigError::new("DEFAULT_REGION", "is no ISO 3166-1 code of a region")
            );
        }
    }
}
