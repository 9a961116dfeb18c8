//! What a claim can be about: a table, a row a scenario.

use crate::address::Channel;

/// What a claim is about. A user has at most one pending claim in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// A new primary mobile number.
    Primary,
    /// A number added to `verifiedMobileNumbers`.
    VerifiedList,
}

/// What a right code does to the user's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The address becomes the primary one.
    BecomesPrimary,
    /// The address joins both lists, and becomes the primary one where there is none.
    JoinsLists,
}

struct Row {
    /// The name that clients use as `RecoveryScenario`.
    name: &'static str,
    /// The attribute of the item that holds its claim.
    attribute: &'static str,
    channel: Channel,
    effect: Effect,
}

impl Scenario {
    pub const ALL: [Self; 2] = [Self::Primary, Self::VerifiedList];

    const fn row(self) -> Row {
        match self {
            Self::Primary => Row {
                name: "MOBILE_VERIFICATION_ON_UPDATE",
                attribute: "primaryClaim",
                channel: Channel::Sms,
                effect: Effect::BecomesPrimary,
            },
            Self::VerifiedList => Row {
                name: "MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE",
                attribute: "listClaim",
                channel: Channel::Sms,
                effect: Effect::JoinsLists,
            },
        }
    }

    /// The name that clients use as `RecoveryScenario`.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
    }

    /// The attribute of the item that holds its claim.
    pub const fn attribute(self) -> &'static str {
        self.row().attribute
    }

    /// How its codes travel.
    pub const fn channel(self) -> Channel {
        self.row().channel
    }

    /// What its right code does.
    pub const fn effect(self) -> Effect {
        self.row().effect
    }
}
