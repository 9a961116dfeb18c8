//! The caller's own user on `/Me`, `/me` and `/cis`: looked up, or made of the token that comes for the first time
//! (`CreateUsersOnFirstUse`), so that whoever signs in at the identity provider needs no provisioning.

use serde_json::Map;

use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::clock::Timestamp;
use crate::crypto::keyring::Keyring;
use crate::platform::random::Random;
use crate::store::{Created, Store};
use crate::user::User;
use crate::user::backup_codes::BackupCodes;
use crate::user::numbers::Numbers;

impl Caller {
    /// The id of the caller's user, if there is one, or is to be one now. The user is written once, with its names in
    /// one transaction: of two first calls at the same time one makes it.
    ///
    /// # Errors
    /// [`Error::UserNameTaken`] where another user has the name; then nobody is made.
    pub async fn own_id(
        &self,
        store: &Store,
        random: Random,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        if let Some(id) = self.user_id(store).await? {
            return Ok(Some(id));
        }
        let Some(user_name) = self.first_user_name() else {
            return Ok(None);
        };
        let user = new_user(self.subject(), user_name, random, now)?;
        if store.create(&user).await? == Created::Done {
            tracing::info!(user = user.id, "created on first use");
            return Ok(Some(user.id));
        }
        // Another call of the same person was first, or the reply to this one's first attempt was lost.
        match self.user_id(store).await? {
            Some(id) => Ok(Some(id)),
            None => Err(Error::UserNameTaken),
        }
    }

    /// As [`Caller::account`] has it, on a route of the caller's own.
    pub async fn own_account(
        &self,
        store: &Store,
        keys: &Keyring,
        random: Random,
        now: Timestamp,
    ) -> Result<String, Error> {
        match self.own_id(store, random, now).await? {
            Some(id) => Ok(id),
            None => Ok(self.pseudonym(&keys.current().await)),
        }
    }
}

fn new_user(subject: &str, user_name: &str, random: Random, now: Timestamp) -> Result<User, Error> {
    let bytes = random
        .bytes()
        .map_err(|error| Error::Internal(error.to_string()))?;
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    Ok(User {
        id: id.to_string(),
        version: 1,
        created: now,
        last_modified: now,
        user_name: user_name.to_owned(),
        profile: Map::from_iter([("externalId".to_owned(), subject.into())]),
        numbers: Numbers::default(),
        emails: None,
        own_changes: Vec::new(),
        backup_codes: BackupCodes::default(),
        sign_ins_ended: None,
    })
}
