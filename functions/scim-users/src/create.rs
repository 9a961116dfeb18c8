//! `POST /scim2/Users`.

use lambda_http::{Body, Request, Response};
use serde_json::Value;
use shared::address::{AddressKind, Channel};
use shared::api::body;
use shared::api::caller::{CREATE, Caller, IMPORT};
use shared::api::error::Error;
use shared::api::user_response::{self, ResponseOptions};
use shared::platform::random::Random;
use shared::scim::backup_codes::{WantedCodes, WrittenCodes};
use shared::scim::import::{self, SaidVerified};
use shared::scim::parts::{self, Lists, Parts, list_names};
use shared::scim::{ScimError, read};
use shared::store::Created;
use shared::telemetry::audit;
use shared::user::User;
use shared::user::addresses::Addresses;
use shared::user::backup_codes::BackupCodes;
use shared::user::emails::{EMAILS, Emails, entries, primary_of};
use shared::user::known_emails::KnownEmails;
use shared::user::numbers::{ListPolicy, Numbers};
use shared::verification::Verification;

use crate::app::App;

pub async fn create(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    caller.require(CREATE)?;
    let asked = ResponseOptions::from_request(request)?;
    let mut body = body::json_object(request)?;
    // By anybody else the flags are as read-only as the schema says.
    let imports = caller.has(IMPORT);
    let said = if imports {
        import::from_resource(&mut body)?
    } else {
        SaidVerified::default()
    };
    let mut parts = Parts::of(read::from_body(&Value::Object(body))?);
    let codes = parts.backup_codes.take().unwrap_or_default();
    let mut user = new_user(app, parts, imports.then_some(said))?;
    parts::fits(&user, None)?;
    user.backup_codes = stored(app, &user, &codes).await?;
    if let Created::Taken(name) = app.store.create(&user).await? {
        return Err(Error::NotUnique(name.attribute()));
    }
    tracing::info!(user = user.id, "created");
    audit::written(&user.id, &Numbers::default(), &user.numbers);
    audit::imported(&user.id, &Numbers::default(), &user.numbers);
    if let Some(emails) = &user.emails {
        audit::written(&user.id, &Emails::default(), emails);
        audit::imported(&user.id, &Emails::default(), emails);
    }
    if !user.backup_codes.is_empty() {
        audit::backup_codes_changed(&user.id, user.backup_codes.remaining());
    }
    if user.has_disabled_sms_otp() {
        audit::sms_otp_switched(&user.id, true);
    }
    let base_url = &app.base_url.of(request);
    let pending = Verification::default();
    let view = app.view(&pending, base_url);
    let mut response = asked.written(201, &user, view);
    user_response::located(&mut response, &user.id, base_url);
    Ok(response)
}

/// Backup codes that came with the user, as they are kept.
async fn stored(app: &App, user: &User, codes: &WrittenCodes) -> Result<BackupCodes, Error> {
    let Some(WantedCodes { new, .. }) = codes.of(&user.backup_codes)? else {
        return Ok(BackupCodes::default());
    };
    let unusable = || Error::Unavailable("the key cannot be used".to_owned());
    let key = app.key.current().await?.ok_or_else(unusable)?;
    let stored = BackupCodes::new(&user.id, &new, &key, &mut app.random.clone())?;
    Ok(stored)
}

/// A new user's addresses are stored as they are, unverified, unless a caller with the import scope says otherwise;
/// nothing is sent.
fn new_user(app: &App, mut parts: Parts, imported: Option<SaidVerified>) -> Result<User, Error> {
    let now = app.clock.now();
    let (numbers, emails) = (&app.lists, &app.emails.lists);
    for (channel, lists) in [(Channel::Sms, numbers), (Channel::Email, emails)] {
        if !lists.multiple {
            parts::without_lists(channel, |name| parts.names(name))?;
        }
    }
    let numbers = new_numbers(app, &parts, imported)?;
    let emails = new_emails(app, &mut parts, imported)?;
    parts::external_id(&parts.profile)?;
    Ok(User {
        id: new_id(app.random)?,
        version: 1,
        created: now,
        last_modified: now,
        user_name: parts::user_name(parts.user_name, None)?,
        profile: parts.profile,
        numbers,
        emails,
        own_changes: Vec::new(),
        backup_codes: BackupCodes::default(),
        sign_ins_ended: None,
    })
}

fn new_numbers(app: &App, parts: &Parts, imported: Option<SaidVerified>) -> Result<Numbers, Error> {
    let none = Numbers::default();
    let read = |text: &String| parts::number("phoneNumbers", text, &none, &app.numbering);
    let primary = parts.primary.as_ref().map(read).transpose()?;
    new_addresses(
        &parts.numbers,
        app.lists,
        primary,
        imported,
        |name, texts| parts::numbers(name, texts, &none, &app.numbering),
    )
}

/// None where verification need not know of any: then `emails` says which is the primary one.
fn new_emails(
    app: &App,
    parts: &mut Parts,
    imported: Option<SaidVerified>,
) -> Result<Option<Emails>, Error> {
    let known = KnownEmails::default();
    if app.emails.scenarios.email {
        parts::preferred_has_value(&[], entries(&parts.profile))?;
        let values = parts::spelled(entries(&parts.profile), &known)?;
        if !values.is_empty() {
            parts.profile.insert(EMAILS.to_owned(), values.into());
        }
    }
    let primary = primary_of(&parts.profile);
    let lists = app.emails.lists;
    let emails = new_addresses(
        &parts.emails,
        lists,
        primary.clone(),
        imported,
        |name, texts| parts::emails(name, texts, &known),
    )?;
    if app.emails.scenarios.email {
        parts::in_domains(emails.all(), &app.domains)?;
    }
    let plain = Emails {
        primary,
        ..Emails::default()
    };
    Ok((emails != plain).then_some(emails))
}

/// A user's addresses of one kind. `imported` is there for whoever may import, with what it says of the primary.
fn new_addresses<A: AddressKind>(
    lists: &Lists,
    policy: ListPolicy,
    primary: Option<A>,
    imported: Option<SaidVerified>,
    read: impl Fn(&str, &[String]) -> Result<Vec<A>, ScimError>,
) -> Result<Addresses<A>, Error> {
    let refuse = |what: String| Err(Error::Scim("invalidValue".into(), what));
    let [listed_name, verified_name] = list_names(A::CHANNEL);
    let noun = match A::CHANNEL {
        Channel::Sms => "numbers",
        Channel::Email => "addresses",
    };
    let written = lists.verified.as_deref().unwrap_or_default();
    if imported.is_none() && !written.is_empty() {
        return refuse(format!(
            "{verified_name}: a new user has no verified {noun} yet"
        ));
    }
    let verified = read(verified_name, written)?;
    let mut listed = read(listed_name, lists.listed.as_deref().unwrap_or_default())?;
    let missing = verified.iter().filter(|address| !listed.contains(address));
    let missing: Vec<_> = missing.cloned().collect();
    listed.extend(missing);
    if listed.len() > policy.max {
        return refuse(format!(
            "{listed_name}: there are more {noun} than a user may have"
        ));
    }
    let said = imported.and_then(|said| said.of(A::CHANNEL));
    Ok(Addresses {
        primary_verified: said == Some(true) && primary.is_some(),
        primary,
        listed,
        verified,
    })
}

/// A random UUID (RFC 9562 §5.4).
fn new_id(random: Random) -> Result<String, Error> {
    let bytes = random.bytes();
    let bytes = bytes.map_err(|error| Error::Internal(format!("no randomness: {error}")))?;
    Ok(uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string())
}
