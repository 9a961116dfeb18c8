//! Backup codes: made for a user, in place of those of before, and shown once.

use crate::challenge::issue::IssueError;
use crate::challenge::login::{LoginError, SecondFactor, Who};
use crate::clock::Timestamp;
use crate::store::{Save, Saved};
use crate::telemetry::audit;
use crate::user::User;
use crate::user::backup_codes::{BackupCodes, NewCodes};

/// A user that is changed by others is read and written again this often.
const RETRIES: usize = 3;

impl SecondFactor {
    /// Makes as many codes for the user, 1 to 20, and ends those of before.
    pub async fn new_backup_codes(
        &self,
        who: &Who,
        count: usize,
        now: Timestamp,
    ) -> Result<NewCodes, LoginError> {
        if !self.policy.backup_codes {
            return Err(LoginError::SwitchedOff("BackupCode"));
        }
        let mut random = self.random;
        let codes = NewCodes::generate(count, &mut random)?;
        let key = self.keys.current().await;
        for _ in 0..=RETRIES {
            let found = self.user_of(who).await?;
            let (before, read) = found.ok_or(LoginError::UnknownUser)?;
            if !before.is_active() {
                return Err(LoginError::Inactive);
            }
            let after = User {
                backup_codes: BackupCodes::new(&before.id, &codes, &key, &mut random)?,
                version: before.version + 1,
                last_modified: now,
                ..before.clone()
            };
            let save = Save {
                restated: None,
                before: &before,
                after: Some(&after),
                cancel: &[],
                read: &read,
            };
            if self.store.save(save).await? == Saved::Done {
                audit::backup_codes_changed(&after.id, after.backup_codes.remaining());
                return Ok(codes);
            }
        }
        Err(LoginError::NotIssued(IssueError::Lost))
    }
}
