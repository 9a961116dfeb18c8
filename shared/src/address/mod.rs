//! Addresses that messages go to, each in one spelling.

#[cfg(feature = "phone")]
pub mod numbering;
pub mod phone_number;
#[cfg(all(test, feature = "phone"))]
mod properties;
pub mod regions;
