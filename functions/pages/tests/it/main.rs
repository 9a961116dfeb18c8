//! Files and pages, asked for as browsers and tools do.

mod confirm_email;
mod described;
#[path = "../../examples/describe/description/mod.rs"]
mod description;
mod files;
mod support;
