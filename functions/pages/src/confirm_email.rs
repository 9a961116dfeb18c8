//! `/ui/confirm-email`: the page that a link in an e-mail leads to. It shows what is to be confirmed, and its script asks
//! the API after a click; the page itself knows no token, since a fragment is not sent.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use shared::appearance::Appearance;
use shared::config::{ConfigError, Env};
use shared::language::{LANGUAGES, Language, wanted};

use crate::content::Content;
use crate::texts::{TEXTS, Texts};

/// What a deployment puts into the page.
#[derive(Debug)]
pub struct ConfirmEmail {
    appearance: Appearance,
    style: String,
    policy: String,
}

impl ConfirmEmail {
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let appearance = Appearance::from_env(env)?;
        let style = appearance.style();
        Ok(Self {
            policy: policy(&style),
            style,
            appearance,
        })
    }

    /// The page in the language that is wanted most.
    pub fn page(&self, accept_language: &str) -> Option<Content> {
        let language = wanted(accept_language);
        let mut texts = LANGUAGES.iter().zip(&TEXTS);
        let (_, texts) = texts.find(|(one, _)| **one == language)?;
        let page = Page {
            language,
            texts,
            question: texts.question.replace("{app}", &self.appearance.app_name),
            support_url: self.appearance.support_url.as_deref(),
            style: &self.style,
        };
        let html = page.render().ok()?;
        Some(Content::page(&html, language.tag, &self.policy))
    }
}

#[derive(Template)]
#[template(path = "confirm-email.html")]
struct Page<'a> {
    language: Language,
    texts: &'a Texts,
    question: String,
    support_url: Option<&'a str>,
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
