//! Users created, read, listed and deleted as requests arrive: shipped events, the real SDK, an embedded DynamoDB.
//! And whatever else is asked for below `/scim2`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod create;
mod cursors;
mod delete;
mod discovery;
mod external;
mod filters;
mod identity;
mod list;
mod nowhere;
mod preconditions;
mod read;
mod schemas;
mod search;
mod second_factor;
mod selection;
mod storage;
mod support;
