//! A version of a secret key, and what is made with it: keyed hashes and pseudonyms.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// HMAC-SHA-256 of what is kept secret and what it is bound to, in Base64 (RFC 4648 §5); what is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyedHash(String);

impl KeyedHash {
    /// Eight hexadecimal digits that tell this hash from another, and nothing of what was hashed.
    pub fn mark(&self) -> String {
        let digest = Sha256::digest(&self.0);
        let start = digest.first_chunk().copied().unwrap_or_default();
        format!("{:08x}", u32::from_be_bytes(start))
    }
}

/// A version of the secret key. Debug shows the version only.
#[derive(Clone)]
pub struct Key {
    version: String,
    hmac: Hmac<Sha256>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Key {
    /// A key of at least 32 bytes; a shorter one is refused.
    pub fn new(version: impl Into<String>, secret: &[u8]) -> Option<Self> {
        let hmac = Hmac::new_from_slice(secret).ok()?;
        (secret.len() >= 32).then(|| Self {
            version: version.into(),
            hmac,
        })
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// The keyed hash of what these parts say together.
    pub fn keyed_hash(&self, parts: &[&str]) -> KeyedHash {
        KeyedHash(self.authenticated(parts))
    }

    /// Whether this is the keyed hash of these parts, in constant time.
    pub fn is_hash_of(&self, expected: &KeyedHash, parts: &[&str]) -> bool {
        let actual = self.authenticated(parts);
        actual.as_bytes().ct_eq(expected.0.as_bytes()).into()
    }

    /// Stands for personal data in the key of an item: the same for the same text, and telling nothing of it.
    pub fn pseudonym(&self, of_what: &str, text: &str) -> String {
        self.authenticated(&["pseudonym", of_what, text])
    }

    /// HMAC-SHA-256 in Base64 (RFC 4648 §5).
    fn authenticated(&self, parts: &[&str]) -> String {
        let mut hmac = self.hmac.clone();
        for part in parts {
            // The length in front keeps ("a", "bc") and ("ab", "c") apart.
            hmac.update(&(part.len() as u64).to_be_bytes());
            hmac.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes())
    }
}
