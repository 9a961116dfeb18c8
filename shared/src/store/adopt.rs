//! Addresses that were verified before an address was to be one user's: entered once, by an operator.
//! What `Store::of_users` does for each user that is written, for all that are not.

use crate::address::{Address, Channel};
use crate::store::client::Store;
use crate::store::error::StoreError;
use crate::store::names::Unique;
use crate::store::reads::USERS_AT_ONCE;
use crate::user::User;

/// A user that is changed at the same moment is read again this often.
const ATTEMPTS: usize = 5;

/// An address that is verified for two users: the one that has it keeps it, and the other can still use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub address: Address,
    /// The id of the user whose address it is from now on.
    pub owner: String,
    /// The id of the other one.
    pub other: String,
}

/// What came of a run over the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    pub users: usize,
    /// Addresses that were entered by this run.
    pub entered: usize,
    /// Addresses that had been entered before, by whatever.
    pub there: usize,
    pub conflicts: Vec<Conflict>,
}

impl Store {
    /// Enters every verified address of a kind as its user's, where it is nobody's yet. Does nothing that is done already, so
    /// that it can be stopped, and run again; functions may serve meanwhile. Reads the whole table.
    pub async fn adopt_verified(&self, channel: Channel) -> Result<Adopted, StoreError> {
        let mut adopted = Adopted::default();
        let mut after: Option<String> = None;
        loop {
            let page = self.ids(after.as_deref(), None).await?;
            for ids in page.ids.chunks(USERS_AT_ONCE) {
                for (user, _) in self.read_all(ids).await? {
                    adopted.users += 1;
                    self.adopt(user, channel, &mut adopted).await?;
                }
            }
            after = page.ids.last().cloned();
            if !page.more || after.is_none() {
                return Ok(adopted);
            }
        }
    }

    /// One user's addresses.
    async fn adopt(
        &self,
        mut user: User,
        channel: Channel,
        adopted: &mut Adopted,
    ) -> Result<(), StoreError> {
        for address in user.all_verified(channel) {
            for attempt in 0.. {
                if let Some(owner) = self.owner_of(&address).await? {
                    if owner == user.id {
                        adopted.there += 1;
                    } else {
                        let other = user.id.clone();
                        adopted.conflicts.push(Conflict {
                            address,
                            owner,
                            other,
                        });
                    }
                    break;
                }
                if self.enter(&user, &address).await? {
                    adopted.entered += 1;
                    break;
                }
                if attempt == ATTEMPTS {
                    return Err(StoreError::Unavailable("a user is fought over".into()));
                }
                // The user changed, or somebody was faster.
                let Some(now) = self.user(&user.id).await? else {
                    return Ok(());
                };
                user = now;
                if !user.all_verified(channel).contains(&address) {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn owner_of(&self, address: &Address) -> Result<Option<String>, StoreError> {
        self.id_by(Unique::verified(address.channel()), address.key())
            .await
    }

    /// False where the user is not any more what was read, or the address is somebody's by now.
    async fn enter(&self, user: &User, address: &Address) -> Result<bool, StoreError> {
        let Some(name) = Unique::verified(address.channel()).name(address.key()) else {
            return Ok(true);
        };
        let written = self.transact(|| {
            let unchanged = self.in_version(&user.id, user.version)?;
            Ok(vec![unchanged, self.claiming(&name, &user.id)?])
        });
        Ok(written.await?.is_ok())
    }
}
