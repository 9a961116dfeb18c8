//! The local server, and the test kit of the functions: the whole product in one process,
//! with a gateway made from `template.yaml` and DynamoDB embedded. No part of the deployment.

mod backend;
pub mod cli;
mod embedded;
mod functions;
mod gateway;
mod home;
mod keys;
mod own;
mod server;
mod stream;
pub mod template;
pub mod testing;
mod token;
mod users;

pub use backend::{Options, StartError};
pub use own::journey;
pub use server::{Running, Server};
