//! Users created, read and deleted as requests arrive: shipped events, the real SDK, an embedded DynamoDB.
//! And whatever else is asked for below `/scim2`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod create;
mod delete;
mod discovery;
mod identity;
mod nowhere;
mod read;
mod schemas;
mod storage;
