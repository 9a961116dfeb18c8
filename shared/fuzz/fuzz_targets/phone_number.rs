//! Numbers in any spelling and region.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::address::numbering::Numbering;
use shared::address::phone_number::PhoneNumber;

/// None, and regions with peculiarities: Italy's leading zero, the mobile tokens of Argentina and Mexico.
const REGIONS: [&str; 9] = ["", "MY", "US", "GB", "DE", "IT", "AR", "MX", "BR"];

static NUMBERINGS: LazyLock<Vec<Numbering>> = LazyLock::new(|| {
    let numbering = |region: &str| {
        let env = |name: &str| match name {
            "DEFAULT_REGION" => Some(region.to_owned()),
            "ALLOWED_REGIONS" => Some("*,001".to_owned()),
            _ => None,
        };
        Numbering::from_env(&env).unwrap()
    };
    REGIONS.into_iter().map(numbering).collect()
});

fuzz_target!(|input: (u8, &str)| {
    let (region, text) = input;
    let numbering = &NUMBERINGS[usize::from(region) % REGIONS.len()];
    let mobile = numbering.parse_mobile(text);
    let Ok(number) = numbering.parse(text) else {
        assert!(mobile.is_err());
        return;
    };
    let e164 = number.as_e164();
    assert_eq!(PhoneNumber::from_e164(e164).as_ref(), Some(&number));
    assert!(!format!("{number:?}").contains(e164));
    let _ = number.region();
    // What nobody sees, and how a line ends, is no part of a number.
    let wrapped = format!("\u{202a}{text}\u{202c}\r\n");
    if wrapped.len() < 200 {
        assert_eq!(numbering.parse(&wrapped).as_ref(), Ok(&number));
    }
    for other in NUMBERINGS.iter() {
        assert_eq!(other.parse(e164).as_ref(), Ok(&number), "{e164}");
        if let Ok(mobile) = &mobile {
            assert_eq!(mobile, &number);
            assert_eq!(other.parse_mobile(e164).as_ref(), Ok(mobile), "{e164}");
        }
    }
});
