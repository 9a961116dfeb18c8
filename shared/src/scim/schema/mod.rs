//! The one definition of what a user's attributes are; reading, PATCH, filters and discovery follow it.
//! A new attribute is one line in `schema/user.rs` (and whatever gives it a meaning).

#[rustfmt::skip] // a table: a line an attribute
mod user;

pub use user::{COMMON, SCHEMAS};

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const WSO2: &str = "urn:scim:wso2:schema";

/// The data types of RFC 7643 §2.3 that occur here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    String,
    /// A string that may hold line breaks.
    Text,
    /// A string that is equal to another where both name the same phone number.
    Phone,
    Boolean,
    DateTime,
    Binary,
    /// A URI of one of these reference types (RFC 7643 §7).
    Reference(&'static [&'static str]),
    Complex(&'static [Attribute]),
}

impl Kind {
    /// As `Schemas` calls it (RFC 7643 §7).
    pub fn name(self) -> &'static str {
        match self {
            Self::String | Self::Text | Self::Phone => "string",
            Self::Boolean => "boolean",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference(_) => "reference",
            Self::Complex(_) => "complex",
        }
    }

    /// Whether values of it are compared with or without case (RFC 7643 §2.2).
    pub fn has_case(self) -> bool {
        !matches!(self, Self::Boolean | Self::DateTime | Self::Complex(_))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    ReadWrite,
    ReadOnly,
    WriteOnly,
    Immutable,
}

impl Mutability {
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadWrite => "readWrite",
            Self::ReadOnly => "readOnly",
            Self::WriteOnly => "writeOnly",
            Self::Immutable => "immutable",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    Always,
    Default,
    Never,
    Request,
}

impl Returned {
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Default => "default",
            Self::Never => "never",
            Self::Request => "request",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    None,
    Server,
    Global,
}

impl Uniqueness {
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
            Self::Global => "global",
        }
    }
}

/// An attribute or sub-attribute with its characteristics (RFC 7643 §2.2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attribute {
    pub name: &'static str,
    pub kind: Kind,
    pub multi_valued: bool,
    pub required: bool,
    pub case_exact: bool,
    pub mutability: Mutability,
    pub returned: Returned,
    pub uniqueness: Uniqueness,
    pub canonical_values: &'static [&'static str],
    pub description: &'static str,
}

impl Attribute {
    /// None where there are none.
    pub fn sub_attributes(&self) -> &'static [Attribute] {
        match self.kind {
            Kind::Complex(subs) => subs,
            _ => &[],
        }
    }

    pub fn sub(&self, name: &str) -> Option<&'static Attribute> {
        named(self.sub_attributes(), name)
    }

    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    /// The attribute whose values hold the primary number.
    pub(super) fn is_phone_numbers(&self) -> bool {
        self.name == "phoneNumbers"
    }

    /// `mobileNumbers` and `verifiedMobileNumbers`: lists of numbers without sub-attributes.
    pub fn is_number_list(&self) -> bool {
        self.multi_valued && self.kind == Kind::Phone
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schema {
    pub urn: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// By name in any case (RFC 7643 §2.1). The core schema also knows the common attributes of §3.1.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        let common: &[Attribute] = if self.is_core() { COMMON } else { &[] };
        named(self.attributes, name).or_else(|| named(common, name))
    }

    /// Whether its attributes stand at the top level of a resource.
    pub fn is_core(&self) -> bool {
        self.urn == USER
    }
}

/// The schema of a URN in any case.
pub fn schema(urn: &str) -> Option<&'static Schema> {
    SCHEMAS.iter().find(|s| s.urn.eq_ignore_ascii_case(urn))
}

/// The attribute a name means, with the schema it belongs to. Without a URN, and with the core one, those of the
/// extensions are found, too: WSO2's documents write `mobileNumbers` at the top level, Microsoft's `manager`.
/// WSO2 5.11 has what later is in a schema of its own in the enterprise one.
pub fn find(urn: Option<&str>, name: &str) -> Option<(&'static Schema, &'static Attribute)> {
    let first = schema(urn.unwrap_or(USER))?;
    let others: &[&str] = match first.urn {
        USER => &[WSO2, ENTERPRISE],
        ENTERPRISE => &[WSO2],
        _ => &[],
    };
    let others = others.iter().filter_map(|urn| schema(urn));
    std::iter::once(first)
        .chain(others)
        .find_map(|schema| Some((schema, schema.attribute(name)?)))
}

fn named(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes
        .iter()
        .find(|a| a.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_urns_are_found_in_any_case() {
        let cases = [
            (None, "USERNAME", Some((USER, "userName"))),
            (Some(USER), "id", Some((USER, "id"))),
            (None, "mobilenumbers", Some((WSO2, "mobileNumbers"))),
            (Some(USER), "phoneVerified", Some((WSO2, "phoneVerified"))),
            (
                Some("URN:SCIM:WSO2:SCHEMA"),
                "phoneVerified",
                Some((WSO2, "phoneVerified")),
            ),
            (Some(ENTERPRISE), "Manager", Some((ENTERPRISE, "manager"))),
            (
                Some(ENTERPRISE),
                "PHONEVERIFIED",
                Some((WSO2, "phoneVerified")),
            ),
            (
                Some(ENTERPRISE),
                "pendingMobileNumber",
                Some((ENTERPRISE, "pendingMobileNumber")),
            ),
            (Some("urn:other"), "phoneVerified", None),
            (
                Some(ENTERPRISE),
                "mobileNumbers",
                Some((WSO2, "mobileNumbers")),
            ),
            (
                Some(ENTERPRISE),
                "VerifyMobile",
                Some((WSO2, "verifyMobile")),
            ),
            (Some(ENTERPRISE), "id", None),
            (Some(WSO2), "userName", None),
            (None, "manager", Some((ENTERPRISE, "manager"))),
            (Some(USER), "DEPARTMENT", Some((ENTERPRISE, "department"))),
            (
                None,
                "pendingMobileNumber",
                Some((WSO2, "pendingMobileNumber")),
            ),
            (Some(WSO2), "manager", None),
            (Some("urn:other"), "userName", None),
        ];
        for (urn, name, wanted) in cases {
            let found = find(urn, name).map(|(s, a)| (s.urn, a.name));
            assert_eq!(found, wanted, "{urn:?} {name}");
        }
    }

    #[test]
    fn nothing_is_defined_twice_or_without_a_description() {
        for schema in SCHEMAS {
            for (i, attribute) in schema.attributes.iter().enumerate() {
                assert!(!attribute.description.is_empty(), "{}", attribute.name);
                assert!(named(&schema.attributes[..i], attribute.name).is_none());
                for (j, sub) in attribute.sub_attributes().iter().enumerate() {
                    assert!(
                        !sub.description.is_empty(),
                        "{}.{}",
                        attribute.name,
                        sub.name
                    );
                    assert!(named(&attribute.sub_attributes()[..j], sub.name).is_none());
                    assert!(sub.sub_attributes().is_empty(), "RFC 7643 §2.3.8");
                }
            }
        }
    }
}
