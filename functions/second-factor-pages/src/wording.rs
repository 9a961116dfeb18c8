//! What there is to say on a page, in whatever language.

/// The texts of a language. In them `{app}` is the application's name, `{number}` a masked number, `{when}` one of the
/// last four.
#[derive(Debug)]
pub struct Texts {
    /// The heading of each page, and its title.
    pub title: &'static str,
    /// Stands before the title of a page that tells of a mistake.
    pub error: &'static str,
    pub sent: &'static str,
    pub code: &'static str,
    pub confirm: &'static str,
    pub resend: &'static str,
    pub resent: &'static str,
    pub number_asked: &'static str,
    pub number: &'static str,
    pub number_hint: &'static str,
    pub send: &'static str,
    pub number_open: &'static str,
    pub backup_open: &'static str,
    pub backup: &'static str,
    pub backup_asked: &'static str,
    pub unreadable: &'static str,
    pub wrong_code: &'static str,
    pub expired: &'static str,
    pub used_up: &'static str,
    pub exhausted: &'static str,
    pub wrong_backup: &'static str,
    pub wrong_number: &'static str,
    pub region: &'static str,
    pub locked: &'static str,
    pub cooldown: &'static str,
    pub cap_user: &'static str,
    pub cap_number: &'static str,
    pub cap_network: &'static str,
    pub cap_all: &'static str,
    pub unsent: &'static str,
    pub not_sent: &'static str,
    pub unreachable: &'static str,
    pub conflict: &'static str,
    pub switched_off: &'static str,
    pub bad: &'static str,
    pub unavailable: &'static str,
    pub broken: &'static str,
    pub unknown: &'static str,
    pub succeeded: &'static str,
    pub failed: &'static str,
    pub go_on: &'static str,
    pub support: &'static str,
    /// `{n}` is two or more in these, so that none needs a singular.
    pub seconds: &'static str,
    pub minutes: &'static str,
    pub hours: &'static str,
    pub later: &'static str,
}

impl Texts {
    /// How long to wait, rounded up to the largest unit that says enough.
    pub fn when(&self, seconds: Option<u64>) -> String {
        let (text, count) = match seconds {
            None => return self.later.to_owned(),
            Some(seconds @ ..90) => (self.seconds, seconds.max(2)),
            Some(seconds @ ..5400) => (self.minutes, seconds.div_ceil(60)),
            Some(seconds) => (self.hours, seconds.div_ceil(3600)),
        };
        text.replace("{n}", &count.to_string())
    }
}
