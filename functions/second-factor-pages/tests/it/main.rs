//! The pages of sign-ins over HTTP: shipped events, the real SDK, an embedded DynamoDB, an outbox.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod ends;
mod headers;
mod hostile;
mod languages;
mod limits;
mod settings;
mod steps;
mod support;
