//! The log of one test: every line that functions write on its thread while it listens.
//! Other tests of the same process have theirs.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;
use shared::telemetry::log;
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

/// Listens until it is dropped.
pub struct Log {
    written: Written,
    _listening: DefaultGuard,
}

impl Log {
    /// To what is logged from this level on, and to every audit line.
    #[must_use]
    pub fn listen(level: LevelFilter) -> Self {
        // While there is but one subscriber, a line that another thread writes first is taken to interest nobody,
        // and stays so for all: there are always more.
        static OTHERS: OnceLock<[Dispatch; 2]> = OnceLock::new();
        OTHERS.get_or_init(|| {
            let other = || Dispatch::new(log::lines_to(&[], LevelFilter::ERROR, std::io::sink));
            [other(), other()]
        });
        let written = Written::default();
        let to = written.clone();
        let subscriber = log::lines_to(&crate::functions::with_own(), level, move || to.clone());
        Self {
            written,
            _listening: tracing::subscriber::set_default(subscriber),
        }
    }

    /// To audit lines alone, as far as all goes well.
    #[must_use]
    pub fn of_audit() -> Self {
        Self::listen(LevelFilter::ERROR)
    }

    /// The lines since the last look, in order.
    pub fn take(&self) -> Vec<Value> {
        let written = self.written.0.lock();
        let bytes = std::mem::take(&mut *written.unwrap_or_else(PoisonError::into_inner));
        let lines = String::from_utf8_lossy(&bytes);
        let parsed = lines.lines().map(|line| match line.parse() {
            Ok(line) => line,
            Err(error) => panic!("no JSON: {error}: {line}"),
        });
        parsed.collect()
    }
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let written = self.0.lock();
        written.unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
