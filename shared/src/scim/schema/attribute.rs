//! What a schema and an attribute are (RFC 7643 §2, §7).

use crate::address::Channel;
use crate::user::emails::EMAILS;

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
    /// A string that is equal to another where both name the same e-mail address.
    Email,
    Boolean,
    Integer,
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
            Self::String | Self::Text | Self::Phone | Self::Email => "string",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference(_) => "reference",
            Self::Complex(_) => "complex",
        }
    }

    /// Whether values of it are compared with or without case (RFC 7643 §2.2).
    pub fn has_case(self) -> bool {
        !matches!(
            self,
            Self::Boolean | Self::Integer | Self::DateTime | Self::Complex(_)
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    ReadWrite,
    ReadOnly,
    WriteOnly,
    Immutable,
    /// Read by clients; what it tells can be ended by writing `false`, never begun. RFC 7643 §7 has no word for it.
    Endable,
}

impl Mutability {
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadWrite => "readWrite",
            Self::ReadOnly | Self::Endable => "readOnly",
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
    pub(in super::super) fn is_phone_numbers(&self) -> bool {
        self.name == "phoneNumbers"
    }

    /// The attribute whose values hold the primary e-mail address.
    pub(in super::super) fn is_emails(&self) -> bool {
        self.name == EMAILS
    }

    /// What is there only where e-mail addresses are verified; their lists are there without.
    pub fn is_of_email_verification(&self) -> bool {
        matches!(self.name, "pendingEmails" | "emailVerified" | "verifyEmail")
    }

    /// The kind of address that `mobileNumbers`, `emailAddresses` and their verified parts hold: lists without
    /// sub-attributes.
    pub fn address_list(&self) -> Option<Channel> {
        match self.kind {
            Kind::Phone if self.multi_valued => Some(Channel::Sms),
            Kind::Email if self.multi_valued => Some(Channel::Email),
            _ => None,
        }
    }

    /// Write-only, and kept all the same: as hashes.
    pub fn is_backup_codes(&self) -> bool {
        self.name == "otpBackupCodes"
    }

    /// A list of WSO2's that is also written as text with commas.
    pub(in super::super) fn is_text_list(&self) -> bool {
        self.address_list().is_some() || self.is_backup_codes()
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
    /// Whether its attributes stand at the top level of a resource.
    pub fn is_core(&self) -> bool {
        self.urn == USER
    }
}

/// By name in any case (RFC 7643 §2.1).
pub(super) fn named(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes
        .iter()
        .find(|a| a.name.eq_ignore_ascii_case(name))
}
