//! Backup codes in a resource. What is stored of them cannot be shown: while a PATCH is applied each stands there as
//! its place among them, a number, which no client can write; so codes are added, replaced and removed as any values.

use std::fmt;

use serde_json::{Map, Value};

use crate::scim::error::ScimError;
use crate::scim::schema::WSO2;
use crate::user::backup_codes::{BackupCodeError, BackupCodes, NewCodes};

const NAME: &str = "otpBackupCodes";

/// Codes as a request has them: places of those that are stored, and texts. Debug shows how many.
#[derive(Clone, Default)]
pub struct WrittenCodes {
    places: Vec<u64>,
    texts: Vec<String>,
}

impl fmt::Debug for WrittenCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrittenCodes")
            .field("places", &self.places)
            .field("texts", &self.texts.len())
            .finish()
    }
}

/// What a user's codes are to become: some of those that there are, and new ones.
#[derive(Debug)]
pub struct WantedCodes {
    pub kept: BackupCodes,
    pub new: NewCodes,
}

/// Puts the stored codes into a resource that a PATCH is to be applied to.
pub fn put_places(resource: &mut Map<String, Value>, stored: &BackupCodes) {
    let places: Vec<Value> = (0..stored.remaining()).map(Value::from).collect();
    if places.is_empty() {
        return;
    }
    let extension = resource
        .entry(WSO2)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(extension) = extension {
        extension.insert(NAME.to_owned(), places.into());
    }
}

impl WrittenCodes {
    /// Takes them out of the extension.
    pub(super) fn take(extension: &mut Map<String, Value>) -> Option<Self> {
        let Value::Array(values) = extension.shift_remove(NAME)? else {
            return Some(Self::default());
        };
        let mut codes = Self::default();
        for value in values {
            match value {
                Value::String(text) => codes.texts.push(text),
                place => codes.places.extend(place.as_u64()),
            }
        }
        Some(codes)
    }

    /// What they make of the stored ones; None where these stay as they are.
    ///
    /// # Errors
    /// Where the new ones cannot be a user's: `invalidValue`.
    pub fn of(&self, stored: &BackupCodes) -> Result<Option<WantedCodes>, ScimError> {
        if self.texts.is_empty() && self.places.len() == stored.remaining() {
            return Ok(None);
        }
        let new = NewCodes::parse(self.texts.iter().map(String::as_str)).map_err(refused)?;
        let ids = (0..).zip(stored.ids());
        let kept = ids.filter(|(place, _)| self.places.contains(place));
        let kept: Vec<_> = kept.map(|(_, id)| id).collect();
        let kept = stored.retaining(|id| kept.contains(&id));
        Ok(Some(WantedCodes { kept, new }))
    }
}

/// What a client reads of codes that cannot be its user's.
pub fn refused(error: BackupCodeError) -> ScimError {
    ScimError::invalid_value(NAME, &error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::key::Key;
    use crate::platform::random::Random;
    use crate::scim::Patch;

    fn stored(texts: &[&str]) -> BackupCodes {
        let codes = NewCodes::parse(texts.iter().copied()).unwrap();
        let key = Key::new("v1", &[7; 32]).unwrap();
        BackupCodes::new("u", &codes, &key, &mut Random::system()).unwrap()
    }

    /// What these operations make of the stored codes: how many stay, and how many come.
    fn made(stored: &BackupCodes, operations: &Value) -> Option<(usize, usize)> {
        let mut resource = Map::new();
        put_places(&mut resource, stored);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations,
        });
        let mut applied = Patch::parse(&body).unwrap().apply(&resource).unwrap();
        let extension = applied.get_mut(WSO2).and_then(Value::as_object_mut);
        let codes = extension.and_then(WrittenCodes::take).unwrap_or_default();
        let wanted = codes.of(stored).unwrap();
        wanted.map(|wanted| (wanted.kept.remaining(), wanted.new.len()))
    }

    #[test]
    fn stored_codes_are_values_like_others_while_a_patch_is_applied() {
        let write = |op: &str, codes: Value| json!({ "op": op, "path": NAME, "value": codes });
        let remove = json!({ "op": "remove", "path": NAME });
        let title = json!({ "op": "add", "path": "title", "value": "x" });
        for (operations, of_two, of_none) in [
            (json!([title]), None, None),
            (json!([write("add", json!([]))]), None, None),
            (
                json!([write("add", json!("1234567"))]),
                Some((2, 1)),
                Some((0, 1)),
            ),
            (
                json!([write("replace", json!(["1234567"]))]),
                Some((0, 1)),
                Some((0, 1)),
            ),
            (json!([remove]), Some((0, 0)), None),
            (json!([write("replace", json!([]))]), Some((0, 0)), None),
            (
                json!([remove, write("add", json!("1234567,1234568"))]),
                Some((0, 2)),
                Some((0, 2)),
            ),
            (
                json!([write("add", json!("1234567")), remove]),
                Some((0, 0)),
                None,
            ),
        ] {
            assert_eq!(
                made(&stored(&["7654321", "7654322"]), &operations),
                of_two,
                "{operations}"
            );
            assert_eq!(
                made(&BackupCodes::default(), &operations),
                of_none,
                "{operations}"
            );
        }
    }

    #[test]
    fn codes_are_not_in_what_is_printed_or_told() {
        let mut extension = Map::new();
        extension.insert(NAME.to_owned(), json!([0, "abcd", "1234567"]));
        let codes = WrittenCodes::take(&mut extension).unwrap();
        assert_eq!(
            format!("{codes:?}"),
            "WrittenCodes { places: [0], texts: 2 }"
        );
        let refused = codes.of(&BackupCodes::default()).unwrap_err();
        insta::assert_snapshot!(refused, @"invalidValue: otpBackupCodes: a code must have at least 20 bits, such as 7 digits or 5 letters, and not be one character repeated");
        assert!(extension.is_empty());
    }
}
