//! How far a sign-in is, by the challenges that Cognito has seen answered; pure.

use serde::Deserialize;
use shared::verification::flow::FlowId;

/// The name of every challenge that a trigger makes.
pub const CUSTOM: &str = "CUSTOM_CHALLENGE";

/// By these Cognito itself compared the password.
const PASSWORD: [&str; 2] = ["PASSWORD_VERIFIER", "ADMIN_NO_SRP_AUTH"];

/// In front of the flow's id in a challenge's metadata.
const METADATA: &str = "SMS_OTP:";

/// A challenge and how it was answered.
#[derive(Deserialize)]
pub struct Challenge {
    #[serde(rename = "challengeName")]
    name: Option<String>,
    #[serde(rename = "challengeResult")]
    result: Option<bool>,
    /// What `create` called it: Cognito hands it to the triggers, and not to clients.
    #[serde(rename = "challengeMetadata")]
    metadata: Option<String>,
}

/// How far a sign-in is.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// SRP has begun: the password is to be proved.
    Srp,
    /// The password is proved, and nothing was asked beside it.
    Password,
    /// The last of so many answers proved nothing. The flow's id; None where it is nobody's.
    Unproved {
        answers: usize,
        flow: Option<FlowId>,
    },
    /// The second factor is proved, too.
    Proved,
    /// Without a password, or with a challenge of Cognito that failed: nobody gets any further.
    Over,
}

impl Challenge {
    fn is_custom(&self) -> bool {
        self.name.as_deref() == Some(CUSTOM)
    }

    fn is_passed(&self) -> bool {
        self.result == Some(true)
    }

    fn is_named(&self, names: &[&str]) -> bool {
        let name = self.name.as_deref();
        name.is_some_and(|name| names.contains(&name))
    }
}

impl Progress {
    /// A code alone lets nobody in: what comes before the first challenge of ours must hold a proved password.
    pub fn of(session: &[Challenge]) -> Self {
        let (ours, cognitos): (Vec<&Challenge>, Vec<&Challenge>) =
            session.iter().partition(|one| one.is_custom());
        if cognitos.iter().any(|one| !one.is_passed()) {
            return Self::Over;
        }
        let mut before = session.iter().take_while(|one| !one.is_custom());
        if !before.any(|one| one.is_named(&PASSWORD)) {
            return match session {
                [only] if only.is_named(&["SRP_A"]) => Self::Srp,
                _ => Self::Over,
            };
        }
        match ours.last() {
            None => Self::Password,
            Some(last) if last.is_passed() => Self::Proved,
            Some(last) => Self::Unproved {
                answers: ours.len(),
                flow: last.metadata.as_deref().and_then(flow),
            },
        }
    }
}

/// What a challenge of this flow is called.
pub fn metadata(flow: Option<&FlowId>) -> String {
    let id = flow.map(FlowId::expose).unwrap_or_default();
    format!("{METADATA}{id}")
}

fn flow(metadata: &str) -> Option<FlowId> {
    FlowId::parse(metadata.strip_prefix(METADATA)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SRP_A+` is one that was passed, `CUSTOM_CHALLENGE-` one that was not.
    fn progress(session: &str) -> Progress {
        let challenges = session.split_whitespace().map(|one| {
            let (name, result) = one.split_at(one.len() - 1);
            Challenge {
                name: Some(name.to_owned()),
                result: Some(result == "+"),
                metadata: Some(metadata(None)),
            }
        });
        Progress::of(&challenges.collect::<Vec<_>>())
    }

    fn unproved(answers: usize) -> Progress {
        Progress::Unproved {
            answers,
            flow: None,
        }
    }

    #[test]
    fn the_password_comes_first_and_whatever_failed_stays_failed() {
        for (session, expected) in [
            ("", Progress::Over),
            ("SRP_A+", Progress::Srp),
            ("SRP_A-", Progress::Over),
            ("SRP_A+ SRP_A+", Progress::Over),
            ("SRP_A+ PASSWORD_VERIFIER+", Progress::Password),
            ("PASSWORD_VERIFIER+", Progress::Password),
            ("ADMIN_NO_SRP_AUTH+", Progress::Password),
            ("SRP_A+ PASSWORD_VERIFIER-", Progress::Over),
            ("SRP_A+ PASSWORD_VERIFIER+ SMS_MFA+", Progress::Password),
            ("SRP_A+ PASSWORD_VERIFIER+ SMS_MFA-", Progress::Over),
            (
                "PASSWORD_VERIFIER+ DEVICE_SRP_AUTH+ DEVICE_PASSWORD_VERIFIER+ CUSTOM_CHALLENGE+",
                Progress::Proved,
            ),
            (
                "SRP_A+ PASSWORD_VERIFIER+ CUSTOM_CHALLENGE+",
                Progress::Proved,
            ),
            ("PASSWORD_VERIFIER+ CUSTOM_CHALLENGE-", unproved(1)),
            (
                "PASSWORD_VERIFIER+ CUSTOM_CHALLENGE- CUSTOM_CHALLENGE+",
                Progress::Proved,
            ),
            (
                "PASSWORD_VERIFIER+ CUSTOM_CHALLENGE+ CUSTOM_CHALLENGE-",
                unproved(2),
            ),
            ("CUSTOM_CHALLENGE+", Progress::Over),
            ("SRP_A+ CUSTOM_CHALLENGE+", Progress::Over),
            ("CUSTOM_CHALLENGE+ PASSWORD_VERIFIER+", Progress::Over),
            ("SMS_MFA+ CUSTOM_CHALLENGE+", Progress::Over),
            (
                "DEVICE_PASSWORD_VERIFIER+ CUSTOM_CHALLENGE+",
                Progress::Over,
            ),
            (
                "PASSWORD_VERIFIER+ CUSTOM_CHALLENGE+ SMS_MFA-",
                Progress::Over,
            ),
        ] {
            assert_eq!(progress(session), expected, "{session}");
        }
    }

    #[test]
    fn a_challenge_is_called_by_its_flow() {
        let id = FlowId::parse(&"a".repeat(32)).unwrap();
        assert!(flow(&metadata(Some(&id))) == Some(id));
        assert!(flow(&metadata(None)).is_none());
        assert!(flow(&"a".repeat(32)).is_none());
    }
}
