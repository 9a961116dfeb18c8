//! Where a browser may be sent once a flow has ended: an address that the deployment allows, whole segments of it.

use percent_encoding::percent_decode_str;
use shared::api::login_pages::is_of_a_page;
use shared::config::{ConfigError, Env, text};
use url::Url;

/// Characters of an address that is looked at.
const LONGEST: usize = 2_048;

/// The beginnings that an address may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReturnUrls(Vec<Url>);

impl ReturnUrls {
    /// `ALLOWED_RETURN_URLS`: URLs of https, or of http on loopback, separated by commas, without query, fragment
    /// or user; empty: no address is allowed.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let variable = "ALLOWED_RETURN_URLS";
        let list = text(env, variable, "");
        if list.is_empty() {
            return Ok(Self::default());
        }
        let entries = list.split(',').map(entry).collect::<Option<Vec<_>>>();
        entries.map(Self).ok_or_else(|| {
            let reason = "must be URLs of https (or of http on loopback), separated by commas, \
                          without query, fragment or user";
            ConfigError::new(variable, reason)
        })
    }

    /// An address as it will be sent to, without a `flowId` of its own; None where it is not allowed.
    pub fn allowed(&self, spelled: &str) -> Option<String> {
        let url = parsed(spelled)?;
        self.0
            .iter()
            .any(|entry| begins_with(&url, entry))
            .then(|| without_flow(url).into())
    }
}

fn entry(text: &str) -> Option<Url> {
    let url = parsed(text)?;
    let whole = url.query().is_none() && url.fragment().is_none();
    (whole && is_of_a_page(&url)).then_some(url)
}

/// What browsers read in other ways than a parser of RFC 3986 is refused before it is parsed: blanks, control
/// characters, backslashes, a user part, no scheme.
fn parsed(text: &str) -> Option<Url> {
    let strange = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.len() > LONGEST || text.contains(strange) || !text.contains("://") {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let authority = text.split_once("://")?.1;
    let authority = authority.split(['/', '?', '#']).next()?;
    let plain = !authority.contains('@') && url.username().is_empty() && url.password().is_none();
    (plain && url.has_host() && !climbs(url.path())).then_some(url)
}

/// Whether a server that decodes before it looks for segments would leave the path's beginning.
fn climbs(path: &str) -> bool {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    decoded.split(['/', '\\']).any(|segment| segment == "..")
}

fn begins_with(url: &Url, entry: &Url) -> bool {
    let same = url.scheme() == entry.scheme()
        && url.host() == entry.host()
        && url.port_or_known_default() == entry.port_or_known_default();
    let prefix = entry.path();
    let rest = url.path().strip_prefix(prefix);
    same && rest
        .is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/'))
}

fn without_flow(mut url: Url) -> Url {
    if url.query_pairs().any(|(name, _)| name == "flowId") {
        let others: Vec<_> = url
            .query_pairs()
            .filter(|(name, _)| name != "flowId")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        if !others.is_empty() {
            url.query_pairs_mut().extend_pairs(others);
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<ReturnUrls, ConfigError> {
        let text = text.to_owned();
        ReturnUrls::from_env(&move |_: &str| Some(text.clone()))
    }

    #[test]
    fn an_address_begins_with_an_entry_in_whole_segments() {
        let allowed =
            list("https://app.example.com/in,http://127.0.0.1:8080/,https://b.example").unwrap();
        for (url, sent_to) in [
            (
                "https://app.example.com/in",
                Some("https://app.example.com/in"),
            ),
            (
                "https://app.example.com/in/",
                Some("https://app.example.com/in/"),
            ),
            (
                "https://APP.example.com:443/in/a?b=c#d",
                Some("https://app.example.com/in/a?b=c#d"),
            ),
            (
                "https://app.example.com/in?x",
                Some("https://app.example.com/in?x"),
            ),
            (
                "https://app.example.com/x/../in/y",
                Some("https://app.example.com/in/y"),
            ),
            (
                "https://app.example.com/in?flowId=evil&a=b",
                Some("https://app.example.com/in?a=b"),
            ),
            (
                "https://app.example.com/in?flowId=1",
                Some("https://app.example.com/in"),
            ),
            ("http://127.0.0.1:8080/x", Some("http://127.0.0.1:8080/x")),
            (
                "https://b.example/any/where",
                Some("https://b.example/any/where"),
            ),
            ("https://app.example.com/inside", None),
            ("https://app.example.com/", None),
            ("https://app.example.com/in/../out", None),
            ("https://app.example.com/in/%2e%2e/out", None),
            ("https://app.example.com/in/%2E./out", None),
            ("https://app.example.com/in/..%2fout", None),
            ("https://app.example.com/in/%2e%2e%5cout", None),
            ("http://app.example.com/in", None),
            ("https://app.example.com:444/in", None),
            ("https://app.example.com.evil.example/in", None),
            ("https://app.example.com@evil.example/in", None),
            ("https://@app.example.com/in", None),
            ("https://me:it@app.example.com/in", None),
            ("https:\\\\app.example.com/in", None),
            ("https://app.example.com\\@evil.example/in", None),
            ("https://app.example.com/in\r\nx", None),
            (" https://app.example.com/in", None),
            ("//app.example.com/in", None),
            ("/in", None),
            ("app.example.com/in", None),
            ("javascript://app.example.com/in", None),
            ("https:app.example.com/in", None),
            ("http://127.0.0.1:8081/x", None),
            ("", None),
        ] {
            assert_eq!(allowed.allowed(url).as_deref(), sent_to, "{url}");
        }
        let long = format!("https://b.example/{}", "a".repeat(LONGEST));
        assert_eq!(allowed.allowed(&long), None);
        assert_eq!(list("").unwrap().allowed("https://b.example/"), None);
    }

    #[test]
    fn an_entry_that_says_too_much_or_too_little_stops_the_start() {
        for wrong in [
            "app.example.com",
            "https://a.example/?q",
            "https://a.example/#f",
            "https://me@a.example/",
            "http://a.example/",
            "ftp://a.example/",
            "https://a.example/,",
            "https://a.example/, https://b.example/",
            "https://a.example/..%2f",
            // No policy of a form can name it.
            "http://[::1]/",
            "https://a;b/",
        ] {
            assert_eq!(
                list(wrong).unwrap_err().variable,
                "ALLOWED_RETURN_URLS",
                "{wrong}"
            );
        }
        for good in [
            "https://a.example",
            "http://localhost:3000/cb",
            "http://127.0.0.1:3000/",
        ] {
            assert!(list(good).is_ok(), "{good}");
        }
    }
}
