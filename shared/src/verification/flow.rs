//! A sign-in with a second factor, from the first factor to its end (document 004): what is asked for, and how it ended.
//! Pure; it lives in one item of its own, whose key is a digest of its id.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::address::phone_number::PhoneNumber;
use crate::clock::Timestamp;
use crate::crypto::key::Key;
use crate::otp::{Binding, Code, CodeId, KeyedHash, NoRandomness};
use crate::platform::random::Random;

/// What a login code is bound to beside user and number: no other door takes it, and this one takes no other.
const SCENARIO: &str = "SMS_OTP_LOGIN";

/// Characters of an id: 192 bits in Base64 (RFC 4648 §5).
const ID_LENGTH: usize = 32;

/// Names a flow to whoever may go on with it: a capability, which is stored as a digest and logged nowhere.
/// No Display, and Debug does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct FlowId(String);

impl std::fmt::Debug for FlowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FlowId")
    }
}

impl FlowId {
    /// 192 bits from the system's generator.
    pub fn generate(random: Random) -> Result<Self, NoRandomness> {
        let bytes = random.bytes::<24>().map_err(|_| NoRandomness)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What a path or a trigger holds; None where no flow can have this id.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (text.len() == ID_LENGTH && text.bytes().all(letters)).then(|| Self(text.to_owned()))
    }

    /// The id itself: for the answer to whoever started the flow, and the addresses of its pages.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What stands for it in the store: SHA-256 in Base64 (RFC 4648 §5). A digest without a key is enough for 192 bits.
    pub fn digest(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0))
    }
}

/// How far a flow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    Open,
    Succeeded,
    /// Its success was told by the one call that tells it.
    Consumed,
    Failed,
}

/// What an open flow asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Asks {
    /// The code that was sent.
    Code,
    /// A number that a code can go to.
    Number,
    /// A backup code, since no message goes to this user.
    BackupCode,
}

impl Asks {
    /// The `prompt` by which clients know it.
    pub const fn prompt(self) -> &'static str {
        match self {
            Self::Code => "OTP",
            Self::Number => "MOBILE_NUMBER",
            Self::BackupCode => "BACKUP_CODE",
        }
    }
}

/// Whose number it is that codes go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NumberFrom {
    /// It is stored, and verified for the user.
    User,
    /// Given in this flow; the right code makes it the user's (CaptureAndUpdateMobileNumber).
    Capture,
    /// Given in this flow by somebody who is no user here; it is stored nowhere (SendOTPDirectlyToMobile).
    Direct,
}

/// What proved who it is (RFC 8176 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    Sms,
    /// A backup code.
    Otp,
}

impl Method {
    /// Its value in `amr` (RFC 8176 §2).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Otp => "otp",
        }
    }
}

/// A code on its way, or there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginCode {
    pub number: PhoneNumber,
    /// ISO 3166-1 code, so that a resend needs no numbering plans.
    pub region: String,
    pub id: CodeId,
    pub hash: KeyedHash,
    pub key_version: String,
    pub expires: Timestamp,
    /// The user's version when it was sent; None where there is no user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_version: Option<u64>,
}

/// Who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// Whose failures and messages count: the user's id, or what stands for a name that is nobody's.
    pub account: String,
    /// None: nobody is known by what the application named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The user's version when the flow began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_version: Option<u64>,
    /// The id that the application named, where nobody has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_id: Option<String>,
}

/// A flow as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    pub subject: Subject,
    pub stage: Stage,
    pub asks: Asks,
    pub number_from: NumberFrom,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_code: Option<LoginCode>,
    /// Tries since its last code was sent.
    pub tries: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    pub expires: Timestamp,
    /// Counts the writes that change what is asked for; tries do not.
    pub revision: u64,
}

/// What a typed code turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginMatch {
    Right,
    /// The right code, too late.
    Expired,
    /// The right code, after as many tries as are compared: dead, and yet no guess.
    PastTries,
    Wrong,
}

impl Flow {
    /// One that asks for something, or has ended with its first look.
    pub fn new(subject: Subject, expires: Timestamp) -> Self {
        Self {
            subject,
            stage: Stage::Open,
            asks: Asks::Code,
            number_from: NumberFrom::User,
            login_code: None,
            tries: 0,
            method: None,
            return_url: None,
            expires,
            revision: 1,
        }
    }

    #[must_use]
    pub fn asking(self, asks: Asks, number_from: NumberFrom) -> Self {
        Self {
            asks,
            number_from,
            ..self
        }
    }

    #[must_use]
    pub fn ended(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    #[must_use]
    pub fn returning_to(self, return_url: Option<String>) -> Self {
        Self { return_url, ..self }
    }

    /// Whether there still is a flow: its time is not over, and its success was not told.
    pub fn lives(&self, now: Timestamp) -> bool {
        now < self.expires && self.stage != Stage::Consumed
    }

    /// Whether it can be gone on with.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.lives(now) && self.stage == Stage::Open
    }

    /// Whether somebody typed something that did not prove anything, and nothing was sent since.
    pub fn has_failed_tries(&self) -> bool {
        self.tries > 0
    }

    /// Whether another number may be given in place of the one that a code went to.
    pub fn takes_number(&self) -> bool {
        self.number_from != NumberFrom::User
    }

    /// The user's version that its last step was taken with.
    pub fn user_version(&self) -> Option<u64> {
        let sent = self.login_code.as_ref().and_then(|sent| sent.user_version);
        sent.or(self.subject.user_version)
    }

    /// Where its code went.
    pub fn number(&self) -> Option<&PhoneNumber> {
        self.login_code.as_ref().map(|code| &code.number)
    }

    /// Whether the code, whose try has been counted in this flow, is the one that was sent. `most`: tries that are
    /// compared.
    pub fn compare(&self, code: &Code, keys: &[Key], most: u64, now: Timestamp) -> LoginMatch {
        let Some(sent) = &self.login_code else {
            return LoginMatch::Wrong;
        };
        let key = keys.iter().find(|key| key.version() == sent.key_version);
        let bound = binding(&self.subject.account, &sent.number, &sent.id);
        match key.is_some_and(|key| code.is_behind(&sent.hash, key, bound)) {
            true if self.tries > most => LoginMatch::PastTries,
            true if now < sent.expires => LoginMatch::Right,
            true => LoginMatch::Expired,
            false => LoginMatch::Wrong,
        }
    }
}

/// The keyed hash of a login code.
pub fn login_hash(
    key: &Key,
    code: &Code,
    account: &str,
    number: &PhoneNumber,
    id: &CodeId,
) -> KeyedHash {
    code.hash(key, binding(account, number, id))
}

fn binding<'a>(account: &'a str, number: &'a PhoneNumber, id: &'a CodeId) -> Binding<'a> {
    Binding {
        user: account,
        scenario: SCENARIO,
        address: number.as_e164(),
        id,
    }
}

/// `*******789`: a number as the pages show it to whoever only knows the first factor.
pub fn last_digits(number: &PhoneNumber) -> String {
    let all = number.as_e164().chars();
    let shown = all.clone().count().saturating_sub(3);
    let masked = std::iter::repeat_n('*', 7);
    masked.chain(all.skip(shown)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otp::CodePolicy;

    fn phone(e164: &str) -> PhoneNumber {
        PhoneNumber::from_e164(e164).unwrap()
    }

    #[test]
    fn an_id_is_192_bits_and_its_digest_tells_nothing_of_it() {
        let id = FlowId::generate(Random::system()).unwrap();
        assert_eq!(id.expose().len(), 32);
        assert!(FlowId::parse(id.expose()) == Some(id.clone()));
        assert_eq!(id.digest().len(), 43);
        assert_ne!(
            id.digest(),
            FlowId::generate(Random::system()).unwrap().digest()
        );
        for wrong in [
            "",
            "x",
            &"a".repeat(31),
            &"a".repeat(33),
            &"%".repeat(32),
            &"é".repeat(16),
        ] {
            assert!(FlowId::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_code_is_compared_as_often_as_may_be_and_in_time() {
        let key = Key::new("1", &[7; 32]).unwrap();
        let code = Code::generate(&CodePolicy::default(), &mut Random::system()).unwrap();
        let id = CodeId::generate(&mut Random::system()).unwrap();
        let number = phone("+60123456789");
        let at = Timestamp::from_millis;
        let subject = Subject {
            account: "bob".into(),
            user_id: Some("bob".into()),
            user_name: None,
            user_version: None,
            unknown_id: None,
        };
        let mut flow = Flow::new(subject, at(600_000));
        flow.login_code = Some(LoginCode {
            hash: login_hash(&key, &code, "bob", &number, &id),
            number,
            region: "MY".into(),
            id,
            key_version: "1".into(),
            expires: at(300_000),
            user_version: Some(1),
        });
        let keys = [key];
        let other = Code::parse("x").unwrap();
        flow.tries = 5;
        assert_eq!(
            flow.compare(&code, &keys, 5, at(299_999)),
            LoginMatch::Right
        );
        assert_eq!(
            flow.compare(&code, &keys, 5, at(300_000)),
            LoginMatch::Expired
        );
        assert_eq!(flow.compare(&other, &keys, 5, at(0)), LoginMatch::Wrong);
        assert_eq!(flow.compare(&code, &[], 5, at(0)), LoginMatch::Wrong);
        flow.tries = 6;
        assert_eq!(flow.compare(&code, &keys, 5, at(0)), LoginMatch::PastTries);
        flow.subject.account = "eve".into();
        flow.tries = 1;
        assert_eq!(flow.compare(&code, &keys, 5, at(0)), LoginMatch::Wrong);
    }

    #[test]
    fn of_a_number_the_last_three_digits_are_shown() {
        assert_eq!(last_digits(&phone("+60123456789")), "*******789");
        assert_eq!(last_digits(&phone("+12")), "*******+12");
    }
}
