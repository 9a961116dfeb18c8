//! Another code: shipped events, the real SDK, an embedded DynamoDB, an outbox.
//! The claims come from scim-patch, as they do in life.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod codes;
mod identity;
mod privileged;
mod refused;
mod storage;
mod support;
