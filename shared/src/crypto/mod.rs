//! Secret keys: what is made with one, and where its versions come from.

pub mod key;
#[cfg(feature = "aws")]
pub mod keyring;
