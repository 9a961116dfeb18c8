//! What differs between numbers and e-mail addresses, as a row each: how they are written, and where they are stored.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use shared::address::Channel;

use super::operation::{By, Setup};
use crate::api::{email, mobile};

/// A kind of address.
pub struct Kind {
    pub listed: &'static str,
    pub verified: &'static str,
    /// The path of whatever holds the primary address.
    pub primary_path: &'static str,
    pub everything: &'static str,
    /// The attribute with a primary address.
    pub primary: fn(&str) -> Value,
    /// Where a user's item has the primary, whether that is verified, and the lists.
    stored: [&'static str; 4],
    /// Begins the key of the item that says whose a verified address is.
    pub key: &'static str,
}

/// A user's addresses of one kind as they are stored, in one spelling.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub primary: Option<String>,
    pub primary_verified: bool,
    pub listed: BTreeSet<String>,
    pub verified: BTreeSet<String>,
}

pub const fn kind(channel: Channel) -> Kind {
    match channel {
        Channel::Sms => Kind {
            listed: "mobileNumbers",
            verified: "verifiedMobileNumbers",
            primary_path: "phoneNumbers[type eq \"mobile\"]",
            everything: "phoneNumbers",
            primary: mobile,
            stored: [
                "/primary",
                "/phoneVerified",
                "/mobileNumbers",
                "/verifiedMobileNumbers",
            ],
            key: "PHONE#",
        },
        Channel::Email => Kind {
            listed: "emailAddresses",
            verified: "verifiedEmailAddresses",
            primary_path: "emails",
            everything: "emails",
            primary: email,
            stored: [
                "/emails/primary",
                "/emails/verified",
                "/emails/addresses",
                "/emails/verifiedAddresses",
            ],
            key: "EMAIL#",
        },
    }
}

/// An address by its place among those of its kind. Two e-mail addresses each are of one mailbox, and administrators
/// spell them another way.
pub fn address(channel: Channel, n: usize, by: By) -> String {
    match (channel, by) {
        (Channel::Sms, _) => format!("+601234567{n:02}"),
        (Channel::Email, By::Owner) => format!("mail{}{}@abc.com", n / 2, tag(n)),
        (Channel::Email, By::Admin) => format!("Mail{}{}@ABC.com", n / 2, tag(n)),
    }
}

const fn tag(n: usize) -> &'static str {
    if n.is_multiple_of(2) { "" } else { "+tag" }
}

/// The one spelling that addresses are compared in.
pub fn spelled(address: &str) -> String {
    address.to_ascii_lowercase()
}

/// What messages to an address are counted on.
pub fn mailbox(address: &str) -> String {
    address.replace("+tag@", "@")
}

/// How long a code lives, or a link.
pub const fn lives(channel: Channel, setup: Setup) -> Duration {
    match channel {
        Channel::Sms => Duration::from_mins(5),
        Channel::Email if setup.links => Duration::from_hours(24),
        Channel::Email => Duration::from_mins(15),
    }
}

impl Kind {
    pub fn stored(&self, user: &Value) -> Stored {
        let [primary, primary_verified, listed, verified] =
            self.stored.map(|path| user.pointer(path));
        let list = |list: Option<&Value>| {
            let list = list.and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(spelled).collect()
        };
        Stored {
            primary: primary.and_then(Value::as_str).map(spelled),
            primary_verified: primary_verified == Some(&json!(true)),
            listed: list(listed),
            verified: list(verified),
        }
    }
}

impl Stored {
    /// All that are verified.
    pub fn all_verified(self) -> BTreeSet<String> {
        let primary = self.primary.filter(|_| self.primary_verified);
        self.verified.into_iter().chain(primary).collect()
    }
}

/// The values of `emails`, in one spelling.
pub fn emails_of(user: &Value) -> BTreeSet<String> {
    let profile = profile(user);
    let values = profile["emails"].as_array().into_iter().flatten();
    let values = values.filter_map(|value| value["value"].as_str());
    values.map(spelled).collect()
}

pub fn is_active(user: &Value) -> bool {
    profile(user)["active"] != false
}

fn profile(user: &Value) -> Value {
    let profile = user["profile"].as_str().unwrap_or_default();
    profile.parse().unwrap_or_default()
}
