//! What a form of these pages sends: exactly one of its fields.

use shared::api::error::Error;

/// What somebody typed or asked for: no Debug.
pub enum Input<'a> {
    Code(&'a str),
    BackupCode(&'a str),
    MobileNumber(&'a str),
    Resend,
}

impl<'a> Input<'a> {
    /// Refuses what none of the forms would send: no field, two, or an unknown one.
    pub fn of(fields: &'a [(String, String)]) -> Result<Self, Error> {
        let [(name, value)] = fields else {
            return Err(refused());
        };
        match name.as_str() {
            "code" => Ok(Self::Code(value)),
            "backupCode" => Ok(Self::BackupCode(value)),
            "mobileNumber" => Ok(Self::MobileNumber(value)),
            "resend" => Ok(Self::Resend),
            _ => Err(refused()),
        }
    }
}

fn refused() -> Error {
    Error::BadRequest("Send one of code, backupCode, mobileNumber and resend.".into())
}
