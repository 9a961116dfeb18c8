//! The common crate: what two or more of the functions use. A room a folder, from the top to the ground;
//! a room imports only rooms below it. What only one function uses lives in that function.

pub mod runtime;

#[cfg(feature = "aws")]
pub mod api;
#[cfg(feature = "aws")]
pub mod challenge;
#[cfg(feature = "sms")]
pub mod messaging;
#[cfg(feature = "scim")]
pub mod scim;
#[cfg(feature = "aws")]
pub mod store;
pub mod telemetry;
pub mod user;
pub mod verification;

pub mod otp;

pub mod crypto;

pub mod address;

pub mod platform;

pub mod appearance;
pub mod clock;
pub mod config;
#[cfg(feature = "aws")]
pub(crate) mod json;
pub mod language;
pub mod spelling;
