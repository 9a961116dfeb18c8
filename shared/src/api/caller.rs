//! Who calls, by the claims that API Gateway's JWT authorizer passes on.
//! The second check of authority: API Gateway lets any one of a route's scopes pass.

use std::collections::HashMap;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::api::error::Error;
#[cfg(feature = "sms")]
use crate::api::request::ClientAddress;
use crate::clock::Timestamp;
use crate::config::{ConfigError, Env, flag, text};
use crate::crypto::key::Key;
use crate::crypto::keyring::Keyring;
#[cfg(feature = "sms")]
use crate::messaging::caps::Requester;
use crate::store::{Store, StoreError};
use crate::user::name::{self, LONGEST_NAME};
use crate::user::{User, is_id};

pub const UPDATE: &str = "internal_user_mgt_update";
pub const CREATE: &str = "internal_user_mgt_create";
pub const VIEW: &str = "internal_user_mgt_view";
pub const LIST: &str = "internal_user_mgt_list";
pub const DELETE: &str = "internal_user_mgt_delete";
/// Numbers verified elsewhere may be written as such, beside the scope of the call.
pub const IMPORT: &str = "internal_user_mgt_import";
pub const CODES: &str = "internal_user_code_mgt_create";
pub const AUTHENTICATE: &str = "internal_sms_otp_authenticate";

/// Which attribute of a user it is that tokens hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityAttribute {
    Id,
    UserName,
    ExternalId,
}

impl IdentityAttribute {
    /// `IDENTITY_ATTRIBUTE`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        match text(env, "IDENTITY_ATTRIBUTE", "id").as_str() {
            "id" => Ok(Self::Id),
            "userName" => Ok(Self::UserName),
            "externalId" => Ok(Self::ExternalId),
            _ => Err(ConfigError::new(
                "IDENTITY_ATTRIBUTE",
                "must be id, userName or externalId",
            )),
        }
    }

    /// What a token of this user holds; none where the user has no such attribute.
    pub fn of(self, user: &User) -> Option<&str> {
        match self {
            Self::Id => Some(&user.id),
            Self::UserName => Some(&user.user_name),
            Self::ExternalId => user.external_id(),
        }
    }
}

/// How tokens are read.
#[derive(Clone, Debug)]
pub struct TokenPolicy {
    /// The claim that names the user, and what of the user it holds.
    identity_claim: String,
    identity_attribute: IdentityAttribute,
    /// Put before every scope by the issuer (Cognito's resource servers do).
    scope_prefix: String,
    /// What the routes of the caller's own need besides a token; empty for nothing.
    me_scope: String,
    /// The claims that a user made on first use is named by, the first of them that a token has; none is made without.
    user_name_claims: Vec<String>,
}

impl TokenPolicy {
    /// `IDENTITY_CLAIM`, `IDENTITY_ATTRIBUTE`, `SCOPE_PREFIX`, `ME_SCOPE`, `CREATE_USERS_ON_FIRST_USE`,
    /// `USER_NAME_CLAIM`.
    pub fn from_env(env: &Env<'_>) -> Result<Self, ConfigError> {
        let identity_claim = text(env, "IDENTITY_CLAIM", "sub");
        let identity_attribute = IdentityAttribute::from_env(env)?;
        let user_name_claim = text(env, "USER_NAME_CLAIM", "username");
        let mut user_name_claims = Vec::new();
        if flag(env, "CREATE_USERS_ON_FIRST_USE", false)? {
            if identity_attribute != IdentityAttribute::ExternalId {
                let reason = "needs externalId as IDENTITY_ATTRIBUTE";
                return Err(ConfigError::new("CREATE_USERS_ON_FIRST_USE", reason));
            }
            user_name_claims = vec![user_name_claim, "email".to_owned(), identity_claim.clone()];
        }
        Ok(Self {
            identity_claim,
            identity_attribute,
            scope_prefix: text(env, "SCOPE_PREFIX", ""),
            me_scope: text(env, "ME_SCOPE", ""),
            user_name_claims,
        })
    }
}

/// Whoever holds the token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What the token names the user by; an id only where the attribute is the id.
    subject: String,
    attribute: IdentityAttribute,
    /// The token's `auth_time` (OpenID Connect Core §2).
    signed_in: Option<Timestamp>,
    scopes: Vec<String>,
    scope_prefix: String,
    me_scope: String,
    /// Of a user that is made where there is none.
    first_user_name: Option<String>,
}

impl Caller {
    /// No claims, no authority.
    pub fn from_request(request: &Request, policy: &TokenPolicy) -> Result<Self, Error> {
        let RequestContext::ApiGatewayV2(context) =
            request.request_context_ref().ok_or(Error::Unauthorized)?
        else {
            return Err(Error::Unauthorized);
        };
        let jwt = context.authorizer.as_ref().and_then(|a| a.jwt.as_ref());
        Self::from_claims(&jwt.ok_or(Error::Unauthorized)?.claims, policy)
    }

    pub(super) fn from_claims(
        claims: &HashMap<String, String>,
        policy: &TokenPolicy,
    ) -> Result<Self, Error> {
        // It says who signed in where, not what its bearer may do (OpenID Connect Core §2); Cognito and Keycloak mark it.
        let is = |name: &str, value: &str| claims.get(name).is_some_and(|text| text == value);
        if is("token_use", "id") || is("typ", "ID") {
            return Err(Error::IdToken);
        }
        let subject = claims
            .get(&policy.identity_claim)
            .filter(|subject| is_name(subject))
            .ok_or(Error::Unauthorized)?;
        let mut names = policy.user_name_claims.iter();
        let first_user_name =
            names.find_map(|name| claims.get(name).filter(|name| name::check(name).is_ok()));
        let scopes = ["scope", "scp"].iter().filter_map(|name| claims.get(*name));
        Ok(Self {
            subject: subject.clone(),
            attribute: policy.identity_attribute,
            signed_in: claims.get("auth_time").and_then(|seconds| {
                let seconds: i64 = seconds.parse().ok()?;
                Some(Timestamp::from_millis(seconds.checked_mul(1000)?))
            }),
            scope_prefix: policy.scope_prefix.clone(),
            me_scope: policy.me_scope.clone(),
            first_user_name: first_user_name.cloned(),
            // In HTTP API events every claim is text; a list arrives as "[a b]".
            scopes: scopes
                .flat_map(|text| without_brackets(text).split(' '))
                .filter_map(|scope| scope.strip_prefix(policy.scope_prefix.as_str()))
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }

    /// When the person signed in, as far as the token says.
    pub fn signed_in(&self) -> Option<Timestamp> {
        self.signed_in
    }

    /// What the token names the user by.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// What a user is to be called that is made of this token; None where none is to be made.
    pub(super) fn first_user_name(&self) -> Option<&str> {
        self.first_user_name.as_deref()
    }

    /// The id of the caller's user, if there is one. A read, unless the token holds the id itself:
    /// whether anybody has that one is seen where the user is read.
    pub async fn user_id(&self, store: &Store) -> Result<Option<String>, StoreError> {
        match self.attribute {
            IdentityAttribute::Id => Ok(is_id(&self.subject).then(|| self.subject.clone())),
            IdentityAttribute::UserName => store.id_by_exact_name(&self.subject).await,
            IdentityAttribute::ExternalId => store.id_by_external_id(&self.subject).await,
        }
    }

    /// Whether the user is the caller's own: its name is the subject byte for byte, since an issuer may know
    /// `DAVE` and `dave` as two.
    pub fn is(&self, user: &User) -> bool {
        self.attribute.of(user) == Some(self.subject.as_str())
    }

    /// Whose tries the caller's own are: the caller's user's, or of nobody who is a user.
    pub async fn account(&self, store: &Store, keys: &Keyring) -> Result<String, StoreError> {
        match self.user_id(store).await? {
            Some(id) => Ok(id),
            None => Ok(self.pseudonym(&keys.current().await)),
        }
    }

    /// The caller as whoever asks for a message; `privileged`: for somebody else.
    #[cfg(feature = "sms")]
    pub fn requester(&self, request: &Request, addresses: &ClientAddress) -> Requester {
        Requester {
            address: addresses.of(request),
            privileged: false,
            service: [UPDATE, CODES, AUTHENTICATE]
                .iter()
                .any(|scope| self.has(scope)),
        }
    }

    /// In place of an id, for what is counted of a caller without a user: whatever the token says, nobody has this id.
    pub fn pseudonym(&self, key: &Key) -> String {
        format!("subject#{}", key.pseudonym("subject", &self.subject))
    }

    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own == scope)
    }

    pub fn require(&self, scope: &str) -> Result<(), Error> {
        if self.has(scope) {
            Ok(())
        } else {
            Err(Error::MissingScope(format!("{}{scope}", self.scope_prefix)))
        }
    }

    /// `ME_SCOPE`, on the routes of the caller's own.
    pub fn require_me(&self) -> Result<(), Error> {
        if self.me_scope.is_empty() {
            return Ok(());
        }
        self.require(&self.me_scope)
    }
}

/// Whether a claim can be a userName: what is stored must be found again, and be read as it is.
fn is_name(text: &str) -> bool {
    let whole = !text.is_empty() && text.len() <= LONGEST_NAME && text.trim() == text;
    whole && !text.chars().any(char::is_control)
}

/// A list as API Gateway writes it, without its brackets; anything else, also a comma, is part of a scope's name
/// (RFC 6749 §3.3), as it is for the gateway.
fn without_brackets(text: &str) -> &str {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    inner.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::clock::Timestamp;
    use crate::user::backup_codes::BackupCodes;
    use crate::user::numbers::Numbers;

    fn caller(claims: &[(&str, &str)], prefix: &str) -> Result<Caller, Error> {
        let claims = claims
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect();
        let policy = TokenPolicy {
            identity_claim: "sub".into(),
            identity_attribute: IdentityAttribute::Id,
            scope_prefix: prefix.into(),
            me_scope: String::new(),
            user_name_claims: Vec::new(),
        };
        Caller::from_claims(&claims, &policy)
    }

    #[test]
    fn scopes_in_every_shape_that_arrives() {
        for claim in [
            ("scope", "a b"),
            ("scope", "[a b]"),
            ("scp", "[a b]"),
            ("scp", "b a"),
            ("scp", "[ b  a ]"),
        ] {
            let caller = caller(&[("sub", "u"), claim], "").unwrap();
            assert!(
                caller.has("a") && caller.has("b") && !caller.has("c"),
                "{claim:?}"
            );
        }
        assert!(!caller(&[("sub", "u")], "").unwrap().has(""));
    }

    /// The gateway compares whole scopes; who asked for `x,a` was granted that and not `a`.
    #[test]
    fn nothing_but_blanks_and_the_lists_brackets_separates_scopes() {
        for claim in [
            "a,b", "x,a", "a\tb", "[a", "a]", "[[a]]", "a;b", "\"a\"", "[a,b]",
        ] {
            let caller = caller(&[("sub", "u"), ("scope", claim)], "").unwrap();
            assert!(!caller.has("a") && !caller.has("b"), "{claim}");
        }
    }

    #[test]
    fn a_prefix_is_part_of_every_scope() {
        let caller = caller(&[("sub", "u"), ("scope", "users/a b")], "users/").unwrap();
        assert!(caller.has("a"));
        assert!(!caller.has("b"));
    }

    #[test]
    fn a_token_without_a_usable_subject_is_refused() {
        let long = "x".repeat(513);
        for claims in [
            &[][..],
            &[("sub", "")],
            &[("sub", long.as_str())],
            &[("username", "bob")],
        ] {
            assert!(matches!(caller(claims, ""), Err(Error::Unauthorized)));
        }
    }

    /// They are for whoever signed in with them (Cognito's `token_use`, Keycloak's `typ`).
    #[test]
    fn id_tokens_are_refused() {
        for claim in [("token_use", "id"), ("typ", "ID")] {
            let refused = caller(&[("sub", "u"), claim], "");
            assert!(matches!(refused, Err(Error::IdToken)), "{claim:?}");
        }
        for claim in [("token_use", "access"), ("typ", "Bearer"), ("typ", "JWT")] {
            assert!(caller(&[("sub", "u"), claim], "").is_ok(), "{claim:?}");
        }
    }

    #[test]
    fn who_is_new_is_called_by_the_first_claim_that_is_there() {
        let policy = |claim: &str, create: &str| {
            let (claim, create) = (claim.to_owned(), create.to_owned());
            TokenPolicy::from_env(&move |name: &str| match name {
                "USER_NAME_CLAIM" => Some(claim.clone()),
                "CREATE_USERS_ON_FIRST_USE" => Some(create.clone()),
                "IDENTITY_ATTRIBUTE" => Some("externalId".to_owned()),
                _ => None,
            })
        };
        let named = |policy: &TokenPolicy, claims: &[(&str, &str)]| {
            let claims = claims.iter();
            let claims = claims.map(|(name, value)| ((*name).into(), (*value).into()));
            let caller = Caller::from_claims(&claims.collect(), policy).unwrap();
            caller.first_user_name().map(str::to_owned)
        };
        let all = [
            ("sub", "s-1"),
            ("email", "bob@abc.com"),
            ("username", "bob"),
        ];
        let usual = policy("username", "true").unwrap();
        assert_eq!(named(&usual, &all).unwrap(), "bob");
        assert_eq!(named(&usual, &all[..2]).unwrap(), "bob@abc.com");
        assert_eq!(named(&usual, &all[..1]).unwrap(), "s-1");
        let blank = [("sub", "s-1"), ("username", " bob"), ("email", "")];
        assert_eq!(named(&usual, &blank).unwrap(), "s-1");
        let other = policy("preferred_username", "true").unwrap();
        assert_eq!(named(&other, &all).unwrap(), "bob@abc.com");
        assert_eq!(named(&policy("username", "false").unwrap(), &all), None);
        // Nobody could be found again by another attribute.
        let wrong = TokenPolicy::from_env(&|name: &str| {
            (name == "CREATE_USERS_ON_FIRST_USE").then(|| "true".to_owned())
        });
        assert_eq!(wrong.unwrap_err().variable, "CREATE_USERS_ON_FIRST_USE");
    }

    #[test]
    fn a_user_is_known_by_the_attribute_that_tokens_hold() {
        let user = |external: &str| User {
            id: "Id".into(),
            version: 1,
            created: Timestamp::from_millis(0),
            last_modified: Timestamp::from_millis(0),
            user_name: "Name".into(),
            profile: Map::from_iter([("externalId".to_owned(), external.into())]),
            numbers: Numbers::default(),
            emails: None,
            own_changes: Vec::new(),
            backup_codes: BackupCodes::default(),
            sign_ins_ended: None,
        };
        let is = |attribute, subject: &str, external| {
            let policy = TokenPolicy {
                identity_claim: "sub".into(),
                identity_attribute: attribute,
                scope_prefix: String::new(),
                me_scope: String::new(),
                user_name_claims: Vec::new(),
            };
            let claims = HashMap::from([("sub".to_owned(), subject.to_owned())]);
            let caller = Caller::from_claims(&claims, &policy).unwrap();
            caller.is(&user(external))
        };
        let (id, name, external) = (
            IdentityAttribute::Id,
            IdentityAttribute::UserName,
            IdentityAttribute::ExternalId,
        );
        for (attribute, subject, wanted) in [
            (id, "Id", true),
            (id, "id", false),
            (id, "Name", false),
            (name, "Name", true),
            (name, "nAME", false),
            (name, "Id", false),
            (external, "Ext", true),
            (external, "ext", false),
            (external, "Id", false),
        ] {
            assert_eq!(is(attribute, subject, "Ext"), wanted, "{subject}");
        }
        assert!(!is(external, "Ext", ""));
    }

    #[test]
    fn an_unknown_attribute_stops_the_start() {
        let policy = |value: &str| {
            let value = value.to_owned();
            TokenPolicy::from_env(&move |name: &str| {
                (name == "IDENTITY_ATTRIBUTE").then(|| value.clone())
            })
        };
        assert_eq!(
            policy("externalId").unwrap().identity_attribute,
            IdentityAttribute::ExternalId
        );
        for wrong in ["", "username", "emails"] {
            assert_eq!(policy(wrong).unwrap_err().variable, "IDENTITY_ATTRIBUTE");
        }
        let unset = TokenPolicy::from_env(&|_: &str| None).unwrap();
        assert_eq!(unset.identity_attribute, IdentityAttribute::Id);
    }

    #[test]
    fn a_stand_in_is_one_for_each_subject_and_does_not_tell_it() {
        let pseudonym = |subject: &str| {
            let caller = caller(&[("sub", subject)], "").unwrap();
            caller.pseudonym(&Key::new("1", &[7; 32]).unwrap())
        };
        assert_eq!(pseudonym("carol"), pseudonym("carol"));
        assert_ne!(pseudonym("carol"), pseudonym("Carol"));
        assert!(!pseudonym("carol").contains("carol"));
    }
}
