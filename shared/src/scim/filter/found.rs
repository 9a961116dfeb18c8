//! What the path of a filter means: an attribute, perhaps a part of it, in one of the schemas.

use scim_v2::filter::AttrPath;

use crate::scim::schema::{self, Attribute, Schema};

/// What a path in a filter means: where its values are, and the attribute that describes one.
pub(super) struct Found {
    pub schema: &'static Schema,
    pub attribute: &'static Attribute,
    pub sub: Option<&'static Attribute>,
}

impl Found {
    pub(super) fn of(path: &AttrPath) -> Option<Self> {
        let (schema, attribute) = schema::find(path.uri.as_deref(), &path.name)?;
        let sub = match &path.sub_attr {
            Some(sub) => Some(attribute.sub(sub)?),
            None => None,
        };
        Some(Self {
            schema,
            attribute,
            sub,
        })
    }

    /// What is compared: RFC 7644's own example `emails co "x"` means the sub-attribute `value`.
    pub(super) fn compared(&self) -> &'static Attribute {
        self.sub
            .or_else(|| self.attribute.sub("value"))
            .unwrap_or(self.attribute)
    }
}

/// Inside `[...]`: the sub-attribute of that name, or the value itself (`value`) where it has no parts.
pub(super) fn of_value(
    attribute: &'static Attribute,
    path: &AttrPath,
) -> Option<&'static Attribute> {
    if path.uri.is_some() || path.sub_attr.is_some() {
        return None;
    }
    if attribute.sub_attributes().is_empty() {
        return path.name.eq_ignore_ascii_case("value").then_some(attribute);
    }
    attribute.sub(&path.name)
}
