//! The secret that names the providers: its templates are parsed, and filled with a sample.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use shared::clock::Clock;
use shared::messaging::courier::Courier;
use shared::platform::Platform;
use shared::platform::random::Random;
use shared::platform::secrets::{LocalSecret, Secret, Secrets};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().unwrap());
static PLATFORM: LazyLock<Platform> = LazyLock::new(|| Platform {
    clock: Clock::system(),
    aws: shared::platform::aws::loopback("http://127.0.0.1:9"),
    secrets: Secrets::Local(Arc::default()),
    random: Random::system(),
    outbox: None,
});

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
    let env = |name: &str| (name == "SMS_SECRET_ARN").then(|| "arn".to_owned());
    match RUNTIME.block_on(Courier::from_env(&env, &platform)) {
        Ok(sms) => drop(format!("{sms:?}")),
        Err(error) => assert_eq!(error.variable, "SMS_SECRET_ARN"),
    }
});
