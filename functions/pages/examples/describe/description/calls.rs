//! Every call, a row each: what it is for, what it takes, what it answers. The errors of all calls, of calls with a
//! token, with a body and so on are lists of their own.

/// Which form errors have, and how calls are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Scim,
    Discovery,
    Identity,
    Transmit,
    SecondFactor,
    Pages,
    Files,
}

/// A call of the API.
#[derive(Debug)]
pub struct Call {
    /// As API Gateway names the route.
    pub route: &'static str,
    pub id: &'static str,
    pub group: Group,
    pub summary: &'static str,
    /// The schema of its body.
    pub body: Option<&'static str>,
    /// Parameters of the query and headers, by their names among the components.
    pub parameters: &'static [&'static str],
    pub success: Success,
    /// Codes of the catalogue.
    pub errors: &'static [&'static [&'static str]],
    /// What only SCIM answers: status and `scimType`s.
    pub scim: &'static [Scim],
    /// The shipped event that its example is.
    pub event: &'static str,
}

/// What is answered where all is well.
#[derive(Debug)]
pub struct Success {
    pub status: u16,
    pub means: &'static str,
    /// Media type and schema of the body.
    pub content: Option<Content>,
    pub headers: &'static [&'static str],
    /// Where the answer may be another: 304, 308.
    pub or: &'static [u16],
}

#[derive(Clone, Copy, Debug)]
pub struct Content {
    pub media_type: &'static str,
    pub schema: &'static str,
}

/// A status of SCIM's own.
#[derive(Debug)]
pub struct Scim {
    pub status: u16,
    pub types: &'static [&'static str],
}

const TOKEN: &[&str] = &["VRF-40100", "VRF-40102", "VRF-40300"];
const BODY: &[&str] = &["VRF-40000", "VRF-41300", "VRF-41500"];
const FAILURE: &[&str] = &["VRF-50000", "VRF-50300"];
const QUERY: &[&str] = &["VRF-40000"];
/// Where a user may be made on its first call.
const OWN: &[&str] = &["VRF-40903"];
const PRIVILEGED: &[&str] = &["17007", "18003"];
const CONFLICT: &[&str] = &["VRF-40900"];
const NUMBERS: &[&str] = &["UMV-10002", "UEV-10003", "VRF-40101", "VRF-40301"];
const CHANGES: &[&str] = &["VRF-42906"];
const GONE: &[&str] = &["VRF-40400"];
const CODE: &[&str] = &["18001", "18002", "17003", "VRF-40900", "VRF-40901"];
const LINK: &[&str] = &["18001", "17003", "VRF-40900", "VRF-40901", "VRF-42903"];
const INACTIVE: &[&str] = &["VRF-40301"];
const LOOKUP: &[&str] = &["VRF-42907"];
const SCENARIO: &[&str] = &["UAR-10011"];
const PENDING: &[&str] = &["UAR-10012"];
const START: &[&str] = &["VRF-40101", "VRF-40302", "VRF-40902"];
const SENDING: &[&str] = &[
    "17003",
    "VRF-42900",
    "VRF-42901",
    "VRF-42902",
    "VRF-42903",
    "VRF-42904",
    "VRF-42905",
    "VRF-50200",
    "VRF-50201",
];

const SHOWN: &[&str] = &["attributes", "excludedAttributes"];
const READ: &[&str] = &[
    "attributes",
    "excludedAttributes",
    "If-None-Match",
    "If-Match",
];
const CHANGED: &[&str] = &["attributes", "excludedAttributes", "If-Match"];
const LISTED: &[&str] = &[
    "filter",
    "startIndex",
    "count",
    "cursor",
    "attributes",
    "excludedAttributes",
];

const BAD_CHANGE: Scim = Scim {
    status: 400,
    types: &[
        "invalidValue",
        "invalidPath",
        "invalidSyntax",
        "invalidFilter",
        "noTarget",
        "mutability",
        "tooMany",
    ],
};
const BAD_USER: Scim = Scim {
    status: 400,
    types: &["invalidValue", "invalidSyntax", "invalidPath", "mutability"],
};
const BAD_LIST: Scim = Scim {
    status: 400,
    types: &[
        "invalidFilter",
        "invalidValue",
        "invalidSyntax",
        "invalidCursor",
        "expiredCursor",
        "invalidCount",
        "tooMany",
    ],
};
const BAD_QUERY: Scim = Scim {
    status: 400,
    types: &["invalidValue"],
};
const FILTERED: Scim = Scim {
    status: 403,
    types: &[],
};
const NOT_ALLOWED: Scim = Scim {
    status: 405,
    types: &[],
};
const TAKEN: Scim = Scim {
    status: 409,
    types: &["uniqueness"],
};
const OTHER_VERSION: Scim = Scim {
    status: 412,
    types: &[],
};

const FLOW: &[&str] = &["VRF-40400"];
const SWITCHED: &[&str] = &["VRF-40302"];
const LOGIN_CODE: &[&str] = &["18001", "18002", "17003", "VRF-40900"];
const NO_USER: &[&str] = &["18003"];

const SCIM: &str = "application/scim+json";
const JSON: &str = "application/json";

const fn ok(media_type: &'static str, schema: &'static str) -> Success {
    Success {
        status: 200,
        means: "Done.",
        content: Some(Content { media_type, schema }),
        headers: &[],
        or: &[],
    }
}

const fn empty(status: u16, means: &'static str) -> Success {
    Success {
        status,
        means,
        content: None,
        headers: &[],
        or: &[],
    }
}

const fn user(status: u16, headers: &'static [&'static str]) -> Success {
    Success {
        status,
        means: "The user.",
        headers,
        ..ok(SCIM, "User")
    }
}

const CALL: Call = Call {
    route: "",
    id: "",
    group: Group::Scim,
    summary: "",
    body: None,
    parameters: &[],
    success: empty(200, "Done."),
    errors: &[],
    scim: &[],
    event: "",
};
const DISCOVERY: Call = Call {
    group: Group::Discovery,
    errors: &[QUERY, FAILURE],
    scim: &[BAD_QUERY, FILTERED],
    ..CALL
};
const STEP: Call = Call {
    group: Group::SecondFactor,
    ..CALL
};
const NOWHERE: Call = Call {
    group: Group::Discovery,
    success: empty(404, ""),
    errors: &[GONE, FAILURE],
    scim: &[NOT_ALLOWED],
    ..CALL
};
const FILE: Call = Call {
    group: Group::Files,
    parameters: &["Accept-Encoding", "If-None-Match"],
    ..CALL
};

const fn file(content: Option<Content>) -> Success {
    Success {
        status: 200,
        means: "The file, in the coding that is asked for.",
        content,
        headers: &["ETag", "Cache-Control", "Vary"],
        or: &[304],
    }
}

/// In the order of `functions/README.md`.
pub static CALLS: &[Call] = &[
    Call {
        route: "PATCH /scim2/Users/{id}",
        id: "patchUser",
        summary: "Change a user (RFC 7644 §3.5.2). A changed mobile number is held back until the code sent to it comes back.",
        body: Some("PatchOp"),
        parameters: CHANGED,
        success: user(200, &["ETag"]),
        errors: &[TOKEN, BODY, NUMBERS, GONE, CONFLICT, SENDING, FAILURE],
        scim: &[BAD_CHANGE, TAKEN, OTHER_VERSION],
        event: "scim-patch/patch-path",
        ..CALL
    },
    Call {
        route: "PUT /scim2/Users/{id}",
        id: "replaceUser",
        summary: "Replace a user (RFC 7644 §3.5.1). What is the same as stored sends no message.",
        body: Some("WrittenUser"),
        parameters: CHANGED,
        success: user(200, &["ETag"]),
        errors: &[TOKEN, BODY, NUMBERS, GONE, CONFLICT, SENDING, FAILURE],
        scim: &[BAD_USER, TAKEN, OTHER_VERSION],
        event: "scim-patch/put-user",
        ..CALL
    },
    Call {
        route: "PATCH /scim2/Me",
        id: "patchMe",
        summary: "Change the caller (RFC 7644 §3.11). A changed mobile number is held back until the code sent to it comes back.",
        body: Some("PatchOp"),
        parameters: CHANGED,
        success: user(200, &["ETag", "Location"]),
        errors: &[
            TOKEN, BODY, NUMBERS, GONE, OWN, CHANGES, CONFLICT, SENDING, FAILURE,
        ],
        scim: &[BAD_CHANGE, TAKEN, OTHER_VERSION],
        event: "scim-patch/patch-me",
        ..CALL
    },
    Call {
        route: "PUT /scim2/Me",
        id: "replaceMe",
        summary: "Replace the caller (RFC 7644 §3.11). What users do not change of themselves may be left out.",
        body: Some("WrittenMe"),
        parameters: CHANGED,
        success: user(200, &["ETag", "Location"]),
        errors: &[
            TOKEN, BODY, NUMBERS, GONE, OWN, CHANGES, CONFLICT, SENDING, FAILURE,
        ],
        scim: &[BAD_USER, TAKEN, OTHER_VERSION],
        event: "scim-patch/put-me",
        ..CALL
    },
    Call {
        route: "POST /scim2/Users",
        id: "createUser",
        summary: "Create a user (RFC 7644 §3.3). Its number is stored unverified, and nothing is sent.",
        body: Some("WrittenUser"),
        parameters: SHOWN,
        success: user(201, &["ETag", "Location"]),
        errors: &[TOKEN, BODY, FAILURE],
        scim: &[BAD_USER, TAKEN],
        event: "scim-users/create",
        ..CALL
    },
    Call {
        route: "GET /scim2/Users/{id}",
        id: "getUser",
        summary: "Read a user (RFC 7644 §3.4.1).",
        parameters: READ,
        success: Success {
            or: &[304],
            ..user(200, &["ETag"])
        },
        errors: &[TOKEN, QUERY, GONE, FAILURE],
        scim: &[BAD_QUERY, OTHER_VERSION],
        event: "scim-users/get",
        ..CALL
    },
    Call {
        route: "GET /scim2/Me",
        id: "getMe",
        summary: "Read the caller (RFC 7644 §3.11).",
        parameters: READ,
        success: Success {
            or: &[304],
            ..user(200, &["ETag", "Location"])
        },
        errors: &[TOKEN, QUERY, GONE, OWN, FAILURE],
        scim: &[BAD_QUERY, OTHER_VERSION],
        event: "scim-users/get-me",
        ..CALL
    },
    Call {
        route: "DELETE /scim2/Users/{id}",
        id: "deleteUser",
        summary: "Delete a user, and what is pending for it (RFC 7644 §3.6).",
        parameters: &["If-Match"],
        success: empty(204, "The user is gone."),
        errors: &[TOKEN, QUERY, GONE, CONFLICT, FAILURE],
        scim: &[BAD_QUERY, OTHER_VERSION],
        event: "scim-users/delete",
        ..CALL
    },
    Call {
        route: "GET /scim2/Users",
        id: "listUsers",
        summary: "List users (RFC 7644 §3.4.2), by index or by cursor (RFC 9865).",
        parameters: LISTED,
        success: ok(SCIM, "ListResponse"),
        errors: &[TOKEN, QUERY, FAILURE],
        scim: &[BAD_LIST],
        event: "scim-users/list-filter",
        ..CALL
    },
    Call {
        route: "POST /scim2/Users/.search",
        id: "searchUsers",
        summary: "List users, asked for in a body (RFC 7644 §3.4.3).",
        body: Some("SearchRequest"),
        success: ok(SCIM, "ListResponse"),
        errors: &[TOKEN, BODY, FAILURE],
        scim: &[BAD_LIST],
        event: "scim-users/search-users",
        ..CALL
    },
    Call {
        route: "POST /scim2/.search",
        id: "search",
        summary: "The same: users are the only resources.",
        body: Some("SearchRequest"),
        success: ok(SCIM, "ListResponse"),
        errors: &[TOKEN, BODY, FAILURE],
        scim: &[BAD_LIST],
        event: "scim-users/search",
        ..CALL
    },
    Call {
        route: "GET /scim2/ServiceProviderConfig",
        id: "getServiceProviderConfig",
        summary: "What this service can do (RFC 7644 §4).",
        success: ok(SCIM, "ServiceProviderConfig"),
        event: "scim-users/service-provider-config",
        ..DISCOVERY
    },
    Call {
        route: "GET /scim2/ResourceTypes",
        id: "listResourceTypes",
        summary: "The resources there are: users.",
        success: ok(SCIM, "Definitions"),
        event: "scim-users/resource-types",
        ..DISCOVERY
    },
    Call {
        route: "GET /scim2/ResourceTypes/{id}",
        id: "getResourceType",
        summary: "The resource type User.",
        success: ok(SCIM, "Definition"),
        errors: &[QUERY, GONE, FAILURE],
        event: "scim-users/resource-type",
        ..DISCOVERY
    },
    Call {
        route: "GET /scim2/Schemas",
        id: "listSchemas",
        summary: "The attributes of a user, by schema (RFC 7643 §7).",
        success: ok(SCIM, "Definitions"),
        event: "scim-users/schemas",
        ..DISCOVERY
    },
    Call {
        route: "GET /scim2/Schemas/{id}",
        id: "getSchema",
        summary: "The attributes of one schema, by its URN.",
        success: ok(SCIM, "Definition"),
        errors: &[QUERY, GONE, FAILURE],
        event: "scim-users/schema",
        ..DISCOVERY
    },
    Call {
        route: "GET /scim2/{proxy+}",
        id: "getNothing",
        summary: "Any other path: there is nothing, or only a slash too many (308).",
        success: Success {
            or: &[308],
            ..empty(404, "")
        },
        errors: &[GONE, &["VRF-40100"], FAILURE],
        event: "scim-users/unknown-route",
        ..NOWHERE
    },
    Call {
        route: "POST /scim2/{proxy+}",
        id: "postNothing",
        summary: "Any other path.",
        ..NOWHERE
    },
    Call {
        route: "PUT /scim2/{proxy+}",
        id: "putNothing",
        summary: "Any other path.",
        ..NOWHERE
    },
    Call {
        route: "PATCH /scim2/{proxy+}",
        id: "patchNothing",
        summary: "Any other path.",
        ..NOWHERE
    },
    Call {
        route: "DELETE /scim2/{proxy+}",
        id: "deleteNothing",
        summary: "Any other path.",
        ..NOWHERE
    },
    Call {
        route: "POST /api/identity/user/v1.0/me/validate-code",
        id: "validateMyCode",
        group: Group::Identity,
        summary: "Prove the caller's pending number by the code that was sent to it.",
        body: Some("Code"),
        success: empty(202, "The number is verified, and the caller's."),
        errors: &[TOKEN, BODY, CODE, SCENARIO, INACTIVE, OWN, FAILURE],
        event: "validate-code/me",
        ..CALL
    },
    Call {
        route: "POST /api/identity/user/v1.0/validate-code",
        id: "validateCode",
        group: Group::Identity,
        summary: "The same for a user that is named, or (with PrivilegedLookupByCode) for whoever has the code.",
        body: Some("CodeOfUser"),
        success: Success {
            status: 202,
            means: "Whose code it was.",
            ..ok(JSON, "CodeOwner")
        },
        errors: &[TOKEN, BODY, CODE, SCENARIO, PRIVILEGED, LOOKUP, FAILURE],
        event: "validate-code/privileged",
        ..CALL
    },
    Call {
        route: "POST /api/identity/user/v1.0/me/resend-code",
        id: "resendMyCode",
        group: Group::Identity,
        summary: "Send the caller a new code; the old one is dead.",
        body: Some("Resend"),
        success: empty(201, "A new code is on its way."),
        errors: &[
            TOKEN, BODY, SCENARIO, PENDING, INACTIVE, OWN, CONFLICT, SENDING, FAILURE,
        ],
        event: "resend-code/me",
        ..CALL
    },
    Call {
        route: "POST /api/identity/user/v1.0/resend-code",
        id: "resendCode",
        group: Group::Identity,
        summary: "The same for a user that is named.",
        body: Some("ResendToUser"),
        success: empty(201, "A new code is on its way."),
        errors: &[
            TOKEN, BODY, SCENARIO, PENDING, PRIVILEGED, CONFLICT, SENDING, FAILURE,
        ],
        event: "resend-code/privileged",
        ..CALL
    },
    Call {
        route: "POST /api/identity/user/v1.0/confirm-email",
        id: "confirmEmail",
        group: Group::Identity,
        summary: "Prove an e-mail address by the token of its link, on whichever device.",
        body: Some("Token"),
        success: empty(202, "The address is verified, and the user's."),
        errors: &[BODY, LINK, FAILURE],
        event: "validate-code/confirm-email",
        ..CALL
    },
    Call {
        route: "POST /cis/v1/verification/otp/sms/send",
        id: "sendPasscode",
        group: Group::Transmit,
        summary: "Send a passcode to a number that is to become the caller's.",
        body: Some("Passcode"),
        success: ok(JSON, "PasscodeSent"),
        errors: &[
            TOKEN, BODY, START, INACTIVE, GONE, OWN, CONFLICT, SENDING, FAILURE,
        ],
        event: "transmit/send",
        ..CALL
    },
    Call {
        route: "POST /cis/v1/verification/otp/sms/validate",
        id: "validatePasscode",
        group: Group::Transmit,
        summary: "Prove that number by the passcode.",
        body: Some("PasscodeReceived"),
        success: ok(JSON, "PasscodeResult"),
        errors: &[TOKEN, BODY, CODE, INACTIVE, OWN, FAILURE],
        event: "transmit/validate",
        ..CALL
    },
    Call {
        route: "POST /api/identity/authn/v1.0/sms-otp/initiate",
        id: "startFlow",
        summary: "Start a sign-in's second factor, once the first one is proved.",
        body: Some("FlowStart"),
        success: ok(JSON, "Flow"),
        errors: &[TOKEN, BODY, CONFLICT, SENDING, FAILURE],
        event: "second-factor/initiate",
        ..STEP
    },
    Call {
        route: "POST /api/identity/authn/v1.0/sms-otp/{flowId}/verify",
        id: "verifyFlow",
        summary: "Pass on the code, or a backup code.",
        body: Some("FlowProof"),
        success: ok(JSON, "Flow"),
        errors: &[TOKEN, BODY, FLOW, SWITCHED, LOGIN_CODE, FAILURE],
        event: "second-factor/verify",
        ..STEP
    },
    Call {
        route: "POST /api/identity/authn/v1.0/sms-otp/{flowId}/resend",
        id: "resendFlow",
        summary: "Send another code; no body is needed.",
        success: empty(201, "Another code is on its way."),
        errors: &[TOKEN, FLOW, SWITCHED, PENDING, CONFLICT, SENDING, FAILURE],
        event: "second-factor/resend",
        ..STEP
    },
    Call {
        route: "POST /api/identity/authn/v1.0/sms-otp/{flowId}/mobile",
        id: "sendFlowTo",
        summary: "Pass on the number that a flow asks for; a code is sent to it.",
        body: Some("FlowNumber"),
        success: ok(JSON, "Flow"),
        errors: &[TOKEN, BODY, FLOW, CONFLICT, SENDING, FAILURE],
        event: "second-factor/mobile",
        ..STEP
    },
    Call {
        route: "GET /api/identity/authn/v1.0/sms-otp/{flowId}",
        id: "getFlow",
        summary: "How a flow stands, or how it ended; a success is told once.",
        success: ok(JSON, "Flow"),
        errors: &[TOKEN, FLOW, FAILURE],
        event: "second-factor/outcome",
        ..STEP
    },
    Call {
        route: "POST /api/identity/authn/v1.0/sms-otp/backup-codes",
        id: "makeBackupCodes",
        summary: "Make new backup codes for a user, in place of those of before.",
        body: Some("BackupCodesWanted"),
        success: ok(JSON, "BackupCodes"),
        errors: &[TOKEN, BODY, NO_USER, SWITCHED, CONFLICT, FAILURE],
        event: "second-factor/backup-codes",
        ..STEP
    },
    Call {
        route: "GET /sms-otp/{flowId}",
        id: "showFlow",
        group: Group::Pages,
        summary: "What a flow asks for, or how it ended, for a browser; 303 where the browser goes on elsewhere.",
        success: Success {
            or: &[303],
            means: "The page.",
            ..ok("text/html", "Text")
        },
        errors: &[GONE, FAILURE],
        event: "second-factor-pages/page",
        ..CALL
    },
    Call {
        route: "POST /sms-otp/{flowId}",
        id: "stepFlow",
        group: Group::Pages,
        summary: "A form of that page: one step, and back to it.",
        body: Some("FlowForm"),
        success: Success {
            headers: &["Location"],
            ..empty(303, "To the page, which says how it went.")
        },
        errors: &[BODY, GONE, SWITCHED, CONFLICT, FAILURE],
        event: "second-factor-pages/code",
        ..CALL
    },
    Call {
        route: "GET /sms-otp/style.css",
        id: "getStyle",
        group: Group::Pages,
        summary: "The page's style sheet.",
        parameters: &["If-None-Match"],
        success: Success {
            headers: &["ETag", "Cache-Control"],
            or: &[304],
            ..ok("text/css", "Text")
        },
        errors: &[FAILURE],
        event: "",
        ..CALL
    },
    Call {
        route: "GET /openapi.json",
        id: "getDescription",
        summary: "This document.",
        success: file(Some(Content {
            media_type: JSON,
            schema: "Description",
        })),
        event: "pages/openapi-head",
        ..FILE
    },
    Call {
        route: "HEAD /openapi.json",
        id: "headDescription",
        summary: "Its headers.",
        success: file(None),
        event: "pages/openapi-head",
        ..FILE
    },
    Call {
        route: "GET /llms.txt",
        id: "getOverview",
        summary: "The API on one page of text.",
        success: file(Some(Content {
            media_type: "text/plain",
            schema: "Text",
        })),
        event: "pages/llms-head",
        ..FILE
    },
    Call {
        route: "HEAD /llms.txt",
        id: "headOverview",
        summary: "Its headers.",
        success: file(None),
        event: "pages/llms-head",
        ..FILE
    },
    Call {
        route: "GET /ui/{file+}",
        id: "getFile",
        summary: "Web components and pages for browsers.",
        success: file(Some(Content {
            media_type: "*/*",
            schema: "File",
        })),
        errors: &[],
        event: "pages/settings",
        ..FILE
    },
    Call {
        route: "HEAD /ui/{file+}",
        id: "headFile",
        summary: "Their headers.",
        success: file(None),
        event: "pages/ui-head",
        ..FILE
    },
];
