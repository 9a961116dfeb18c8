//! How much one request may ask for; discovery says so, and lists keep to it.

use std::time::Duration;

/// Most resources in one answer, and as many as there are where a request names no `count`.
pub const MAX_RESULTS: usize = 100;

/// How many users a list by index looks through: their number has to be in each answer.
pub const MAX_INDEXED: usize = 10_000;

/// How long a cursor can be used (RFC 9865 §2.1).
pub const CURSOR_LIFETIME: Duration = Duration::from_hours(1);
