//! Sign-ins by the API: shipped events, the real SDK, an embedded DynamoDB, an outbox.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod backup_codes;
mod dead;
mod doors;
mod limits;
mod races;
mod refused;
mod shipped;
mod steps;
mod storage;
mod support;
mod table;
