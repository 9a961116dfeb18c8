//! Files and pages, asked for as browsers and tools do.

mod confirm_email;
mod files;
mod support;
