//! How often there was what the test is about.

use std::collections::BTreeMap;

use shared::address::Channel;

/// Answers that are counted.
const ANSWERS: [&str; 16] = [
    "400 18002",
    "403 VRF-40301",
    "409 VRF-40901",
    "429 17003",
    "429 VRF-42900",
    "429 VRF-42901",
    "429 VRF-42902",
    "429 VRF-42903",
    "429 VRF-42904",
    "429 VRF-42905",
    "502 VRF-50200",
    "502 VRF-50201",
    "400 18001",
    "400 UMV-10002 invalidValue",
    "400 UEV-10003 invalidValue",
    "409 VRF-40900",
];

/// What there must have been.
pub const WANTED: [&str; 13] = [
    "text messages",
    "e-mails",
    "numbers verified",
    "addresses verified",
    "links opened",
    "deleted",
    "failed sends",
    "400 18001",
    "400 UMV-10002 invalidValue",
    "400 UEV-10003 invalidValue",
    "429 17003",
    "429 VRF-42901",
    "429 VRF-42903",
];

/// How often there was what the test is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally(pub BTreeMap<&'static str, usize>);

impl Tally {
    pub fn add(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub fn message(&mut self, channel: Channel) {
        self.add(match channel {
            Channel::Sms => "text messages",
            Channel::Email => "e-mails",
        });
    }

    pub fn verified(&mut self, channel: Channel, by_link: bool) {
        self.add(match channel {
            Channel::Sms => "numbers verified",
            Channel::Email => "addresses verified",
        });
        if by_link {
            self.add("links opened");
        }
    }

    pub fn answer(&mut self, gist: &str) {
        if let Some(known) = ANSWERS.iter().find(|known| **known == gist) {
            self.add(known);
        }
    }

    pub fn join(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }
}
