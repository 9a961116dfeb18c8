//! The users that the server starts with, and how the issuer finds any of them by name.
//! The seeds' user is the one that the source documents' samples are about.

use serde_json::{Map, Value, json};
use shared::address::phone_number::PhoneNumber;
use shared::api::caller::IdentityAttribute;
use shared::clock::Clock;
use shared::config::ConfigError;
use shared::platform::Platform;
use shared::store::{Store, StoreError};
use shared::user::User;
use shared::user::backup_codes::BackupCodes;
use shared::user::numbers::Numbers;

use crate::template::Stack;

/// The id of the seeds' user.
pub const BOB: &str = "1e624046-520c-4628-a245-091e04b03f21";
/// The id of the user without a number.
pub const ALICE: &str = "7c0b5ad4-3f0e-4e0c-9a55-6d1f2f7e8b90";

/// Why the users cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    #[error("users: {0}")]
    Config(#[from] ConfigError),
    #[error("users: {0}")]
    Store(#[from] StoreError),
}

/// A user, as tokens name it.
pub struct Named {
    pub id: String,
    /// The attribute that `IdentityAttribute` says; none where the user has no such attribute.
    pub identity: Option<String>,
}

/// The users' table, through the same store that the functions use.
#[derive(Clone)]
pub struct Users {
    store: Store,
    clock: Clock,
    identity: IdentityAttribute,
}

impl Users {
    /// With the settings of whichever function knows the tables; none where no function does.
    pub fn new(platform: &Platform, stack: &Stack) -> Result<Option<Self>, UsersError> {
        let knows_tables = stack.functions.iter().find(|function| {
            ["USERS_TABLE", "VERIFICATIONS_TABLE"]
                .iter()
                .all(|variable| function.environment.contains_key(*variable))
        });
        let Some(function) = knows_tables else {
            return Ok(None);
        };
        let env = |variable: &str| function.environment.get(variable).cloned();
        Ok(Some(Self {
            store: Store::of_users(&env, platform)?,
            clock: platform.clock.clone(),
            identity: IdentityAttribute::from_env(&env)?,
        }))
    }

    /// The user with this id or userName, as tokens name it.
    pub async fn named(&self, name: &str) -> Result<Option<Named>, UsersError> {
        let user = match self.store.user(name).await? {
            Some(user) => Some(user),
            None => match self.store.id_by_name(name).await? {
                Some(id) => self.store.user(&id).await?,
                None => None,
            },
        };
        Ok(user.map(|user| Named {
            identity: self.identity.of(&user).map(str::to_owned),
            id: user.id,
        }))
    }

    /// Writes the seeds' user, and one without a number, where there is nobody at all.
    pub async fn seed_when_empty(&self) -> Result<(), UsersError> {
        if !self.store.is_empty().await? {
            return Ok(());
        }
        let number = PhoneNumber::from_e164("+60111111111");
        let list: Vec<PhoneNumber> = number.iter().cloned().collect();
        let bob = json!({
            "name": { "givenName": "Bob", "familyName": "Smith" },
            "emails": [{ "value": "bobsmith@abc.com" }],
        });
        let numbers = Numbers {
            primary_verified: number.is_some(),
            primary: number,
            listed: list.clone(),
            verified: list,
        };
        self.create(BOB, "bob123", bob, numbers).await?;
        self.create(ALICE, "alice", Value::Null, Numbers::default())
            .await
    }

    async fn create(
        &self,
        id: &str,
        user_name: &str,
        profile: Value,
        numbers: Numbers,
    ) -> Result<(), UsersError> {
        let now = self.clock.now();
        let profile = match profile {
            Value::Object(profile) => profile,
            _ => Map::new(),
        };
        let user = User {
            id: id.to_owned(),
            version: 1,
            created: now,
            last_modified: now,
            user_name: user_name.to_owned(),
            profile,
            numbers,
            emails: None,
            own_changes: Vec::new(),
            backup_codes: BackupCodes::default(),
            sign_ins_ended: None,
        };
        self.store.create(&user).await?;
        Ok(())
    }
}
