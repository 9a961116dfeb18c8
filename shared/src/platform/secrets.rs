//! Secrets: AWS Secrets Manager, or files and texts of this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use sha2::{Digest, Sha256};

use crate::platform::aws::boxed;

/// A secret cannot be read now.
#[derive(Debug, thiserror::Error)]
#[error("a secret is unavailable: {0}")]
pub struct SecretError(String);

/// Where secrets come from.
#[derive(Clone, Debug)]
pub enum Secrets {
    /// AWS Secrets Manager.
    Manager(aws_sdk_secretsmanager::Client),
    /// The local server's and the tests' own, by ARN.
    Local(Arc<BTreeMap<String, LocalSecret>>),
}

/// Which version of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version<'a> {
    Current,
    /// The one that was current before.
    Previous,
    Id(&'a str),
}

/// A secret on this machine.
#[derive(Clone, Debug)]
pub enum LocalSecret {
    /// Its versions, the current one last.
    Versions(Arc<Mutex<Vec<Secret>>>),
    /// What the file holds whenever it is asked for; its content is its version.
    File(PathBuf),
}

impl LocalSecret {
    /// A secret of one version so far.
    pub fn of(secret: Secret) -> Self {
        Self::Versions(Arc::new(Mutex::new(vec![secret])))
    }

    /// Puts a new version, which is current from now on.
    pub fn put(&self, secret: Secret) {
        if let Self::Versions(versions) = self {
            let mut versions = versions.lock().unwrap_or_else(PoisonError::into_inner);
            versions.push(secret);
        }
    }

    fn fetch(&self, version: Version<'_>) -> Result<Option<Secret>, SecretError> {
        let versions = match self {
            Self::File(path) => vec![read(path)?],
            Self::Versions(versions) => {
                let versions = versions.lock().unwrap_or_else(PoisonError::into_inner);
                versions.clone()
            }
        };
        let mut newest_first = versions.into_iter().rev();
        Ok(match version {
            Version::Current => newest_first.next(),
            Version::Previous => newest_first.nth(1),
            Version::Id(id) => newest_first.find(|secret| secret.version == id),
        })
    }
}

fn read(path: &Path) -> Result<Secret, SecretError> {
    let failed = |error: std::io::Error| SecretError(format!("{}: {error}", path.display()));
    let value = std::fs::read_to_string(path).map_err(failed)?;
    let start = Sha256::digest(&value).first_chunk().copied();
    let version = format!("{:016x}", u64::from_be_bytes(start.unwrap_or_default()));
    Ok(Secret { version, value })
}

impl Secrets {
    /// A version of a secret. None where there is no such secret or version.
    pub async fn fetch(
        &self,
        arn: &str,
        version: Version<'_>,
    ) -> Result<Option<Secret>, SecretError> {
        let manager = match self {
            Self::Manager(manager) => manager,
            Self::Local(secrets) => {
                return match secrets.get(arn) {
                    Some(secret) => secret.fetch(version),
                    None => Ok(None),
                };
            }
        };
        let get = manager.get_secret_value().secret_id(arn);
        let get = match version {
            Version::Current => get,
            Version::Previous => get.version_stage("AWSPREVIOUS"),
            Version::Id(id) => get.version_id(id),
        };
        let fetched = boxed(get.send()).await;
        match fetched {
            Ok(secret) => Ok(Some(Secret {
                version: secret.version_id.unwrap_or_default(),
                value: secret.secret_string.unwrap_or_default(),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => {
                let code = error
                    .as_service_error()
                    .and_then(ProvideErrorMetadata::code);
                let code = code.unwrap_or("no answer");
                Err(SecretError(format!("Secrets Manager: {code}")))
            }
        }
    }
}

/// A version of a secret. Debug shows no value.
#[derive(Clone)]
pub struct Secret {
    pub version: String,
    pub value: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
