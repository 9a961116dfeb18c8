//! Where the link of an e-mail leads: a page that takes the token out of the fragment, which no server is sent
//! (RFC 3986 §3.5) and which stands in no log.

use url::{Host, Url};

use crate::config::{ConfigError, Env, text};
use crate::messaging::http_client::Reach;

const SETTING: &str = "EMAIL_LINK_URL";

/// The page, to which `#code=<token>` is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkUrl(String);

impl LinkUrl {
    /// `EMAIL_LINK_URL`; None where it is empty, and messages carry codes.
    pub fn from_env(env: &Env<'_>, reach: Reach) -> Result<Option<Self>, ConfigError> {
        let text = text(env, SETTING, "");
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = Self::parse(&text, reach);
        parsed
            .map(Some)
            .map_err(|reason| ConfigError::new(SETTING, reason))
    }

    fn parse(text: &str, reach: Reach) -> Result<Self, &'static str> {
        // What is no part of a URL (RFC 3986 §2) would end the link where a mail program finds it in the text.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(NO_URL) {
            return Err("must be a URL without blanks, quotes and braces");
        }
        let url = Url::parse(text).map_err(|_| "is no URL")?;
        if url.fragment().is_some() {
            return Err("must not have a fragment: #code=… is put to it");
        }
        // A browser asks before it opens those, and whoever reads the link would have them.
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user or a password");
        }
        let local = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err("has no host"),
        };
        match (url.scheme(), reach) {
            ("https", _) => Ok(Self(text.to_owned())),
            ("http", Reach::Loopback) if local => Ok(Self(text.to_owned())),
            // The page would be anybody's on the way, and with it the token.
            _ => Err("must begin with https://"),
        }
    }

    /// With a token, whose characters need no encoding.
    pub fn with(&self, token: &str) -> String {
        format!("{}#code={token}", self.0)
    }
}

const NO_URL: [char; 9] = ['"', '\'', '<', '>', '\\', '^', '`', '{', '}'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_in_the_fragment() {
        for url in [
            "https://app.example/confirm",
            "https://app.example",
            "https://app.example:8443/a?b=c&d=%20",
            "https://10.0.0.1/",
        ] {
            let link = LinkUrl::parse(url, Reach::Public).unwrap().with("Abc123");
            assert_eq!(link, format!("{url}#code=Abc123"));
            assert_eq!(Url::parse(&link).unwrap().fragment(), Some("code=Abc123"));
        }
        for url in [
            "http://localhost:3000/",
            "http://127.0.0.1:9/x",
            "http://[::1]/",
        ] {
            assert!(LinkUrl::parse(url, Reach::Loopback).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (url, expected) in [
            ("http://app.example/", "must begin with https://"),
            ("http://localhost/", "must begin with https://"),
            ("javascript:alert(1)//x", "has no host"),
            (
                "https://app.example/#/confirm",
                "must not have a fragment: #code=… is put to it",
            ),
            (
                "https://app.example/#",
                "must not have a fragment: #code=… is put to it",
            ),
            (
                "https://user@app.example/",
                "must not hold a user or a password",
            ),
            ("app.example/confirm", "is no URL"),
            (
                "https://app.example/a b",
                "must be a URL without blanks, quotes and braces",
            ),
            (
                "https://app.example/\"x",
                "must be a URL without blanks, quotes and braces",
            ),
            (
                "https://app.example/{x}",
                "must be a URL without blanks, quotes and braces",
            ),
            (
                "https://bücher.example/",
                "must be a URL without blanks, quotes and braces",
            ),
            (
                "https://app.example/\r\nx",
                "must be a URL without blanks, quotes and braces",
            ),
        ] {
            let refused = LinkUrl::parse(url, Reach::Public).unwrap_err();
            assert_eq!(refused, expected, "{url}");
        }
        let elsewhere = LinkUrl::parse("http://app.example/", Reach::Loopback);
        assert_eq!(elsewhere, Err("must begin with https://"));
    }
}
