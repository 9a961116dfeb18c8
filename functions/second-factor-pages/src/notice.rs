//! What a page says of the step before. It comes in the address that the step redirects to, since there are no cookies:
//! a word of a closed list, and for what ends by itself a time. No text of it is ever shown.

use shared::api::error::Error;
use shared::challenge::issue::IssueError;
use shared::challenge::login::LoginError;
use shared::clock::Timestamp;
use shared::messaging::message::SendError;
use shared::verification::limits::{Cap, Refusal};
use url::form_urlencoded;

use crate::wording::Texts;

/// Milliseconds until which a time is believed: a year.
const LONGEST: i64 = 366 * 24 * 60 * 60 * 1000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another code is on its way; the others are all failures.
    Resent,
    Unreadable,
    WrongCode,
    WrongBackupCode,
    WrongNumber,
    Region,
    Locked,
    Cooldown,
    CapOfUser,
    CapOfNumber,
    CapOfNetwork,
    CapOfAll,
    Unsent,
    NotSent,
    Unreachable,
    Conflict,
}

/// The field that a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Code,
    BackupCode,
    Number,
}

/// A row a kind: its word in the address.
const WORDS: [(Kind, &str); 16] = [
    (Kind::Resent, "resent"),
    (Kind::Unreadable, "unreadable"),
    (Kind::WrongCode, "code"),
    (Kind::WrongBackupCode, "backup"),
    (Kind::WrongNumber, "number"),
    (Kind::Region, "region"),
    (Kind::Locked, "locked"),
    (Kind::Cooldown, "cooldown"),
    (Kind::CapOfUser, "user"),
    (Kind::CapOfNumber, "sends"),
    (Kind::CapOfNetwork, "network"),
    (Kind::CapOfAll, "all"),
    (Kind::Unsent, "unsent"),
    (Kind::NotSent, "gateway"),
    (Kind::Unreachable, "unreachable"),
    (Kind::Conflict, "conflict"),
];

impl Kind {
    /// None: it is about no field.
    pub fn field(self) -> Option<Field> {
        match self {
            Self::Unreadable | Self::WrongCode => Some(Field::Code),
            Self::WrongBackupCode => Some(Field::BackupCode),
            Self::WrongNumber | Self::Region | Self::Unreachable => Some(Field::Number),
            _ => None,
        }
    }

    /// It ends by itself: a page that is loaded again later does not say it any more.
    fn ends(self) -> bool {
        matches!(
            self,
            Self::Locked
                | Self::Cooldown
                | Self::CapOfUser
                | Self::CapOfNumber
                | Self::CapOfNetwork
                | Self::CapOfAll
                | Self::Unsent
        )
    }

    fn text(self, texts: &Texts) -> &'static str {
        match self {
            Self::Resent => texts.resent,
            Self::Unreadable => texts.unreadable,
            Self::WrongCode => texts.wrong_code,
            Self::WrongBackupCode => texts.wrong_backup,
            Self::WrongNumber => texts.wrong_number,
            Self::Region => texts.region,
            Self::Locked => texts.locked,
            Self::Cooldown => texts.cooldown,
            Self::CapOfUser => texts.cap_user,
            Self::CapOfNumber => texts.cap_number,
            Self::CapOfNetwork => texts.cap_network,
            Self::CapOfAll => texts.cap_all,
            Self::Unsent => texts.unsent,
            Self::NotSent => texts.not_sent,
            Self::Unreachable => texts.unreachable,
            Self::Conflict => texts.conflict,
        }
    }
}

/// What a page says of the step before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    pub kind: Kind,
    until: Option<Timestamp>,
}

impl From<Kind> for Notice {
    fn from(kind: Kind) -> Self {
        Self { kind, until: None }
    }
}

impl Notice {
    fn until(kind: Kind, until: Timestamp) -> Self {
        Self {
            kind,
            until: Some(until),
        }
    }

    /// Of a step that was not done; the error where it is not one that the next try on the same page may mend.
    pub fn of(error: LoginError) -> Result<Self, Error> {
        use shared::address::numbering::PhoneNumberError;
        match error {
            LoginError::Number(PhoneNumberError::Region) => Ok(Kind::Region.into()),
            LoginError::Number(_) => Ok(Kind::WrongNumber.into()),
            LoginError::NotIssued(IssueError::Refused(refusal)) => Ok(Self::of_refusal(&refusal)),
            LoginError::NotIssued(IssueError::NotSent(SendError::Refused(..))) => {
                Ok(Kind::Unreachable.into())
            }
            LoginError::NotIssued(IssueError::NotSent(_)) => Ok(Kind::NotSent.into()),
            LoginError::NotIssued(IssueError::Lost) => Ok(Kind::Conflict.into()),
            other => Err(other.into()),
        }
    }

    fn of_refusal(refusal: &Refusal) -> Self {
        match *refusal {
            // Codes of a sign-in go to numbers alone.
            Refusal::Region | Refusal::Domain => Kind::Region.into(),
            Refusal::Locked { until } => Self::until(Kind::Locked, until),
            Refusal::Cooldown { until } => Self::until(Kind::Cooldown, until),
            Refusal::Capped { until, cap } => {
                let kind = match cap {
                    Cap::User => Kind::CapOfUser,
                    Cap::Number => Kind::CapOfNumber,
                    Cap::Address | Cap::Lookups => Kind::CapOfNetwork,
                    Cap::Deployment => Kind::CapOfAll,
                    Cap::Unsent => Kind::Unsent,
                };
                Self::until(kind, until)
            }
        }
    }

    /// The query of the address: `e=cooldown&t=1795262290`, the time in seconds since 1970.
    pub fn query(self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let word = WORDS.iter().find(|(kind, _)| *kind == self.kind);
        query.append_pair("e", word.map_or("", |(_, word)| *word));
        if let Some(until) = self.until {
            // Not a moment too early.
            let seconds = until.millis().saturating_add(999) / 1000;
            query.append_pair("t", &seconds.to_string());
        }
        query.finish()
    }

    /// Reads such a query; None where it says nothing that holds now.
    pub fn read(word: Option<&str>, time: Option<&str>, now: Timestamp) -> Option<Self> {
        let (kind, _) = WORDS.iter().find(|(_, known)| Some(*known) == word)?;
        let seconds = time.and_then(|time| time.parse::<i64>().ok());
        let until = seconds.and_then(|seconds| seconds.checked_mul(1000));
        let until = until.map(Timestamp::from_millis);
        if !kind.ends() {
            return Some((*kind).into());
        }
        let until = until.filter(|until| until.millis() < now.millis().saturating_add(LONGEST));
        match until {
            Some(until) if until <= now => None,
            until => Some(Self { kind: *kind, until }),
        }
    }

    pub fn is_failure(self) -> bool {
        self.kind != Kind::Resent
    }

    /// The sentence, with how long to wait.
    pub fn text(self, texts: &Texts, now: Timestamp) -> String {
        let text = self.kind.text(texts);
        let seconds = self.until.map(|until| now.seconds_until(until));
        text.replace("{when}", &texts.when(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn read(query: &str, now: Timestamp) -> Option<Notice> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let of = |name: &str| {
            let mut pairs = pairs.iter();
            pairs
                .find(|(one, _)| one == name)
                .map(|(_, value)| value.as_str())
        };
        Notice::read(of("e"), of("t"), now)
    }

    #[test]
    fn every_kind_comes_back_from_its_address() {
        for (kind, word) in WORDS {
            let notice = if kind.ends() {
                Notice::until(kind, at(130))
            } else {
                kind.into()
            };
            assert_eq!(read(&notice.query(), at(100)), Some(notice), "{word}");
        }
        let words: std::collections::BTreeSet<&str> = WORDS.iter().map(|(_, word)| *word).collect();
        assert_eq!(words.len(), WORDS.len());
    }

    #[test]
    fn what_is_no_word_of_the_list_says_nothing() {
        for query in [
            "",
            "e=",
            "e=<script>",
            "e=CODE",
            "e=code,code",
            "t=130",
            "f=code",
        ] {
            assert_eq!(read(query, at(100)), None, "{query}");
        }
    }

    #[test]
    fn a_time_is_told_until_it_is_over() {
        let english = texts::of("en");
        let said = |query: &str| Some(read(query, at(100))?.text(english, at(100)));
        let cooldown =
            |when: &str| Some(format!("A code was sent a moment ago. Try again {when}."));
        for (time, text) in [
            ("130", cooldown("in 30 seconds")),
            ("101", cooldown("in 2 seconds")),
            ("100", None),
            ("-5", None),
            ("1000", cooldown("in 15 minutes")),
            ("10000", cooldown("in 3 hours")),
            ("99999999999", cooldown("later")),
            ("9223372036854775807", cooldown("later")),
            ("soon", cooldown("later")),
        ] {
            assert_eq!(said(&format!("e=cooldown&t={time}")), text, "{time}");
        }
    }
}
