//! An update as the client wrote it, PATCH or PUT, applied in memory to the user that is there.
//! Pure; what comes out says what the user is to become, nothing of operations or paths.

use std::fmt;

use serde_json::{Map, Value, json};
use shared::address::email::EmailAddress;
use shared::address::numbering::Numbering;
use shared::address::phone_number::PhoneNumber;
use shared::address::{AddressKind, Channel};
use shared::clock::Timestamp;
use shared::scim::backup_codes::{self, WantedCodes};
use shared::scim::parts::{self, Parts, list_names};
use shared::scim::schema::WSO2;
use shared::scim::show::{self, View};
use shared::scim::{Patch, ScimError, read};
use shared::user::addresses::Addresses;
use shared::user::{SMS_OTP_DISABLED, User};
use shared::verification::Verification;
use shared::verification::limits::TryLimits;
use shared::verification::scenario::{Effect, Scenario};

use crate::decide::{Primary, Standing, Wanted, same};
use crate::emails::{self, EmailRules, EmailsBefore, EmailsWritten};
use crate::self_service::SelfService;

/// A request's body.
pub enum Change {
    Patch(Patch),
    Put(Map<String, Value>),
}

/// Only which attributes it names: the values may be personal data, or codes.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patch(patch) => patch.fmt(f),
            Self::Put(resource) => f.debug_list().entries(resource.keys()).finish(),
        }
    }
}

/// What a user is to become.
#[derive(Debug)]
pub struct Applied {
    pub user_name: String,
    pub profile: Map<String, Value>,
    pub standing: Standing,
    pub numbers: Wanted<PhoneNumber>,
    pub emails: Wanted<EmailAddress>,
    /// Whether the lock of the account is to end.
    pub unlock: bool,
    /// None where they stay as they are.
    pub backup_codes: Option<WantedCodes>,
}

/// What an update is applied to, and how it is read.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    pub user: &'a User,
    pub pending: &'a Verification,
    pub now: Timestamp,
    pub numbering: &'a Numbering,
    /// Whether there are lists of numbers.
    pub multiple: bool,
    pub emails: &'a EmailRules,
    pub limits: &'a TryLimits,
    /// By the route `/Me`: what that can write.
    pub self_service: Option<&'a SelfService>,
}

impl Change {
    pub fn patch(body: Map<String, Value>) -> Result<Self, ScimError> {
        Patch::parse(&Value::Object(body)).map(Self::Patch)
    }

    pub fn put(body: Map<String, Value>) -> Result<Self, ScimError> {
        read::from_body(&Value::Object(body)).map(Self::Put)
    }

    /// Applies the update to a user.
    pub fn apply(&self, before: Before<'_>) -> Result<Applied, ScimError> {
        match self {
            Self::Patch(patch) => before.patched(patch),
            Self::Put(resource) => before.replaced(resource),
        }
    }
}

impl Before<'_> {
    fn patched(&self, patch: &Patch) -> Result<Applied, ScimError> {
        self.without_lists(|name| patch.names(WSO2, name))?;
        let mut resource = show::resource(self.user, self.multiple, &self.emails.policy);
        backup_codes::put_places(&mut resource, &self.user.backup_codes);
        let normalise = |text: &str| self.normalise(text);
        let applied = patch.apply_with(&resource, &|| self.shown(), &normalise)?;
        let mut parts = Parts::of(applied.resource);
        if parts.verification_locked == Some(true) {
            let reason = "can only be written as false: nobody is locked by a request";
            return Err(ScimError::invalid_value("verificationLocked", reason));
        }
        let written = |name: &str, list: &mut Option<Vec<String>>| {
            *list = applied
                .written
                .has(WSO2, name)
                .then(|| list.take().unwrap_or_default());
        };
        for (channel, lists) in [
            (Channel::Sms, &mut parts.numbers),
            (Channel::Email, &mut parts.emails),
        ] {
            let [listed, verified] = list_names(channel);
            written(listed, &mut lists.listed);
            written(verified, &mut lists.verified);
            if self.leaves(channel, lists.verified.as_ref(), patch, &resource) {
                lists.verified = None;
            }
        }
        // All that are left stand in the resource.
        parts.backup_codes.get_or_insert_default();
        self.keep_explicit_active(&mut parts.profile);
        let written = patch.names(shared::scim::schema::USER, "active");
        let standing = self.standing(&parts.profile, written);
        let primary = match &parts.primary {
            _ if !applied.written.primary_number => Primary::Untouched,
            Some(text) => self.primary(text, standing)?,
            None => Primary::Removed,
        };
        let emails = EmailsWritten::Patched(applied.written.emails);
        self.applied(parts, primary, &emails, standing)
    }

    /// By what numbers are compared.
    fn normalise(&self, text: &str) -> Option<String> {
        let number = self.numbering.parse(text).ok()?;
        Some(number.as_e164().to_owned())
    }

    /// Whether operations on the verified list came to nothing, such as the removal of what is not there, and would
    /// leave what waits to join it in it, were it there already.
    fn leaves(
        &self,
        channel: Channel,
        verified: Option<&Vec<String>>,
        patch: &Patch,
        resource: &Map<String, Value>,
    ) -> bool {
        let scenario = Scenario::of(channel, Effect::JoinsLists);
        let claim = self.pending.pending(scenario, self.now);
        let (Some(verified), Some(claim)) = (verified, claim) else {
            return false;
        };
        let stored = verified_list(resource, channel);
        if *verified != stored {
            return false;
        }
        let waiting = claim.address.shown();
        let [_, verified] = list_names(channel);
        let mut with_it = resource.clone();
        let extension = with_it.entry(WSO2).or_insert_with(|| json!({}));
        let list: Vec<&str> = stored.into_iter().chain([waiting]).collect();
        if let Some(members) = extension.as_object_mut() {
            members.insert(verified.to_owned(), list.into());
        }
        let normalise = |text: &str| self.normalise(text);
        let applied = patch.apply_with(&with_it, &|| self.shown(), &normalise);
        applied.is_ok_and(|applied| verified_list(&applied.resource, channel).contains(&waiting))
    }

    fn replaced(&self, resource: &Map<String, Value>) -> Result<Applied, ScimError> {
        let mut parts = Parts::of(resource.clone());
        self.without_lists(|name| parts.names(name))?;
        let stored = &self.user.profile;
        if let (false, Some(active)) = (resource.contains_key("active"), stored.get("active")) {
            parts.profile.insert("active".to_owned(), active.clone());
        }
        let given = resource
            .get(WSO2)
            .and_then(|given| given.get(SMS_OTP_DISABLED));
        if let (None, Some(said)) = (given, stored.get(WSO2)) {
            parts.profile.insert(WSO2.to_owned(), said.clone());
        }
        self.keep_explicit_active(&mut parts.profile);
        if let Some(self_service) = self.self_service {
            let own_name = self.user.user_name.as_str();
            parts.user_name.get_or_insert_with(|| own_name.to_owned());
            self_service.keep(stored, &mut parts.profile);
        }
        let standing = self.standing(&parts.profile, resource.contains_key("active"));
        let primary = match &parts.primary {
            Some(text) => self.primary(text, standing)?,
            None if self.user.numbers.primary.is_some() => Primary::Removed,
            None => Primary::Untouched,
        };
        // What is the same as stored is no update.
        let numbers = &self.user.numbers;
        let primary = match primary {
            Primary::To(number) if numbers.primary.as_ref() == Some(&number) => Primary::Untouched,
            other => other,
        };
        let mut applied = self.applied(parts, primary, &EmailsWritten::Replaced, standing)?;
        leave_same_lists(&mut applied.numbers, numbers);
        leave_same_lists(&mut applied.emails, &self.user.known_emails());
        Ok(applied)
    }

    fn without_lists(&self, named: impl Fn(&str) -> bool) -> Result<(), ScimError> {
        if !self.multiple {
            parts::without_lists(Channel::Sms, &named)?;
        }
        if !self.emails.policy.lists.multiple {
            parts::without_lists(Channel::Email, &named)?;
        }
        Ok(())
    }

    /// The user as its readers see it.
    fn shown(&self) -> Map<String, Value> {
        let view = View {
            pending: self.pending,
            now: self.now,
            base_url: "",
            multiple: self.multiple,
            emails: &self.emails.policy,
            limits: self.limits,
        };
        show::show(self.user, view)
    }

    /// That a user is active is not kept; where it is all the same, that is no change.
    fn keep_explicit_active(&self, profile: &mut Map<String, Value>) {
        let stored = self.user.profile.get("active");
        if let (Some(Value::Bool(true)), None) = (stored, profile.get("active")) {
            profile.insert("active".to_owned(), Value::Bool(true));
        }
    }

    fn standing(&self, profile: &Map<String, Value>, active_is_written: bool) -> Standing {
        if profile.get("active") != Some(&Value::Bool(false)) {
            Standing::Active
        } else if active_is_written || self.user.is_active() {
            Standing::Deactivated
        } else {
            Standing::Inactive
        }
    }

    fn primary(&self, text: &str, standing: Standing) -> Result<Primary<PhoneNumber>, ScimError> {
        match parts::number("phoneNumbers", text, &self.user.numbers, self.numbering) {
            Ok(number) => Ok(Primary::To(number)),
            // Nothing keeps an account from being closed.
            Err(_) if standing == Standing::Deactivated => Ok(Primary::Untouched),
            Err(error) => Err(error),
        }
    }

    fn list(
        &self,
        name: &str,
        texts: Option<&Vec<String>>,
        standing: Standing,
    ) -> Result<Option<Vec<PhoneNumber>>, ScimError> {
        let read =
            |texts: &[String]| parts::numbers(name, texts, &self.user.numbers, self.numbering);
        let Some(texts) = texts else {
            return Ok(None);
        };
        if standing == Standing::Deactivated {
            let readable = texts.iter().filter(|text| read(&[(*text).clone()]).is_ok());
            return read(&readable.cloned().collect::<Vec<_>>()).map(Some);
        }
        read(texts).map(Some)
    }

    fn applied(
        &self,
        mut parts: Parts,
        primary: Primary<PhoneNumber>,
        emails: &EmailsWritten,
        standing: Standing,
    ) -> Result<Applied, ScimError> {
        let [listed, verified] = list_names(Channel::Sms);
        let numbers = Wanted {
            primary,
            listed: self.list(listed, parts.numbers.listed.as_ref(), standing)?,
            verified: self.list(verified, parts.numbers.verified.as_ref(), standing)?,
            verify: parts.verify_mobile,
        };
        let before = EmailsBefore {
            user: self.user,
            pending: self.pending,
            now: self.now,
            rules: self.emails,
            standing,
        };
        let emails = emails::wanted(before, &mut parts, emails)?;
        parts::external_id(&parts.profile)?;
        let codes = parts.backup_codes.as_ref();
        let codes = codes.map(|codes| codes.of(&self.user.backup_codes));
        Ok(Applied {
            user_name: parts::user_name(parts.user_name, Some(&self.user.user_name))?,
            profile: parts.profile,
            standing,
            numbers,
            emails,
            unlock: parts.verification_locked == Some(false),
            backup_codes: codes.transpose()?.flatten(),
        })
    }
}

fn verified_list(resource: &Map<String, Value>, channel: Channel) -> Vec<&str> {
    let [_, verified] = list_names(channel);
    let list = resource.get(WSO2).and_then(|said| said.get(verified));
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

/// A list that is the same as stored is no update.
fn leave_same_lists<A: AddressKind>(wanted: &mut Wanted<A>, stored: &Addresses<A>) {
    wanted.listed.take_if(|list| same(list, &stored.listed));
    wanted.verified.take_if(|list| same(list, &stored.verified));
}
