//! What a claim can be about: a table, a row a scenario.

use crate::address::Channel;
use crate::config::{ConfigError, Env, flag};

/// What a claim is about. A user has at most one pending claim in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// A new primary mobile number.
    Primary,
    /// A number added to `verifiedMobileNumbers`.
    VerifiedList,
    /// A new primary e-mail address.
    PrimaryEmail,
    /// An address added to `verifiedEmailAddresses`.
    VerifiedEmailList,
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
    /// The names that clients use as `RecoveryScenario`, ours first.
    names: &'static [&'static str],
    /// The attribute of the item that holds its claim.
    attribute: &'static str,
    channel: Channel,
    effect: Effect,
}

impl Scenario {
    pub const ALL: [Self; 4] = [
        Self::Primary,
        Self::VerifiedList,
        Self::PrimaryEmail,
        Self::VerifiedEmailList,
    ];

    const fn row(self) -> Row {
        match self {
            Self::Primary => Row {
                names: &["MOBILE_VERIFICATION_ON_UPDATE"],
                attribute: "primaryClaim",
                channel: Channel::Sms,
                effect: Effect::BecomesPrimary,
            },
            Self::VerifiedList => Row {
                names: &["MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE"],
                attribute: "listClaim",
                channel: Channel::Sms,
                effect: Effect::JoinsLists,
            },
            Self::PrimaryEmail => Row {
                names: &[
                    "EMAIL_VERIFICATION_ON_UPDATE",
                    "EMAIL_OTP_VERIFICATION_ON_UPDATE",
                ],
                attribute: "primaryEmailClaim",
                channel: Channel::Email,
                effect: Effect::BecomesPrimary,
            },
            Self::VerifiedEmailList => Row {
                names: &[
                    "EMAIL_VERIFICATION_ON_VERIFIED_LIST_UPDATE",
                    "EMAIL_OTP_VERIFICATION_ON_VERIFIED_LIST_UPDATE",
                ],
                attribute: "emailListClaim",
                channel: Channel::Email,
                effect: Effect::JoinsLists,
            },
        }
    }

    /// That of a kind of address and of what its right code does.
    pub const fn of(channel: Channel, effect: Effect) -> Self {
        match (channel, effect) {
            (Channel::Sms, Effect::BecomesPrimary) => Self::Primary,
            (Channel::Sms, Effect::JoinsLists) => Self::VerifiedList,
            (Channel::Email, Effect::BecomesPrimary) => Self::PrimaryEmail,
            (Channel::Email, Effect::JoinsLists) => Self::VerifiedEmailList,
        }
    }

    /// The name that clients use as `RecoveryScenario`; hashes of codes are bound to it.
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// All names that clients use for it.
    pub const fn names(self) -> &'static [&'static str] {
        self.row().names
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.names().contains(&name))
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

/// The scenarios of a deployment. One without e-mail verification knows nothing of claims on e-mail addresses, also
/// where there are some from before it was switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scenarios {
    /// Whether e-mail addresses are verified.
    pub email: bool,
}

impl Scenarios {
    /// `ENABLE_EMAIL_VERIFICATION`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let email = flag(env, "ENABLE_EMAIL_VERIFICATION", false)?;
        Ok(Self { email })
    }

    pub fn contains(self, scenario: Scenario) -> bool {
        self.email || scenario.channel() != Channel::Email
    }

    /// In the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Scenario> {
        Scenario::ALL
            .into_iter()
            .filter(move |scenario| self.contains(*scenario))
    }

    /// The scenario that clients call so, where the deployment has it.
    pub fn named(self, name: &str) -> Option<Scenario> {
        Scenario::from_name(name).filter(|scenario| self.contains(*scenario))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_found_by_its_names_and_what_it_is() {
        let all = Scenarios { email: true };
        for scenario in Scenario::ALL {
            assert_eq!(
                Scenario::of(scenario.channel(), scenario.effect()),
                scenario
            );
            for name in scenario.names() {
                assert_eq!(all.named(name), Some(scenario), "{name}");
            }
        }
        let attributes = Scenario::ALL.map(Scenario::attribute);
        let distinct: std::collections::BTreeSet<_> = attributes.into_iter().collect();
        assert_eq!(distinct.len(), Scenario::ALL.len());
    }

    #[test]
    fn without_email_verification_there_are_two() {
        let numbers = Scenarios::default();
        let there: Vec<_> = numbers.iter().collect();
        assert_eq!(there, [Scenario::Primary, Scenario::VerifiedList]);
        assert_eq!(numbers.named("EMAIL_VERIFICATION_ON_UPDATE"), None);
    }
}
