//! The catalogue of errors: a row a code. Answers are made from it, the table in `functions/README.md` is held
//! against it. Codes of the source systems keep their meaning; our own are `VRF-` and a number that begins
//! with the status.

use http::StatusCode;

/// An error as clients know it.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// What clients branch on; empty for what only SCIM answers, which has `scimType` instead.
    pub code: &'static str,
    /// The status of HTTP.
    pub status: u16,
    /// When it is answered, in Markdown.
    pub cause: &'static str,
    /// What a client can do about it, in Markdown.
    pub cure: &'static str,
    /// Whether the code begins SCIM's `detail`.
    pub in_scim_detail: bool,
}

impl Row {
    /// The status in words (RFC 9110 §15), such as `Bad Request`.
    pub fn reason(&self) -> &'static str {
        let status = StatusCode::from_u16(self.status).ok();
        status
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Error")
    }
}

pub(super) static BAD_REQUEST: Row = Row {
    code: "VRF-40000",
    status: 400,
    cause: "the request cannot be read, or asks for what may not be",
    cure: "as `description` says",
    in_scim_detail: false,
};

pub(super) static MULTIPLE_NUMBERS: Row = Row {
    code: "UMV-10002",
    status: 400,
    cause: "several numbers would need a code",
    cure: "add them one at a time",
    in_scim_detail: true,
};

pub(super) static MULTIPLE_EMAILS: Row = Row {
    code: "UEV-10003",
    status: 400,
    cause: "several e-mail addresses would need a code",
    cure: "add them one at a time",
    in_scim_detail: true,
};

pub(super) static INVALID_CODE: Row = Row {
    code: "18001",
    status: 400,
    cause: "the code proves nothing",
    cure: "type it again, or resend; name the user",
    in_scim_detail: true,
};

pub(super) static EXPIRED_CODE: Row = Row {
    code: "18002",
    status: 400,
    cause: "the right code, too late",
    cure: "resend",
    in_scim_detail: true,
};

pub(super) static UNKNOWN_USER: Row = Row {
    code: "18003",
    status: 400,
    cause: "a privileged caller named a user that does not exist",
    cure: "check `username` or `userId`",
    in_scim_detail: true,
};

pub(super) static UNKNOWN_SCENARIO: Row = Row {
    code: "UAR-10011",
    status: 400,
    cause: "unknown scenario, or two claims are pending and none is named",
    cure: "name the `RecoveryScenario`",
    in_scim_detail: true,
};

pub(super) static NOTHING_PENDING: Row = Row {
    code: "UAR-10012",
    status: 400,
    cause: "nothing is pending",
    cure: "change the number again",
    in_scim_detail: true,
};

pub(super) static UNAUTHORIZED: Row = Row {
    code: "VRF-40100",
    status: 401,
    cause: "no usable token",
    cure: "another token",
    in_scim_detail: true,
};

pub(super) static SIGN_IN_TOO_OLD: Row = Row {
    code: "VRF-40101",
    status: 401,
    cause: "the sign-in is older than `MaxAuthenticationAgeMinutes`",
    cure: "sign in again (RFC 9470)",
    in_scim_detail: true,
};

pub(super) static ID_TOKEN: Row = Row {
    code: "VRF-40102",
    status: 401,
    cause: "the token is an ID token (`token_use` id, `typ` ID)",
    cure: "send the access token",
    in_scim_detail: true,
};

pub(super) static MISSING_SCOPE: Row = Row {
    code: "VRF-40300",
    status: 403,
    cause: "a scope is missing",
    cure: "another token",
    in_scim_detail: true,
};

pub(super) static INACTIVE: Row = Row {
    code: "VRF-40301",
    status: 403,
    cause: "the account is inactive: no code is sent or taken",
    cure: "activate the account",
    in_scim_detail: true,
};

pub(super) static SWITCHED_OFF: Row = Row {
    code: "VRF-40302",
    status: 403,
    cause: "switched off here: `send` by `EnableVerification`, or `ResendEnable`, `BackupCode`",
    cure: "–",
    in_scim_detail: true,
};

pub(super) static PRIVILEGED_OFF: Row = Row {
    code: "17007",
    status: 403,
    cause: "`VerificationByPrivilegedUser` is off",
    cure: "–",
    in_scim_detail: true,
};

pub(super) static NOT_FOUND: Row = Row {
    code: "VRF-40400",
    status: 404,
    cause: "`send`: the caller is no user; an unknown or ended flow",
    cure: "create the user; start another flow",
    in_scim_detail: false,
};

pub(super) static CONFLICT: Row = Row {
    code: "VRF-40900",
    status: 409,
    cause: "others changed the user each time it was to be written",
    cure: "try again",
    in_scim_detail: true,
};

pub(super) static NUMBER_TAKEN: Row = Row {
    code: "VRF-40901",
    status: 409,
    cause: "a right code: the number is verified for another user",
    cure: "–",
    in_scim_detail: true,
};

pub(super) static ALREADY_VERIFIED: Row = Row {
    code: "VRF-40902",
    status: 409,
    cause: "`send`: the number is verified for this user already",
    cure: "–",
    in_scim_detail: true,
};

pub(super) static USER_NAME_TAKEN: Row = Row {
    code: "VRF-40903",
    status: 409,
    cause: "`CreateUsersOnFirstUse`: another user has the userName",
    cure: "provision it, or name another claim",
    in_scim_detail: true,
};

pub(super) static TOO_LARGE: Row = Row {
    code: "VRF-41300",
    status: 413,
    cause: "the body has more than 256 KiB",
    cure: "send less",
    in_scim_detail: false,
};

pub(super) static UNSUPPORTED_MEDIA_TYPE: Row = Row {
    code: "VRF-41500",
    status: 415,
    cause: "not JSON by its `Content-Type`, not UTF-8, or compressed",
    cure: "mend the headers",
    in_scim_detail: false,
};

pub(super) static LOCKED: Row = Row {
    code: "17003",
    status: 429,
    cause: "locked after too many failures",
    cure: "wait `Retry-After` seconds",
    in_scim_detail: true,
};

pub(super) static COOLDOWN: Row = Row {
    code: "VRF-42900",
    status: 429,
    cause: "a code was sent to this number a moment ago (cooldown)",
    cure: "wait `Retry-After` seconds",
    in_scim_detail: true,
};

pub(super) static CAP_OF_USER: Row = Row {
    code: "VRF-42901",
    status: 429,
    cause: "the user has had as many messages as may be",
    cure: "wait `Retry-After` seconds",
    in_scim_detail: true,
};

pub(super) static CAP_OF_NUMBER: Row = Row {
    code: "VRF-42902",
    status: 429,
    cause: "the number has had as many messages as may be",
    cure: "wait `Retry-After` seconds",
    in_scim_detail: true,
};

pub(super) static CAP_OF_ADDRESS: Row = Row {
    code: "VRF-42903",
    status: 429,
    cause: "the client's address has asked for as many as may be",
    cure: "wait `Retry-After` seconds",
    in_scim_detail: true,
};

pub(super) static CAP_OF_DEPLOYMENT: Row = Row {
    code: "VRF-42904",
    status: 429,
    cause: "the deployment's budget of this hour is used up",
    cure: "wait `Retry-After` seconds",
    in_scim_detail: true,
};

pub(super) static FAILED_SENDS: Row = Row {
    code: "VRF-42905",
    status: 429,
    cause: "too many messages of the user could not be sent",
    cure: "wait `Retry-After` seconds",
    in_scim_detail: true,
};

pub(super) static CHANGES: Row = Row {
    code: "VRF-42906",
    status: 429,
    cause: "60 changes of oneself through `/Me` in an hour",
    cure: "wait `Retry-After` seconds",
    in_scim_detail: true,
};

pub(super) static UNNAMED_TRIES: Row = Row {
    code: "VRF-42907",
    status: 429,
    cause: "too many privileged tries without a user",
    cure: "name the user, or wait `Retry-After` seconds",
    in_scim_detail: true,
};

pub(super) static INTERNAL: Row = Row {
    code: "VRF-50000",
    status: 500,
    cause: "a bug; no details",
    cure: "the log under the trace id",
    in_scim_detail: true,
};

pub(super) static NOT_SENT: Row = Row {
    code: "VRF-50200",
    status: 502,
    cause: "the message could not be sent",
    cure: "try again; the log under the trace id",
    in_scim_detail: true,
};

pub(super) static UNREACHABLE: Row = Row {
    code: "VRF-50201",
    status: 502,
    cause: "the number itself cannot be reached",
    cure: "another number",
    in_scim_detail: true,
};

pub(super) static UNAVAILABLE: Row = Row {
    code: "VRF-50300",
    status: 503,
    cause: "storage is not available, or time is over",
    cure: "try again after `Retry-After` seconds",
    in_scim_detail: true,
};

/// What only SCIM answers: it has no code.
const fn scim(status: u16) -> Row {
    Row {
        code: "",
        status,
        cause: "",
        cure: "",
        in_scim_detail: false,
    }
}

pub(super) static NOT_FILTERED: Row = scim(403);
pub(super) static METHOD_NOT_ALLOWED: Row = scim(405);
pub(super) static NOT_UNIQUE: Row = scim(409);
pub(super) static PRECONDITION_FAILED: Row = scim(412);

/// Every code, in the order of the table.
pub static CATALOGUE: [&Row; 35] = [
    &BAD_REQUEST,
    &MULTIPLE_NUMBERS,
    &MULTIPLE_EMAILS,
    &INVALID_CODE,
    &EXPIRED_CODE,
    &UNKNOWN_USER,
    &UNKNOWN_SCENARIO,
    &NOTHING_PENDING,
    &UNAUTHORIZED,
    &SIGN_IN_TOO_OLD,
    &ID_TOKEN,
    &MISSING_SCOPE,
    &INACTIVE,
    &SWITCHED_OFF,
    &PRIVILEGED_OFF,
    &NOT_FOUND,
    &CONFLICT,
    &NUMBER_TAKEN,
    &ALREADY_VERIFIED,
    &USER_NAME_TAKEN,
    &TOO_LARGE,
    &UNSUPPORTED_MEDIA_TYPE,
    &LOCKED,
    &COOLDOWN,
    &CAP_OF_USER,
    &CAP_OF_NUMBER,
    &CAP_OF_ADDRESS,
    &CAP_OF_DEPLOYMENT,
    &FAILED_SENDS,
    &CHANGES,
    &UNNAMED_TRIES,
    &INTERNAL,
    &NOT_SENT,
    &UNREACHABLE,
    &UNAVAILABLE,
];
