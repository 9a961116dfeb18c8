//! An update as the client wrote it, PATCH or PUT, applied in memory to the user that is there.
//! Pure; what comes out says what the user is to become, nothing of operations or paths.

use serde_json::{Map, Value};
use shared::address::numbering::Numbering;
use shared::scim::parts;
use shared::scim::parts::Parts;
use shared::scim::schema::WSO2;
use shared::scim::show;
use shared::scim::{Patch, ScimError, read};
use shared::user::User;

use crate::decide::{Primary, Wanted, same};

/// A request's body.
#[derive(Debug)]
pub enum Change {
    Patch(Patch),
    Put(Map<String, Value>),
}

/// What a user is to become.
#[derive(Debug)]
pub struct Applied {
    pub user_name: String,
    pub profile: Map<String, Value>,
    pub numbers: Wanted,
}

/// What a PUT may leave out without removing it: `/Me` cannot write it.
const KEPT_BY_ME: [&str; 2] = ["externalId", "active"];

impl Change {
    pub fn patch(body: Map<String, Value>) -> Result<Self, ScimError> {
        Patch::parse(&Value::Object(body)).map(Self::Patch)
    }

    pub fn put(body: Map<String, Value>) -> Result<Self, ScimError> {
        read::from_body(&Value::Object(body)).map(Self::Put)
    }

    /// Applies the update to a user. `me`: by the route `/Me`.
    pub fn apply(
        &self,
        user: &User,
        numbering: &Numbering,
        multiple: bool,
        me: bool,
    ) -> Result<Applied, ScimError> {
        match self {
            Self::Patch(patch) => patched(patch, user, numbering, multiple),
            Self::Put(resource) => replaced(resource, user, numbering, multiple, me),
        }
    }
}

fn patched(
    patch: &Patch,
    user: &User,
    numbering: &Numbering,
    multiple: bool,
) -> Result<Applied, ScimError> {
    if !multiple {
        parts::without_lists(|name| patch.names(WSO2, name))?;
    }
    let before = show::resource(user, multiple);
    let normalise = |text: &str| {
        let number = numbering.parse(text).ok()?;
        Some(number.as_e164().to_owned())
    };
    let applied = patch.apply_with(&before, &normalise)?;
    let mut parts = Parts::of(applied.resource);
    let written = |name: &str, list: &mut Option<Vec<String>>| {
        *list = applied
            .written
            .has(WSO2, name)
            .then(|| list.take().unwrap_or_default());
    };
    written("mobileNumbers", &mut parts.mobile);
    written("verifiedMobileNumbers", &mut parts.verified);
    let primary = match &parts.primary {
        _ if !applied.written.primary_number => Primary::Untouched,
        Some(text) => Primary::To(number(text, user, numbering)?),
        None => Primary::Removed,
    };
    let numbers = wanted(primary, &parts, user, numbering)?;
    parts::external_id(&parts.profile)?;
    Ok(Applied {
        user_name: parts::user_name(parts.user_name)?,
        profile: parts.profile,
        numbers,
    })
}

fn replaced(
    resource: &Map<String, Value>,
    user: &User,
    numbering: &Numbering,
    multiple: bool,
    me: bool,
) -> Result<Applied, ScimError> {
    let mut parts = Parts::of(resource.clone());
    if me && parts.user_name.is_none() {
        parts.user_name = Some(user.user_name.clone());
    }
    if !multiple {
        parts::without_lists(|name| parts.names(name))?;
    }
    if me {
        for name in KEPT_BY_ME {
            if let (false, Some(kept)) = (parts.profile.contains_key(name), user.profile.get(name))
            {
                parts.profile.insert(name.to_owned(), kept.clone());
            }
        }
    }
    // What is the same as stored is no update.
    let primary = match &parts.primary {
        Some(text) => Primary::To(number(text, user, numbering)?),
        None if user.numbers.primary.is_some() => Primary::Removed,
        None => Primary::Untouched,
    };
    let primary = match primary {
        Primary::To(number) if user.numbers.primary.as_ref() == Some(&number) => Primary::Untouched,
        other => other,
    };
    let mut numbers = wanted(primary, &parts, user, numbering)?;
    numbers
        .mobile
        .take_if(|list| same(list, &user.numbers.mobile));
    numbers
        .verified
        .take_if(|list| same(list, &user.numbers.verified));
    parts::external_id(&parts.profile)?;
    Ok(Applied {
        user_name: parts::user_name(parts.user_name)?,
        profile: parts.profile,
        numbers,
    })
}

fn number(
    text: &str,
    user: &User,
    numbering: &Numbering,
) -> Result<shared::address::phone_number::PhoneNumber, ScimError> {
    parts::number("phoneNumbers", text, &user.numbers, numbering)
}

fn wanted(
    primary: Primary,
    parts: &Parts,
    user: &User,
    numbering: &Numbering,
) -> Result<Wanted, ScimError> {
    let read = |name: &str, list: &Option<Vec<String>>| {
        let list = list.as_ref();
        list.map(|texts| parts::numbers(name, texts, &user.numbers, numbering))
            .transpose()
    };
    Ok(Wanted {
        primary,
        mobile: read("mobileNumbers", &parts.mobile)?,
        verified: read("verifiedMobileNumbers", &parts.verified)?,
        verify_mobile: parts.verify_mobile,
    })
}
