//! A request as it came over the wire, and an answer before it goes: for the gateway and for the server's own paths.

pub mod request;
pub mod response;
