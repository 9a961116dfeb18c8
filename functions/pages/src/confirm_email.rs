//! `/ui/confirm-email`: the page that a link in an e-mail leads to. It shows what is to be confirmed, and its script asks
//! the API after a click; the page itself knows no token, since a fragment is not sent.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use shared::config::{ConfigError, Env, required, text};

use crate::content::Content;
use crate::language::{self, LANGUAGES};
use crate::texts::{TEXTS, Texts};

/// What a deployment puts into the page.
#[derive(Debug)]
pub struct ConfirmEmail {
    app_name: String,
    /// Where people get help; empty for nowhere.
    support_url: String,
    style: String,
    policy: String,
}

impl ConfirmEmail {
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let support_url = text(env, "SUPPORT_URL", "");
        if !support_url.is_empty() && !support_url.starts_with("https://") {
            return Err(ConfigError::new("SUPPORT_URL", "must begin with https://"));
        }
        let style = style(env)?;
        Ok(Self {
            app_name: required(env, "APP_NAME")?,
            support_url,
            policy: policy(&style),
            style,
        })
    }

    /// The page in the language that is wanted most.
    pub fn page(&self, accept_language: &str) -> Option<Content> {
        let place = language::wanted(accept_language);
        let (language, texts) = (LANGUAGES.get(place)?, TEXTS.get(place)?);
        let page = Page {
            language,
            direction: language::direction(language),
            texts,
            question: texts.question.replace("{app}", &self.app_name),
            support_url: &self.support_url,
            style: &self.style,
        };
        let html = page.render().ok()?;
        Some(Content::page(&html, language, &self.policy))
    }
}

#[derive(Template)]
#[template(path = "confirm-email.html")]
struct Page<'a> {
    language: &'a str,
    direction: &'a str,
    texts: &'a Texts,
    question: String,
    support_url: &'a str,
    style: &'a str,
}

/// Nothing but what the page brings, and its own colour by the hash of its style.
fn policy(style: &str) -> String {
    let style = STANDARD.encode(Sha256::digest(style.as_bytes()));
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{style}'; connect-src 'self'; \
         img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'"
    )
}

/// The accent colour, and black or white upon it, whichever is read more easily.
fn style(env: &Env<'_>) -> Result<String, ConfigError> {
    let accent = text(env, "ACCENT_COLOR", "#0b57d0");
    let colour = accent.strip_prefix('#').filter(|digits| digits.len() == 6);
    let colour = colour.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(colour) = colour else {
        let reason = "must be a colour such as #0b57d0";
        return Err(ConfigError::new("ACCENT_COLOR", reason));
    };
    let upon = if luminance(colour) > DIVIDE {
        "#000"
    } else {
        "#fff"
    };
    Ok(format!(
        ":root{{--mv-accent:#{colour:06x};--mv-on-accent:{upon}}}"
    ))
}

/// Where black and white have the same contrast: `sqrt(1.05 * 0.05) - 0.05`.
const DIVIDE: f64 = 0.179;

/// Relative luminance, <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>.
fn luminance(colour: u32) -> f64 {
    let [_, red, green, blue] = colour.to_be_bytes().map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.040_45 {
            channel / 12.92
        } else {
            ((channel + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}
