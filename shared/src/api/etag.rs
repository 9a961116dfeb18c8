//! `If-Match` and `If-None-Match` (RFC 9110 §13.1) on a user's entity tags, which are weak (RFC 7644 §3.14).
//! A tag is the user's version and a mark of what is pending: a change is bound to the version alone.

use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

use crate::api::error::Error;

/// What a client knows of the user that it asks for or changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

/// The tags of a header, without `W/` and quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    Any,
    These(Vec<String>),
}

impl Preconditions {
    pub fn of(headers: &HeaderMap) -> Self {
        Self {
            if_match: Tags::of(headers, &IF_MATCH),
            if_none_match: Tags::of(headers, &IF_NONE_MATCH),
        }
    }

    /// Whether the client has what it would be shown: 304. The whole tag counts.
    pub fn not_modified(&self, version: u64, tag: &str) -> Result<bool, Error> {
        self.same_version(version)?;
        let tag = opaque(tag);
        Ok(self.if_none_match.as_ref().is_some_and(|tags| match tags {
            Tags::Any => true,
            Tags::These(tags) => tags.iter().any(|one| one == tag),
        }))
    }

    /// Whether a user in this version may be changed.
    pub fn may_change(&self, version: u64) -> Result<(), Error> {
        self.same_version(version)?;
        match &self.if_none_match {
            Some(tags) if tags.have(version) => Err(Error::PreconditionFailed),
            _ => Ok(()),
        }
    }

    fn same_version(&self, version: u64) -> Result<(), Error> {
        match &self.if_match {
            Some(tags) if !tags.have(version) => Err(Error::PreconditionFailed),
            _ => Ok(()),
        }
    }
}

impl Tags {
    fn of(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        if !headers.contains_key(name) {
            return None;
        }
        let mut tags = Vec::new();
        for value in headers.get_all(name) {
            // What is not text is no tag of ours.
            let Ok(text) = value.to_str() else { continue };
            if text.trim() == "*" {
                return Some(Self::Any);
            }
            // None of our tags has a comma or a quote in it.
            let list = text.split(',').map(str::trim).filter(|tag| !tag.is_empty());
            tags.extend(list.map(|tag| opaque(tag).to_owned()));
        }
        Some(Self::These(tags))
    }

    /// Whether the version is among them, whatever was pending with it.
    fn have(&self, version: u64) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => {
                let version = version.to_string();
                let versions = tags
                    .iter()
                    .map(|tag| tag.split_once('-').map_or(tag.as_str(), |(v, _)| v));
                versions.into_iter().any(|one| one == version)
            }
        }
    }
}

/// A tag without `W/` and quotes; some clients leave the quotes out.
fn opaque(tag: &str) -> &str {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let unquoted = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    unquoted.unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &'static str) -> Preconditions {
        Preconditions::of(&HeaderMap::from_iter([(
            name,
            http::HeaderValue::from_static(value),
        )]))
    }

    /// What version 3 with something pending is to these.
    const TAG: &str = "W/\"3-0a1b2c3d\"";

    #[test]
    fn if_match_asks_for_the_version() {
        for (header, holds) in [
            ("W/\"3\"", true),
            ("\"3\"", true),
            ("3", true),
            ("W/\"3-ffffffff\"", true),
            (TAG, true),
            ("*", true),
            (" * ", true),
            ("W/\"1\", W/\"3\"", true),
            ("W/\"1\",\"2\"", false),
            ("W/\"4\"", false),
            ("W/\"33\"", false),
            ("W/\"\"", false),
            ("", false),
            ("\"", false),
            ("W/", false),
            ("nonsense", false),
        ] {
            let asked = with(IF_MATCH, header);
            assert_eq!(asked.may_change(3).is_ok(), holds, "{header}");
            assert_eq!(asked.not_modified(3, TAG).is_ok(), holds, "{header}");
        }
        assert!(Preconditions::default().may_change(3).is_ok());
    }

    #[test]
    fn if_none_match_compares_the_whole_tag_of_what_is_shown() {
        for (header, same) in [
            (TAG, true),
            ("\"3-0a1b2c3d\"", true),
            ("*", true),
            ("W/\"1\", W/\"3-0a1b2c3d\"", true),
            ("W/\"3\"", false),
            ("W/\"3-ffffffff\"", false),
            ("", false),
        ] {
            let asked = with(IF_NONE_MATCH, header);
            assert_eq!(asked.not_modified(3, TAG).unwrap(), same, "{header}");
        }
        assert!(!Preconditions::default().not_modified(3, TAG).unwrap());
    }

    #[test]
    fn if_none_match_forbids_a_change_of_that_version() {
        for (header, allowed) in [
            ("*", false),
            (TAG, false),
            ("W/\"3\"", false),
            ("W/\"2\"", true),
        ] {
            let asked = with(IF_NONE_MATCH, header);
            assert_eq!(asked.may_change(3).is_ok(), allowed, "{header}");
        }
    }

    #[test]
    fn what_is_no_text_is_no_tag() {
        let value = http::HeaderValue::from_bytes(b"\"\xff\"").unwrap();
        let asked = Preconditions::of(&HeaderMap::from_iter([(IF_MATCH, value)]));
        assert!(asked.may_change(3).is_err());
    }
}
