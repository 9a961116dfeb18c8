//! The tables: RFC 7643 §4.1 and §4.3 and WSO2's extension, a line an attribute.
//! What is not said is the default of RFC 7643 §2.2: optional, single-valued, readWrite.

use crate::scim::schema::attribute::{Attribute, ENTERPRISE, Kind, Mutability, Returned, Schema, USER, Uniqueness, WSO2};

pub static SCHEMAS: &[Schema] = &[
    Schema {
        urn: USER,
        name: "User",
        description: "User account",
        attributes: CORE_ATTRIBUTES,
    },
    Schema {
        urn: ENTERPRISE,
        name: "EnterpriseUser",
        description: "Enterprise user",
        attributes: ENTERPRISE_ATTRIBUTES,
    },
    Schema {
        urn: WSO2,
        name: "Wso2User",
        description: "Mobile numbers and e-mail addresses of a user, their verification, and the second factor",
        attributes: WSO2_ATTRIBUTES,
    },
];

/// What every resource has (RFC 7643 §3.1); part of no schema.
pub static COMMON: &[Attribute] = &[
    string("schemas", "URNs of the schemas present").many().read_only().always(),
    string("id", "Identifier given by the service").exact().read_only().always().unique(),
    string("externalId", "Identifier given by the client").exact(),
    complex("meta", META, "Metadata of the resource").read_only(),
];

const META: &[Attribute] = &[
    string("resourceType", "Name of the resource type").exact().read_only(),
    of("created", Kind::DateTime, "When it was created").read_only(),
    of("lastModified", Kind::DateTime, "When it was last changed").read_only(),
    of("location", Kind::Reference(&["uri"]), "URI of the resource").exact().read_only(),
    string("version", "Entity tag").exact().read_only(),
];

const CORE_ATTRIBUTES: &[Attribute] = &[
    string("userName", "Name the user signs in with").required().unique(),
    complex("name", NAME, "Components of the user's name"),
    string("displayName", "Name to show"),
    string("nickName", "Casual name"),
    of("profileUrl", Kind::Reference(&["external"]), "URL of the user's profile").exact(),
    string("title", "Title, such as \"Vice President\""),
    string("userType", "Relationship to the organization"),
    string("preferredLanguage", "Preferred languages, as in Accept-Language"),
    string("locale", "Language tag for currency, dates and numbers"),
    string("timezone", "IANA time zone"),
    boolean("active", "Whether the account is in use; it is, unless written otherwise"),
    string("password", "Accepted and not kept").exact().write_only(),
    complex("emails", EMAIL, "Email addresses").many(),
    complex("phoneNumbers", PHONE, "Phone numbers; the one of type mobile is the primary one").many(),
    complex("ims", IM, "Instant messaging addresses").many(),
    complex("photos", PHOTO, "URLs of photos").many(),
    complex("addresses", ADDRESS, "Postal addresses").many(),
    complex("groups", GROUP, "Groups the user belongs to").many().read_only(),
    complex("entitlements", LABELLED, "Things the user has").many(),
    complex("roles", LABELLED, "Roles of the user; Internal/everyone is always among them").many(),
    complex("x509Certificates", CERTIFICATE, "Certificates of the user").many(),
];

const NAME: &[Attribute] = &[
    string("formatted", "Full name"),
    string("familyName", "Family name"),
    string("givenName", "Given name"),
    string("middleName", "Middle names"),
    string("honorificPrefix", "Title before the name"),
    string("honorificSuffix", "Suffix after the name"),
];

const EMAIL: &[Attribute] = &[
    of("value", Kind::Email, "Email address"),
    DISPLAY,
    TYPE.one_of(&["work", "home", "other"]),
    PRIMARY,
];

const PHONE: &[Attribute] = &[
    of("value", Kind::Phone, "Phone number"),
    DISPLAY,
    TYPE.one_of(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
    boolean("verified", "Whether a code proved the number").read_only(),
];

const IM: &[Attribute] = &[
    string("value", "Instant messaging address"),
    DISPLAY,
    TYPE.one_of(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTO: &[Attribute] = &[
    of("value", Kind::Reference(&["external"]), "URL of a photo").exact(),
    DISPLAY,
    TYPE.one_of(&["photo", "thumbnail"]),
    PRIMARY,
];

// "formatted" and "streetAddress" "MAY contain newlines" (RFC 7643 §4.1.2); "primary" is missing
// from §7's listing, yet RFC 7644 §3.5.2.3 and Entra ID set it on an address.
const ADDRESS: &[Attribute] = &[
    of("formatted", Kind::Text, "Full address"),
    of("streetAddress", Kind::Text, "Street and house number"),
    string("locality", "City"),
    string("region", "State or region"),
    string("postalCode", "Postal code"),
    string("country", "Country"),
    TYPE.one_of(&["work", "home", "other"]),
    PRIMARY,
];

const GROUP: &[Attribute] = &[
    string("value", "Identifier of the group").exact().read_only(),
    of("$ref", Kind::Reference(&["User", "Group"]), "URI of the group").exact().read_only(),
    DISPLAY.read_only(),
    TYPE.one_of(&["direct", "indirect"]).read_only(),
];

const LABELLED: &[Attribute] = &[string("value", "The value"), DISPLAY, TYPE, PRIMARY];

const CERTIFICATE: &[Attribute] = &[
    of("value", Kind::Binary, "DER-encoded certificate in base64").exact(),
    DISPLAY,
    TYPE,
    PRIMARY,
];

const ENTERPRISE_ATTRIBUTES: &[Attribute] = &[
    string("employeeNumber", "Number given by the organization"),
    string("costCenter", "Cost center"),
    string("organization", "Organization"),
    string("division", "Division"),
    string("department", "Department"),
    complex("manager", MANAGER, "The user's manager"),
    PENDING,
    PENDING_EMAILS,
];

const MANAGER: &[Attribute] = &[
    string("value", "Identifier of the manager"),
    of("$ref", Kind::Reference(&["User"]), "URI of the manager").exact(),
    string("displayName", "Name of the manager").read_only(),
];

const WSO2_ATTRIBUTES: &[Attribute] = &[
    of("mobileNumbers", Kind::Phone, "All mobile numbers").many(),
    of("verifiedMobileNumbers", Kind::Phone, "Mobile numbers proved by a code").many(),
    PENDING,
    boolean("phoneVerified", "Whether a code proved the primary number").read_only(),
    boolean("verifyMobile", "Asks for a verification with this update").write_only(),
    of("emailAddresses", Kind::Email, "All e-mail addresses").many(),
    of("verifiedEmailAddresses", Kind::Email, "E-mail addresses proved by a code").many(),
    PENDING_EMAILS,
    boolean("emailVerified", "Whether a code proved the primary e-mail address").read_only(),
    boolean("verifyEmail", "Asks for a verification of an e-mail address with this update").write_only(),
    boolean("smsOtpDisabled", "Whether the user wants no codes by text message when signing in"),
    string("otpBackupCodes", "Codes that each open the second factor once; kept as hashes").many().write_only(),
    of("otpBackupCodesRemaining", Kind::Integer, "How many of them are left; not there where none are").read_only(),
    boolean("verificationLocked", "Whether codes are neither compared nor sent; only false can be written: it ends that").endable(),
];

const PENDING: Attribute =
    of("pendingMobileNumber", Kind::Phone, "Number that waits for its code").read_only();
const PENDING_EMAILS: Attribute =
    complex("pendingEmails", PENDING_EMAIL, "E-mail addresses that wait for their code, newest first").many().read_only();
const PENDING_EMAIL: &[Attribute] = &[of("value", Kind::Email, "E-mail address").read_only()];
const DISPLAY: Attribute = string("display", "Name to show");
const TYPE: Attribute = string("type", "Label of the value's function");
const PRIMARY: Attribute = boolean("primary", "Whether it is the preferred value");

const fn of(name: &'static str, kind: Kind, description: &'static str) -> Attribute {
    Attribute {
        name,
        kind,
        multi_valued: false,
        required: false,
        case_exact: false,
        mutability: Mutability::ReadWrite,
        returned: Returned::Default,
        uniqueness: Uniqueness::None,
        canonical_values: &[],
        description,
    }
}

const fn string(name: &'static str, description: &'static str) -> Attribute {
    of(name, Kind::String, description)
}

const fn boolean(name: &'static str, description: &'static str) -> Attribute {
    of(name, Kind::Boolean, description)
}

const fn complex(
    name: &'static str,
    subs: &'static [Attribute],
    description: &'static str,
) -> Attribute {
    of(name, Kind::Complex(subs), description)
}

impl Attribute {
    const fn many(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    const fn endable(mut self) -> Self {
        self.mutability = Mutability::Endable;
        self
    }

    const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    /// Also never returned: what cannot be read is not shown.
    const fn write_only(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }

    const fn always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    const fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        self.canonical_values = values;
        self
    }
}
