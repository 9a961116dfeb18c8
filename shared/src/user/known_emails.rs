//! Reading an e-mail address that is meant for a user.

use crate::address::email::{EmailAddress, key_of};
#[cfg(feature = "mailbox")]
use crate::address::mailbox::MailboxError;
use crate::address::{Address, Channel};
use crate::clock::Timestamp;
use crate::user::User;
use crate::user::emails::{Emails, values};
use crate::verification::Verification;

/// The addresses that a user has in any role or waits for: another spelling of one of them is it.
#[derive(Clone, Debug, Default)]
pub struct KnownEmails(Vec<EmailAddress>);

impl KnownEmails {
    /// Those of a user, and those that wait for their code.
    pub fn of(user: &User, pending: &Verification, now: Timestamp) -> Self {
        let pending = pending.pending_addresses(Channel::Email, now).into_iter();
        let stored = user.emails.iter().flat_map(Emails::all).cloned();
        let values = values(&user.profile).map(EmailAddress::from_stored);
        Self(
            stored
                .chain(values)
                .chain(pending.filter_map(Address::as_email).cloned())
                .collect(),
        )
    }

    /// The address in the spelling that is known, where it is.
    pub fn find(&self, text: &str) -> Option<&EmailAddress> {
        let key = key_of(text.trim());
        self.0.iter().find(|known| known.key() == key)
    }

    /// Reads an address that is meant for this user. One that is known is only compared; a new one must be an address.
    ///
    /// # Errors
    /// What is wrong with a new one.
    #[cfg(feature = "mailbox")]
    pub fn read(&self, text: &str) -> Result<EmailAddress, MailboxError> {
        match self.find(text) {
            Some(known) => Ok(known.clone()),
            None => EmailAddress::parse(text),
        }
    }
}

#[cfg(all(test, feature = "mailbox"))]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_of_a_known_address_is_it() {
        let known = KnownEmails(vec![
            EmailAddress::from_stored("Bob@Abc.com"),
            EmailAddress::from_stored("no address"),
        ]);
        for (text, shown) in [
            (" bob@ABC.com ", Ok("Bob@Abc.com")),
            ("NO address", Ok("no address")),
            ("New@Abc.com", Ok("New@Abc.com")),
            ("new address", Err(())),
        ] {
            let read = known.read(text).map_err(drop);
            assert_eq!(
                read.as_ref().map(EmailAddress::shown).map_err(|()| ()),
                shown
            );
        }
    }
}
