//! The local issuer of access tokens: signs with ES256 under a key of its own and publishes the key.
//! What a token must say to be accepted is the gateway's matter.

use std::collections::HashSet;

use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use p256::SecretKey;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use serde_json::{Map, Value, json};

/// Claims of a token.
pub type Claims = Map<String, Value>;

/// Signs and verifies under one key.
pub struct TokenIssuer {
    signing: EncodingKey,
    verifying: DecodingKey,
    key_id: String,
    key_set: Value,
}

/// A key that cannot be used, or a token that could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the issuer's key: {0}")]
pub struct IssuerError(String);

impl TokenIssuer {
    /// From a PKCS #8 PEM.
    pub fn new(pem: &str) -> Result<Self, IssuerError> {
        let key = SecretKey::from_pkcs8_pem(pem).map_err(|error| IssuerError(error.to_string()))?;
        let der = key
            .to_pkcs8_der()
            .map_err(|error| IssuerError(error.to_string()))?;
        let signing = EncodingKey::from_ec_der(der.as_bytes());
        let mut public = Jwk::from_encoding_key(&signing, Algorithm::ES256).map_err(unusable)?;
        let key_id = public
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(unusable)?;
        public.common.key_id = Some(key_id.clone());
        let verifying = DecodingKey::from_jwk(&public).map_err(unusable)?;
        let mut public = json!(public);
        if let Some(public) = public.as_object_mut() {
            public.insert("use".to_owned(), "sig".into());
        }
        Ok(Self {
            signing,
            verifying,
            key_id,
            key_set: json!({ "keys": [public] }),
        })
    }

    /// The JSON Web Key Set that relying parties fetch.
    pub fn key_set(&self) -> &Value {
        &self.key_set
    }

    /// Signs a token.
    pub fn sign(&self, claims: &Claims) -> Result<String, IssuerError> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(unusable)
    }

    /// The claims of a token that this key signed, whatever they say; none for any other.
    pub fn signed_claims(&self, token: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.alg != Algorithm::ES256 || header.kid.as_deref() != Some(self.key_id.as_str()) {
            return None;
        }
        // Times and names are compared by the gateway: this crate would ask the system's clock.
        let mut signature_only = Validation::new(Algorithm::ES256);
        signature_only.required_spec_claims = HashSet::new();
        signature_only.validate_exp = false;
        signature_only.validate_nbf = false;
        signature_only.validate_aud = false;
        jsonwebtoken::decode(token, &self.verifying, &signature_only)
            .ok()
            .map(|token| token.claims)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape map_err wants")]
fn unusable(error: jsonwebtoken::errors::Error) -> IssuerError {
    IssuerError(error.to_string())
}
