//! The pages of a sign-in: those of document 004 that are configured, and the hosted ones.

use url::Url;

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
    /// (absolute URLs of http or https, or empty), `HOSTED_PAGES`.
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
    let parsed = Url::parse(&url).ok();
    let good = parsed.filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    good.ok_or_else(|| ConfigError::new(variable, "must be an https URL, or empty"))?;
    Ok(Some(url))
}
