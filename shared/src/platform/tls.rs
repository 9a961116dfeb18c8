//! One way to speak TLS: rustls on ring.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::config::{ConfigError, Env};

/// Trusts the roots of `SSL_CERT_FILE`, or those given where there is no such setting.
pub fn config(
    env: &Env<'_>,
    roots: impl FnOnce(&mut RootCertStore) -> Result<(), rustls::Error>,
) -> Result<ClientConfig, ConfigError> {
    let wrong = |reason: String| ConfigError::new("SSL_CERT_FILE", reason);
    let mut store = RootCertStore::empty();
    match env("SSL_CERT_FILE") {
        None => roots(&mut store).map_err(|error| wrong(error.to_string()))?,
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| wrong(error.to_string()))?;
            store.add_parsable_certificates(certificates);
        }
    }
    trusting(store).map_err(|error| wrong(error.to_string()))
}

/// TLS 1.2 and 1.3, no certificate of one's own.
pub fn trusting(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider);
    let config = versions.with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
