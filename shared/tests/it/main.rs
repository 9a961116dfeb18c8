//! Sending from outside: providers named by a secret, and stubs that answer as providers do.
//! One binary, so that everything is linked once.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests; clippy knows only functions marked as such"
)]

mod auth;
mod custom;
mod email;
mod email_recipes;
mod email_texts;
mod failover;
mod failures;
mod reach;
mod recipes;
mod rotation;
mod ses;
mod sns;
mod stub;
mod support;
mod twilio;
mod unusable;
mod vonage;
