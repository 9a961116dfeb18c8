//! `POST /scim2/Users`.

use lambda_http::{Body, Request, Response};
use serde_json::Value;
use shared::api::body;
use shared::api::caller::{CREATE, Caller, IMPORT};
use shared::api::error::Error;
use shared::api::user_response::{self, ResponseOptions};
use shared::clock::Timestamp;
use shared::platform::random::Random;
use shared::scim::backup_codes::{WantedCodes, WrittenCodes};
use shared::scim::parts::{self, Parts};
use shared::scim::{import, read};
use shared::store::Created;
use shared::telemetry::audit;
use shared::user::User;
use shared::user::backup_codes::BackupCodes;
use shared::user::numbers::Numbers;
use shared::verification::Verification;

use crate::app::App;

pub async fn create(app: &App, request: &Request) -> Result<Response<Body>, Error> {
    let caller = Caller::from_request(request, &app.tokens)?;
    caller.require(CREATE)?;
    let asked = ResponseOptions::from_request(request)?;
    let mut body = body::json_object(request)?;
    // By anybody else the flag is as read-only as the schema says.
    let imports = caller.has(IMPORT);
    let phone_verified = if imports {
        import::from_resource(&mut body)?
    } else {
        None
    };
    let mut parts = Parts::of(read::from_body(&Value::Object(body))?);
    let verified = if imports { parts.verified.take() } else { None };
    let codes = parts.backup_codes.take().unwrap_or_default();
    let mut user = new_user(app, parts, app.clock.now())?;
    verified_elsewhere(app, &mut user.numbers, verified, phone_verified)?;
    parts::fits(&user, None)?;
    user.backup_codes = stored(app, &user, &codes).await?;
    if let Created::Taken(name) = app.store.create(&user).await? {
        return Err(Error::NotUnique(name.attribute()));
    }
    tracing::info!(user = user.id, "created");
    audit::written(&user.id, &Numbers::default(), &user.numbers);
    audit::imported(&user.id, &Numbers::default(), &user.numbers);
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

/// What a caller with the import scope says: the list joins the numbers, the primary is verified where it says so.
fn verified_elsewhere(
    app: &App,
    numbers: &mut Numbers,
    verified: Option<Vec<String>>,
    phone_verified: Option<bool>,
) -> Result<(), Error> {
    let verified = verified.unwrap_or_default();
    if !app.lists.multiple && !verified.is_empty() {
        parts::without_lists(|name| name == "verifiedMobileNumbers")?;
    }
    let none = Numbers::default();
    numbers.verified = parts::numbers("verifiedMobileNumbers", &verified, &none, &app.numbering)?;
    let missing = numbers.verified.iter();
    let missing = missing.filter(|number| !numbers.mobile.contains(number));
    let missing: Vec<_> = missing.cloned().collect();
    numbers.mobile.extend(missing);
    if numbers.mobile.len() > app.lists.max {
        return Err(Error::Scim(
            "invalidValue".into(),
            "mobileNumbers: there are more numbers than a user may have".into(),
        ));
    }
    numbers.phone_verified = phone_verified == Some(true) && numbers.primary.is_some();
    Ok(())
}

/// A new user's numbers are stored as they are, unverified; nothing is sent.
fn new_user(app: &App, parts: Parts, now: Timestamp) -> Result<User, Error> {
    let refuse = |what: &str| Err(Error::Scim("invalidValue".into(), what.to_owned()));
    if !app.lists.multiple {
        parts::without_lists(|name| parts.names(name))?;
    }
    if parts.verified.as_ref().is_some_and(|list| !list.is_empty()) {
        return refuse("verifiedMobileNumbers: a new user has no verified numbers yet");
    }
    let none = Numbers::default();
    let read = |text: &String| parts::number("phoneNumbers", text, &none, &app.numbering);
    let primary = parts.primary.as_ref().map(read).transpose()?;
    let mobile = parts.mobile.unwrap_or_default();
    let mobile = parts::numbers("mobileNumbers", &mobile, &none, &app.numbering)?;
    if mobile.len() > app.lists.max {
        return refuse("mobileNumbers: there are more numbers than a user may have");
    }
    parts::external_id(&parts.profile)?;
    Ok(User {
        id: new_id(app.random)?,
        version: 1,
        created: now,
        last_modified: now,
        user_name: parts::user_name(parts.user_name, None)?,
        profile: parts.profile,
        numbers: Numbers {
            primary,
            mobile,
            ..none
        },
        own_changes: Vec::new(),
        backup_codes: BackupCodes::default(),
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
