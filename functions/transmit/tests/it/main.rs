//! A number verified under Transmit's names: shipped events, the real SDK, an embedded DynamoDB, an outbox.
//! The other doors are there, too: a claim is one claim, wherever it was started and wherever its code is typed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod custom_message;
mod doors;
mod limits;
mod numbers;
mod races;
mod refused;
mod shipped;
mod storage;
mod support;
