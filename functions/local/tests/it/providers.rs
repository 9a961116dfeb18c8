//! `--sms-secret`: messages go through the providers that it names, and what goes wrong there changes nothing.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use local::{Options, Running, Server};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use url::form_urlencoded;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::api::{Api, mobile, outcome, pending, primary};
use crate::child;
use crate::client::token;

const NEW: &str = "+60123456789";
const OLD: &str = "+60111111111";
const TOKEN: &str = "hush-twilio-token";
const KEY: &str = "hush-gateway-key";
const ON_UPDATE: &str = "MOBILE_VERIFICATION_ON_UPDATE";

async fn stub(status: u16, body: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_string(body);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn good() -> MockServer {
    stub(201, r#"{"sid":"SM1","status":"queued"}"#).await
}

fn twilio(url: &str) -> Value {
    json!({
        "provider": "twilio", "accountSid": "AC1", "authToken": TOKEN, "sender": "+15005550006", "baseUrl": url
    })
}

fn gateway(url: &str) -> Value {
    json!({
        "provider": "custom",
        "url": format!("{url}/send?key={KEY}"),
        "payloadTemplate": "Body={{body}}&To={{mobile}}",
        "auth": {"type": "apiKey", "header": "x-key", "value": KEY},
    })
}

fn file(secret: &Value) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(secret.to_string().as_bytes()).unwrap();
    file
}

async fn server(secret: &NamedTempFile) -> Running {
    let options = Options {
        sms_secret: Some(PathBuf::from(secret.path())),
        ..Options::default()
    };
    Server::start(&options).await.unwrap()
}

/// The texts that a stub was asked to send, and to whom.
async fn sent(stub: &MockServer) -> Vec<(String, String)> {
    let requests = stub.received_requests().await.unwrap();
    let field = |body: &[u8], name: &str| {
        let mut pairs = form_urlencoded::parse(body);
        pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
    };
    let sent = requests.iter();
    sent.map(|r| (field(&r.body, "To"), field(&r.body, "Body")))
        .collect()
}

fn code((to, body): &(String, String)) -> &str {
    assert_eq!(to, NEW);
    body.strip_prefix("Your Mobile Number Verification Code : ")
        .unwrap()
}

#[tokio::test]
async fn a_number_is_verified_through_a_provider() {
    let provider = good().await;
    let secret = file(&twilio(&provider.uri()));
    let server = server(&secret).await;
    let api = Api::new(server.url()).await;
    let bob = api.token("bob123").await;
    let patched = api.patch_me(&bob, &mobile(NEW)).await;
    assert_eq!(patched.status, 200);
    assert_eq!(pending(&patched.json()), Some(NEW));
    let sent = sent(&provider).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(api.all_codes().await, [""; 0], "nothing is in the inbox");
    assert_eq!(api.validate(&bob, code(&sent[0])).await.status, 202);
    assert_eq!(primary(&api.me(&bob).await), Some(NEW));
    server.stop().await;
}

/// One call of the second factor's API.
async fn authn(api: &Api, path: &str, body: Value) -> (u16, Value) {
    let scope = Some("internal_sms_otp_authenticate");
    let service = token(&api.url(""), "shop", scope).await;
    let path = format!("/api/identity/authn/v1.0/sms-otp/{path}");
    let answer = api.send(Method::POST, &path, &service, Some(body)).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_sign_in_through_a_provider() {
    let provider = good().await;
    let secret = file(&gateway(&provider.uri()));
    let server = server(&secret).await;
    let api = Api::new(server.url()).await;
    let bob = json!({ "user": { "username": "bob123" } });
    let (_, flow) = authn(&api, "initiate", bob).await;
    let sent = sent(&provider).await;
    let (to, text) = &sent[0];
    assert_eq!((sent.len(), to.as_str()), (1, OLD));
    let code = text.rsplit(' ').next().unwrap();
    let verify = format!("{}/verify", flow["flowId"].as_str().unwrap());
    let (_, done) = authn(&api, &verify, json!({ "code": code })).await;
    assert_eq!(done["amr"], json!(["sms"]));
    server.stop().await;
}

/// Nobody knows whether it went out: it counts, and the sign-in of before goes on.
#[tokio::test]
async fn a_sign_in_whose_message_may_have_gone_out() {
    let lying = stub(500, "").await;
    let secret = file(&twilio(&lying.uri()));
    let server = server(&secret).await;
    let api = Api::new(server.url()).await;
    let bob = json!({ "user": { "username": "bob123" } });
    let (status, told) = authn(&api, "initiate", bob.clone()).await;
    assert_eq!((status, &told["code"]), (502, &json!("VRF-50200")));
    let (status, told) = authn(&api, "initiate", bob).await;
    assert_eq!((status, &told["code"]), (429, &json!("VRF-42900")));
    assert_eq!(sent(&lying).await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn where_no_provider_takes_it_over_all_is_as_before() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let down = stub(503, "").await;
    let unknown = stub(401, "").await;
    let page = stub(200, "<!doctype html>").await;
    let opted_out = stub(400, r#"{"code":21610}"#).await;
    for (secret, why) in [
        (
            json!(twilio(&address)),
            "VRF-50200: The message could not be sent;",
        ),
        (
            json!([twilio(&down.uri()), gateway(&page.uri())]),
            "VRF-50200: The message could not be sent;",
        ),
        (
            json!([gateway(&unknown.uri()), twilio(&address)]),
            "VRF-50200: The message could not be sent;",
        ),
        (json!(twilio(&opted_out.uri())), "VRF-50201: "),
    ] {
        let file = file(&secret);
        let server = server(&file).await;
        let api = Api::new(server.url()).await;
        let bob = api.token("bob123").await;
        let before = api.me(&bob).await;
        let answer = api.patch_me(&bob, &mobile(NEW)).await;
        assert_eq!(answer.status, 502);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(why), "{detail}");
        assert_eq!(api.me(&bob).await, before);
        assert_eq!(pending(&before), None);
        let resent = api.resend(&bob, ON_UPDATE).await;
        assert_eq!(outcome(&resent), (400, "UAR-10012".to_owned()));
        server.stop().await;
    }
}

#[tokio::test]
async fn the_second_provider_sends_where_the_first_fails() {
    let (down, up) = (stub(500, "").await, good().await);
    let secret = file(&json!([twilio(&down.uri()), gateway(&up.uri())]));
    let server = server(&secret).await;
    let api = Api::new(server.url()).await;
    let bob = api.token("bob123").await;
    assert_eq!(api.patch_me(&bob, &mobile(NEW)).await.status, 200);
    let (failed, sent) = (sent(&down).await, sent(&up).await);
    assert_eq!((failed.len(), sent.len()), (1, 1));
    assert_eq!(failed, sent, "the same code");
    assert_eq!(api.validate(&bob, code(&sent[0])).await.status, 202);
    server.stop().await;
}

#[tokio::test]
async fn a_changed_file_is_read_when_the_old_credentials_are_refused() {
    let (refusing, up) = (stub(401, "").await, good().await);
    let secret = file(&twilio(&refusing.uri()));
    let server = server(&secret).await;
    let api = Api::new(server.url()).await;
    let bob = api.token("bob123").await;
    std::fs::write(secret.path(), twilio(&up.uri()).to_string()).unwrap();
    assert_eq!(api.patch_me(&bob, &mobile(NEW)).await.status, 200);
    assert_eq!((sent(&refusing).await.len(), sent(&up).await.len()), (1, 1));
    server.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_used_stops_the_start() {
    let mut unknown_field = gateway("http://127.0.0.1:9");
    unknown_field["hush"] = "hush".into();
    let mut no_sender = twilio("http://127.0.0.1:9");
    no_sender["sender"] = Value::Null;
    for (secret, named) in [
        (json!("hush"), "the secret must be a JSON object"),
        (no_sender.clone(), "sender is missing"),
        (
            json!([gateway("https://api.example.com"), no_sender]),
            "[1].sender is missing",
        ),
        (unknown_field, "hush is not known"),
        (
            gateway("http://api.example.com"),
            "url must begin with https://",
        ),
        (
            gateway("https://10.0.0.1"),
            "url must not lead to a private",
        ),
    ] {
        let file = file(&secret);
        let said = child::refused(&["--sms-secret", file.path().to_str().unwrap()]).await;
        assert!(said.contains(named), "{said}");
        assert!(said.contains("SMS_SECRET_ARN"), "{said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        assert!(!said.contains(TOKEN) && !said.contains(KEY), "{said}");
    }
    let said = child::refused(&["--sms-secret", "/nowhere/secret.json"]).await;
    assert!(said.contains("/nowhere/secret.json"), "{said}");
}

/// Every way to fail, at the most talkative level: no log line has a credential, a code or a number.
#[tokio::test]
async fn logs_hold_no_credentials() {
    let echo = format!("{{\"error\":\"{TOKEN} {KEY} {NEW}\"}}");
    let stubs = [
        stub(401, &echo).await,
        stub(200, &echo).await,
        stub(302, "").await,
        stub(500, &echo).await,
        good().await,
    ];
    let mut secret: Vec<Value> = stubs[..4].iter().map(|stub| gateway(&stub.uri())).collect();
    secret.push(twilio("http://127.0.0.1:9"));
    secret.push(twilio(&stubs[0].uri()));
    secret.push(twilio(&stubs[4].uri()));
    let secret = file(&json!(secret));
    let path = secret.path().to_str().unwrap();
    let level = ["--parameter-overrides", "LogLevel=DEBUG"];
    let server = child::start(&[&["--sms-secret", path], &level[..]].concat()).await;
    let api = Api::new(&server.url).await;
    let bob = api.token("bob123").await;
    assert_eq!(api.patch_me(&bob, &mobile(NEW)).await.status, 200);
    let sent = sent(&stubs[4]).await;
    let code = code(&sent[0]).to_owned();
    let (_, printed) = server.terminate().await;
    let logged: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect();
    for outcome in ["unauthorized", "rejected", "unavailable", "sent"] {
        let field = format!("\"outcome\":\"{outcome}\"");
        assert!(logged.iter().any(|line| line.contains(&field)), "{printed}");
    }
    let logged = logged.join("\n");
    // hush-twilio-token as it goes over the wire: AC1:hush-twilio-token
    let basic = "QUMxOmh1c2gtdHdpbGlvLXRva2Vu";
    for hidden in [TOKEN, KEY, basic, &code, &NEW[1..], &OLD[1..]] {
        assert!(!logged.contains(hidden), "{hidden}: {logged}");
    }
    assert!(!printed.contains(TOKEN) && !printed.contains(KEY));
}

/// Counts connections, and closes them.
async fn recorder() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await.unwrap());
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, count)
}

#[tokio::test]
async fn proxies_of_the_environment_see_nothing() {
    let (proxy, proxied) = recorder().await;
    let (https, called) = recorder().await;
    let up = good().await;
    let secret = file(&json!([
        twilio(&format!("https://{https}")),
        gateway(&up.uri())
    ]));
    let proxy = format!("http://{proxy}");
    let names = [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ];
    let variables = names.map(|name| (name, proxy.as_str()));
    let path = secret.path().to_str().unwrap();
    let server = child::start_in(&variables, &["--sms-secret", path]).await;
    let api = Api::new(&server.url).await;
    let bob = api.token("bob123").await;
    assert_eq!(api.patch_me(&bob, &mobile(NEW)).await.status, 200);
    assert_eq!(called.load(Ordering::SeqCst), 1);
    assert_eq!(sent(&up).await.len(), 1);
    assert_eq!(proxied.load(Ordering::SeqCst), 0);
    server.kill().await;
}
