//! The local server, and the test kit of the functions: the whole product in one process,
//! with a gateway made from `template.yaml` and DynamoDB embedded. No part of the deployment.

mod audit;
mod aws;
mod backend;
mod check;
pub mod cli;
mod control;
mod data_dir;
mod embedded;
pub mod functions;
mod gateway;
mod random;
mod server;
mod stream;
pub mod template;
pub mod testing;
mod token;
mod users;
mod web;

pub use backend::{Options, StartError};
pub use check::check;
pub use control::journey;
pub use server::{Running, Server};
