//! The pages of a sign-in: those of document 004 that are configured, and the hosted ones.

use url::{Host, Url};

use crate::config::{ConfigError, Env, flag, text};

/// Addresses that the application may send a browser to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginPages {
    /// `SMSOTPAuthenticationEndpointURL`: enter the code.
    pub authentication_endpoint: Option<String>,
    /// `SMSOTPAuthenticationEndpointErrorPage`
    pub error_page: Option<String>,
    /// `MobileNumberRegPage`: enter the number.
    pub mobile_number_reg_page: Option<String>,
    /// Whether this deployment serves pages of its own.
    pub hosted: bool,
}

impl LoginPages {
    /// `SMS_OTP_AUTHENTICATION_ENDPOINT_URL`, `SMS_OTP_AUTHENTICATION_ENDPOINT_ERROR_PAGE`, `MOBILE_NUMBER_REG_PAGE`
    /// (see [`is_of_a_page`], or empty), `HOSTED_PAGES`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            authentication_endpoint: page(env, "SMS_OTP_AUTHENTICATION_ENDPOINT_URL")?,
            error_page: page(env, "SMS_OTP_AUTHENTICATION_ENDPOINT_ERROR_PAGE")?,
            mobile_number_reg_page: page(env, "MOBILE_NUMBER_REG_PAGE")?,
            hosted: flag(env, "HOSTED_PAGES", true)?,
        })
    }
}

fn page(env: &Env<'_>, variable: &str) -> Result<Option<String>, ConfigError> {
    let url = text(env, variable, "");
    if url.is_empty() {
        return Ok(None);
    }
    let parsed = Url::parse(&url).ok().filter(is_of_a_page);
    let reason = "must be a URL of https (or of http on loopback) without a user, or empty";
    parsed.ok_or_else(|| ConfigError::new(variable, reason))?;
    Ok(Some(url))
}

/// Whether a browser may be sent there, and a form's policy can name it (CSP3 §2.3.1 knows no brackets of IPv6): https,
/// or http on loopback, a plain host, no user.
pub fn is_of_a_page(url: &Url) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    let host = url.host_str().unwrap_or_default();
    let safe = match url.scheme() {
        "https" => true,
        "http" => host == "localhost" || is_loopback(url),
        _ => false,
    };
    let nobody = url.username().is_empty() && url.password().is_none();
    safe && nobody && !host.is_empty() && host.bytes().all(plain)
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(address)) if address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_browser_may_be_sent() {
        for (url, good) in [
            ("https://app.example.com/smsotp?a=b", true),
            ("https://APP.example.com:8443", true),
            ("http://localhost:3000/", true),
            ("http://127.0.0.1:3000/", true),
            ("http://my.example.com/", false),
            ("http://[::1]:3000/", false),
            ("https://u:p@x.example/", false),
            ("https://u@x.example/", false),
            ("https://x;y/", false),
            ("https://a,b/", false),
            ("ftp://x.example/", false),
            ("javascript:alert(1)", false),
        ] {
            let parsed = Url::parse(url).unwrap();
            assert_eq!(is_of_a_page(&parsed), good, "{url}");
        }
    }
}
