//! The test kit of the functions: the local server without its door. A function's tests start its `App` with
//! a test_stack's settings and platform, hand it the shipped events, and look at what it did to DynamoDB and the outbox.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test_stack that cannot be had is the failure of the test that wants it"
)]

mod described;
mod faults;
mod interleave;
mod log;
mod many_users;
mod request;
mod response;
mod stream;
mod test_app;
mod test_stack;

pub use self::request::{Event, event, request};
pub use faults::{Fault, FaultInjector};
pub use interleave::interleave;
pub use log::Log;
pub use response::Answer;
pub use test_app::{ALICE, BOB, TestApp, UNCAPPED};
pub use test_stack::TestStack;
