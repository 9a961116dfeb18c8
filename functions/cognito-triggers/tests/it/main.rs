//! A user pool and its triggers: AWS's documented events filled in, the real SDK, an embedded DynamoDB, an outbox.
//! The other doors are there, too: what counts, counts on all of them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod answers;
mod limits;
mod nobody;
mod refused;
mod secrecy;
mod shipped;
mod sign_in;
mod support;
