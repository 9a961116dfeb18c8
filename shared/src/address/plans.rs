//! The world's numbering plans, each loaded when a number of its calling code is first read: together they are four
//! megabytes and 3 ms, and most deployments see numbers of one or two countries.
//!
//! `plans.bin` is the table inside rlibphonenumber (`PhoneMetadataCollection` of libphonenumber's `phonemetadata.proto`,
//! Apache-2.0), which the library itself loads as a whole. `just plans` copies it, a test holds it to the library's.

use std::sync::{LazyLock, OnceLock};

use prost::Message;
use prost::bytes::Bytes;
use rlibphonenumber::{
    ParseError, PhoneMetadata, PhoneMetadataCollection, PhoneNumber, PhoneNumberFormat,
    PhoneNumberType, PhoneNumberUtil, Region,
};

/// Calling codes whose plans are loaded by themselves, with 0.4 MiB of patterns each; numbers of further ones have them
/// all loaded, so that memory is bounded.
const ALONE: usize = 4;

static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::decoded(Bytes::from_static(include_bytes!("plans.bin"))));

static PLANS: Plans = Plans::new();

/// Reads a plus sign and digits, or digits as they are dialled in the region.
pub fn parse(text: &str, region: Option<Region>) -> Result<PhoneNumber, ParseError> {
    PLANS.parse(text, region)
}

/// `Unknown`: no valid number.
pub fn number_type(number: &PhoneNumber) -> PhoneNumberType {
    PLANS.number_type(number)
}

/// The region of a number; none where it is of no plan.
pub fn region(number: &PhoneNumber) -> Option<Region> {
    PLANS.region(number)
}

/// The region that has an E.164 number's calling code to itself, as most have: no pattern is matched for it, and no
/// plan loaded.
pub fn only_region(e164: &str) -> Option<Region> {
    let code = TABLE.code_of_number(e164)?;
    let mut plans = TABLE.plans.iter().filter(|plan| plan.code == code);
    match (plans.next(), plans.next()) {
        (Some(plan), None) => Some(plan.region),
        _ => None,
    }
}

pub fn is_region(region: Region) -> bool {
    TABLE.code_of_region(region).is_some()
}

/// E.164, where there is such a plan.
pub fn written(number: &PhoneNumber) -> Option<String> {
    let plans = PLANS.of_code(number.country_code)?;
    Some(plans.format(number, PhoneNumberFormat::E164).into_owned())
}

/// Plans that are loaded.
struct Plans {
    alone: [OnceLock<(i32, Option<PhoneNumberUtil>)>; ALONE],
    all: OnceLock<Option<PhoneNumberUtil>>,
}

impl Plans {
    const fn new() -> Self {
        Self {
            alone: [const { OnceLock::new() }; ALONE],
            all: OnceLock::new(),
        }
    }

    fn parse(&self, text: &str, region: Option<Region>) -> Result<PhoneNumber, ParseError> {
        // After a plus sign a calling code says which plan it is, whatever the region.
        if let Some(code) = TABLE.code_of_number(text) {
            let plans = self.of_code(code).ok_or(ParseError::InvalidCountryCode)?;
            return plans.parse(text, None);
        }
        let home = region.and_then(|region| TABLE.code_of_region(region));
        if let Some(plans) = home.and_then(|code| self.of_code(code))
            && !text.starts_with('+')
        {
            match plans.parse(text, region) {
                // Perhaps what is dialled for a call abroad, and then a calling code that this plan does not know.
                Err(ParseError::InvalidCountryCode) => {}
                read => return read,
            }
        }
        let all = self.all().ok_or(ParseError::InvalidCountryCode)?;
        all.parse(text, region)
    }

    fn number_type(&self, number: &PhoneNumber) -> PhoneNumberType {
        let plans = self.of_code(number.country_code);
        plans.map_or(PhoneNumberType::Unknown, |plans| {
            plans.get_number_type(number)
        })
    }

    fn region(&self, number: &PhoneNumber) -> Option<Region> {
        let plans = self.of_code(number.country_code)?;
        plans.get_region_for_number(number)
    }

    /// The plans of the calling code, and perhaps others.
    fn of_code(&self, code: i32) -> Option<&PhoneNumberUtil> {
        for slot in &self.alone {
            let (loaded, plans) = slot.get_or_init(|| (code, TABLE.load(|plan| plan.code == code)));
            if *loaded == code {
                return plans.as_ref();
            }
        }
        self.all()
    }

    fn all(&self) -> Option<&PhoneNumberUtil> {
        self.all.get_or_init(|| TABLE.load(|_| true)).as_ref()
    }
}

/// All plans, as they are in the binary.
struct Table {
    plans: Vec<Plan>,
}

struct Plan {
    /// `World`: of no one region, such as satellites'.
    region: Region,
    /// Calling code (ITU-T E.164); none is the beginning of another.
    code: i32,
    /// A `PhoneMetadata`.
    encoded: Bytes,
}

impl Table {
    fn decoded(table: Bytes) -> Self {
        let encoded = Collection::decode(table).unwrap_or_default().plans;
        let plans = encoded.into_iter().filter_map(|encoded| {
            let Key { region, code } = Key::decode(encoded.clone()).ok()?;
            Some(Plan {
                region: region.parse().ok()?,
                code,
                encoded,
            })
        });
        Self {
            plans: plans.collect(),
        }
    }

    fn code_of_region(&self, region: Region) -> Option<i32> {
        let mut plans = self.plans.iter();
        let plan = plans.find(|plan| plan.region == region && region != Region::World)?;
        Some(plan.code)
    }

    /// The calling code that a plus sign is followed by.
    fn code_of_number(&self, text: &str) -> Option<i32> {
        let digits = text.strip_prefix('+').filter(|it| !it.starts_with('0'))?;
        let codes = (1..=3).filter_map(|length| digits.get(..length)?.parse().ok());
        let mut known = codes.filter(|code| self.plans.iter().any(|plan| plan.code == *code));
        known.next()
    }

    /// None: the table is broken, which a test rules out.
    fn load(&self, which: impl Fn(&Plan) -> bool) -> Option<PhoneNumberUtil> {
        let plans = self.plans.iter().filter(|plan| which(plan));
        let decoded = plans.map(|plan| PhoneMetadata::decode(plan.encoded.clone()));
        let metadata = decoded.collect::<Result<_, _>>().ok()?;
        PhoneNumberUtil::new_for_metadata(PhoneMetadataCollection { metadata }).ok()
    }
}

/// `PhoneMetadataCollection`, its plans left encoded.
#[derive(Message)]
struct Collection {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    plans: Vec<Bytes>,
}

/// What a `PhoneMetadata` is found by.
#[derive(Message)]
struct Key {
    #[prost(string, tag = "9")]
    region: String,
    #[prost(int32, tag = "10")]
    code: i32,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::*;

    /// Whatever is loaded, a text is what the library makes of it with all plans.
    fn assert_as_the_library(plans: &Plans, text: &str, region: Option<Region>) {
        let read = plans.parse(text, region);
        let expected = PHONE_NUMBER_UTIL.parse(text, region);
        assert_eq!(
            format!("{read:?}"),
            format!("{expected:?}"),
            "{text} {region:?}"
        );
        let Ok(number) = read else { return };
        assert_eq!(
            plans.number_type(&number),
            PHONE_NUMBER_UTIL.get_number_type(&number),
            "{text} {region:?}"
        );
        assert_eq!(
            plans.region(&number),
            PHONE_NUMBER_UTIL.get_region_for_number(&number),
            "{text} {region:?}"
        );
    }

    fn is_loaded(plans: &Plans) -> (Vec<i32>, bool) {
        let codes = plans.alone.iter().filter_map(|slot| Some(slot.get()?.0));
        (codes.collect(), plans.all.get().is_some())
    }

    #[test]
    fn every_plan_is_there_and_loads() {
        let all = TABLE.load(|_| true).unwrap();
        let regions =
            |util: &PhoneNumberUtil| -> BTreeSet<Region> { util.get_supported_regions().collect() };
        assert_eq!(regions(&all), regions(&PHONE_NUMBER_UTIL));
        let codes: BTreeSet<i32> = PHONE_NUMBER_UTIL.get_supported_calling_codes().collect();
        assert_eq!(
            TABLE
                .plans
                .iter()
                .map(|plan| plan.code)
                .collect::<BTreeSet<_>>(),
            codes
        );
        for code in codes {
            let alone = TABLE.load(|plan| plan.code == code).unwrap();
            let of = |util: &PhoneNumberUtil| -> Vec<Region> {
                util.get_regions_for_country_calling_code(code)
                    .unwrap()
                    .collect()
            };
            assert_eq!(of(&alone), of(&PHONE_NUMBER_UTIL), "+{code}");
        }
        for region in regions(&PHONE_NUMBER_UTIL) {
            assert!(is_region(region), "{region}");
        }
        assert!(!is_region(Region::World));
    }

    /// An example of each kind in each region: abroad, at home, and as it is dialled from elsewhere.
    #[test]
    fn a_plan_alone_reads_as_all_do() {
        for region in PHONE_NUMBER_UTIL.get_supported_regions() {
            let plans = Plans::new();
            for number in examples(region) {
                let format = |format| PHONE_NUMBER_UTIL.format(&number, format);
                let e164 = format(PhoneNumberFormat::E164);
                let national = format(PhoneNumberFormat::National);
                let national: String = national.chars().filter(char::is_ascii_digit).collect();
                assert_as_the_library(&plans, &e164, None);
                assert_as_the_library(&plans, &e164, Some(Region::MY));
                assert_as_the_library(&plans, &national, Some(region));
                assert_as_the_library(&plans, &e164.replace('+', ""), Some(region));
            }
            let (codes, all) = is_loaded(&plans);
            assert_eq!(codes.first(), TABLE.code_of_region(region).as_ref());
            assert!(codes.len() == 1 && !all, "{region}: {codes:?}");
        }
    }

    fn examples(region: Region) -> impl Iterator<Item = PhoneNumber> {
        let kinds = [
            PhoneNumberType::Mobile,
            PhoneNumberType::FixedLine,
            PhoneNumberType::TollFree,
            PhoneNumberType::VoIP,
        ];
        let example =
            move |kind| PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind);
        kinds.into_iter().filter_map(move |kind| example(kind).ok())
    }

    #[test]
    fn memory_is_bounded() {
        let plans = Plans::new();
        for (number, codes, all) in [
            ("+60123456789", 1, false),
            ("+6581234567", 2, false),
            ("+60123456780", 2, false),
            ("+447400123456", 3, false),
            ("+12025550123", 4, false),
            ("+4915123456789", 4, true),
            ("+33612345678", 4, true),
        ] {
            assert_as_the_library(&plans, number, None);
            let (loaded, every) = is_loaded(&plans);
            assert_eq!((loaded.len(), every), (codes, all), "{number}");
        }
    }

    #[test]
    fn what_is_dialled_for_a_call_abroad_is_read() {
        let plans = Plans::new();
        for (text, region) in [
            ("0060123456789", Region::MY),
            ("00447400123456", Region::MY),
            ("011447400123456", Region::US),
            ("0011447400123456", Region::AU),
            ("810447400123456", Region::RU),
            ("+810447400123456", Region::RU),
            ("+00447400123456", Region::MY),
            ("+0123456789", Region::MY),
            ("+999123456789", Region::MY),
            ("00999123456789", Region::MY),
        ] {
            assert_as_the_library(&plans, text, Some(region));
        }
        assert_eq!(
            plans
                .parse("00447400123456", Some(Region::MY))
                .unwrap()
                .country_code,
            44
        );
    }

    /// No region; peculiar plans (leading zeros, prefixes that change a number), shared and long calling codes.
    const REGIONS: [Option<Region>; 14] = [
        None,
        Some(Region::World),
        Some(Region::MY),
        Some(Region::US),
        Some(Region::CA),
        Some(Region::GB),
        Some(Region::JE),
        Some(Region::IT),
        Some(Region::RU),
        Some(Region::KZ),
        Some(Region::BR),
        Some(Region::AR),
        Some(Region::CO),
        Some(Region::FI),
    ];

    proptest! {
        #[test]
        fn any_digits_are_what_the_library_says(
            text in "(\\+|00|011|810|\\+60|0060|\\+1|1|0)?[0-9]{1,15}",
            region in proptest::sample::select(&REGIONS[..]),
        ) {
            static SOME: [Plans; 2] = [const { Plans::new() }; 2];
            for plans in &SOME {
                assert_as_the_library(plans, &text, region);
            }
            // What is loaded alone is there for the first of its slots.
            assert_as_the_library(&Plans::new(), &text, region);
        }
    }
}
