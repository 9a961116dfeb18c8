//! A claim and its code: issued, and verified when it comes back.

#[cfg(feature = "sms")]
pub mod attempts;
#[cfg(feature = "sms")]
pub mod issue;
pub mod verify;
