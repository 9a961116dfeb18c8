//! HTTP, and nothing below names it: requests read, callers known, answers and errors made.

pub mod body;
pub mod caller;
pub mod catalogue;
pub mod error;
pub mod etag;
pub mod first_use;
pub mod identity_api;
#[cfg(feature = "sms")]
pub mod login_pages;
pub mod request;
pub mod response;
pub mod serve;
pub mod sign_in;
#[cfg(feature = "scim")]
pub mod user_response;
