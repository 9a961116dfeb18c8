//! The local server from outside: template, gateway, control API, what it keeps, the process.
//! One binary, so that everything is linked once.

mod client;
mod control;
mod data;
mod gateway;
mod process;
mod template;
mod tokens;
