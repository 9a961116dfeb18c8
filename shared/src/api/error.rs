//! The one map from what went wrong to HTTP: for each error its row of the catalogue, what the client reads,
//! and what only operators may read.

use std::borrow::Cow;

use http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use lambda_http::{Body, Response};
use serde_json::{Value, json};

use crate::address::Channel;
use crate::api::catalogue::{self, Row};
use crate::api::response::{self, Form};
use crate::challenge::verify::VerifyError;
use crate::clock::Timestamp;
use crate::otp::{Code, NoRandomness};
use crate::platform::secrets::SecretError;
use crate::store::StoreError;
use crate::verification::limits::{Cap, Refusal};
use crate::verification::scenario::{Scenario, Scenarios};

/// Every way in which a request can fail.
#[derive(Debug)]
pub enum Error {
    /// The request itself is wrong; the text names the field.
    BadRequest(String),
    /// Wrong, used, dead or somebody else's code; the text is what was typed, none where that is too long to repeat.
    InvalidCode(Option<String>),
    ExpiredCode,
    /// 18001 where a privileged caller must say whose code it is.
    UserNotNamed,
    /// A privileged caller named a user that there is not.
    UnknownUser,
    /// No scenario of these, or none named where several claims are pending.
    UnknownScenario(Scenarios),
    NothingPending,
    /// More than one address of a kind would need a code.
    SeveralAddresses(Channel),
    /// No token, or one that says too little.
    Unauthorized,
    MissingScope(String),
    /// RFC 9470: the person must sign in again; seconds that a sign-in counts.
    SignInTooOld {
        max_age: u64,
    },
    PrivilegedOff,
    /// What is asked for is switched off in this deployment; the text says what.
    SwitchedOff(&'static str),
    /// A filter where nothing is filtered (RFC 7644 §4).
    NotFiltered,
    NotFound,
    MethodNotAllowed(String),
    /// A SCIM error of status 400: its `scimType` and what to do about it.
    Scim(String, String),
    /// SCIM uniqueness; the text names the attribute.
    NotUnique(&'static str),
    /// The number needs no code: it is verified for this very user.
    AlreadyVerified,
    /// The address is verified for another user.
    AddressTaken(Channel),
    /// The user was changed by others each time it was to be written.
    Conflict,
    /// The user is not in a version that `If-Match` or `If-None-Match` names.
    PreconditionFailed,
    TooLarge,
    UnsupportedMediaType,
    /// Nothing is sent or compared for now, or never to this number.
    Refused(Refusal),
    /// No provider took the message over.
    NotSent {
        unreachable: bool,
    },
    /// Storage, or secrets, are not available.
    Unavailable(String),
    /// A bug.
    Internal(String),
    /// The account is not in use: no code is sent for it.
    Inactive,
    /// The user has changed itself as often as may be in an hour.
    TooManyChanges {
        until: Timestamp,
    },
    /// The token is one that says who signed in, not one that gives access.
    IdToken,
    /// The userName of a user that is to be made on first use is another's.
    UserNameTaken,
    /// There never was such a flow of a sign-in, or it has ended.
    NoFlow,
}

/// What a page says of an error: which of the few kinds it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    pub status: u16,
    /// Seconds until another try makes sense, where they are known.
    pub retry_after: Option<u64>,
}

/// What whoever acts for another user is told of an inactive account.
pub(super) const INACTIVE_TO_OTHERS: &str =
    "The user is inactive: it starts, resends and proves nothing.";

/// What a client is told of an error.
struct Told<'a> {
    row: &'static Row,
    description: Cow<'a, str>,
    /// RFC 7644 §3.12, where SCIM has a word for it.
    scim_type: Option<&'a str>,
    header: Option<(HeaderName, String)>,
}

impl<'a> Told<'a> {
    pub(crate) fn new(row: &'static Row, description: impl Into<Cow<'a, str>>) -> Self {
        Self {
            row,
            description: description.into(),
            scim_type: None,
            header: None,
        }
    }

    fn scim(self, scim_type: &'a str) -> Self {
        Self {
            scim_type: Some(scim_type),
            ..self
        }
    }

    fn header(self, name: HeaderName, value: impl Into<String>) -> Self {
        Self {
            header: Some((name, value.into())),
            ..self
        }
    }
}

impl From<SecretError> for Error {
    fn from(error: SecretError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<NoRandomness> for Error {
    fn from(error: NoRandomness) -> Self {
        Self::Internal(error.to_string())
    }
}

impl Error {
    /// What whoever typed a code is told.
    pub fn of_code(error: VerifyError, code: &Code) -> Self {
        match error {
            VerifyError::Locked { until }
            | VerifyError::NoUser {
                locked: Some(until),
            } => Self::Refused(Refusal::Locked { until }),
            VerifyError::Wrong | VerifyError::NoUser { locked: None } => {
                Self::InvalidCode((!code.is_long()).then(|| code.expose().to_owned()))
            }
            VerifyError::Inactive => Self::Inactive,
            VerifyError::TooManyLookups { until } => Self::Refused(Refusal::Capped {
                until,
                cap: Cap::Lookups,
            }),
            VerifyError::Randomness(error) => Self::Internal(error.to_string()),
            VerifyError::Several => Self::UserNotNamed,
            VerifyError::Expired => Self::ExpiredCode,
            VerifyError::AddressTaken(channel) => Self::AddressTaken(channel),
            VerifyError::TooManyTries { until } => Self::Refused(Refusal::Capped {
                until,
                cap: Cap::Address,
            }),
            VerifyError::Lost => Self::Conflict,
            VerifyError::Store(error) => error.into(),
        }
    }

    /// The answer to the client. Logs what only operators may read.
    pub(super) fn into_response(
        self,
        form: Form,
        trace_id: &str,
        now: Timestamp,
    ) -> Response<Body> {
        let told = self.told(now);
        self.log(told.row);
        let body = match form {
            Form::Identity | Form::Page => identity_body(&told, trace_id),
            Form::Scim => scim_body(&told),
        };
        let mut answer = response::json(told.row.status, &body);
        if let Some((name, value)) = told.header {
            response::insert(&mut answer, name, &value);
        }
        answer
    }

    /// The same for a page, which has texts of its own. Logs what only operators may read.
    pub(super) fn into_failure(self, now: Timestamp) -> Failure {
        let told = self.told(now);
        self.log(told.row);
        let header = told.header.filter(|(name, _)| *name == RETRY_AFTER);
        Failure {
            status: told.row.status,
            retry_after: header.and_then(|(_, seconds)| seconds.parse().ok()),
        }
    }

    /// The code that clients branch on.
    pub fn code(&self, now: Timestamp) -> &'static str {
        self.told(now).row.code
    }

    /// What a caller without HTTP is told: the code, and the client's text. Logs what only operators may read.
    pub fn into_text(self, now: Timestamp) -> String {
        let told = self.told(now);
        self.log(told.row);
        format!("{}: {}", told.row.code, told.description)
    }

    /// A row an error.
    fn told(&self, now: Timestamp) -> Told<'_> {
        match self {
            Self::BadRequest(what) => {
                Told::new(&catalogue::BAD_REQUEST, what).scim("invalidSyntax")
            }
            Self::Scim(kind, what) => Told::new(&catalogue::BAD_REQUEST, what).scim(kind),
            Self::InvalidCode(_)
            | Self::ExpiredCode
            | Self::UserNotNamed
            | Self::UnknownUser
            | Self::UnknownScenario(_)
            | Self::NothingPending
            | Self::SeveralAddresses(_) => self.told_of_verification(),
            Self::Unauthorized
            | Self::MissingScope(_)
            | Self::SignInTooOld { .. }
            | Self::PrivilegedOff
            | Self::Inactive
            | Self::SwitchedOff(_)
            | Self::IdToken => self.told_of_authority(),
            Self::NotFiltered
            | Self::NotFound
            | Self::MethodNotAllowed(_)
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::NoFlow => self.told_of_request(),
            Self::NotUnique(_)
            | Self::AlreadyVerified
            | Self::AddressTaken(_)
            | Self::Conflict
            | Self::PreconditionFailed
            | Self::UserNameTaken => self.told_of_conflict(),
            Self::Refused(refusal) => told_of_refusal(refusal, now),
            Self::TooManyChanges { until } => told_of_changes(*until, now),
            Self::NotSent { .. } | Self::Unavailable(_) | Self::Internal(_) => {
                self.told_of_failure()
            }
        }
    }

    fn told_of_verification(&self) -> Told<'_> {
        match self {
            Self::InvalidCode(Some(code)) => {
                Told::new(&catalogue::INVALID_CODE, format!("Invalid Code '{code}'."))
            }
            Self::InvalidCode(None) => Told::new(&catalogue::INVALID_CODE, "Invalid Code."),
            Self::ExpiredCode => Told::new(&catalogue::EXPIRED_CODE, "Expired Code"),
            Self::UserNotNamed => Told::new(
                &catalogue::INVALID_CODE,
                "No one pending verification can be told by this code alone: name the user.",
            ),
            Self::UnknownUser => Told::new(&catalogue::UNKNOWN_USER, "There is no such user."),
            Self::UnknownScenario(known) => {
                Told::new(&catalogue::UNKNOWN_SCENARIO, name_the_scenario(*known))
            }
            Self::SeveralAddresses(channel) => several(*channel).scim("invalidValue"),
            _ => Told::new(&catalogue::NOTHING_PENDING, "No verification is pending."),
        }
    }

    fn told_of_authority(&self) -> Told<'_> {
        match self {
            Self::MissingScope(scope) => Told::new(
                &catalogue::MISSING_SCOPE,
                format!("The access token lacks the scope {scope}."),
            )
            .header(
                WWW_AUTHENTICATE,
                format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""),
            ),
            Self::SignInTooOld { max_age } => Told::new(
                &catalogue::SIGN_IN_TOO_OLD,
                "This change needs a sign-in that is more recent.",
            )
            .header(
                WWW_AUTHENTICATE,
                format!(
                    "Bearer error=\"insufficient_user_authentication\", \
                     error_description=\"A more recent authentication is required\", max_age=\"{max_age}\""
                ),
            ),
            Self::IdToken => Told::new(
                &catalogue::ID_TOKEN,
                "This is an ID token: send the access token.",
            )
            .header(WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""),
            Self::PrivilegedOff => Told::new(
                &catalogue::PRIVILEGED_OFF,
                "Verification on behalf of another user is switched off.",
            ),
            Self::Inactive => Told::new(
                &catalogue::INACTIVE,
                "The account is inactive: no code is sent for it.",
            ),
            Self::SwitchedOff(what) => {
                Told::new(&catalogue::SWITCHED_OFF, format!("{what} is switched off here."))
            }
            _ => Told::new(
                &catalogue::UNAUTHORIZED,
                "The request has no usable access token.",
            )
            .header(WWW_AUTHENTICATE, "Bearer"),
        }
    }

    fn told_of_request(&self) -> Told<'_> {
        match self {
            Self::NotFiltered => Told::new(
                &catalogue::NOT_FILTERED,
                "Nothing is filtered here: leave the parameter filter out.",
            ),
            Self::MethodNotAllowed(allowed) => Told::new(
                &catalogue::METHOD_NOT_ALLOWED,
                format!("This resource allows {allowed}."),
            )
            .header(ALLOW, allowed),
            Self::TooLarge => Told::new(&catalogue::TOO_LARGE, "The body is larger than 256 KiB."),
            Self::UnsupportedMediaType => Told::new(
                &catalogue::UNSUPPORTED_MEDIA_TYPE,
                "The Content-Type must be application/json or application/scim+json, in UTF-8, \
                 without a Content-Encoding.",
            ),
            Self::NoFlow => Told::new(
                &catalogue::NOT_FOUND,
                "There is no such flow, or it has ended: start another.",
            ),
            _ => Told::new(&catalogue::NOT_FOUND, "There is no such resource."),
        }
    }

    fn told_of_conflict(&self) -> Told<'_> {
        match self {
            Self::NotUnique(attribute) => Told::new(
                &catalogue::NOT_UNIQUE,
                match *attribute {
                    "phoneNumbers" | "emails" => {
                        format!("A value of {attribute} is verified for another user.")
                    }
                    attribute => format!("Another user has this {attribute}."),
                },
            )
            .scim("uniqueness"),
            Self::AddressTaken(channel) => Told::new(
                &catalogue::NUMBER_TAKEN,
                match channel {
                    Channel::Sms => "The number is verified for another user.",
                    Channel::Email => "The e-mail address is verified for another user.",
                },
            ),
            Self::AlreadyVerified => Told::new(
                &catalogue::ALREADY_VERIFIED,
                "The number is verified for this user already.",
            ),
            Self::UserNameTaken => Told::new(
                &catalogue::USER_NAME_TAKEN,
                "Another user has the userName that this token's user would be given.",
            )
            .scim("uniqueness"),
            Self::PreconditionFailed => Told::new(
                &catalogue::PRECONDITION_FAILED,
                "The user is in another version than the request is meant for; read it again.",
            ),
            _ => Told::new(
                &catalogue::CONFLICT,
                "The user was changed by other requests at the same time; try again.",
            ),
        }
    }

    fn told_of_failure(&self) -> Told<'_> {
        match self {
            Self::NotSent { unreachable: false } => Told::new(
                &catalogue::NOT_SENT,
                "The message could not be sent; nothing was changed.",
            ),
            Self::NotSent { unreachable: true } => Told::new(
                &catalogue::UNREACHABLE,
                "The message could not be sent because the number or e-mail address cannot be reached; \
                 nothing was changed.",
            ),
            Self::Unavailable(_) => Told::new(
                &catalogue::UNAVAILABLE,
                "Storage is not available at the moment; try again.",
            )
            .header(RETRY_AFTER, "1"),
            _ => Told::new(&catalogue::INTERNAL, "Something went wrong here."),
        }
    }

    fn log(&self, row: &Row) {
        match self {
            Self::Internal(cause) => tracing::error!(cause, "failed"),
            Self::Unavailable(cause) => tracing::warn!(cause, "unavailable"),
            _ => tracing::info!(code = row.code, status = row.status, "refused"),
        }
    }
}

/// A refusal, with the seconds that are left.
fn told_of_refusal(refusal: &Refusal, now: Timestamp) -> Told<'static> {
    let (row, until) = match refusal {
        Refusal::Region => {
            let what = "Messages do not go to this number's region.";
            return Told::new(&catalogue::BAD_REQUEST, what).scim("invalidValue");
        }
        Refusal::Domain => {
            let what = "Codes do not go to this e-mail address's domain.";
            return Told::new(&catalogue::BAD_REQUEST, what).scim("invalidValue");
        }
        Refusal::Locked { until } => (&catalogue::LOCKED, until),
        Refusal::Cooldown { until } => (&catalogue::COOLDOWN, until),
        Refusal::Capped { until, cap } => {
            let row = match cap {
                Cap::User => &catalogue::CAP_OF_USER,
                Cap::Number => &catalogue::CAP_OF_NUMBER,
                Cap::Address => &catalogue::CAP_OF_ADDRESS,
                Cap::Deployment => &catalogue::CAP_OF_DEPLOYMENT,
                Cap::Unsent => &catalogue::FAILED_SENDS,
                Cap::Lookups => &catalogue::UNNAMED_TRIES,
            };
            (row, until)
        }
    };
    let seconds = now.seconds_until(*until).max(1);
    let what = match refusal {
        Refusal::Locked { .. } => {
            format!("Too many failed attempts: locked for another {seconds} seconds.")
        }
        Refusal::Capped {
            cap: Cap::Lookups, ..
        } => format!(
            "Too many codes were tried without a user: name the user, or wait {seconds} seconds."
        ),
        Refusal::Capped {
            cap: Cap::Address, ..
        } => {
            format!("Too many requests came from this network: try again in {seconds} seconds.")
        }
        _ => format!("No code can be sent now: try again in {seconds} seconds."),
    };
    Told::new(row, what).header(RETRY_AFTER, seconds.to_string())
}

fn told_of_changes(until: Timestamp, now: Timestamp) -> Told<'static> {
    let seconds = now.seconds_until(until).max(1);
    let what = format!("The user was changed too often: try again in {seconds} seconds.");
    Told::new(&catalogue::CHANGES, what).header(RETRY_AFTER, seconds.to_string())
}

fn several(channel: Channel) -> Told<'static> {
    match channel {
        Channel::Sms => Told::new(
            &catalogue::MULTIPLE_NUMBERS,
            "Unable to verify multiple mobile numbers simultaneously.",
        ),
        Channel::Email => Told::new(
            &catalogue::MULTIPLE_EMAILS,
            "Unable to verify multiple email addresses simultaneously.",
        ),
    }
}

fn name_the_scenario(known: Scenarios) -> String {
    let names: Vec<_> = known.iter().map(Scenario::name).collect();
    let names = names.join(" or ");
    format!("Name the scenario: the property RecoveryScenario with {names}.")
}

fn identity_body(told: &Told<'_>, trace_id: &str) -> Value {
    json!({
        "code": told.row.code,
        "message": told.row.reason(),
        "description": told.description,
        "traceId": trace_id,
    })
}

fn scim_body(told: &Told<'_>) -> Value {
    let detail = if told.row.in_scim_detail {
        format!("{}: {}", told.row.code, told.description)
    } else {
        told.description.to_string()
    };
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": told.row.status.to_string(),
        "detail": detail,
    });
    if let (Some(scim_type), Some(members)) = (told.scim_type, body.as_object_mut()) {
        members.insert("scimType".into(), scim_type.into());
    }
    body
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => Self::Unavailable(cause),
            StoreError::Unexpected(cause) => Self::Internal(cause),
        }
    }
}

#[cfg(feature = "sms")]
impl From<crate::challenge::issue::IssueError> for Error {
    fn from(error: crate::challenge::issue::IssueError) -> Self {
        use crate::challenge::issue::IssueError;
        use crate::messaging::message::SendError;
        match error {
            IssueError::Refused(refusal) => Self::Refused(refusal),
            IssueError::Lost => Self::Conflict,
            IssueError::NotSent(error) => Self::NotSent {
                unreachable: matches!(error, SendError::Refused(..)),
            },
            IssueError::Store(error) => error.into(),
            IssueError::Randomness(error) => Self::Internal(error.to_string()),
        }
    }
}

#[cfg(all(feature = "sms", feature = "phone"))]
impl From<crate::challenge::login::LoginError> for Error {
    fn from(error: crate::challenge::login::LoginError) -> Self {
        use crate::challenge::login::LoginError;
        match error {
            LoginError::NoFlow => Self::NoFlow,
            LoginError::SwitchedOff(what) => Self::SwitchedOff(what),
            LoginError::NoNumberAsked => Self::BadRequest(
                "The flow asks for no number: its codes go to the one that is stored.".into(),
            ),
            LoginError::NothingSent => Self::NothingPending,
            LoginError::Number(error) => Self::BadRequest(format!("mobileNumber {error}.")),
            LoginError::UnknownUser => Self::UnknownUser,
            LoginError::Inactive => Self::BadRequest(INACTIVE_TO_OTHERS.into()),
            LoginError::NotIssued(error) => error.into(),
        }
    }
}

#[cfg(feature = "scim")]
impl From<crate::scim::ScimError> for Error {
    fn from(error: crate::scim::ScimError) -> Self {
        Self::Scim(error.scim_type.as_str().to_owned(), error.detail)
    }
}
