//! Time as an argument: the one place that asks the system for it.
//! An offset moves it forward where a test or the local server wants that.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Deserialize, Serialize};

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// RFC 3339 in UTC, as SCIM's `meta` and the local inbox show it: milliseconds always, so that it sorts as text.
    pub fn rfc3339(self) -> String {
        let seconds = DateTime::from_secs(self.seconds());
        let seconds = seconds.fmt(Format::DateTime).unwrap_or_default();
        let millis = self.0.rem_euclid(1000);
        format!("{}.{millis:03}Z", seconds.trim_end_matches('Z'))
    }

    /// The end of the clock hour, UTC day or the like that this lies in.
    #[must_use]
    pub fn end_of(self, window: Duration) -> Self {
        let millis = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
        Self(
            self.0
                .div_euclid(millis)
                .saturating_add(1)
                .saturating_mul(millis),
        )
    }

    /// How long until `later`; zero where it is not later. Rounded up to seconds, as `Retry-After` counts.
    pub fn seconds_until(self, later: Timestamp) -> u64 {
        u64::try_from(later.0.saturating_sub(self.0)).map_or(0, |millis| millis.div_ceil(1000))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }
}

/// System time plus an offset; clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_millis: Arc<AtomicI64>,
}

impl Clock {
    pub fn system() -> Self {
        Self::default()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
    pub fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp(millis.saturating_add(self.offset_millis.load(Ordering::Relaxed)))
    }

    /// Moves this clock and its clones forward.
    pub fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        self.offset_millis.fetch_add(millis, Ordering::Relaxed);
    }

    /// How far it has been moved.
    pub fn offset(&self) -> Duration {
        let millis = self.offset_millis.load(Ordering::Relaxed);
        Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_their_texts_do() {
        let texts = [-1, 0, 310, 312, 1_000, 1_795_281_895_310]
            .map(|millis| Timestamp::from_millis(millis).rfc3339());
        assert_eq!(
            texts,
            [
                "1969-12-31T23:59:59.999Z",
                "1970-01-01T00:00:00.000Z",
                "1970-01-01T00:00:00.310Z",
                "1970-01-01T00:00:00.312Z",
                "1970-01-01T00:00:01.000Z",
                "2026-11-21T17:24:55.310Z",
            ]
        );
        assert!(texts.is_sorted());
    }
}
