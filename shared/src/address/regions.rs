//! Which countries messages go to: decided before anything is written or sent.

use std::collections::BTreeSet;

use crate::config::{ConfigError, Env, text};

/// ISO 3166-1 alpha-2, and what numbering plans know beside it: Ascension, Tristan da Cunha, Kosovo.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ \
     BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR \
     CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
     GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU \
     ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ \
     LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ \
     MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF \
     PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI \
     SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR \
     TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW AC TA XK";

/// AddressPolicy by ISO 3166-1 code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Empty: every region.
    allowed: BTreeSet<String>,
    denied: BTreeSet<String>,
}

impl AddressPolicy {
    /// `ALLOWED_REGIONS` (empty: all) and `DENIED_REGIONS` (empty: none), comma separated; the latter wins.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            allowed: codes(env, "ALLOWED_REGIONS")?,
            denied: codes(env, "DENIED_REGIONS")?,
        })
    }

    /// A number of no one region (satellites, international services) is allowed only where every region is.
    pub fn allow(&self, region: &str) -> bool {
        (self.allowed.is_empty() || self.allowed.contains(region)) && !self.denied.contains(region)
    }
}

/// Whether there is such a region: a code that is misspelt would allow or deny nobody.
pub fn is_region(code: &str) -> bool {
    CODES.split(' ').any(|known| known == code)
}

fn codes(env: &Env<'_>, variable: &str) -> Result<BTreeSet<String>, ConfigError> {
    let list = text(env, variable, "");
    // Every country.
    let list = if list == "*" { String::new() } else { list };
    let codes = list.split(',').filter(|_| !list.is_empty());
    codes
        .map(|code| {
            let reason = "must be ISO 3166-1 codes such as MY,SG";
            is_region(code)
                .then(|| code.to_owned())
                .ok_or_else(|| ConfigError::new(variable, reason))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(allowed: &str, denied: &str) -> Result<AddressPolicy, ConfigError> {
        let (allowed, denied) = (allowed.to_owned(), denied.to_owned());
        AddressPolicy::from_env(&move |name: &str| match name {
            "ALLOWED_REGIONS" => Some(allowed.clone()),
            _ => Some(denied.clone()),
        })
    }

    #[test]
    fn the_policy_table() {
        for (allowed, denied, region, expected) in [
            ("", "", "MY", true),
            ("", "", "", true),
            ("MY,SG", "", "SG", true),
            ("MY,SG", "", "US", false),
            ("MY,SG", "", "", false),
            ("", "US", "US", false),
            ("", "US", "MY", true),
            ("MY", "MY", "MY", false),
        ] {
            let regions = regions(allowed, denied).unwrap();
            assert_eq!(
                regions.allow(region),
                expected,
                "{allowed} {denied} {region}"
            );
        }
    }

    #[test]
    fn what_is_no_code_is_refused_by_name() {
        for wrong in ["my", "MYS", "MY, SG", "MY,,SG", ",", "UK", "MY SG"] {
            assert_eq!(regions(wrong, "").unwrap_err().variable, "ALLOWED_REGIONS");
            assert_eq!(regions("", wrong).unwrap_err().variable, "DENIED_REGIONS");
        }
    }
}
