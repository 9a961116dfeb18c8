//! PATCH and PUT as they arrive: shipped events, the real SDK, an embedded DynamoDB, an outbox.
//! What the decision table says is tested beside it; here is what becomes of it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod all_or_nothing;
mod attack;
mod caps;
mod clients;
mod emails;
mod emails_named;
mod identity;
mod inactive;
mod kinds;
mod limits;
mod preconditions;
mod races;
mod refused;
mod second_factor;
mod self_service;
mod settings;
mod shipped;
mod storage;
mod support;
