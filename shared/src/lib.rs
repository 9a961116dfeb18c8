//! The common crate: nouns that two or more of the functions use.
//! What only one function uses lives in that function.

#[cfg(feature = "scim")]
pub mod answer;
pub mod audit;
pub mod aws;
pub mod caller;
#[cfg(feature = "sms")]
pub mod caps;
pub mod clock;
pub mod config;
pub mod door;
pub mod error;
pub mod identity;
#[cfg(feature = "sms")]
pub mod issue;
pub mod keys;
pub mod otp;
pub mod phone_number;
pub mod platform;
pub mod preconditions;
pub mod proof;
pub mod regions;
#[cfg(feature = "scim")]
pub mod scim;
#[cfg(feature = "sms")]
pub mod sms;
pub mod store;
pub mod telemetry;
pub mod user;
pub mod verification;
