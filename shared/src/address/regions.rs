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

/// All countries, in `ALLOWED_REGIONS`.
const ALL: &str = "*";

/// Numbers of no one country (ITU-T E.164 §6.2.2: satellites, +870, +881, +882): UN M49's code of the world.
const WORLD: &str = "001";

/// Which regions messages go to, by ISO 3166-1 code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPolicy {
    /// None: every country.
    countries: Option<BTreeSet<String>>,
    /// Whether numbers of no country are allowed; every country does not include them.
    world: bool,
    denied: BTreeSet<String>,
}

impl AddressPolicy {
    /// `ALLOWED_REGIONS`, which has no default: countries, `*` for all of them, `001` for numbers of none.
    /// `DENIED_REGIONS` (empty: none) wins. Both are comma separated.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let reason = "must be ISO 3166-1 codes such as MY,SG, or * for all countries; \
                      001 among them for numbers of no country";
        let wrong = || ConfigError::new("ALLOWED_REGIONS", reason);
        let allowed = text(env, "ALLOWED_REGIONS", "");
        let mut allowed: BTreeSet<&str> = allowed.split(',').collect();
        let world = allowed.remove(WORLD);
        let all = allowed.remove(ALL);
        if !allowed.iter().all(|code| is_region(code)) || (all && !allowed.is_empty()) {
            return Err(wrong());
        }
        let countries = allowed.into_iter().map(str::to_owned).collect();
        Ok(Self {
            countries: (!all).then_some(countries),
            world,
            denied: denied(env)?,
        })
    }

    /// Whether messages go to numbers of the region; those of no one region are `001` or empty.
    pub fn allow(&self, region: &str) -> bool {
        if region.is_empty() || region == WORLD {
            return self.world;
        }
        let countries = self.countries.as_ref();
        countries.is_none_or(|countries| countries.contains(region))
            && !self.denied.contains(region)
    }
}

/// Whether there is such a region: a code that is misspelt would allow or deny nobody.
pub fn is_region(code: &str) -> bool {
    CODES.split(' ').any(|known| known == code)
}

fn denied(env: &Env<'_>) -> Result<BTreeSet<String>, ConfigError> {
    let list = text(env, "DENIED_REGIONS", "");
    let codes = list.split(',').filter(|_| !list.is_empty());
    codes
        .map(|code| {
            let reason = "must be ISO 3166-1 codes such as MY,SG";
            is_region(code)
                .then(|| code.to_owned())
                .ok_or_else(|| ConfigError::new("DENIED_REGIONS", reason))
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
            ("*", "", "MY", true),
            ("*", "", "", false),
            ("*", "", "001", false),
            ("*,001", "", "001", true),
            ("*,001", "", "", true),
            ("*,001", "MY", "MY", false),
            ("001", "", "001", true),
            ("001", "", "MY", false),
            ("MY,001", "", "MY", true),
            ("MY,001", "", "SG", false),
            ("MY,001", "", "001", true),
            ("MY,SG", "", "SG", true),
            ("MY,SG", "", "US", false),
            ("MY,SG", "", "", false),
            ("MY,SG", "", "001", false),
            ("*", "US", "US", false),
            ("*", "US", "MY", true),
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
            assert_eq!(regions("*", wrong).unwrap_err().variable, "DENIED_REGIONS");
        }
        // Who pays must have said so: there is no default. All countries and some are two answers.
        for wrong in ["", "*,MY", "**", "01", "1", "*,"] {
            assert_eq!(regions(wrong, "").unwrap_err().variable, "ALLOWED_REGIONS");
        }
        for wrong in ["*", "001"] {
            assert_eq!(regions("*", wrong).unwrap_err().variable, "DENIED_REGIONS");
        }
    }
}
