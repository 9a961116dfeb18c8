//! The one map from what went wrong to HTTP: status, code, words, headers.
//! What clients read is made here; what logs read is another text and stays here.

use crate::api::response::Form;
use http::StatusCode;
use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use lambda_http::{Body, Response};
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::verification::limits::Refusal;

/// Every way in which a request can fail.
#[derive(Debug)]
pub enum Error {
    /// The request itself is wrong; the text names the field.
    BadRequest(String),
    /// Wrong, used, dead or somebody else's code; the text is what was typed.
    InvalidCode(String),
    ExpiredCode,
    /// 18001 where a privileged caller must say whose code it is.
    UserNotNamed,
    /// A privileged caller named a user that there is not.
    UnknownUser,
    /// No scenario of ours, or none named where two claims are pending.
    UnknownScenario,
    NothingPending,
    MultipleNumbers,
    /// No token, or one that says too little.
    Unauthorized,
    MissingScope(String),
    /// RFC 9470: the person must sign in again; seconds that a sign-in counts.
    SignInTooOld {
        max_age: u64,
    },
    PrivilegedOff,
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
    /// The number is verified for another user.
    NumberTaken,
    /// The user was changed by others each time it was to be written.
    Conflict,
    /// The user is not in a version that `If-Match` or `If-None-Match` names.
    PreconditionFailed,
    TooLarge,
    UnsupportedMediaType,
    Locked {
        retry_after: u64,
    },
    TooManySends {
        retry_after: u64,
    },
    /// No messages go to the number's region.
    RegionNotAllowed,
    /// No provider took the message over.
    NotSent {
        unreachable: bool,
    },
    /// Storage, or secrets, are not available.
    Unavailable(String),
    /// A bug.
    Internal(String),
}

impl Error {
    /// A refusal, with the seconds that are left.
    pub fn refused(refusal: Refusal, now: Timestamp) -> Self {
        match refusal {
            Refusal::Locked { until } => Self::Locked {
                retry_after: now.seconds_until(until).max(1),
            },
            Refusal::Region => Self::RegionNotAllowed,
            Refusal::Cooldown { until } | Refusal::Capped { until, .. } => Self::TooManySends {
                retry_after: now.seconds_until(until).max(1),
            },
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_)
            | Self::InvalidCode(_)
            | Self::ExpiredCode
            | Self::UserNotNamed
            | Self::UnknownUser
            | Self::UnknownScenario
            | Self::NothingPending
            | Self::MultipleNumbers
            | Self::RegionNotAllowed
            | Self::Scim(..) => StatusCode::BAD_REQUEST,
            Self::Unauthorized | Self::SignInTooOld { .. } => StatusCode::UNAUTHORIZED,
            Self::MissingScope(_) | Self::PrivilegedOff | Self::NotFiltered => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotUnique(_) | Self::AlreadyVerified | Self::NumberTaken | Self::Conflict => {
                StatusCode::CONFLICT
            }
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Locked { .. } | Self::TooManySends { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NotSent { .. } => StatusCode::BAD_GATEWAY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code that clients branch on, where the identity API has one for this.
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidCode(_) | Self::UserNotNamed => "18001",
            Self::ExpiredCode => "18002",
            Self::UnknownUser => "18003",
            Self::UnknownScenario => "UAR-10011",
            Self::NothingPending => "UAR-10012",
            Self::MultipleNumbers => "UMV-10002",
            Self::Unauthorized | Self::MissingScope(_) | Self::SignInTooOld { .. } => "UMV-10003",
            Self::PrivilegedOff => "17007",
            Self::Locked { .. } => "17003",
            Self::TooManySends { .. } => "UMV-10004",
            Self::NotSent { .. } | Self::Unavailable(_) => "UMV-10005",
            Self::AlreadyVerified | Self::NumberTaken => "UMV-10006",
            Self::Internal(_) => "UMV-15000",
            Self::BadRequest(_)
            | Self::RegionNotAllowed
            | Self::NotFiltered
            | Self::NotFound
            | Self::MethodNotAllowed(_)
            | Self::Scim(..)
            | Self::NotUnique(_)
            | Self::Conflict
            | Self::PreconditionFailed
            | Self::TooLarge
            | Self::UnsupportedMediaType => "UMV-10000",
        }
    }

    fn scim_type(&self) -> Option<&str> {
        match self {
            Self::Scim(scim_type, _) => Some(scim_type),
            Self::NotUnique(_) => Some("uniqueness"),
            Self::MultipleNumbers | Self::RegionNotAllowed => Some("invalidValue"),
            Self::BadRequest(_) => Some("invalidSyntax"),
            _ => None,
        }
    }

    /// What clients read.
    fn description(&self) -> String {
        match self {
            Self::BadRequest(what) | Self::Scim(_, what) => what.clone(),
            Self::InvalidCode(code) => format!("Invalid Code '{code}'."),
            Self::ExpiredCode => "Expired Code".into(),
            Self::UserNotNamed => {
                "No one pending verification can be told by this code alone: name the user.".into()
            }
            Self::UnknownUser => "There is no such user.".into(),
            Self::UnknownScenario => format!(
                "Name the scenario: the property RecoveryScenario with {} or {}.",
                crate::verification::scenario::Scenario::Primary.name(),
                crate::verification::scenario::Scenario::VerifiedList.name()
            ),
            Self::NothingPending => "No verification is pending.".into(),
            Self::MultipleNumbers => {
                "Unable to verify multiple mobile numbers simultaneously.".into()
            }
            Self::RegionNotAllowed => "Messages do not go to this number's region.".into(),
            Self::Unauthorized => "The request has no usable access token.".into(),
            Self::MissingScope(scope) => format!("The access token lacks the scope {scope}."),
            Self::SignInTooOld { .. } => {
                "The change of a number needs a sign-in that is more recent.".into()
            }
            Self::PrivilegedOff => {
                "Verification on behalf of another user is switched off.".into()
            }
            Self::NotFiltered => "Nothing is filtered here: leave the parameter filter out.".into(),
            Self::NotFound => "There is no such resource.".into(),
            Self::MethodNotAllowed(allowed) => format!("This resource allows {allowed}."),
            Self::NotUnique(attribute) => {
                format!("Another user has this {attribute}.")
            }
            Self::NumberTaken => "The number is verified for another user.".into(),
            Self::AlreadyVerified => "The number is verified for this user already.".into(),
            Self::Conflict => {
                "The user was changed by other requests at the same time; try again.".into()
            }
            Self::PreconditionFailed => {
                "The user is in another version than the request is meant for; read it again.".into()
            }
            Self::TooLarge => "The body is larger than 256 KiB.".into(),
            Self::UnsupportedMediaType => {
                "The Content-Type must be application/json or application/scim+json, in UTF-8, without a Content-Encoding."
                    .into()
            }
            Self::Locked { retry_after } => {
                format!("Too many failed attempts: locked for another {retry_after} seconds.")
            }
            Self::TooManySends { retry_after } => {
                format!("No code can be sent now: try again in {retry_after} seconds.")
            }
            Self::NotSent { unreachable: false } => {
                "The message could not be sent; nothing was changed.".into()
            }
            Self::NotSent { unreachable: true } => {
                "The message could not be sent because the number cannot be reached; nothing was changed.".into()
            }
            Self::Unavailable(_) => "Storage is not available at the moment; try again.".into(),
            Self::Internal(_) => "Something went wrong here.".into(),
        }
    }

    /// The answer to the client. Logs what only operators may read.
    pub fn into_response(self, form: Form, trace_id: &str) -> Response<Body> {
        self.log();
        let status = self.status();
        let body = match form {
            Form::Identity => self.identity_body(status, trace_id),
            Form::Scim => self.scim_body(status),
        };
        let mut response = crate::api::response::json_response(status, form, &body, trace_id);
        let header = match &self {
            Self::Locked { retry_after } | Self::TooManySends { retry_after } => {
                Some((RETRY_AFTER, retry_after.to_string()))
            }
            Self::Unavailable(_) => Some((RETRY_AFTER, "1".to_owned())),
            Self::Unauthorized => Some((WWW_AUTHENTICATE, "Bearer".to_owned())),
            Self::MissingScope(scope) => Some((
                WWW_AUTHENTICATE,
                format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""),
            )),
            Self::SignInTooOld { max_age } => Some((
                WWW_AUTHENTICATE,
                format!(
                    "Bearer error=\"insufficient_user_authentication\", error_description=\"A more recent authentication is required\", max_age=\"{max_age}\""
                ),
            )),
            Self::MethodNotAllowed(allowed) => Some((ALLOW, allowed.clone())),
            _ => None,
        };
        if let Some((name, value)) = header
            && let Ok(value) = value.parse()
        {
            response.headers_mut().insert(name, value);
        }
        response
    }

    fn identity_body(&self, status: StatusCode, trace_id: &str) -> Value {
        json!({
            "code": self.code(),
            "message": status.canonical_reason().unwrap_or("Error"),
            "description": self.description(),
            "traceId": trace_id,
        })
    }

    fn scim_body(&self, status: StatusCode) -> Value {
        let detail = match self.code() {
            "UMV-10000" => self.description(),
            code => format!("{code}: {}", self.description()),
        };
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.as_str(),
            "detail": detail,
        });
        if let (Some(scim_type), Some(members)) = (self.scim_type(), body.as_object_mut()) {
            members.insert("scimType".into(), scim_type.into());
        }
        body
    }

    fn log(&self) {
        match self {
            Self::Internal(cause) => tracing::error!(cause, "failed"),
            Self::Unavailable(cause) => tracing::warn!(cause, "unavailable"),
            _ => tracing::info!(
                code = self.code(),
                status = self.status().as_u16(),
                "refused"
            ),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => Self::Unavailable(cause),
            StoreError::Unexpected(cause) => Self::Internal(cause),
        }
    }
}

#[cfg(feature = "scim")]
impl From<crate::scim::ScimError> for Error {
    fn from(error: crate::scim::ScimError) -> Self {
        Self::Scim(error.scim_type.as_str().to_owned(), error.detail)
    }
}
