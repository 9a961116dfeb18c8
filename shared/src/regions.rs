//! Which countries messages go to: decided before anything is written or sent.

use std::collections::BTreeSet;

use crate::config::{ConfigError, Env, text};

/// Regions by ISO 3166-1 code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// Empty: every region.
    allowed: BTreeSet<String>,
    denied: BTreeSet<String>,
}

impl Regions {
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

fn codes(env: &Env<'_>, variable: &str) -> Result<BTreeSet<String>, ConfigError> {
    let list = text(env, variable, "");
    let codes = list.split(',').filter(|_| !list.is_empty());
    codes
        .map(|code| {
            let known = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            let reason = "must be ISO 3166-1 codes such as MY,SG";
            known
                .then(|| code.to_owned())
                .ok_or_else(|| ConfigError::new(variable, reason))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(allowed: &str, denied: &str) -> Result<Regions, ConfigError> {
        let (allowed, denied) = (allowed.to_owned(), denied.to_owned());
        Regions::from_env(&move |name: &str| match name {
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
        for wrong in ["my", "MYS", "MY, SG", "MY,,SG", ","] {
            assert_eq!(regions(wrong, "").unwrap_err().variable, "ALLOWED_REGIONS");
            assert_eq!(regions("", wrong).unwrap_err().variable, "DENIED_REGIONS");
        }
    }
}
