//! `--aws-port`: the functions as they run on AWS, with nothing but the printed environment: their secrets, the tables
//! and SNS behind one port.

use std::path::Path;

use http::Method;
use local::testing::event;
use local::{Options, Running, Server};
use serde_json::{Value, json};
use shared::address::Address;
use shared::messaging::courier::{Courier, deadline};
use shared::messaging::email::settings::Settings;
use shared::messaging::message::Message;
use shared::platform::Platform;
use shared::platform::secrets::Version;
use shared::runtime::Start;

use crate::client::{get, post, token};

async fn server() -> Running {
    let options = Options {
        aws_port: Some(0),
        ..Options::default()
    };
    Server::start(&options).await.unwrap()
}

fn request(name: &str) -> lambda_http::Request {
    local::testing::request(&event(name))
}

#[tokio::test]
async fn functions_run_on_the_printed_environment() {
    let server = server().await;
    let variables = server.aws_environment();
    let env = move |name: &str| variables.get(name).cloned();
    let platform = Platform::lambda(&env).unwrap();
    let patch = scim_patch::App::from_env(&env, &platform).await.unwrap();
    let validate = validate_code::App::from_env(&env, &platform).await.unwrap();

    let answer = scim_patch::handle(&patch, request("scim-patch/patch-me")).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let inbox = format!("{}/_local/messages", server.url());
    let messages = get(&inbox).send().await.json();
    let [message] = messages["messages"].as_array().unwrap().as_slice() else {
        unreachable!("{messages}")
    };
    assert_eq!(message["to"], "+60123456789");
    let code = message["body"]
        .as_str()
        .unwrap()
        .rsplit(' ')
        .next()
        .unwrap();
    let mut event = event("validate-code/me");
    event["body"] = json!({ "code": code }).to_string().into();
    let answer = validate_code::handle(&validate, local::testing::request(&event)).await;
    assert_eq!(answer.status(), 202, "{answer:?}");
    // What they wrote is what the server itself reads.
    let token = token(server.url(), "bob123", None).await;
    let me = format!("{}/scim2/Me", server.url());
    let me = get(&me).token(&token).send().await.json();
    assert_eq!(me["phoneNumbers"][0]["value"], "+60123456789");
    server.stop().await;
}

/// The inbox answers as it is told to, in SNS's words.
#[tokio::test]
async fn sns_fails_as_it_is_told_to() {
    let server = server().await;
    let variables = server.aws_environment();
    let env = move |name: &str| variables.get(name).cloned();
    let platform = Platform::lambda(&env).unwrap();
    let patch = scim_patch::App::from_env(&env, &platform).await.unwrap();
    let outcome = format!("{}/_local/sms", server.url());
    for (told, code) in [("refused", "VRF-50201"), ("unavailable", "VRF-50200")] {
        let told = crate::client::call(Method::PUT, &outcome).json(&json!({ "outcome": told }));
        assert_eq!(told.send().await.status, 204);
        let answer = scim_patch::handle(&patch, request("scim-patch/patch-me")).await;
        assert_eq!(answer.status(), 502);
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.starts_with(code), "{body}");
    }
    server.stop().await;
}

/// An e-mail by the real SDK, in SES's words.
#[tokio::test]
async fn emails_go_to_the_inbox_by_ses() {
    let server = server().await;
    let variables = server.aws_environment();
    let env = move |name: &str| variables.get(name).cloned();
    let platform = Platform::lambda(&env).unwrap();
    let settings = Settings::from_env(&env).unwrap();
    let courier = Courier::of_emails(&env, &platform, &settings)
        .await
        .unwrap();
    let to = Address::from_stored("Bob@abc.com");
    let message = Message {
        user: "u",
        to: &to,
        region: "",
        body: "Code : 1",
        subject: "Verify",
        html: "<p>Code : 1</p>",
        code: "1",
        sender: None,
    };
    let now = platform.clock.now();
    let send = async || {
        let once = || std::future::ready(true);
        let sent = courier.send(&message, now, deadline(), once).await;
        sent.map_err(|error| error.to_string())
    };
    assert_eq!(send().await, Ok(()));
    let inbox = format!("{}/_local/messages?to=bob@abc.com", server.url());
    let messages = get(&inbox).send().await.json();
    let shown = &messages["messages"][0];
    assert_eq!(shown["channel"], "email");
    assert_eq!(shown["sender"], "local <no-reply@local.example>");
    assert_eq!(shown["subject"], "Verify");
    assert_eq!(shown["body"], "Code : 1");
    assert_eq!(shown["html"], "<p>Code : 1</p>");
    let outcome = format!("{}/_local/email", server.url());
    for (told, expected) in [
        ("refused", "the address was refused: MessageRejected"),
        ("unavailable", "throttled: TooManyRequestsException"),
    ] {
        let told = crate::client::call(Method::PUT, &outcome).json(&json!({ "outcome": told }));
        assert_eq!(told.send().await.status, 204);
        assert_eq!(send().await, Err(expected.to_owned()));
    }
    let nonsense = post(
        &format!("{}/v2/email/outbound-emails", server.aws_url().unwrap()),
        &json!({"FromEmailAddress": "a@b.example"}),
    );
    let nonsense = nonsense.send().await;
    assert_eq!(nonsense.status, 400);
    server.stop().await;
}

/// Both secrets are served under the ARNs that are printed.
#[tokio::test]
async fn the_secrets_of_providers_are_served() {
    let files = ["sms-secrets/plivo", "email-secrets/resend"].map(|name| {
        let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
        events.join(name).with_extension("json")
    });
    let options = Options {
        aws_port: Some(0),
        sms_secret: Some(files[0].clone()),
        email_secret: Some(files[1].clone()),
        ..Options::default()
    };
    let server = Server::start(&options).await.unwrap();
    let variables = server.aws_environment();
    let env = move |name: &str| variables.get(name).cloned();
    let secrets = Platform::lambda(&env).unwrap().secrets;
    for (variable, file) in ["SMS_SECRET_ARN", "EMAIL_SECRET_ARN"].iter().zip(files) {
        let arn = env(variable).unwrap();
        let answer = secrets.fetch(&arn, Version::Current).await;
        let value = answer.unwrap().unwrap().value;
        assert_eq!(value, std::fs::read_to_string(file).unwrap());
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_said_as_aws_says_it() {
    let server = server().await;
    let variables = server.aws_environment();
    let url = variables["AWS_ENDPOINT_URL"].clone();
    let key = variables["KEY_SECRET_ARN"].clone();
    let env = move |name: &str| variables.get(name).cloned();
    let secrets = Platform::lambda(&env).unwrap().secrets;
    let nobody = "arn:aws:secretsmanager:us-east-1:000000000000:secret:nobody-AbCdEf";
    assert!(
        secrets
            .fetch(nobody, Version::Current)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        secrets
            .fetch(&key, Version::Previous)
            .await
            .unwrap()
            .is_none()
    );
    let current = secrets
        .fetch(&key, Version::Current)
        .await
        .unwrap()
        .unwrap();
    assert!(
        secrets
            .fetch(&key, Version::Id(&current.version))
            .await
            .unwrap()
            .is_some()
    );
    let unknown = post(&url, &json!({})).header("x-amz-target", "secretsmanager.DeleteSecret");
    let unknown = unknown.send().await;
    assert_eq!(unknown.status, 400);
    assert_eq!(unknown.json()["__type"], "UnknownOperationException");
    let form = "Action=CreateTopic&Name=x";
    let other = crate::client::call(Method::POST, &url)
        .body(form)
        .send()
        .await;
    assert_eq!(other.status, 400);
    assert!(
        String::from_utf8(other.body)
            .unwrap()
            .contains("<Code>InvalidAction</Code>")
    );
    server.stop().await;
}
