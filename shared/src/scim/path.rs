//! What a PATCH path, or the name of a member of a value, points at in the schema (RFC 7644 §3.10, §3.5.2).
//! Only a path with a filter needs the grammar's parser and the regex engine behind it.

use scim_v2::filter::{PatchPath, ValFilter};

use crate::scim::error::{ScimError, shown};
use crate::scim::filter;
use crate::scim::schema::{self, Attribute, Schema};

/// Longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 1_000;
/// Most comparisons in a path's filter: each is made with every value, in every operation.
const MAX_COMPARISONS: usize = 10;

#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) enum Path {
    /// All of a schema's attributes: an extension's object, or with the core URN the resource itself.
    Schema(&'static Schema),
    Attribute(Target),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct Target {
    pub schema: &'static Schema,
    pub attribute: &'static Attribute,
    /// Which values of a multi-valued attribute; without it all.
    pub filter: Option<ValFilter>,
    pub sub: Option<&'static Attribute>,
}

impl Path {
    /// Any path; `at` is where it stands in the request.
    pub(super) fn parse(text: &str, at: &str) -> Result<Self, ScimError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ScimError::invalid_path(at, "is empty"));
        }
        if text.len() > MAX_PATH_BYTES {
            let reason = format!("is longer than {MAX_PATH_BYTES} bytes");
            return Err(ScimError::invalid_path(at, &reason));
        }
        if text.contains('[') {
            return with_filter(text, at).map(Self::Attribute);
        }
        Self::name(text).ok_or_else(|| unknown(text, at))
    }

    /// A path without a filter: `[URN:]attribute[.sub-attribute]` or a schema's URN.
    pub(super) fn name(text: &str) -> Option<Self> {
        if let Some(schema) = schema::schema(text) {
            return Some(Self::Schema(schema));
        }
        let (urn, rest) = match text.rsplit_once(':') {
            Some((urn, rest)) => (Some(urn), rest),
            None => (None, text),
        };
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        Target::find(urn, name, sub).map(Self::Attribute)
    }
}

impl Target {
    fn find(urn: Option<&str>, name: &str, sub: Option<&str>) -> Option<Self> {
        let (schema, attribute) = schema::find(urn, name).or_else(|| verified(urn, name, sub))?;
        let sub = match sub {
            Some(sub) => Some(attribute.sub(sub)?),
            None => None,
        };
        Some(Self {
            schema,
            attribute,
            filter: None,
            sub,
        })
    }

    /// As an error shows it: the schema's spelling, without the filter and the values in it.
    pub(super) fn name(&self) -> String {
        let urn = match self.schema {
            schema if schema.is_core() => String::new(),
            schema => format!("{}:", schema.urn),
        };
        let sub = self.sub.map(|sub| format!(".{}", sub.name));
        format!("{urn}{}{}", self.attribute.name, sub.unwrap_or_default())
    }

    /// The attribute or sub-attribute that takes the value.
    pub(super) fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    pub(super) fn read_only(&self) -> bool {
        self.attribute.is_read_only() || self.leaf().is_read_only()
    }

    /// Whether it is a whole multi-valued attribute, not some of its values or their parts.
    pub(super) fn is_all_values(&self) -> bool {
        self.attribute.multi_valued && self.filter.is_none() && self.sub.is_none()
    }
}

/// `phoneNumbers.verified` under another schema's URN: what no client writes is refused as such, not as unknown.
fn verified(
    urn: Option<&str>,
    name: &str,
    sub: Option<&str>,
) -> Option<(&'static Schema, &'static Attribute)> {
    schema::schema(urn?)?;
    schema::find(None, name)
        .filter(|(_, attribute)| attribute.name == "phoneNumbers")
        .filter(|_| sub.is_some_and(|sub| sub.eq_ignore_ascii_case("verified")))
}

fn with_filter(text: &str, at: &str) -> Result<Target, ScimError> {
    // The parser's own message quotes the text and its token names: no use to a client.
    let Ok(PatchPath::Value(path)) = filter::spaced(text).parse::<PatchPath>() else {
        return Err(ScimError::invalid_path(
            at,
            "does not follow RFC 7644 §3.5.2",
        ));
    };
    let attr = &path.attr;
    let sub = path.sub_attr.as_deref();
    let target = Target::find(attr.uri.as_deref(), &attr.name, sub)
        .filter(|_| attr.sub_attr.is_none())
        .ok_or_else(|| unknown(text, at))?;
    if !target.attribute.multi_valued {
        return Err(ScimError::invalid_path(at, "filters a single value"));
    }
    filter::check_values(&path.filter, target.attribute, at)?;
    if filter::terms_of_value(&path.filter) > MAX_COMPARISONS {
        let reason = format!("has more than {MAX_COMPARISONS} comparisons");
        return Err(ScimError::invalid_filter(at, &reason));
    }
    Ok(Target {
        filter: Some(path.filter),
        ..target
    })
}

fn unknown(text: &str, at: &str) -> ScimError {
    // Without the filter and its values, with what comes behind it.
    let name = match (text.split_once('['), text.rsplit_once(']')) {
        (Some((before, _)), Some((_, behind))) => format!("{before}{behind}"),
        _ => text.to_owned(),
    };
    let reason = format!("names no known attribute: {}", shown(&name));
    ScimError::invalid_path(at, &reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scim_v2::filter::AttrPath;
    use scim_v2::models::errors::ScimType;

    use super::*;

    fn spelled(text: &str) -> Result<String, ScimType> {
        match Path::parse(text, "path") {
            Ok(Path::Schema(schema)) => Ok(schema.urn.to_owned()),
            Ok(Path::Attribute(t)) => Ok(format!(
                "{}|{}{}|{}",
                t.schema.urn.rsplit(':').next().unwrap_or_default(),
                t.attribute.name,
                t.filter.map(|f| format!("[{f}]")).unwrap_or_default(),
                t.sub.map_or("-", |s| s.name)
            )),
            Err(error) => Err(error.scim_type),
        }
    }

    #[test]
    fn paths() {
        let long = format!("title{}", " ".repeat(10) + &"x".repeat(MAX_PATH_BYTES));
        let deep = format!("emails[{}type pr{}]", "(".repeat(200), ")".repeat(200));
        let ten = format!("emails[not (type pr{})]", " and type pr".repeat(9));
        let eleven = format!("emails[{}value pr]", "(type pr) or ".repeat(10));
        let invalid = Err(ScimType::InvalidPath);
        let cases = [
            ("userName", Ok("User|userName|-")),
            (" USERNAME ", Ok("User|userName|-")),
            ("name.givenname", Ok("User|name|givenName")),
            ("Manager.value", Ok("User|manager|value")),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName",
                Ok("User|name|familyName"),
            ),
            (
                "URN:IETF:params:scim:schemas:extension:enterprise:2.0:User:MANAGER.$ref",
                Ok("User|manager|$ref"),
            ),
            ("urn:scim:wso2:SCHEMA", Ok("urn:scim:wso2:schema")),
            (
                "urn:scim:wso2:schema:mobileNumbers",
                Ok("schema|mobileNumbers|-"),
            ),
            ("mobileNumbers", Ok("schema|mobileNumbers|-")),
            (
                r#"phoneNumbers[type eq "mobile"].value"#,
                Ok(r#"User|phoneNumbers[type eq "mobile"]|value"#),
            ),
            (
                r#"urn:scim:wso2:schema:verifiedMobileNumbers[value eq "+60"]"#,
                Ok(r#"schema|verifiedMobileNumbers[value eq "+60"]|-"#),
            ),
            ("", invalid.clone()),
            ("   ", invalid.clone()),
            ("nope", invalid.clone()),
            ("name.", invalid.clone()),
            ("name.givenName.x", invalid.clone()),
            (".name", invalid.clone()),
            ("title.value", invalid.clone()),
            ("urn:other:userName", invalid.clone()),
            (":userName", invalid.clone()),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:",
                invalid.clone(),
            ),
            ("emails[type eq]", invalid.clone()),
            (r#"emails[type eq "work"].nope"#, invalid.clone()),
            (r#"emails[type eq "work"]value"#, invalid.clone()),
            (r#"emails.type[value eq "work"]"#, invalid.clone()),
            (r#"name[givenName eq "x"]"#, invalid.clone()),
            (r#"nope[type eq "x"]"#, invalid.clone()),
            (r#"emails[type eq "work""#, invalid.clone()),
            (r#"emails[nope eq "x"]"#, Err(ScimType::InvalidFilter)),
            (r#"emails[primary gt "x"]"#, Err(ScimType::InvalidFilter)),
            (long.as_str(), invalid.clone()),
            (deep.as_str(), invalid.clone()),
            (eleven.as_str(), Err(ScimType::InvalidFilter)),
        ];
        for (text, wanted) in cases {
            assert_eq!(spelled(text), wanted.map(str::to_owned), "{text}");
        }
        assert!(spelled(&ten).is_ok());
    }

    #[test]
    fn every_attribute_is_found_by_the_name_that_errors_show() {
        for schema in schema::SCHEMAS {
            let common = schema::COMMON.iter().filter(|_| schema.is_core());
            for attribute in schema.attributes.iter().chain(common) {
                let subs = attribute.sub_attributes().iter().map(Some);
                for sub in std::iter::once(None).chain(subs) {
                    let target = Target {
                        schema,
                        attribute,
                        filter: None,
                        sub,
                    };
                    let name = target.name();
                    let long = format!("{}:{}", schema.urn, name.rsplit(':').next().unwrap());
                    for text in [&name, &long, &long.to_uppercase(), &format!(" {long} ")] {
                        let found = Path::parse(text, "path");
                        assert_eq!(found, Ok(Path::Attribute(target.clone())), "{text}");
                    }
                }
            }
        }
    }

    /// The pieces paths are made of, so that random ones come near the grammar.
    fn pathlike() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("urn:ietf:params:scim:schemas:core:2.0:User".to_owned()),
            Just("urn:scim:wso2:schema".to_owned()),
            Just("name".to_owned()),
            Just("emails".to_owned()),
            Just("mobileNumbers".to_owned()),
            Just("givenName".to_owned()),
            Just("value".to_owned()),
            Just(":".to_owned()),
            Just(".".to_owned()),
            Just("[".to_owned()),
            Just("]".to_owned()),
            Just(" eq ".to_owned()),
            Just("\"x\"".to_owned()),
            "\\PC{0,3}",
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_a_panic(text in any::<String>(), near in pathlike()) {
            let _ = Path::parse(&text, "path");
            let _ = Path::parse(&near, "path");
        }

        /// Without a filter the grammar's parser is not asked; it would say the same.
        #[test]
        fn names_follow_the_grammar(text in pathlike().prop_filter("no filter", |t| !t.contains('['))) {
            let ours = match Path::parse(&text, "path") {
                Ok(Path::Attribute(target)) => Some(target),
                Ok(Path::Schema(_)) => return Ok(()),
                Err(_) => None,
            };
            let theirs = match text.parse::<PatchPath>() {
                Ok(PatchPath::Attr(AttrPath { uri, name, sub_attr })) => {
                    Target::find(uri.as_deref(), &name, sub_attr.as_deref())
                }
                _ => None,
            };
            prop_assert_eq!(ours, theirs);
        }
    }
}
