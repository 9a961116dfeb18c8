//! What a claim can be about: a row a scenario.

/// What a claim is about. A user has at most one pending claim in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// A new primary mobile number.
    Primary,
    /// A number added to `verifiedMobileNumbers`.
    VerifiedList,
}

impl Scenario {
    pub const ALL: [Self; 2] = [Self::Primary, Self::VerifiedList];

    /// The name that clients use as `RecoveryScenario`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "MOBILE_VERIFICATION_ON_UPDATE",
            Self::VerifiedList => "MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
    }

    /// The attribute of the item that holds its claim.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Primary => "primaryClaim",
            Self::VerifiedList => "listClaim",
        }
    }
}
