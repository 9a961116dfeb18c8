//! Whom a provider may be: https to public addresses; plain http to this machine in the local server only.

use serde_json::{Value, json};

use crate::support::{Sender, custom, twilio, vonage, with};

const PRIVATE: &str = "must not lead to a private, loopback or link-local address";

fn token_url(url: &str) -> Value {
    let auth = json!({
        "type": "clientCredentials", "tokenUrl": url, "clientId": "hidden", "clientSecret": "hidden"
    });
    with(custom("https://api.example.com"), &json!({ "auth": auth }))
}

async fn start(provider: &Value, local: bool) -> Result<(), String> {
    let started = Sender::start(&provider.to_string(), local).await;
    started.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn on_lambda_only_what_is_public() {
    for (url, why) in [
        ("http://api.example.com", "must begin with https://"),
        ("http://127.0.0.1:8080", "must begin with https://"),
        ("ftp://api.example.com", "must begin with https://"),
        ("https://localhost", PRIVATE),
        ("https://127.0.0.1", PRIVATE),
        ("https://0x7f000001", PRIVATE),
        ("https://10.1.2.3", PRIVATE),
        ("https://172.16.0.1", PRIVATE),
        ("https://192.168.1.1", PRIVATE),
        ("https://169.254.169.254", PRIVATE),
        ("https://169.254.170.2", PRIVATE),
        ("https://[::1]", PRIVATE),
        ("https://[fd00:ec2::254]", PRIVATE),
        ("https://[fe80::1]", PRIVATE),
        ("https://[::ffff:169.254.169.254]", PRIVATE),
    ] {
        for (field, provider) in [
            ("baseUrl", twilio(url)),
            ("baseUrl", vonage(url)),
            ("url", custom(url)),
            ("auth.tokenUrl", token_url(url)),
        ] {
            let expected = format!("SMS_SECRET_ARN: {field} {why}");
            assert_eq!(start(&provider, false).await, Err(expected), "{url}");
        }
    }
    for provider in [twilio, vonage, custom, token_url] {
        let url = "https://api.example.com:8443/base";
        assert_eq!(start(&provider(url), false).await, Ok(()));
    }
}

#[tokio::test]
async fn the_local_server_may_call_this_machine_and_nothing_else_that_is_private() {
    for provider in [twilio, vonage, custom, token_url] {
        for url in ["http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9"] {
            assert_eq!(start(&provider(url), true).await, Ok(()), "{url}");
        }
        for url in [
            "http://api.example.com",
            "http://10.0.0.1",
            "https://192.168.0.1",
            "https://169.254.169.254",
        ] {
            assert!(start(&provider(url), true).await.is_err(), "{url}");
        }
    }
}

#[tokio::test]
async fn the_secret_itself() {
    for (secret, expected) in [
        ("", "the secret must be a JSON object, or an array of them"),
        (
            "hidden",
            "the secret must be a JSON object, or an array of them",
        ),
        ("[]", "the secret names no provider"),
        ("{}", "provider is missing"),
        (
            r#"{"provider":"hidden"}"#,
            "provider must be sns, twilio, vonage or custom",
        ),
        (
            r#"{"provider":"outbox"}"#,
            "provider must be sns, twilio, vonage or custom",
        ),
        (
            r#"[{"provider":"sns"},{"provider":"twilio"}]"#,
            "[1].accountSid is missing",
        ),
        (
            r#"{"provider":"twilio","accountSid":"AC1","authToken":"hidden","sender":"+1","token":"hidden"}"#,
            "token is not known",
        ),
        (
            r#"{"provider":"twilio","accountSid":"AC/../1","authToken":"hidden","sender":"+1"}"#,
            "accountSid must be letters and digits",
        ),
        (
            r#"{"provider":"vonage","apiKey":"hidden"}"#,
            "apiSecret is missing",
        ),
        (
            r#"{"provider":"sns","senderId":"hidden id"}"#,
            "senderId must be 3 to 11 letters and digits, at least one letter",
        ),
    ] {
        let error = Sender::start(secret, false).await.err().unwrap();
        assert_eq!(error.to_string(), format!("SMS_SECRET_ARN: {expected}"));
    }
}
