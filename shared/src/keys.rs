//! The secret key of code hashes, by version: the current one is fetched at start,
//! an earlier one once, when a claim that was made with it is met.

use std::sync::{Mutex, PoisonError};

use crate::config::{ConfigError, Env, required};
use crate::otp::Key;
use crate::platform::{Platform, Secrets};
use crate::store::StoreError;

/// The versions of one secret that this process knows.
#[derive(Debug)]
pub struct Keys {
    secrets: Secrets,
    arn: String,
    current: Key,
    earlier: Mutex<Vec<Key>>,
}

impl Keys {
    /// `KEY_SECRET_ARN`: a secret of at least 32 bytes.
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let arn = required(env, "KEY_SECRET_ARN")?;
        let secrets = platform.secrets.clone();
        let wrong = |reason: &str| ConfigError::new("KEY_SECRET_ARN", reason);
        let secret = secrets
            .fetch(&arn, None)
            .await
            .map_err(|error| wrong(&error.to_string()))?
            .ok_or_else(|| wrong("names no secret"))?;
        let current = Key::new(secret.version, secret.value.as_bytes())
            .ok_or_else(|| wrong("names a secret of fewer than 32 bytes"))?;
        Ok(Self {
            secrets,
            arn,
            current,
            earlier: Mutex::default(),
        })
    }

    /// The version that new codes are made with.
    pub fn current(&self) -> &Key {
        &self.current
    }

    /// The keys of these versions, as far as they (still) exist.
    pub async fn versions(&self, wanted: &[String]) -> Result<Vec<Key>, StoreError> {
        let mut keys: Vec<Key> = Vec::new();
        for version in wanted {
            if keys.iter().any(|key| key.version() == version) {
                continue;
            }
            let known = match self.known(version) {
                Some(key) => Some(key),
                None => self.fetch(version).await?,
            };
            keys.extend(known);
        }
        Ok(keys)
    }

    fn known(&self, version: &str) -> Option<Key> {
        if self.current.version() == version {
            return Some(self.current.clone());
        }
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.iter().find(|key| key.version() == version).cloned()
    }

    async fn fetch(&self, version: &str) -> Result<Option<Key>, StoreError> {
        let secret = self.secrets.fetch(&self.arn, Some(version)).await?;
        let key = secret.and_then(|secret| Key::new(secret.version, secret.value.as_bytes()));
        if let Some(key) = &key {
            let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
            earlier.push(key.clone());
        }
        Ok(key)
    }
}
