//! How providers on the web are reached: one HTTP client, https to public addresses only,
//! no redirects, no proxies, an answer's size bounded.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::{Body, Incoming};
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use hyper_util::client::legacy::Error as ClientError;
use ipnet::IpNet;
use url::{Host, Url};

use crate::config::{ConfigError, Env};
use crate::messaging::message::SendError;
use crate::platform::http::{Caller, Connect};
use crate::platform::{Platform, tls};

const CONNECT: Duration = Duration::from_secs(5);

/// Bytes of an answer that are read; a provider's answer to one message is far smaller.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Which addresses may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public ones, by https.
    Public,
    /// This machine as well, by http too: the local server.
    Loopback,
}

impl Reach {
    /// The local server's where messages go to its inbox.
    pub fn of(platform: &Platform) -> Self {
        match platform.outbox {
            Some(_) => Self::Loopback,
            None => Self::Public,
        }
    }
}

/// The client of every provider on the web.
#[derive(Clone, Debug)]
pub struct HttpClient {
    caller: Arc<Caller>,
    reach: Reach,
}

/// What is asked.
pub struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<String>,
}

impl Request {
    pub fn new(method: Method, url: Url) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        Self {
            method,
            url,
            headers,
            body: None,
        }
    }

    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    pub fn body_mut(&mut self) -> &mut Option<String> {
        &mut self.body
    }

    /// As it is sent; None where the URL cannot be.
    fn encoded(self) -> Option<hyper::Request<SdkBody>> {
        let body = self.body.map_or_else(SdkBody::empty, SdkBody::from);
        let mut request = hyper::Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.url.as_str().parse().ok()?;
        *request.headers_mut() = self.headers;
        Some(request)
    }
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    /// Whether its `Content-Type` says that the body is JSON.
    pub says_json: bool,
    pub body: String,
}

impl HttpClient {
    /// Mozilla's roots, or those of `SSL_CERT_FILE`.
    pub fn from_env(env: &Env<'_>, reach: Reach) -> Result<Self, ConfigError> {
        let tls = tls::config(env, |roots| {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            Ok(())
        })?;
        let allowed = match reach {
            Reach::Public => is_public,
            Reach::Loopback => |ip: IpAddr| is_public(ip) || ip.is_loopback(),
        };
        // A function sleeps between requests: a connection that was kept may have died meanwhile, which shows only when
        // a message was written to it, and a message is not sent twice.
        let caller = Connect::secure(tls, allowed).caller(Some(CONNECT), 0);
        Ok(Self {
            caller: Arc::new(caller),
            reach,
        })
    }

    /// An address that may be called, or why not.
    pub fn address(&self, text: &str) -> Result<Url, &'static str> {
        allowed(text, self.reach)
    }

    /// Asks once. Where no connection came about, the request has not left (`Unavailable`); whatever breaks later
    /// leaves open what became of it (`Unknown`).
    pub async fn call(&self, request: Request) -> Result<Answer, SendError> {
        let unsent = || SendError::Unavailable("no request".into());
        let request = request.encoded().ok_or_else(unsent)?;
        let response = self.caller.request(request).await;
        let response = response.map_err(|error| unanswered(&error))?;
        let status = response.status();
        let says_json = response.headers().get(CONTENT_TYPE).is_some_and(is_json);
        let body = match read(response.into_body()).await {
            Ok(body) => body,
            // A refusal is one, whatever was to follow its status.
            Err(_) if status.is_client_error() => String::new(),
            Err(broken) => return Err(broken),
        };
        Ok(Answer {
            status,
            says_json,
            body,
        })
    }
}

async fn read(mut answer: Incoming) -> Result<String, SendError> {
    let mut body = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut answer).poll_frame(context)).await {
        let frame = frame.map_err(|_| SendError::Unknown(BROKE.into()))?;
        if let Some(chunk) = frame.data_ref() {
            body.extend_from_slice(chunk);
        }
        if body.len() > LARGEST_ANSWER {
            return Err(SendError::Unknown("an answer of endless length".into()));
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

const BROKE: &str = "the connection broke";

/// `application/json`, or a kind of it such as `application/problem+json`.
fn is_json(content_type: &HeaderValue) -> bool {
    let text = content_type.to_str().unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    media_type.ends_with("/json") || media_type.ends_with("+json")
}

/// Only the kind of an error goes on: its text may tell where a message was to go.
fn unanswered(error: &ClientError) -> SendError {
    // A connection that took too long is one that did not come about.
    if error.is_connect() {
        SendError::Unavailable("no connection".into())
    } else {
        SendError::Unknown(BROKE.into())
    }
}

impl SendError {
    /// What a status of HTTP says where the provider's own answer says no more.
    pub(super) fn of_status(status: StatusCode, said: String) -> Self {
        match status.as_u16() {
            401 | 403 => Self::Unauthorized(said),
            429 => Self::Throttled(said),
            // RFC 9110 §15.5.9: it gave up on a request of which it may have had all. §15.6: it failed to fulfil a
            // request that may have been valid, or its own gateway did; either may have done some of it.
            408 | 500.. => Self::Unknown(said),
            _ => Self::Rejected(said),
        }
    }
}

/// RFC 7617; None where it is no header value.
pub fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    let credentials = STANDARD.encode(format!("{user}:{password}"));
    let mut value = HeaderValue::try_from(format!("Basic {credentials}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn allowed(text: &str, reach: Reach) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is no URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user or a password");
    }
    let local = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => return Err("has no host"),
    };
    let public = match url.host() {
        Some(Host::Ipv4(ip)) => is_public(ip.into()),
        Some(Host::Ipv6(ip)) => is_public(ip.into()),
        _ => !local,
    };
    match (url.scheme(), reach) {
        ("http" | "https", Reach::Loopback) if local => Ok(url),
        ("https", _) if public => Ok(url),
        ("https", _) => Err("must not lead to a private, loopback or link-local address"),
        _ => Err("must begin with https://"),
    }
}

/// Whether an address is one of the public internet, by IANA's registries of special-purpose addresses
/// (RFC 6890) and of the IPv6 space that is given out (RFC 4291 §2.4: 2000::/3).
fn is_public(ip: IpAddr) -> bool {
    static SPECIAL: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
        [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ]
        .into_iter()
        .filter_map(|net| net.parse().ok())
        .collect()
    });
    static GIVEN_OUT: LazyLock<Option<IpNet>> = LazyLock::new(|| "2000::/3".parse().ok());
    let ip = match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    };
    let given_out = |v6: Ipv6Addr| {
        GIVEN_OUT
            .as_ref()
            .is_some_and(|net| net.contains(&IpAddr::V6(v6)))
    };
    let general = match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(v6) => given_out(v6),
    };
    general && !SPECIAL.iter().any(|net| net.contains(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_by_https() {
        for url in [
            "https://api.example.com/v1?a=b",
            "https://8.8.8.8/",
            "https://[2606:4700::1]:8443/x",
        ] {
            assert!(allowed(url, Reach::Public).is_ok(), "{url}");
        }
        for url in [
            "http://api.example.com/",
            "ftp://api.example.com/",
            "https://user:secret@api.example.com/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://localhost/",
            "https://localhost./",
            "https://gateway.localhost/",
            "https://10.1.2.3/",
            "https://172.31.0.1/",
            "https://192.168.0.1/",
            "https://100.64.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://0.0.0.0/",
            "https://[::]/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://[fe80::1]/",
            "https://[fd00:ec2::254]/",
            "https://[2002:0a00:0001::]/",
            "data:text/plain,x",
            "api.example.com",
        ] {
            assert!(allowed(url, Reach::Public).is_err(), "{url}");
        }
    }

    #[test]
    fn the_local_server_reaches_this_machine_and_nothing_else_of_the_kind() {
        for url in [
            "http://127.0.0.1:9/x",
            "http://localhost:9/x",
            "http://[::1]:9/",
            "https://api.example.com/",
        ] {
            assert!(allowed(url, Reach::Loopback).is_ok(), "{url}");
        }
        for url in [
            "http://api.example.com/",
            "http://10.0.0.1/",
            "https://169.254.169.254/",
        ] {
            assert!(allowed(url, Reach::Loopback).is_err(), "{url}");
        }
    }

    #[test]
    fn what_says_that_it_is_json() {
        for (text, expected) in [
            ("application/json", true),
            ("Application/JSON ; charset=utf-8", true),
            ("application/problem+json", true),
            ("text/json", true),
            ("application/json-seq", false),
            ("text/plain; a=/json", false),
            ("", false),
        ] {
            assert_eq!(is_json(&HeaderValue::from_static(text)), expected, "{text}");
        }
    }

    /// The client itself asks nobody else about names, whatever it is given.
    #[tokio::test]
    async fn the_client_calls_no_name_that_leads_to_this_machine() {
        for (reach, called) in [(Reach::Public, false), (Reach::Loopback, true)] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let http = HttpClient::from_env(&|_: &str| None, reach).unwrap();
            let url = Url::parse(&format!("http://localhost:{port}/")).unwrap();
            let request = Request::new(Method::GET, url);
            let answer = async {
                let (stream, _) = listener.accept().await.unwrap();
                drop(stream);
            };
            tokio::select! {
                result = http.call(request) => assert!(result.is_err()),
                () = answer => assert!(called, "{reach:?}"),
            }
        }
    }
}
