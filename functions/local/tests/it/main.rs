//! The local server from outside: template, gateway, control API, what it keeps, the process.
//! One binary, so that everything is linked once.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests; clippy knows only functions marked as such"
)]

mod api;
mod architecture;
mod audit;
mod aws_port;
mod channels;
mod child;
mod client;
mod control;
mod data;
mod gateway;
mod hardening;
mod identity_providers;
mod import;
mod journey;
mod lies;
mod model;
mod notices;
mod numbers;
mod preflight;
mod process;
mod providers;
mod provisioning;
mod races;
mod restart;
mod secrecy;
mod slow;
mod template;
mod test_stack;
mod tokens;
