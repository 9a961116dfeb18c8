//! What the server keeps between runs: its lock, keys and the clock's offset.
//! With `--data` in a directory; without, only as long as the process lives.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use shared::clock::Clock;

/// A directory that only one server uses at a time, or nothing.
#[derive(Debug)]
pub enum Home {
    Memory,
    Directory {
        path: PathBuf,
        /// Held for the process's life; the system lets go of it, also after kill -9.
        _lock: File,
    },
}

/// Why `--data` cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("--data {path}: {reason}")]
pub struct HomeError {
    path: String,
    reason: String,
}

impl HomeError {
    fn new(path: &Path, reason: &dyn std::fmt::Display) -> Self {
        Self {
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

impl Home {
    pub fn open(directory: Option<&Path>) -> Result<Self, HomeError> {
        let Some(directory) = directory else {
            return Ok(Self::Memory);
        };
        let failed = |error: io::Error| HomeError::new(directory, &error);
        private_directory(directory).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(directory.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self::Directory {
                path: directory.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(HomeError::new(
                directory,
                &"is in use by another local server",
            )),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Where the tables are kept.
    pub fn database(&self) -> Option<PathBuf> {
        match self {
            Self::Memory => None,
            Self::Directory { path, .. } => Some(path.join("dynamodb.sqlite")),
        }
    }

    /// A key by name: the kept one, or a new one that is kept from now on.
    pub fn key(
        &self,
        name: &str,
        generate: impl FnOnce() -> Result<String, String>,
    ) -> Result<String, HomeError> {
        let Self::Directory { path, .. } = self else {
            return generate().map_err(|reason| HomeError::new(Path::new("keys"), &reason));
        };
        let keys = path.join("keys");
        let file = keys.join(name);
        match fs::read_to_string(&file) {
            Ok(key) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = generate().map_err(|reason| HomeError::new(&file, &reason))?;
                private_directory(&keys)
                    .and_then(|()| replace(&file, key.as_bytes()))
                    .map_err(|error| HomeError::new(&file, &error))?;
                Ok(key)
            }
            Err(error) => Err(HomeError::new(&file, &error)),
        }
    }

    /// Where a reader of a stream keeps how far it has come, by the reader's name.
    pub fn cursor(&self, reader: &str) -> Cursor {
        Cursor {
            file: match self {
                Self::Memory => None,
                Self::Directory { path, .. } => Some(path.join("streams").join(reader)),
            },
        }
    }

    /// The clock as it was left: system time plus the kept offset.
    pub fn clock(&self) -> Result<Clock, HomeError> {
        let clock = Clock::system();
        if let Self::Directory { path, .. } = self {
            let file = path.join("clock");
            match fs::read_to_string(&file) {
                Ok(text) => {
                    let offset = text
                        .trim()
                        .parse()
                        .map_err(|_| HomeError::new(&file, &"does not hold milliseconds"))?;
                    clock.advance(Duration::from_millis(offset));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(HomeError::new(&file, &error)),
            }
        }
        Ok(clock)
    }

    /// Keeps the clock's offset; when this returns it survives the process.
    pub fn keep_clock(&self, clock: &Clock) -> Result<(), HomeError> {
        let Self::Directory { path, .. } = self else {
            return Ok(());
        };
        let file = path.join("clock");
        let offset = clock.offset().as_millis().to_string();
        replace(&file, offset.as_bytes()).map_err(|error| HomeError::new(&file, &error))
    }
}

/// How far a reader of a stream has come.
#[derive(Debug)]
pub struct Cursor {
    file: Option<PathBuf>,
}

impl Cursor {
    /// The sequence number that was kept last.
    pub fn position(&self) -> Result<Option<String>, HomeError> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        match fs::read_to_string(file) {
            Ok(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(Some(text))
            }
            Ok(_) => Err(HomeError::new(file, &"does not hold a sequence number")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(HomeError::new(file, &error)),
        }
    }

    /// Keeps a sequence number: what comes after it has not been handled.
    pub fn keep(&self, position: &str) -> Result<(), HomeError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        file.parent()
            .map_or(Ok(()), private_directory)
            .and_then(|()| replace(file, position.as_bytes()))
            .map_err(|error| HomeError::new(file, &error))
    }
}

/// New directories are for their owner's eyes: there are users in the tables and keys beside them.
fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file that is either the old one or the whole new one, readable by its owner only.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)
}
