//! Which users a filter can match at most, where it names them by what identifies a user.
//! Then there is no need to look through all of them.

use scim_v2::filter::{AttrExp, CompValue, CompareOp, Filter};

use crate::scim::filter::found::Found;

/// Most users that are looked up for one filter.
pub const MAX_KEYS: usize = 100;

/// What identifies one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Id(String),
    UserName(String),
    ExternalId(String),
}

/// The keys one of which every match has; none where a match can be anyone.
pub fn keys(filter: &Filter) -> Option<Vec<Key>> {
    let keys = match filter {
        Filter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(value))) => {
            let found = Found::of(path)?;
            let key = match found.attribute.name {
                _ if !found.schema.is_core() => return None,
                "id" => Key::Id,
                "userName" => Key::UserName,
                "externalId" => Key::ExternalId,
                _ => return None,
            };
            vec![key(value.clone())]
        }
        // Any part says enough; the one with the fewest keys says most.
        Filter::And(parts) => parts.iter().filter_map(keys).min_by_key(Vec::len)?,
        Filter::Or(parts) => {
            let all: Option<Vec<Vec<Key>>> = parts.iter().map(keys).collect();
            all?.into_iter().flatten().collect()
        }
        _ => return None,
    };
    (keys.len() <= MAX_KEYS).then_some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(filter: &str) -> Option<Vec<Key>> {
        keys(&super::super::parse(filter).unwrap())
    }

    #[test]
    fn filters_that_name_users() {
        let name = || Key::UserName("Bob".into());
        let external = || Key::ExternalId("X 1".into());
        let id = || Key::Id("1".into());
        for (filter, wanted) in [
            (r#"userName eq "Bob""#, vec![name()]),
            (r#"USERNAME EQ "Bob""#, vec![name()]),
            (
                r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "Bob""#,
                vec![name()],
            ),
            (r#"externalId eq "X 1""#, vec![external()]),
            (r#"(id eq "1")"#, vec![id()]),
            (r#"((id eq "1")) and active eq true"#, vec![id()]),
            (
                r#"title pr and (externalId eq "X 1" and active eq true)"#,
                vec![external()],
            ),
            (r#"(userName eq "Bob" or id eq "1")"#, vec![name(), id()]),
            (
                r#"(userName eq "Bob" or id eq "1") and externalId eq "X 1""#,
                vec![external()],
            ),
        ] {
            assert_eq!(found(filter), Some(wanted), "{filter}");
        }
    }

    #[test]
    fn filters_that_anyone_may_match() {
        for filter in [
            r#"userName sw "Bob""#,
            r#"userName ne "Bob""#,
            "userName eq null",
            r#"not (userName eq "Bob")"#,
            r#"userName eq "Bob" or title pr"#,
            r#"emails eq "Bob""#,
            r#"name.givenName eq "Bob""#,
            r#"emails[value eq "Bob"]"#,
        ] {
            assert_eq!(found(filter), None, "{filter}");
        }
        let many = |n| vec![r#"id eq "1""#; n].join(" or ");
        assert_eq!(found(&many(MAX_KEYS)).unwrap().len(), MAX_KEYS);
        assert_eq!(found(&many(MAX_KEYS + 1)), None);
    }
}
