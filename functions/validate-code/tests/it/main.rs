//! Codes as they are typed: shipped events, the real SDK, an embedded DynamoDB.
//! The claims come from scim-patch, as they do in life.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod codes;
mod identity;
mod limits;
mod lookup;
mod privileged;
mod races;
mod storage;
mod support;
mod unique;
