//! What no two users have alike: items `USERNAME#<folded>` and `EXTERNALID#<value>`, each with its user's id
//! (a digest stands for what is too long for a key);
//! where verified addresses are unique, also `PHONE#<E.164>` and `EMAIL#<key>` for each that is verified.
//! They are written in one transaction with the user. (Only users have an attribute `id`: the index `Ids` lives on it.)

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Delete, KeysAndAttributes, Put, TransactWriteItem};
use sha2::{Digest, Sha256};

use crate::address::Channel;
use crate::store::client::Store;
use crate::store::error::StoreError;
use crate::store::item::{incomplete, key, string, text, write};
use crate::user::User;
use crate::user::name::{folded, is_name};

/// The attribute of an item that holds its user's id.
const OWNER: &str = "user";

/// The attribute that holds a userName as it is spelled: tokens name a user by that, not by what is folded.
const SPELLED: &str = "name";

/// Longest name that is a key as it is, in bytes: a key of DynamoDB has at most 2,048, and what is folded grows.
const LONGEST_IN_KEY: usize = 1_500;

/// What identifies a user beside its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    UserName,
    ExternalId,
    /// Only where the store keeps verified numbers unique.
    VerifiedNumber,
    /// Only where the store keeps verified e-mail addresses unique.
    VerifiedEmail,
}

impl Unique {
    /// What a verified address of a kind is.
    pub(super) const fn verified(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::VerifiedNumber,
            Channel::Email => Self::VerifiedEmail,
        }
    }

    /// SCIM's name of the attribute.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::UserName => "userName",
            Self::ExternalId => "externalId",
            Self::VerifiedNumber => "phoneNumbers",
            Self::VerifiedEmail => "emails",
        }
    }

    /// The key of the item for a value; none where no user can have the value.
    pub(super) fn key(self, value: &str) -> Option<String> {
        if !is_name(value) {
            return None;
        }
        Some(match self {
            Self::UserName => in_key("USERNAME", &folded(value)),
            // RFC 7643 §3.1: case exact.
            Self::ExternalId => in_key("EXTERNALID", value),
            Self::VerifiedNumber => format!("PHONE#{value}"),
            Self::VerifiedEmail => in_key("EMAIL", value),
        })
    }
}

impl Unique {
    /// None where no user can have the value.
    pub(super) fn name(self, value: &str) -> Option<Name> {
        Some(Name {
            unique: self,
            key: self.key(value)?,
            spelled: (self == Self::UserName).then(|| value.to_owned()),
        })
    }
}

/// Another prefix keeps apart what is a digest and what only looks like one.
fn in_key(prefix: &str, name: &str) -> String {
    if name.len() <= LONGEST_IN_KEY {
        return format!("{prefix}#{name}");
    }
    let digest = Sha256::digest(name);
    let hex = digest.iter().map(|byte| format!("{byte:02x}"));
    format!("{prefix}-SHA256#{}", hex.collect::<String>())
}

/// A user's names as keys of their items.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub unique: Unique,
    key: String,
    /// For userNames only: one that is written in another case is another one to tokens.
    spelled: Option<String>,
}

/// Without what it says: names and numbers are personal data.
impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.unique)
    }
}

/// What comes with a write of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NameWrites {
    pub claimed: Vec<Name>,
    pub freed: Vec<Name>,
}

/// The condition that did not hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// That of the write at this place.
    Write(usize),
    Taken(Unique),
}

impl Store {
    /// A user's names.
    pub(super) fn names(&self, user: &User) -> Vec<Name> {
        let texts = [
            (Unique::UserName, Some(user.user_name.as_str())),
            (Unique::ExternalId, user.external_id()),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(unique, value)| unique.name(value?));
        let kinds = [
            (Channel::Sms, self.unique_numbers),
            (Channel::Email, self.unique_emails),
        ];
        let unique = kinds.into_iter().filter(|(_, unique)| *unique);
        let addresses = unique.flat_map(|(channel, _)| {
            let verified = user.all_verified(channel).into_iter();
            verified.filter_map(move |address| Unique::verified(channel).name(address.key()))
        });
        texts.chain(addresses).collect()
    }

    /// The names that come and go with a change.
    pub(super) fn name_writes(&self, before: &User, after: &User) -> NameWrites {
        let (old, new) = (self.names(before), self.names(after));
        // An item that is written again is not given back.
        let kept = |name: &Name| new.iter().any(|new| new.key == name.key);
        NameWrites {
            claimed: new
                .iter()
                .filter(|name| !old.contains(name))
                .cloned()
                .collect(),
            freed: old.iter().filter(|name| !kept(name)).cloned().collect(),
        }
    }

    /// Writes all or nothing, with the names of a user last: that the user is another one by now says more
    /// than that its new name is there. A name that is another's by now is not freed: numbers that were
    /// verified before they had to be unique may be.
    pub(super) async fn transact_with_names(
        &self,
        writes: impl Fn() -> Result<Vec<TransactWriteItem>, StoreError>,
        mut names: NameWrites,
        user: &str,
    ) -> Result<Result<(), Failed>, StoreError> {
        loop {
            let all = || {
                let mut all = writes()?;
                for name in &names.claimed {
                    all.push(self.claiming(name, user)?);
                }
                for name in &names.freed {
                    all.push(self.freeing(name, user)?);
                }
                Ok(all)
            };
            let Err(at) = self.transact(all).await? else {
                return Ok(Ok(()));
            };
            let Some(at) = at.checked_sub(writes()?.len()) else {
                return Ok(Err(Failed::Write(at)));
            };
            if let Some(name) = names.claimed.get(at) {
                return Ok(Err(Failed::Taken(name.unique)));
            }
            names.freed.remove(at - names.claimed.len());
        }
    }

    /// The id of the user with this userName, in any case.
    pub async fn id_by_name(&self, user_name: &str) -> Result<Option<String>, StoreError> {
        self.id_by(Unique::UserName, user_name).await
    }

    /// The id of the user with exactly this userName, byte for byte: the subject of a token.
    pub async fn id_by_exact_name(&self, user_name: &str) -> Result<Option<String>, StoreError> {
        let Some(pk) = Unique::UserName.key(user_name) else {
            return Ok(None);
        };
        let Some(mut item) = self.get(&self.users, text(pk)).await? else {
            return Ok(None);
        };
        let Some(id) = string(&mut item, OWNER) else {
            return Ok(None);
        };
        let spelled = match string(&mut item, SPELLED) {
            Some(spelled) => Some(spelled),
            // Written by whoever knew no spelling: the user knows.
            None => self.user(&id).await?.map(|user| user.user_name),
        };
        Ok((spelled.as_deref() == Some(user_name)).then_some(id))
    }

    /// The id of the user with this externalId.
    pub async fn id_by_external_id(&self, value: &str) -> Result<Option<String>, StoreError> {
        self.id_by(Unique::ExternalId, value).await
    }

    pub(super) async fn id_by(
        &self,
        unique: Unique,
        value: &str,
    ) -> Result<Option<String>, StoreError> {
        let Some(pk) = unique.key(value) else {
            return Ok(None);
        };
        Ok(self
            .get(&self.users, text(pk))
            .await?
            .and_then(|mut item| string(&mut item, OWNER)))
    }

    /// The ids of the users with these names, at most 100 of them; in no order.
    pub async fn ids_by(&self, wanted: &[(Unique, &str)]) -> Result<Vec<String>, StoreError> {
        let mut keys: Vec<String> = wanted
            .iter()
            .filter_map(|(unique, value)| unique.key(value))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let owners = self.owners(keys).await?.into_iter();
        Ok(owners.map(|(_, id)| id).collect())
    }

    /// Which of its new names another user has. One read, and none where there are no new names.
    pub async fn taken(&self, before: &User, after: &User) -> Result<Option<Unique>, StoreError> {
        let wanted = self.name_writes(before, after).claimed;
        let keys = wanted.iter().map(|name| name.key.clone()).collect();
        let mut owners = self.owners(keys).await?;
        owners.retain(|(_, id)| *id != before.id);
        let mut taken = wanted.into_iter();
        let taken = taken.find(|name| owners.iter().any(|(key, _)| *key == name.key));
        Ok(taken.map(|name| name.unique))
    }

    /// The items with these keys, each with its user's id.
    async fn owners(&self, keys: Vec<String>) -> Result<Vec<(String, String)>, StoreError> {
        let items = match keys.as_slice() {
            [] => Vec::new(),
            [one] => self
                .get(&self.users, text(one))
                .await?
                .into_iter()
                .collect(),
            several => {
                let keys = several.iter().map(|pk| key(text(pk)));
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(keys.collect()))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| incomplete(&error))?;
                let batch = HashMap::from([(self.users.clone(), wanted)]);
                let items = self.batch(batch).await?.into_iter();
                items.map(|(_, item)| item).collect::<Vec<_>>()
            }
        };
        let owners = items
            .into_iter()
            .filter_map(|mut item| Some((string(&mut item, "pk")?, string(&mut item, OWNER)?)));
        Ok(owners.collect())
    }

    /// Takes a name that nobody else has.
    pub(super) fn claiming(
        &self,
        name: &Name,
        user: &str,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.users)
            .item("pk", text(&name.key))
            .item(OWNER, text(user));
        let put = match &name.spelled {
            Some(spelled) => put.item(SPELLED, text(spelled)),
            None => put,
        };
        write(
            put.condition_expression("attribute_not_exists(pk) OR #owner = :owner")
                .expression_attribute_names("#owner", OWNER)
                .expression_attribute_values(":owner", text(user)),
        )
    }

    /// Gives a name back, in the transaction that changes or deletes its user.
    fn freeing(&self, name: &Name, user: &str) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.users)
            .set_key(Some(key(text(&name.key))))
            .condition_expression("attribute_not_exists(pk) OR #owner = :owner")
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":owner", text(user))
            .build()
            .map_err(|error| incomplete(&error))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}
