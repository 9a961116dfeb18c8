//! The secrets that name the providers: their templates are parsed, and filled with a sample.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use shared::messaging::courier::Courier;
use shared::messaging::email::settings::Settings;
use shared::platform::Platform;
use shared::platform::secrets::{LocalSecret, Secret, Secrets};
use shared_fuzz::platform;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().unwrap());
static PLATFORM: LazyLock<Platform> = LazyLock::new(platform);

fuzz_target!(|text: &str| {
    let secret = Secret {
        version: "v1".to_owned(),
        value: text.to_owned(),
    };
    let secrets = BTreeMap::from([("arn".to_owned(), LocalSecret::of(secret))]);
    let platform = Platform {
        secrets: Secrets::Local(Arc::new(secrets)),
        ..PLATFORM.clone()
    };
    let env = |name: &str| match name {
        "SMS_SECRET_ARN" | "EMAIL_SECRET_ARN" => Some("arn".to_owned()),
        "EMAIL_SENDER" => Some("ACME <no-reply@acme.example>".to_owned()),
        _ => None,
    };
    match RUNTIME.block_on(Courier::from_env(&env, &platform)) {
        Ok(sms) => drop(format!("{sms:?}")),
        Err(error) => assert_eq!(error.variable, "SMS_SECRET_ARN"),
    }
    let settings = Settings::from_env(&env).unwrap();
    match RUNTIME.block_on(Courier::of_emails(&env, &platform, &settings)) {
        Ok(emails) => drop(format!("{emails:?}")),
        Err(error) => assert_eq!(error.variable, "EMAIL_SECRET_ARN"),
    }
});
