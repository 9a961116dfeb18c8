//! Addresses that messages go to, each in one spelling.

pub mod domains;
pub mod email;
mod kinds;
#[cfg(feature = "mailbox")]
pub mod mailbox;
#[cfg(feature = "phone")]
pub mod numbering;
pub mod phone_number;
#[cfg(feature = "phone")]
mod plans;
#[cfg(all(test, feature = "phone"))]
mod properties;
pub mod regions;

pub use kinds::{Address, AddressKind, Channel};
