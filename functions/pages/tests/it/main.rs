//! Files and pages, asked for as browsers and tools do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

mod confirm_email;
mod described;
#[path = "../../examples/describe/description/mod.rs"]
mod description;
mod files;
mod support;
