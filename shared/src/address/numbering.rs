//! Texts read as phone numbers, by the metadata of the world's numbering plans (libphonenumber).

use rlibphonenumber::{ParseError, PhoneNumberType, Region};

use crate::address::phone_number::PhoneNumber;
use crate::address::plans;
use crate::address::regions::AddressPolicy;
use crate::config::{ConfigError, Env};
use crate::spelling;

/// Why a text is not a number that can be verified. Clients read these words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    #[error("is empty")]
    Empty,
    #[error("has characters other than digits, spaces and + - . ( ) / ~ *")]
    Characters,
    #[error("has an extension or parameter, which a mobile number cannot have")]
    Extension,
    #[error("is no international number (+ and country code), and there is no default region")]
    NoRegion,
    #[error("is too short for a phone number")]
    TooShort,
    #[error("is too long for a phone number")]
    TooLong,
    #[error("is not a phone number")]
    NotANumber,
    #[error("is not a valid number in its region's numbering plan")]
    Invalid,
    #[error("is not a mobile number")]
    NotMobile,
    #[error("is a number of a region that is not allowed here")]
    Region,
}

/// The longest text that is read, in ASCII: E.164 has 15 digits, separators may double that.
const LONGEST: usize = 64;

/// Bytes of a text that are looked at: with characters that nobody sees, and of four bytes each.
const LONGEST_PASTED: usize = 4 * LONGEST;

const SEPARATORS: &str = " -.()/~*";

/// How texts are read as numbers: the region that national ones belong to.
#[derive(Clone, Debug)]
pub struct Numbering {
    default_region: Option<Region>,
    regions: AddressPolicy,
}

impl Numbering {
    /// `DEFAULT_REGION`: an ISO 3166-1 code, or empty where only international numbers are accepted;
    /// `ALLOWED_REGIONS`, `DENIED_REGIONS`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let regions = AddressPolicy::from_env(env)?;
        let Some(code) = env("DEFAULT_REGION").filter(|code| !code.is_empty()) else {
            return Ok(Self {
                default_region: None,
                regions,
            });
        };
        let region = code
            .parse::<Region>()
            .ok()
            .filter(|region| plans::is_region(*region))
            .ok_or_else(|| {
                ConfigError::new("DEFAULT_REGION", "is no ISO 3166-1 code of a region")
            })?;
        // The first parse loads the region's plan and its patterns: at start, where Lambda gives full CPU.
        let _ = plans::parse("0123456789", Some(region));
        Ok(Self {
            default_region: Some(region),
            regions,
        })
    }

    /// Reads a number in any accepted spelling; whether it can be a mobile number is not asked.
    pub fn parse(&self, text: &str) -> Result<PhoneNumber, PhoneNumberError> {
        self.read(text)?.e164()
    }

    /// Reads a number that is new here: it must be a valid mobile (or fixed-line-or-mobile) number.
    pub fn parse_mobile(&self, text: &str) -> Result<PhoneNumber, PhoneNumberError> {
        let read = self.read(text)?;
        read.can_be_mobile()?;
        self.allowed(read.e164()?)
    }

    /// Reads a number that may be known, and is only parsed then; a new one must be a valid mobile number.
    pub fn parse_mobile_unless(
        &self,
        known: impl FnOnce(&PhoneNumber) -> bool,
        text: &str,
    ) -> Result<PhoneNumber, PhoneNumberError> {
        let read = self.read(text)?;
        let number = read.e164()?;
        if known(&number) {
            return Ok(number);
        }
        read.can_be_mobile()?;
        self.allowed(number)
    }

    fn allowed(&self, number: PhoneNumber) -> Result<PhoneNumber, PhoneNumberError> {
        if self.regions.allow(&number.region()) {
            Ok(number)
        } else {
            Err(PhoneNumberError::Region)
        }
    }

    fn read(&self, text: &str) -> Result<Read, PhoneNumberError> {
        let text = digits(text)?;
        if self.default_region.is_none() && !text.starts_with('+') {
            return Err(PhoneNumberError::NoRegion);
        }
        let parsed = plans::parse(&text, self.default_region);
        match parsed {
            Ok(parsed) => Ok(Read { text, parsed }),
            Err(error) => Err(match error {
                ParseError::InvalidCountryCode if self.default_region.is_none() => {
                    PhoneNumberError::NoRegion
                }
                ParseError::TooShortAfterIdd | ParseError::TooShortNsn => {
                    PhoneNumberError::TooShort
                }
                ParseError::TooLongNsn => PhoneNumberError::TooLong,
                ParseError::InvalidCountryCode | ParseError::NotANumber(_) => {
                    PhoneNumberError::NotANumber
                }
            }),
        }
    }
}

/// A text that was read as a number. Matching the plans' patterns is most of the work on an update: nothing is parsed
/// twice that says the same.
struct Read {
    /// Its plus sign and digits.
    text: String,
    parsed: rlibphonenumber::PhoneNumber,
}

impl Read {
    /// A number that has a type is a valid one.
    fn can_be_mobile(&self) -> Result<(), PhoneNumberError> {
        match plans::number_type(&self.parsed) {
            PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile => Ok(()),
            PhoneNumberType::Unknown => Err(PhoneNumberError::Invalid),
            _ => Err(PhoneNumberError::NotMobile),
        }
    }

    /// What is stored must read the same when it comes back: `+43 00 9112` would lose a zero every time.
    fn e164(&self) -> Result<PhoneNumber, PhoneNumberError> {
        let number = written(&self.parsed).ok_or(PhoneNumberError::NotANumber)?;
        if number.as_e164() == self.text {
            return Ok(number);
        }
        match plans::parse(number.as_e164(), None) {
            Ok(again) if written(&again).as_ref() == Some(&number) => Ok(number),
            _ => Err(PhoneNumberError::Invalid),
        }
    }
}

/// The region (ISO 3166-1) of a number; empty for numbers of no one region.
fn region(number: &PhoneNumber) -> String {
    let region = plans::only_region(number.as_e164()).or_else(|| {
        let parsed = plans::parse(number.as_e164(), None).ok()?;
        plans::region(&parsed)
    });
    region.map(|region| region.to_string()).unwrap_or_default()
}

/// The plus sign and the digits of a text without `tel:` (RFC 3966) and without separators: what the library takes
/// for the start of an extension (`~`, `x`, `#`) is not left to it.
fn digits(text: &str) -> Result<String, PhoneNumberError> {
    if text.len() > LONGEST_PASTED {
        return Err(PhoneNumberError::TooLong);
    }
    let text = spelling::plain(text);
    let text = spelling::trimmed(&text);
    let text = match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest.trim_start(),
        _ => text,
    };
    if text.is_empty() {
        return Err(PhoneNumberError::Empty);
    }
    if text.len() > LONGEST {
        return Err(PhoneNumberError::TooLong);
    }
    if text.contains([';', '#', 'x', 'X']) {
        return Err(PhoneNumberError::Extension);
    }
    if !text
        .chars()
        .all(|c| c.is_ascii_digit() || SEPARATORS.contains(c) || c == '+')
    {
        return Err(PhoneNumberError::Characters);
    }
    let kept: String = text.chars().filter(|c| !SEPARATORS.contains(*c)).collect();
    // A + is part of a number only before its first digit, and once.
    match kept.rfind('+') {
        None | Some(0) if kept.len() > 1 => Ok(kept),
        _ => Err(PhoneNumberError::NotANumber),
    }
}

fn written(parsed: &rlibphonenumber::PhoneNumber) -> Option<PhoneNumber> {
    PhoneNumber::from_e164(&plans::written(parsed)?)
}

impl PhoneNumber {
    /// ISO 3166-1 code of the number's region; `001` or empty for numbers of no one region.
    pub fn region(&self) -> String {
        region(self)
    }
}

#[cfg(test)]
mod tests {
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::*;
    use crate::config::ConfigError;

    fn numbering(region: &str) -> Numbering {
        let region = region.to_owned();
        let env = move |name: &str| match name {
            "DEFAULT_REGION" => Some(region.clone()),
            "ALLOWED_REGIONS" => Some("*".to_owned()),
            _ => None,
        };
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
            // As people paste them: marks of direction, any space and dash, full-width forms, a line's end.
            "+60\u{a0}12 345 6789",
            "\u{202a}+60123456789\u{202c}",
            "\u{2066}+60 12-345 6789\u{2069}",
            "\u{feff}+60123456789",
            "+6012\u{2011}345\u{2011}6789",
            "+6012\u{2212}345\u{30fc}6789",
            "＋60123456789",
            "０１２－３４５－６７８９",
            "＋６０（１２）３４５．６７８９",
            "+60123456789\r\n",
            "\t+60123456789\u{0}",
            "tel: +60\u{202f}12\u{202f}345\u{202f}6789",
            "tel:\u{a0}012-345 6789",
            "ｔｅｌ：+60123456789",
            "+60 12\u{2003}345\u{3000}6789",
            "+60\u{fe0f}12\u{ad}345\u{200b}67\u{2060}89",
            "+60*12~345*6789",
            "0060123456789",
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
            ("+6012345\u{0}6789", E::Characters),
            ("+6012345\n6789", E::Characters),
            ("\u{200b}\u{feff}\n", E::Empty),
            ("+60123456789~12", E::Invalid),
            ("+60 12 345 6789 ｘ５", E::Extension),
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

    /// Satellites, Inmarsat and Iridium, and an international network.
    #[test]
    fn a_number_of_no_country_is_asked_for_by_name() {
        for number in ["+870773111632", "+881612345678", "+8823421234"] {
            for (allowed, expected) in [("*", false), ("001", true), ("*,001", true), ("MY", false)]
            {
                let env = |name: &str| (name == "ALLOWED_REGIONS").then(|| allowed.to_owned());
                let numbering = Numbering::from_env(&env).unwrap();
                let read = numbering.parse_mobile(number);
                let is_allowed = match read {
                    Ok(_) => true,
                    Err(PhoneNumberError::Region) => false,
                    Err(other) => unreachable!("{number}: {other}"),
                };
                assert_eq!(is_allowed, expected, "{number} {allowed}");
            }
        }
    }

    #[test]
    fn regions() {
        let region = |e164| PhoneNumber::from_e164(e164).unwrap().region();
        assert_eq!(region("+60123456789"), "MY");
        assert_eq!(region("+12025550123"), "US");
        assert_eq!(region("+447400123456"), "GB");
        assert_eq!(region("+870773111632"), "001");
    }

    /// What is left out for speed says what the whole way would say, for every region of the world.
    #[test]
    fn regions_and_validity_are_the_plans() {
        for region in PHONE_NUMBER_UTIL.get_supported_regions() {
            for kind in [PhoneNumberType::Mobile, PhoneNumberType::FixedLine] {
                let example =
                    PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind);
                let Ok(example) = example else { continue };
                let number = written(&example).unwrap();
                let parsed = PHONE_NUMBER_UTIL.parse(number.as_e164(), None).unwrap();
                let expected = PHONE_NUMBER_UTIL.get_region_for_number(&parsed);
                let expected = expected.map(|region| region.to_string());
                assert_eq!(number.region(), expected.unwrap_or_default(), "{number:?}");
                let (valid, kind) = (
                    PHONE_NUMBER_UTIL.is_valid_number(&parsed),
                    PHONE_NUMBER_UTIL.get_number_type(&parsed),
                );
                assert_eq!(valid, kind != PhoneNumberType::Unknown, "{number:?}");
            }
        }
    }

    #[test]
    fn an_unknown_region_is_refused_by_name() {
        let env = |name: &str| match name {
            "DEFAULT_REGION" => Some("XX".to_owned()),
            "ALLOWED_REGIONS" => Some("*".to_owned()),
            _ => None,
        };
        let error = Numbering::from_env(&env).unwrap_err();
        assert_eq!(
            error,
            ConfigError::new("DEFAULT_REGION", "is no ISO 3166-1 code of a region")
        );
    }
}
