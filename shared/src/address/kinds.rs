//! An address of either kind, and how it is reached.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::address::email::EmailAddress;
use crate::address::phone_number::PhoneNumber;

/// How an address is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    Sms,
    Email,
}

impl Channel {
    /// All of them, in the order in which messages of one request go out.
    pub const ALL: [Self; 2] = [Self::Email, Self::Sms];

    /// One word for logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }
}

/// A phone number or an e-mail address, stored as a text: what is not E.164 is the second.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Address {
    Phone(PhoneNumber),
    Email(EmailAddress),
}

impl Address {
    /// An address that was stored.
    pub fn from_stored(text: &str) -> Self {
        let email = || Self::Email(EmailAddress::from_stored(text));
        PhoneNumber::from_e164(text).map_or_else(email, Self::Phone)
    }

    pub const fn channel(&self) -> Channel {
        match self {
            Self::Phone(_) => Channel::Sms,
            Self::Email(_) => Channel::Email,
        }
    }

    /// As its owner sees it; never for a log.
    pub fn shown(&self) -> &str {
        match self {
            Self::Phone(number) => number.as_e164(),
            Self::Email(address) => address.shown(),
        }
    }

    /// What it is compared by, the same for all spellings of one address; unlike for the two kinds.
    pub fn key(&self) -> &str {
        match self {
            Self::Phone(number) => number.as_e164(),
            Self::Email(address) => address.key(),
        }
    }

    /// What messages to it are counted on, to be made a pseudonym of.
    pub fn for_counters(&self) -> Cow<'_, str> {
        match self {
            Self::Phone(number) => Cow::Borrowed(number.as_e164()),
            Self::Email(address) => Cow::Owned(address.for_counters()),
        }
    }

    /// For logs.
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(number) => number.masked(),
            Self::Email(address) => address.masked(),
        }
    }

    /// The number, where it is one.
    pub const fn as_phone(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Phone(number) => Some(number),
            Self::Email(_) => None,
        }
    }

    /// The e-mail address, where it is one.
    pub const fn as_email(&self) -> Option<&EmailAddress> {
        match self {
            Self::Email(address) => Some(address),
            Self::Phone(_) => None,
        }
    }
}

/// One kind of address. What holds for both is written once, for any of them.
pub trait AddressKind: Clone + Eq + std::fmt::Debug + Into<Address> {
    const CHANNEL: Channel;

    /// The address, where it is of this kind.
    fn of(address: &Address) -> Option<&Self>;
}

impl AddressKind for PhoneNumber {
    const CHANNEL: Channel = Channel::Sms;

    fn of(address: &Address) -> Option<&Self> {
        address.as_phone()
    }
}

impl AddressKind for EmailAddress {
    const CHANNEL: Channel = Channel::Email;

    fn of(address: &Address) -> Option<&Self> {
        address.as_email()
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl From<PhoneNumber> for Address {
    fn from(number: PhoneNumber) -> Self {
        Self::Phone(number)
    }
}

impl From<EmailAddress> for Address {
    fn from(address: EmailAddress) -> Self {
        Self::Email(address)
    }
}

impl From<String> for Address {
    fn from(text: String) -> Self {
        Self::from_stored(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        match address {
            Address::Phone(number) => number.into(),
            Address::Email(address) => address.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_stored_as_texts() {
        for (text, channel, masked) in [
            ("+60123456789", Channel::Sms, "+60*****789"),
            ("Bob@abc.com", Channel::Email, "b***@abc.com"),
            ("+60123456789@abc.com", Channel::Email, "+***@abc.com"),
        ] {
            let address: Address = serde_json::from_value(text.into()).unwrap();
            assert_eq!(address.channel(), channel);
            assert_eq!(format!("{address:?}"), masked);
            assert_eq!(serde_json::to_value(&address).unwrap(), text);
        }
    }
}
