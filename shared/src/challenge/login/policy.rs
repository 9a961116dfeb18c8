//! What a sign-in asks for: the truth table of document 004, by its settings.

use std::time::Duration;

use crate::address::phone_number::PhoneNumber;
use crate::config::{ConfigError, Env, flag, number};
use crate::telemetry::audit::LoginRefusal;
use crate::user::User;
use crate::verification::flow::NumberFrom;

/// The switches of document 004, by its names.
#[expect(
    clippy::struct_excessive_bools,
    reason = "document 004 has as many switches, each by itself"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginPolicy {
    /// `SMSOTPMandatory`
    pub mandatory: bool,
    /// `SMSOTPEnableByUserClaim`: whether a user may switch it off.
    pub by_user_claim: bool,
    /// `CaptureAndUpdateMobileNumber`
    pub capture: bool,
    /// `SendOTPDirectlyToMobile`
    pub directly: bool,
    /// `RetryEnable`
    pub retry: bool,
    /// `ResendEnable`
    pub resend: bool,
    /// `BackupCode`
    pub backup_codes: bool,
    /// `redirectToMultiOptionPageOnFailure`
    pub multi_option: bool,
    /// How long a flow lives.
    pub validity: Duration,
}

impl Default for LoginPolicy {
    fn default() -> Self {
        Self {
            mandatory: false,
            by_user_claim: true,
            capture: true,
            directly: false,
            retry: true,
            resend: true,
            backup_codes: true,
            multi_option: false,
            validity: Duration::from_mins(10),
        }
    }
}

impl LoginPolicy {
    /// `SMS_OTP_MANDATORY`, `SMS_OTP_ENABLE_BY_USER_CLAIM`, `CAPTURE_AND_UPDATE_MOBILE_NUMBER`,
    /// `SEND_OTP_DIRECTLY_TO_MOBILE`, `RETRY_ENABLE`, `RESEND_ENABLE`, `BACKUP_CODE`,
    /// `REDIRECT_TO_MULTI_OPTION_PAGE_ON_FAILURE`, `FLOW_MINUTES` (1 to 60).
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let otherwise = Self::default();
        Ok(Self {
            mandatory: flag(env, "SMS_OTP_MANDATORY", otherwise.mandatory)?,
            by_user_claim: flag(env, "SMS_OTP_ENABLE_BY_USER_CLAIM", otherwise.by_user_claim)?,
            capture: flag(env, "CAPTURE_AND_UPDATE_MOBILE_NUMBER", otherwise.capture)?,
            directly: flag(env, "SEND_OTP_DIRECTLY_TO_MOBILE", otherwise.directly)?,
            retry: flag(env, "RETRY_ENABLE", otherwise.retry)?,
            resend: flag(env, "RESEND_ENABLE", otherwise.resend)?,
            backup_codes: flag(env, "BACKUP_CODE", otherwise.backup_codes)?,
            multi_option: flag(
                env,
                "REDIRECT_TO_MULTI_OPTION_PAGE_ON_FAILURE",
                otherwise.multi_option,
            )?,
            validity: Duration::from_mins(number(env, "FLOW_MINUTES", 10, 1..=60)?),
        })
    }

    /// What is asked of a user, or of somebody who is none.
    pub fn demand<'a>(&self, user: Option<&'a User>) -> Demand<'a> {
        let Some(user) = user else {
            return match (self.mandatory, self.directly) {
                (false, _) => Demand::Nothing,
                (true, true) => Demand::Number(NumberFrom::Direct),
                (true, false) => Demand::Refused(LoginRefusal::NoUser),
            };
        };
        if !user.is_active() {
            return Demand::Refused(LoginRefusal::Inactive);
        }
        if self.by_user_claim && user.has_disabled_sms_otp() {
            let has_codes = self.backup_codes && !user.backup_codes.is_empty();
            return match (self.mandatory, has_codes) {
                (false, _) => Demand::Nothing,
                (true, true) => Demand::BackupCode,
                (true, false) => Demand::Refused(LoginRefusal::NoBackupCode),
            };
        }
        match (user.login_number(), self.mandatory, self.capture) {
            (Some(number), _, _) => Demand::Code(number),
            (None, false, _) => Demand::Nothing,
            (None, true, true) => Demand::Number(NumberFrom::Capture),
            (None, true, false) => Demand::Refused(LoginRefusal::NoNumber),
        }
    }
}

/// What a sign-in asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand<'a> {
    /// The second factor is skipped.
    Nothing,
    Refused(LoginRefusal),
    /// The code that goes to this number.
    Code(&'a PhoneNumber),
    /// A number first.
    Number(NumberFrom),
    BackupCode,
}
