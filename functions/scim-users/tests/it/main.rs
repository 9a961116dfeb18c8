//! Users created, read and deleted as requests arrive: shipped events, the real SDK, an embedded DynamoDB.
//! And whatever else is asked for below `/scim2`.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod create;
mod delete;
mod nowhere;
mod read;
mod storage;
