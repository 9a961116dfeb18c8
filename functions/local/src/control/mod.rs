//! The local server's own paths: what stands in for the world around the API (tokens, clock, messages),
//! the issuer's documents, and the page. Nothing here exists on AWS.

mod api;
mod journey;
mod page;

use std::net::IpAddr;

use http::StatusCode;
use serde_json::json;

use crate::template::Cors;
use crate::web::request::Incoming;
use crate::web::response::{Answer, json_answer, message, method_not_allowed};

pub use api::Control;
pub use journey::{Messages, journey};

/// Everything served next to the functions.
pub struct Own {
    pub control: Control,
    /// The address that the server was told to bind to.
    pub host: String,
    pub messages: Messages,
}

impl Own {
    /// Keeps web pages that are not meant to steer this server away from its controls:
    /// other sites' pages (their Origin), and pages whose name was pointed here (their Host).
    pub fn guard(
        &self,
        incoming: &Incoming,
        origin: Option<&str>,
        cors: Option<&Cors>,
    ) -> Option<Answer> {
        if !is_control(&incoming.path) {
            return None;
        }
        let host = name_of(&incoming.host);
        if !(is_local_name(host) || host.eq_ignore_ascii_case(&self.host)) {
            return Some(message(
                StatusCode::FORBIDDEN,
                "Forbidden: /_local answers only under localhost, an address, or the name given with --host",
            ));
        }
        let trusted = origin.is_none_or(|origin| {
            let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
            authority == incoming.host
                || is_loopback(name_of(authority))
                || cors.is_some_and(|cors| cors.origins.iter().any(|one| one == origin))
        });
        (!trusted).then(|| {
            message(
                StatusCode::FORBIDDEN,
                "Forbidden: /_local answers only pages of this machine, or of an origin named in AllowedOrigins",
            )
        })
    }

    /// The answer, if the path is one of these.
    pub async fn answer(&self, incoming: &Incoming) -> Option<Answer> {
        let get = incoming.method == "GET";
        Some(match incoming.path.as_str() {
            "/" if get => page::page(self.control.url(), self.messages),
            "/_local/page.css" if get => page::style(),
            "/_local/page.js" if get => page::script(),
            "/.well-known/jwks.json" | "/.well-known/openid-configuration" if !get => {
                method_not_allowed("GET")
            }
            "/.well-known/jwks.json" => {
                json_answer(StatusCode::OK, self.control.issuer().key_set())
            }
            "/.well-known/openid-configuration" => json_answer(
                StatusCode::OK,
                &json!({
                    "issuer": self.control.issuer_name(),
                    "jwks_uri": format!("{}/.well-known/jwks.json", self.control.url()),
                    "token_endpoint": format!("{}/_local/token", self.control.url()),
                    "response_types_supported": ["token"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                }),
            ),
            path if is_control(path) => self.control.answer(incoming).await,
            _ => return None,
        })
    }
}

fn is_control(path: &str) -> bool {
    path == "/_local" || path.starts_with("/_local/")
}

/// An authority without its port.
fn name_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => authority,
    }
}

/// A name that no public DNS answers: an address, localhost, or one without a dot.
fn is_local_name(name: &str) -> bool {
    address(name).is_some() || !name.contains('.') || is_loopback(name)
}

fn is_loopback(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || address(&name).is_some_and(|address| address.is_loopback())
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}
