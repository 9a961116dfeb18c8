//! What follows a change, end to end: the stream of the embedded database, the function behind it, the old number's message.

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{Method, StatusCode};
use local::{Options, Server};
use serde_json::{Value, json};

use crate::api::{Api, WSO2, email, mobile, outcome};
use crate::child;
use crate::client::{BOB, get, server};

const OLD: &str = "+60111111111";
const NEW: &str = "+60123456789";
const THIRD: &str = "+60129876543";
const FOURTH: &str = "+60127654321";

const TEXT: &str =
    "The mobile number of your local account was changed. If this was not you, contact support.";

const EMAIL_TEXT: &str =
    "The email address of your local account was changed. If this was not you, contact support.";

/// Looks until something is so; a test that waits in vain fails.
async fn until<F: Future<Output = bool>>(what: &str, look: impl Fn() -> F) {
    for _ in 0..600 {
        if look().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    unreachable!("never: {what}");
}

/// Bob's own change of his number; `code` is how he reads it.
async fn change<F: Future<Output = String>>(api: &Api, to: &str, code: impl Fn() -> F) {
    let bob = api.token("bob123").await;
    let patched = api.patch_me(&bob, &mobile(to)).await;
    assert_eq!(patched.status, StatusCode::OK);
    let validated = api.validate(&bob, &code().await).await;
    assert_eq!(outcome(&validated), (202, String::new()));
}

/// Who was told that a number was changed, oldest first, as the inbox has it.
async fn told(api: &Api) -> Vec<String> {
    told_that(api, TEXT).await
}

async fn told_that(api: &Api, text: &str) -> Vec<String> {
    let messages = get(&api.url("/_local/messages")).send().await.json();
    let messages = messages["messages"].as_array().unwrap().iter();
    let notices = messages.filter(|message| message["body"] == text);
    notices
        .map(|message| message["to"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_old_number_is_told_once() {
    let server = server(&[]).await;
    let api = Api::new(server.url()).await;
    for (number, expected) in [(NEW, &[OLD][..]), (THIRD, &[OLD, NEW])] {
        let code = async || api.codes(number).await.remove(0);
        change(&api, number, code).await;
        until("a message to the old number", async || {
            told(&api).await.len() >= expected.len()
        })
        .await;
        assert_eq!(told(&api).await, expected);
    }
    // An administrator takes the number away.
    let remove = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "remove", "path": "phoneNumbers[type eq \"mobile\"]" }],
    });
    let path = format!("/scim2/Users/{BOB}");
    let removed = api.send(Method::PATCH, &path, &api.admin, Some(remove));
    assert_eq!(removed.await.status, StatusCode::OK);
    until("a message to the removed number", async || {
        told(&api).await.len() >= 3
    })
    .await;
    assert_eq!(told(&api).await, [OLD, NEW, THIRD]);
    server.stop().await;
}

/// With e-mail verification, and e-mails that end with their code.
const EMAILS: [&str; 2] = [
    "EnableEmailVerification=true",
    "EmailTemplate=Code : {{confirmation-code}}",
];

const FIRST: &str = "alice@abc.com";
const SECOND: &str = "new@abc.com";
const LISTED: &str = "listed@abc.com";

/// Alice's own change, with the code that an address was sent.
async fn proves(api: &Api, change: &Value, address: &str) {
    let alice = api.token("alice").await;
    assert_eq!(api.patch_me(&alice, change).await.status, StatusCode::OK);
    let code = api.codes(address).await.remove(0);
    let validated = api.validate(&alice, &code).await;
    assert_eq!(outcome(&validated), (202, String::new()));
}

/// What an old address is told of: another primary, one more in the verified list, and no primary any more.
async fn alice_changes_everything(api: &Api, after_each: impl AsyncFn(&str)) {
    proves(api, &email(FIRST), FIRST).await;
    proves(api, &email(SECOND), SECOND).await;
    after_each(FIRST).await;
    let list = json!({ WSO2: { "verifiedEmailAddresses": [LISTED] } });
    proves(api, &list, LISTED).await;
    after_each(SECOND).await;
    let alice = api.token("alice").await;
    let removed = api.patch_me(&alice, &json!({ "emails": [] })).await;
    assert_eq!(removed.status, StatusCode::OK);
    after_each(SECOND).await;
}

/// She has no number: what the template's filter lets through is her e-mail address alone.
#[tokio::test]
async fn the_old_address_is_told_of_a_user_without_a_number() {
    let server = server(&EMAILS).await;
    let api = Api::new(server.url()).await;
    let expected = Mutex::new(Vec::new());
    alice_changes_everything(&api, async |old| {
        let expected = {
            let mut all = expected.lock().unwrap();
            all.push(old.to_owned());
            all.clone()
        };
        until("a message to the old address", async || {
            told_that(&api, EMAIL_TEXT).await.len() >= expected.len()
        })
        .await;
        assert_eq!(told_that(&api, EMAIL_TEXT).await, expected);
    })
    .await;
    // Nobody is told twice, nor of the other kind.
    assert_eq!(told(&api).await, [""; 0]);
    server.stop().await;
}

/// What comes behind it in the stream is told: so it was let pass, and is not merely late.
#[tokio::test]
async fn no_old_address_is_told_where_that_is_switched_off() {
    let settings = [&EMAILS[..], &["NotifyOldEmail=false"]].concat();
    let server = server(&settings).await;
    let api = Api::new(server.url()).await;
    alice_changes_everything(&api, async |_| ()).await;
    change(&api, NEW, async || api.codes(NEW).await.remove(0)).await;
    until("a message to the old number", async || {
        told(&api).await == [OLD]
    })
    .await;
    assert_eq!(told_that(&api, EMAIL_TEXT).await, [""; 0]);
    server.stop().await;
}

/// A provider outside of the server: it outlives restarts, and fails where a test wants it.
#[derive(Clone, Default)]
struct Provider {
    state: Arc<Mutex<Messages>>,
}

#[derive(Default)]
struct Messages {
    /// Number and text of everything that was taken over.
    taken: Vec<(String, String)>,
    /// How many more notices are turned away.
    failing: usize,
    turned_away: usize,
}

impl Provider {
    /// Answers the file that names it, as `--sms-secret` takes it.
    async fn start(directory: &tempfile::TempDir) -> (Self, PathBuf) {
        let provider = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let secret = json!({
            "provider": "custom",
            "url": format!("http://{}/", listener.local_addr().unwrap()),
            "contentType": "JSON",
            "method": "POST",
            "payloadTemplate": r#"{"to": {{mobile}}, "body": {{body}}}"#,
        });
        let file = directory.path().join("sms.json");
        std::fs::write(&file, secret.to_string()).unwrap();
        let router = Router::new().fallback(take).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (provider, file)
    }

    fn fail(&self, times: usize) {
        self.state.lock().unwrap().failing = times;
    }

    fn turned_away(&self) -> usize {
        self.state.lock().unwrap().turned_away
    }

    fn told(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let notices = state.taken.iter().filter(|(_, body)| body == TEXT);
        notices.map(|(to, _)| to.clone()).collect()
    }

    /// The last code that went to a number.
    fn code(&self, number: &str) -> String {
        let state = self.state.lock().unwrap();
        let mut theirs = state.taken.iter().rev().filter(|(to, _)| to == number);
        let code = theirs.find_map(|(_, body)| body.rsplit_once(" : "));
        code.unwrap().1.to_owned()
    }

    async fn change(&self, api: &Api, to: &str) {
        change(api, to, async || self.code(to)).await;
    }

    async fn until_told(&self, expected: &[&str]) {
        until("all are told", async || self.told().len() >= expected.len()).await;
        assert_eq!(self.told(), expected);
    }
}

async fn take(State(provider): State<Provider>, body: Bytes) -> StatusCode {
    let message: Value = serde_json::from_slice(&body).unwrap();
    let text = |name: &str| message[name].as_str().unwrap().to_owned();
    let mut state = provider.state.lock().unwrap();
    if state.failing > 0 && text("body") == TEXT {
        state.failing -= 1;
        state.turned_away += 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    state.taken.push((text("to"), text("body")));
    StatusCode::OK
}

#[tokio::test]
async fn a_message_that_failed_is_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let (provider, secret) = Provider::start(&directory).await;
    let options = Options {
        sms_secret: Some(secret),
        ..Options::default()
    };
    let server = Server::start(&options).await.unwrap();
    let api = Api::new(server.url()).await;
    provider.fail(2);
    provider.change(&api, NEW).await;
    // The next one waits its turn.
    provider.change(&api, THIRD).await;
    provider.until_told(&[OLD, NEW]).await;
    assert_eq!(provider.turned_away(), 2);
    server.stop().await;
}

#[tokio::test]
async fn the_last_try_is_where_the_template_says() {
    let directory = tempfile::tempdir().unwrap();
    let (provider, secret) = Provider::start(&directory).await;
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
    let template = std::fs::read_to_string(template).unwrap();
    let (before, after) = template.split_once("MaximumRetryAttempts: ").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    let file = directory.path().join("template.yaml");
    std::fs::write(&file, format!("{before}MaximumRetryAttempts: 1\n{after}")).unwrap();
    let options = Options {
        template: Some(file),
        sms_secret: Some(secret),
        ..Options::default()
    };
    let server = Server::start(&options).await.unwrap();
    let api = Api::new(server.url()).await;
    provider.fail(2);
    provider.change(&api, NEW).await;
    until("the second try fails", async || provider.turned_away() == 2).await;
    // Given up; what comes after it is not held up.
    provider.change(&api, THIRD).await;
    provider.until_told(&[NEW]).await;
    server.stop().await;
}

#[tokio::test]
async fn a_restart_forgets_and_repeats_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (provider, secret) = Provider::start(&directory).await;
    let data = directory.path().join("data");
    let arguments = [
        "--data",
        data.to_str().unwrap(),
        "--sms-secret",
        secret.to_str().unwrap(),
    ];
    provider.fail(usize::MAX);
    let server = child::start(&arguments).await;
    provider.change(&Api::new(&server.url).await, NEW).await;
    until("a try fails", async || provider.turned_away() > 0).await;
    server.kill().await;

    provider.fail(0);
    let server = child::start(&arguments).await;
    let api = Api::new(&server.url).await;
    // The try that was killed may have been at it; that is over after a minute.
    api.advance(61).await;
    provider.until_told(&[OLD]).await;
    provider.change(&api, THIRD).await;
    provider.until_told(&[OLD, NEW]).await;
    assert_eq!(server.terminate().await.0, Some(0));

    let server = child::start(&arguments).await;
    let api = Api::new(&server.url).await;
    // What is remembered of who was told is over, too.
    api.advance(25 * 3600).await;
    provider.change(&api, FOURTH).await;
    provider.until_told(&[OLD, NEW, THIRD]).await;
    assert_eq!(server.terminate().await.0, Some(0));
}
