//! SCIM (RFC 7643, RFC 7644): the schema, PATCH, filters, and reading a resource from JSON.
//! Pure: no I/O and no HTTP. The grammar of filters and paths is the crate `scim_v2`'s.

pub mod error;
pub mod filter;
pub mod limits;
pub mod patch;
mod path;
mod phones;
pub mod representation;
pub mod resource;
pub mod schema;
pub mod selection;
mod value;

pub use error::ScimError;
pub use patch::Patch;
