//! Whatever is read as a number is E.164 and reads the same again; one number is one, however it is spelled.

#![expect(
    clippy::unwrap_used,
    reason = "tests; clippy knows only functions marked as such"
)]

use proptest::prelude::*;

use crate::address::numbering::Numbering;
use crate::address::phone_number::PhoneNumber;

fn numbering(region: &str) -> Numbering {
    let region = region.to_owned();
    let env = move |name: &str| (name == "DEFAULT_REGION").then(|| region.clone());
    Numbering::from_env(&env).unwrap()
}

/// AddressPolicy, a mobile number of each, and how the number begins at home.
const NUMBERS: [(&str, &str, &str, &str); 9] = [
    ("MY", "60", "123456789", "0"),
    ("US", "1", "2025550123", ""),
    ("US", "1", "2025550123", "1"),
    ("GB", "44", "7400123456", "0"),
    ("DE", "49", "15123456789", "0"),
    ("FR", "33", "612345678", "0"),
    ("IT", "39", "3123456789", ""),
    ("IN", "91", "9876543210", "0"),
    ("SG", "65", "81234567", ""),
];

/// The first digit of ASCII, Arabic, Devanagari and full-width ones.
const ZEROS: [char; 4] = ['0', '٠', '०', '０'];

fn in_script(digit: char, zero: char) -> char {
    let value = digit.to_digit(10).unwrap();
    char::from_u32(u32::from(zero) + value).unwrap()
}

/// Digits of one script, with a separator here and there.
fn written(digits: &str, zero: char, gaps: &[Option<char>]) -> String {
    let mut text = String::new();
    for (digit, gap) in digits.chars().zip(gaps) {
        text.push(in_script(digit, zero));
        text.extend(*gap);
    }
    text
}

/// What numbers are made of, so that random texts come near them.
fn numberlike() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[0-9]{1,9}",
        2 => "[+\\-. ()/]",
        1 => proptest::sample::select(vec![
            "tel:", "+60", "+1", "+39", "+54", "00", "011", "٣", "०", "½", "²", ";ext=1", "x", "#", "*", "\u{0}",
        ])
        .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_read_is_e164_and_reads_the_same_again(
        region in proptest::sample::select(vec!["", "MY", "US", "IT", "AR", "MX", "BR"]),
        text in prop_oneof![numberlike(), any::<String>()],
    ) {
        let here = numbering(region);
        let mobile = here.parse_mobile(&text);
        let Ok(number) = here.parse(&text) else {
            prop_assert!(mobile.is_err());
            return Ok(());
        };
        prop_assert_eq!(PhoneNumber::from_e164(number.as_e164()), Some(number.clone()));
        prop_assert!(mobile.is_err() || mobile.as_ref() == Ok(&number));
        for elsewhere in [here, numbering(""), numbering("GB")] {
            prop_assert_eq!(elsewhere.parse(number.as_e164()), Ok(number.clone()));
            if mobile.is_ok() {
                prop_assert_eq!(elsewhere.parse_mobile(number.as_e164()), Ok(number.clone()));
            }
        }
    }

    #[test]
    fn one_number_is_one_however_it_is_spelled(
        (region, country, rest, prefix) in proptest::sample::select(NUMBERS.to_vec()),
        international in any::<bool>(),
        scheme in proptest::sample::select(vec!["", "tel:", "TEL:", " "]),
        zero in proptest::sample::select(ZEROS.to_vec()),
        gaps in proptest::collection::vec(
            proptest::option::weighted(0.3, proptest::sample::select(vec![' ', '-', '.', '/'])),
            16,
        ),
    ) {
        let digits = if international { format!("{country}{rest}") } else { format!("{prefix}{rest}") };
        let plus = if international { "+" } else { "" };
        let text = format!("{scheme}{plus}{}", written(&digits, zero, &gaps));
        let number = numbering(region).parse_mobile(&text);
        let expected = PhoneNumber::from_e164(&format!("+{country}{rest}")).unwrap();
        prop_assert_eq!(number.as_ref(), Ok(&expected), "{}", text);
    }
}
