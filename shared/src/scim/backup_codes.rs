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
