//! SCIM (RFC 7643, RFC 7644): the schema, PATCH, filters, and reading a resource from JSON.
//! Pure: no I/O and no HTTP. The grammar of filters and paths is the crate `scim_v2`'s.

pub mod backup_codes;
mod compare;
pub mod error;
pub mod filter;
pub mod import;
pub mod limits;
pub mod parts;
mod patch;
mod path;
pub mod read;
pub mod schema;
pub mod selection;
pub mod show;
mod value;

pub use error::ScimError;
pub use patch::{NamedEmails, Patch};
