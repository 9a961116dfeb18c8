//! Whom text messages are from.

use std::collections::BTreeMap;

use crate::address::regions::is_region;
use crate::messaging::sms::{FieldError, Fields};

/// Whom messages are from: by the number's region, or for all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Senders {
    by_region: BTreeMap<String, String>,
    default: Option<String>,
}

impl Senders {
    /// The same for every region.
    pub fn all(default: Option<String>) -> Self {
        Self {
            by_region: BTreeMap::new(),
            default,
        }
    }

    /// `senders` by ISO 3166-1 code, over `default`.
    pub fn of(fields: &mut Fields, default: Option<String>) -> Result<Self, FieldError> {
        let by_region = match fields.object("senders")? {
            None => BTreeMap::new(),
            Some(senders) => senders.texts()?,
        };
        for (region, sender) in &by_region {
            let field = format!("senders.{region}");
            if !is_region(region) {
                return Err(fields.wrong(&field, "must be named by an ISO 3166-1 code such as US"));
            }
            if !is_sender(sender) {
                return Err(fields.wrong(&field, NO_SENDER));
            }
        }
        if default.as_deref().is_some_and(|sender| !is_sender(sender)) {
            return Err(fields.wrong("sender", NO_SENDER));
        }
        Ok(Self { by_region, default })
    }

    /// The request's own wish comes first, then the number's region.
    pub fn pick<'a>(&'a self, asked: Option<&'a str>, region: &str) -> Option<&'a str> {
        let by_region = || self.by_region.get(region).or(self.default.as_ref());
        asked.or_else(|| by_region().map(String::as_str))
    }
}

const NO_SENDER: &str = "must be 1 to 34 printable ASCII characters";

fn is_sender(text: &str) -> bool {
    let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    (1..=34).contains(&text.len()) && text.bytes().all(printable)
}

/// Whether a sender is a number (or short code) rather than a name.
pub fn is_number(sender: &str) -> bool {
    let digits = sender.strip_prefix('+').unwrap_or(sender);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Fields {
        Fields::providers(text).unwrap().remove(0)
    }

    #[test]
    fn whom_a_message_is_from() {
        let mut fields = one(r#"{"senders":{"US":"+15005550006","GB":"ACME"}}"#);
        let senders = Senders::of(&mut fields, Some("OTHER".into())).unwrap();
        assert_eq!(senders.pick(None, "US"), Some("+15005550006"));
        assert_eq!(senders.pick(None, "MY"), Some("OTHER"));
        assert_eq!(senders.pick(Some("ASKED"), "US"), Some("ASKED"));
        assert_eq!(Senders::default().pick(None, "MY"), None);
        for wrong in [r#"{"senders":{"usa":"A"}}"#, r#"{"senders":{"US":"é"}}"#] {
            assert!(Senders::of(&mut one(wrong), None).is_err(), "{wrong}");
        }
    }
}
