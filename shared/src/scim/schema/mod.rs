//! The one definition of what a user's attributes are; reading, PATCH, filters and discovery follow it.
//! A new attribute is one line in `schema/user.rs` (and whatever gives it a meaning).

mod attribute;
#[rustfmt::skip] // a table: a line an attribute
mod user;

use attribute::named;
pub use attribute::{
    Attribute, ENTERPRISE, Kind, Mutability, Returned, Schema, USER, Uniqueness, WSO2,
};
pub use user::{COMMON, SCHEMAS};

impl Schema {
    /// By name in any case (RFC 7643 §2.1). The core schema also knows the common attributes of §3.1.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        let common: &[Attribute] = if self.is_core() { COMMON } else { &[] };
        named(self.attributes, name).or_else(|| named(common, name))
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
            (
                Some(ENTERPRISE),
                "smsOtpDisabled",
                Some((WSO2, "smsOtpDisabled")),
            ),
            (None, "otpbackupcodes", Some((WSO2, "otpBackupCodes"))),
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
