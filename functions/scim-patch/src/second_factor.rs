//! What an update makes of the second factor: backup codes, kept as hashes, and whether the user wants codes by message.

use shared::api::error::Error;
use shared::scim::backup_codes::{self, WantedCodes};
use shared::telemetry::audit;
use shared::user::backup_codes::BackupCodes;
use shared::user::{User, disables_sms_otp};

use crate::app::App;
use crate::apply::Applied;

/// Whether it changes: codes that are written are a change, since nobody can tell that they are the same.
pub fn changes(user: &User, applied: &Applied) -> bool {
    let disables = disables_sms_otp(&applied.profile);
    applied.backup_codes.is_some() || disables != user.has_disabled_sms_otp()
}

/// The codes that are to be stored. A code that there is already stays as it is: it opens once, however often it is added.
pub async fn stored(
    app: &App,
    user: &User,
    wanted: Option<WantedCodes>,
) -> Result<BackupCodes, Error> {
    let Some(WantedCodes { kept, new }) = wanted else {
        return Ok(user.backup_codes.clone());
    };
    if new.is_empty() {
        return Ok(kept);
    }
    let keys = app.keys.versions(&kept.key_versions()).await?;
    let new = new.without(|code| kept.find(&user.id, code, &keys).is_some());
    let key = app.keys.current().await;
    let new = BackupCodes::new(&user.id, &new, &key, &mut app.random.clone())?;
    let all = kept.and(new).map_err(backup_codes::refused)?;
    Ok(all)
}

pub fn audit(before: &User, after: &User) {
    if before.backup_codes != after.backup_codes {
        audit::backup_codes_changed(&after.id, after.backup_codes.remaining());
    }
    if before.has_disabled_sms_otp() != after.has_disabled_sms_otp() {
        audit::sms_otp_switched(&after.id, after.has_disabled_sms_otp());
    }
}
