//! Neither codes nor flows nor numbers are where they do not belong: in public parameters, log lines, tables, errors.

use local::testing::{Log, TestApp};
use tracing::level_filters::LevelFilter;

use crate::support::{NEW, Seen, SignIn, backup_codes, not, wait};

#[tokio::test]
async fn nothing_is_said_that_must_not_be() {
    let test = TestApp::with(&["SmsOtpMandatory=true"]).await;
    let log = Log::listen(LevelFilter::TRACE);
    let backup = backup_codes(&test, 1).await;
    let mut secrets = vec![NEW.to_owned(), "+60111111111".to_owned(), backup[0].clone()];
    let mut said = Vec::new();

    let mut bob = SignIn::of_bob(&test);
    bob.password().await;
    let code = test.code();
    let wrong = not(&code);
    said.push(bob.public.to_string());
    secrets.extend([code, wrong.clone()]);
    secrets.push(bob.private["flowId"].as_str().unwrap().to_owned());
    assert!(!bob.private.to_string().contains(&test.code()));
    bob.answer(&wrong).await;
    said.push(bob.public.to_string());
    let again = SignIn::of_bob(&test).password().await;
    said.push(format!("{again:?}"));
    wait(&test);
    bob.answer("resend").await;
    secrets.push(test.code());
    assert_eq!(
        bob.answer(&format!("backup:{}", backup[0])).await,
        Seen::Tokens
    );

    let mut alice = SignIn::of_alice(&test);
    alice.password().await;
    alice.answer(NEW).await;
    said.push(alice.public.to_string());
    secrets.push(test.code());
    secrets.push(alice.private["flowId"].as_str().unwrap().to_owned());
    assert_eq!(alice.answer(&test.code()).await, Seen::Tokens);

    said.extend(log.take().iter().map(ToString::to_string));
    said.extend(test.verification_keys().await);
    assert!(said.len() > 10, "{said:?}");
    for secret in secrets {
        for line in &said {
            assert!(!line.contains(&secret), "{secret}: {line}");
        }
    }
}
