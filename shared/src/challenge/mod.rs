//! A claim and its code: issued, and verified when it comes back. Sign-ins have codes of their own.

#[cfg(feature = "sms")]
pub mod attempts;
#[cfg(feature = "sms")]
pub mod issue;
#[cfg(all(feature = "sms", feature = "phone"))]
pub mod login;
pub mod verify;
