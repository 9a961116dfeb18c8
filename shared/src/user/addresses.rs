//! A user's addresses of one kind: primary, list, verified list. What is the same for numbers and e-mail addresses.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::AddressKind;
use crate::address::email::EmailAddress;
use crate::address::phone_number::PhoneNumber;
use crate::verification::scenario::Effect;

/// A user's addresses of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses<A> {
    pub primary: Option<A>,
    /// Whether the primary is verified.
    pub primary_verified: bool,
    /// `mobileNumbers`, `emailAddresses`.
    pub listed: Vec<A>,
    /// A part of `listed`.
    pub verified: Vec<A>,
}

impl<A> Default for Addresses<A> {
    fn default() -> Self {
        Self {
            primary: None,
            primary_verified: false,
            listed: Vec::new(),
            verified: Vec::new(),
        }
    }
}

/// How those of a kind stand in a user's item: by which names.
macro_rules! stored {
    ($kind:ty: $primary_verified:literal, $listed:literal, $verified:literal) => {
        const _: () = {
            #[derive(Serialize, Deserialize)]
            struct Stored<A, L> {
                #[serde(skip_serializing_if = "Option::is_none")]
                primary: Option<A>,
                #[serde(rename = $primary_verified, default)]
                primary_verified: bool,
                #[serde(rename = $listed, default)]
                listed: L,
                #[serde(rename = $verified, default)]
                verified: L,
            }

            impl Serialize for Addresses<$kind> {
                fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    let stored = Stored {
                        primary: self.primary.as_ref(),
                        primary_verified: self.primary_verified,
                        listed: self.listed.as_slice(),
                        verified: self.verified.as_slice(),
                    };
                    stored.serialize(to)
                }
            }

            impl<'de> Deserialize<'de> for Addresses<$kind> {
                fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    let stored: Stored<$kind, Vec<$kind>> = Stored::deserialize(from)?;
                    Ok(Self {
                        primary: stored.primary,
                        primary_verified: stored.primary_verified,
                        listed: stored.listed,
                        verified: stored.verified,
                    })
                }
            }
        };
    };
}

stored!(PhoneNumber: "phoneVerified", "mobileNumbers", "verifiedMobileNumbers");
stored!(EmailAddress: "verified", "addresses", "verifiedAddresses");

impl<A: AddressKind> Addresses<A> {
    /// Whether the address is proven to be this user's.
    pub fn is_verified(&self, address: &A) -> bool {
        self.verified.contains(address)
            || (self.primary_verified && self.primary.as_ref() == Some(address))
    }

    /// Whether the address is stored in any role.
    pub fn holds(&self, address: &A) -> bool {
        self.primary.as_ref() == Some(address) || self.listed.contains(address)
    }

    /// All addresses in any role, each once.
    pub fn all(&self) -> impl Iterator<Item = &A> {
        let primary = self.primary.as_ref();
        let primary = primary.filter(|primary| !self.listed.contains(primary));
        self.listed.iter().chain(primary)
    }

    /// All addresses that are proven to be this user's, each once.
    pub fn all_verified(&self) -> impl Iterator<Item = &A> {
        let primary = self.primary.as_ref().filter(|_| self.primary_verified);
        let primary = primary.filter(|primary| !self.verified.contains(primary));
        self.verified.iter().chain(primary)
    }

    /// What a right code does to the addresses.
    pub fn commit(&mut self, effect: Effect, address: A) {
        match effect {
            Effect::BecomesPrimary => {
                self.primary = Some(address);
                self.primary_verified = true;
            }
            Effect::JoinsLists => {
                self.join_lists(&address);
                if self
                    .primary
                    .as_ref()
                    .is_none_or(|primary| *primary == address)
                {
                    self.primary.get_or_insert(address);
                    self.primary_verified = true;
                }
            }
        }
    }

    /// Puts a verified address into both lists, once.
    pub fn join_lists(&mut self, address: &A) {
        for list in [&mut self.listed, &mut self.verified] {
            if !list.contains(address) {
                list.push(address.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three of each kind.
    fn both(run: impl Fn([PhoneNumber; 2]), run_too: impl Fn([EmailAddress; 2])) {
        run(["+60123456789", "+60111111111"].map(|e164| PhoneNumber::from_e164(e164).unwrap()));
        run_too(["bob@abc.com", "old@abc.com"].map(EmailAddress::from_stored));
    }

    fn becomes_primary<A: AddressKind>([new, old]: [A; 2]) {
        let mut addresses = Addresses {
            primary: Some(old),
            ..Addresses::default()
        };
        addresses.commit(Effect::BecomesPrimary, new.clone());
        assert_eq!(addresses.primary, Some(new));
        assert!(addresses.primary_verified);
        assert!(addresses.listed.is_empty() && addresses.verified.is_empty());
    }

    #[test]
    fn a_right_code_makes_a_primary_and_leaves_the_lists() {
        both(becomes_primary, becomes_primary);
    }

    fn joins_lists<A: AddressKind>([new, old]: [A; 2]) {
        // primary before -> primary after, verified after
        for (before, after, verified) in [
            (None, &new, true),
            (Some(&new), &new, true),
            (Some(&old), &old, false),
        ] {
            let mut addresses = Addresses {
                primary: before.cloned(),
                ..Addresses::default()
            };
            addresses.commit(Effect::JoinsLists, new.clone());
            addresses.commit(Effect::JoinsLists, new.clone());
            assert_eq!(addresses.listed, std::slice::from_ref(&new));
            assert_eq!(addresses.verified, addresses.listed);
            assert_eq!(
                (addresses.primary.as_ref(), addresses.primary_verified),
                (Some(after), verified)
            );
        }
    }

    #[test]
    fn a_right_code_for_the_list_joins_both_lists() {
        both(joins_lists, joins_lists);
    }
}
