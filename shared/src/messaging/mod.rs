//! Messages: what they say, whether they may be sent, who sends them.

mod aws_client;
pub mod caps;
pub mod courier;
mod custom;
pub mod dispatch;
#[cfg(feature = "email")]
pub mod email;
mod http_client;
pub mod message;
#[cfg(test)]
mod properties;
mod secret;
pub mod sms;
pub mod template;
