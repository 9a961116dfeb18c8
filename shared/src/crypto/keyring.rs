//! The secret key of code hashes, by version: the current one is fetched at start and again every few minutes,
//! so that putting a new value is all that a rotation takes; an earlier one where a claim was made with it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Timestamp};
use crate::config::{ConfigError, Env, required};
use crate::crypto::key::Key;
use crate::platform::Platform;
use crate::platform::secrets::{SecretError, Secrets, Version};

const VARIABLE: &str = "KEY_SECRET_ARN";

/// How long the current version is taken for current.
const FRESH: Duration = Duration::from_mins(5);

/// How long, where a code that cannot be found asks for the newest.
const FRESH_FOR_A_SEARCH: Duration = Duration::from_secs(10);

/// The versions of one secret that this process knows.
#[derive(Debug)]
pub struct Keyring {
    secrets: Secrets,
    arn: String,
    clock: Clock,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    current: Key,
    fetched: Timestamp,
    /// Other versions, newest last.
    others: Vec<Key>,
    previous: Previous,
}

/// The version before the current one.
#[derive(Clone, Debug)]
enum Previous {
    NotAskedFor,
    Known(Option<Key>),
}

/// The current version of the secret whose ARN a setting holds, as a key.
pub async fn current_key(
    env: &Env<'_>,
    variable: &str,
    platform: &Platform,
) -> Result<Key, ConfigError> {
    let wrong = |reason: &str| ConfigError::new(variable, reason);
    let arn = required(env, variable)?;
    let secret = platform.secrets.fetch(&arn, Version::Current).await;
    let secret = secret
        .map_err(|error| wrong(&error.to_string()))?
        .ok_or_else(|| wrong("names no secret"))?;
    Key::new(secret.version, secret.value.as_bytes())
        .ok_or_else(|| wrong("names a secret of fewer than 32 bytes"))
}

/// The same secret for who seldom needs it: nothing is fetched at start.
#[derive(Debug)]
pub struct SeldomKey {
    secrets: Secrets,
    arn: String,
}

impl SeldomKey {
    /// `KEY_SECRET_ARN`, as [`Keyring::from_env`] reads it.
    pub fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        Ok(Self {
            secrets: platform.secrets.clone(),
            arn: required(env, VARIABLE)?,
        })
    }

    /// The version that new hashes are made with. None where the secret cannot be used.
    pub async fn current(&self) -> Result<Option<Key>, SecretError> {
        let secret = self.secrets.fetch(&self.arn, Version::Current).await?;
        Ok(secret.and_then(|secret| Key::new(secret.version, secret.value.as_bytes())))
    }
}

impl Keyring {
    /// `KEY_SECRET_ARN`: a secret of at least 32 bytes.
    pub async fn from_env(env: &Env<'_>, platform: &Platform) -> Result<Self, ConfigError> {
        let current = current_key(env, VARIABLE, platform).await?;
        let clock = platform.clock.clone();
        let known = Known {
            current,
            fetched: clock.now(),
            others: Vec::new(),
            previous: Previous::NotAskedFor,
        };
        Ok(Self {
            secrets: platform.secrets.clone(),
            arn: required(env, VARIABLE)?,
            clock,
            known: Mutex::new(known),
        })
    }

    /// The version that new codes are made with.
    pub async fn current(&self) -> Key {
        self.refresh(FRESH).await;
        self.known().current.clone()
    }

    /// The keys of these versions, as far as they (still) exist.
    pub async fn versions(&self, wanted: &[String]) -> Result<Vec<Key>, SecretError> {
        let mut keys: Vec<Key> = Vec::new();
        for version in wanted {
            if keys.iter().any(|key| key.version() == version) {
                continue;
            }
            let known = self.known().version(version);
            let key = match known {
                Some(key) => Some(key),
                None => self.fetch(Version::Id(version)).await?,
            };
            keys.extend(key);
        }
        Ok(keys)
    }

    /// The versions that a living code can be made with: the current one and the one before it.
    pub async fn living(&self) -> Result<Vec<Key>, SecretError> {
        self.refresh(FRESH_FOR_A_SEARCH).await;
        let (current, previous) = {
            let known = self.known();
            (known.current.clone(), known.previous.clone())
        };
        let previous = if let Previous::Known(previous) = previous {
            previous
        } else {
            let fetched = self.fetch(Version::Previous).await?;
            self.known().previous = Previous::Known(fetched.clone());
            fetched
        };
        Ok(std::iter::once(current).chain(previous).collect())
    }

    /// Where the newest version cannot be had, the one at hand goes on: codes made with it can be checked.
    async fn refresh(&self, fresh: Duration) {
        let now = self.clock.now();
        {
            let mut known = self.known();
            if now < known.fetched + fresh {
                return;
            }
            known.fetched = now;
        }
        let newest = match self.secrets.fetch(&self.arn, Version::Current).await {
            Ok(newest) => newest,
            Err(error) => {
                tracing::warn!(%error, "the newest version of the key cannot be read");
                return;
            }
        };
        let newest = newest.and_then(|secret| Key::new(secret.version, secret.value.as_bytes()));
        if let Some(newest) = newest {
            self.known().rotate(newest);
        } else {
            tracing::error!("the newest version of the key cannot be used");
        }
    }

    async fn fetch(&self, version: Version<'_>) -> Result<Option<Key>, SecretError> {
        let secret = self.secrets.fetch(&self.arn, version).await?;
        let key = secret.and_then(|secret| Key::new(secret.version, secret.value.as_bytes()));
        if let Some(key) = &key {
            let mut known = self.known();
            if known.version(key.version()).is_none() {
                known.others.push(key.clone());
            }
        }
        Ok(key)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn version(&self, version: &str) -> Option<Key> {
        std::iter::once(&self.current)
            .chain(&self.others)
            .find(|key| key.version() == version)
            .cloned()
    }

    fn rotate(&mut self, newest: Key) {
        if newest.version() != self.current.version() {
            let old = std::mem::replace(&mut self.current, newest);
            self.others.push(old);
            // Another version may have come and gone in between.
            self.previous = Previous::NotAskedFor;
        }
    }
}
