//! Old numbers and what they are told: shipped events of the stream, the real SDK, an embedded DynamoDB.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod caps;
mod failures;
mod once;
mod rules;
mod secrecy;
mod support;
