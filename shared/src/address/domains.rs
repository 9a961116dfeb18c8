//! Which domains messages go to, beside the regions of numbers: decided before anything is written or sent.

use std::collections::BTreeSet;

use crate::address::email::{EmailAddress, a_labels};
use crate::config::{ConfigError, Env, text};

/// Which e-mail domains may be verified; each of them with its subdomains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainPolicy {
    /// Empty: every domain.
    allowed: BTreeSet<String>,
    denied: BTreeSet<String>,
}

impl DomainPolicy {
    /// `ALLOWED_EMAIL_DOMAINS` (empty: all) and `DENIED_EMAIL_DOMAINS` (empty: none), which wins. Both are comma separated.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            allowed: domains(env, "ALLOWED_EMAIL_DOMAINS")?,
            denied: domains(env, "DENIED_EMAIL_DOMAINS")?,
        })
    }

    /// Whether messages go to the address.
    pub fn allow(&self, address: &EmailAddress) -> bool {
        let named = |domains: &BTreeSet<String>| {
            let parts = std::iter::successors(Some(address.domain()), |domain| {
                domain.split_once('.').map(|(_, parent)| parent)
            });
            parts.into_iter().any(|domain| domains.contains(domain))
        };
        (self.allowed.is_empty() || named(&self.allowed)) && !named(&self.denied)
    }
}

fn domains(env: &Env<'_>, variable: &str) -> Result<BTreeSet<String>, ConfigError> {
    let list = text(env, variable, "");
    let names = list.split(',').filter(|_| !list.is_empty());
    names
        .map(|name| {
            let domain = a_labels(name.trim());
            let wrong = || ConfigError::new(variable, "must be domains such as abc.com,abc.org");
            is_domain(&domain).then_some(domain).ok_or_else(wrong)
        })
        .collect()
}

/// Letters, digits and hyphens in labels (RFC 1123 §2.1); one label is a whole top-level domain.
fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| {
        let hyphen = label.starts_with('-') || label.ends_with('-');
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.len() <= 63 && !hyphen && label.bytes().all(known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allowed: &str, denied: &str) -> Result<DomainPolicy, ConfigError> {
        let (allowed, denied) = (allowed.to_owned(), denied.to_owned());
        DomainPolicy::from_env(&move |name: &str| match name {
            "ALLOWED_EMAIL_DOMAINS" => Some(allowed.clone()),
            _ => Some(denied.clone()),
        })
    }

    #[test]
    fn the_policy_table() {
        for (allowed, denied, address, expected) in [
            ("", "", "bob@abc.com", true),
            ("abc.com", "", "bob@abc.com", true),
            ("ABC.com", "", "bob@Abc.Com", true),
            ("abc.com", "", "bob@mail.abc.com", true),
            ("abc.com", "", "bob@xabc.com", false),
            ("abc.com", "", "bob@abc.com.org", false),
            ("abc.com, abc.org", "", "bob@abc.org", true),
            ("abc.com", "mail.abc.com", "bob@mail.abc.com", false),
            ("abc.com", "mail.abc.com", "bob@abc.com", true),
            ("", "abc.com", "bob@a.b.abc.com", false),
            ("com", "", "bob@abc.com", true),
            ("bücher.example", "", "bob@xn--bcher-kva.example", true),
            ("", "xn--bcher-kva.example", "bob@BÜCHER.example", false),
        ] {
            let address = EmailAddress::from_stored(address);
            let allows = policy(allowed, denied).unwrap().allow(&address);
            assert_eq!(allows, expected, "{allowed} {denied} {address:?}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused_by_name() {
        for wrong in [
            "@abc.com",
            "abc.com,",
            ",",
            "abc..com",
            "*.abc.com",
            "abc com",
            "-abc.com",
            "http://abc.com",
        ] {
            assert_eq!(
                policy(wrong, "").unwrap_err().variable,
                "ALLOWED_EMAIL_DOMAINS"
            );
            assert_eq!(
                policy("", wrong).unwrap_err().variable,
                "DENIED_EMAIL_DOMAINS"
            );
        }
    }
}
