//! What survives the process's sudden end, with `--data`: everything that was acknowledged.
//! The inbox does not: it stands for phones, not for storage.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::config::process_env;
use tokio::sync::Semaphore;

use crate::api::{
    Api, codes, email, mobile, outcome, pending, pending_email, primary, verified_email,
};
use crate::child;
use crate::client::{BOB, Call, get};

const NEW: &str = "+60123456789";

/// Tokens name their issuer, which is else the address: another one after a restart on any free port.
/// And all come from one address, whose cap is another test's.
const SETTINGS: [&str; 9] = [
    "--parameter-overrides",
    "JwtIssuer=https://issuer.example.com",
    "MaxSendsPerIpPerHour=0",
    "MaxSendsPerHourInAll=0",
    "MaxTriesPerIpPerHour=0",
    "MaxEmailsPerHourInAll=0",
    "EnableEmailVerification=true",
    "EmailLinkUrl=https://app.example/confirm",
    "EmailTemplate=Open : {{link}}",
];

async fn start(directory: &tempfile::TempDir) -> child::Server {
    let data = directory.path().to_str().unwrap();
    child::start(&[&["--data", data], &SETTINGS[..]].concat()).await
}

#[tokio::test]
async fn what_was_pending_still_is() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    let bob = api.token("bob123").await;
    let keys = get(&api.url("/.well-known/jwks.json")).send().await.json();
    let patched = api.patch_me(&bob, &mobile(NEW)).await;
    assert_eq!(pending(&patched.json()), Some(NEW));
    let code = api.codes(NEW).await.remove(0);
    let advanced = api.advance(200).await;
    server.kill().await;

    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    assert_eq!(
        get(&api.url("/.well-known/jwks.json")).send().await.json(),
        keys
    );
    // Forward from where it was.
    assert!(api.advance(0).await >= advanced);
    assert!(api.all_codes().await.is_empty());
    // The token is that of before, and so is the code.
    assert_eq!(pending(&api.me(&bob).await), Some(NEW));
    assert_eq!(
        outcome(&api.validate(&bob, &code).await),
        (202, String::new())
    );
    server.kill().await;

    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    let me = api.me(&bob).await;
    assert_eq!((primary(&me), pending(&me)), (Some(NEW), None));
    // Used is used.
    assert_eq!(
        outcome(&api.validate(&bob, &code).await),
        (400, "18001".to_owned())
    );
    assert_eq!(server.terminate().await.0, Some(0));
}

#[tokio::test]
async fn failures_are_not_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    let bob = api.token("bob123").await;
    assert_eq!(
        api.patch_user(BOB, &mobile(NEW)).await.status,
        StatusCode::OK
    );
    let code = api.codes(NEW).await.remove(0);
    for _ in 0..5 {
        assert_eq!(
            api.validate(&bob, "wrong").await.status,
            StatusCode::BAD_REQUEST
        );
    }
    server.kill().await;
    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    // Past the cap, though right.
    assert_eq!(
        outcome(&api.validate(&bob, &code).await),
        (400, "18001".to_owned())
    );
    for _ in 0..4 {
        assert_eq!(
            api.validate(&bob, "wrong").await.status,
            StatusCode::BAD_REQUEST
        );
    }
    server.kill().await;
    let server = start(&directory).await;
    let api = Api::new(&server.url).await;
    assert_eq!(
        outcome(&api.validate(&bob, &code).await),
        (429, "17003".to_owned())
    );
    assert_eq!(server.terminate().await.0, Some(0));
}

/// Writers make users, number their updates, and verify a number or an e-mail address of each user; the server is killed
/// among all that, as often as `KILLS` says, or 5 times.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_a_kill_and_no_code_works_twice() {
    const WRITERS: u32 = 4;
    /// Acknowledgements before the kill.
    const ENOUGH: u32 = 40;
    let directory = tempfile::tempdir().unwrap();
    let mut server = start(&directory).await;
    let kills = process_env("KILLS").map(|kills| kills.parse().unwrap());
    for kill in 0..kills.unwrap_or(5) {
        let api = Arc::new(Api::new(&server.url).await);
        let progress = Arc::new(Semaphore::new(0));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (api, progress) = (Arc::clone(&api), Arc::clone(&progress));
                tokio::spawn(async move {
                    let mut made = Vec::new();
                    for n in 0.. {
                        let mut user = Written::named(kill, writer, n);
                        let end = user.live(&api, &progress).await;
                        made.push(user);
                        if end.is_none() {
                            break;
                        }
                    }
                    made
                })
            })
            .collect();
        progress.acquire_many(ENOUGH).await.unwrap().forget();
        server.kill().await;
        server = start(&directory).await;
        let api = Api::new(&server.url).await;
        for writer in writers {
            for user in writer.await.unwrap() {
                user.is_there(&api).await;
            }
        }
    }
    assert_eq!(server.terminate().await.0, Some(0));
}

/// A user as its writer knows it; the step after the last that was acknowledged is done or not.
#[derive(Debug)]
struct Written {
    name: String,
    /// A number, proved by a code, or an e-mail address, proved by a link.
    address: String,
    id: Option<String>,
    nick_names: u32,
    code: Option<String>,
    /// Whether its code was sent off, and what was answered.
    validated: Option<bool>,
}

impl Written {
    fn named(kill: u32, writer: u32, n: u32) -> Self {
        let digits = 1_000_000 * (writer + 1) + 1_000 * kill + n;
        Self {
            name: format!("writer-{kill}-{writer}-{n}"),
            address: if (writer + n).is_multiple_of(2) {
                format!("+6012{digits}")
            } else {
                format!("writer-{digits}@abc.com")
            },
            id: None,
            nick_names: 0,
            code: None,
            validated: None,
        }
    }

    /// None where the server is gone.
    async fn live(&mut self, api: &Api, progress: &Semaphore) -> Option<()> {
        let created = api.creating(&self.name).try_send().await?;
        assert_eq!(created.status, StatusCode::CREATED);
        let id = created.json()["id"].as_str().unwrap().to_owned();
        self.id = Some(id.clone());
        progress.add_permits(1);
        self.rename(api, progress).await?;

        let change = if self.is_email() { email } else { mobile };
        let patching = api.patching_user(&id, &change(&self.address));
        assert_eq!(patching.try_send().await?.status, StatusCode::OK);
        progress.add_permits(1);
        let to = self.address.replace('+', "%2B");
        let inbox = api.url(&format!("/_local/messages?to={to}"));
        let mut codes = codes(&get(&inbox).try_send().await?.json());
        let code = self.code.insert(codes.remove(0)).clone();
        self.rename(api, progress).await?;

        self.validated = Some(false);
        let validated = self.proving(api, &id, &code).try_send().await?;
        assert_eq!(validated.status, StatusCode::ACCEPTED);
        self.validated = Some(true);
        progress.add_permits(1);
        self.rename(api, progress).await
    }

    fn is_email(&self) -> bool {
        self.address.contains('@')
    }

    fn proving(&self, api: &Api, id: &str, code: &str) -> Call {
        if self.is_email() {
            api.confirming(code)
        } else {
            api.validating(id, code)
        }
    }

    /// What is verified and what is pending.
    fn addresses<'a>(&self, shown: &'a Value) -> (Option<&'a str>, Option<&'a str>) {
        if self.is_email() {
            (verified_email(shown), pending_email(shown))
        } else {
            (primary(shown), pending(shown))
        }
    }

    async fn rename(&mut self, api: &Api, progress: &Semaphore) -> Option<()> {
        let id = self.id.clone().unwrap();
        let name = json!({"nickName": (self.nick_names + 1).to_string()});
        let renamed = api.patching_user(&id, &name).try_send().await?;
        assert_eq!(renamed.status, StatusCode::OK);
        self.nick_names += 1;
        progress.add_permits(1);
        Some(())
    }

    async fn is_there(&self, api: &Api) {
        let Some(id) = &self.id else {
            // Made or not; the name tells, and no half of it is left.
            let again = api.create(&self.name).await.status;
            assert!([201, 409].contains(&again.as_u16()), "{again}");
            return;
        };
        let path = format!("/scim2/Users/{id}");
        let read = || async { api.send(Method::GET, &path, &api.admin, None).await.json() };
        let shown = read().await;
        let nick_name = shown["nickName"].as_str().unwrap_or("0");
        let nick_name: u32 = nick_name.parse().unwrap();
        let last = self.nick_names;
        assert!((last..=last + 1).contains(&nick_name), "{self:?} {shown}");
        let Some(code) = &self.code else {
            return;
        };
        // Committed, where that was acknowledged; and only once where it was not.
        let committed = self.addresses(&shown).0.is_some();
        let address = Some(self.address.as_str());
        let expected = if committed {
            (address, None)
        } else {
            (None, address)
        };
        assert_eq!(self.addresses(&shown), expected, "{self:?}");
        match self.validated {
            None => assert!(!committed, "{self:?}"),
            Some(false) => {}
            Some(true) => assert!(committed, "{self:?}"),
        }
        let validated = self.proving(api, id, code).send().await;
        let once = if committed { 400 } else { 202 };
        assert_eq!(validated.status.as_u16(), once, "{self:?}");
        let twice = self.proving(api, id, code).send().await;
        assert_eq!(outcome(&twice), (400, "18001".to_owned()), "{self:?}");
        assert_eq!(self.addresses(&read().await), (address, None));
    }
}

#[tokio::test]
async fn a_directory_is_for_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory).await;
    let data = directory.path().to_str().unwrap();
    let said = child::refused(&["--data", data]).await;
    assert!(
        said.contains(data) && said.contains("is in use by another local server"),
        "{said}"
    );
    // The first one is none the worse for it.
    let health = get(&format!("{}/_local/health", server.url)).send().await;
    assert_eq!(health.status, StatusCode::OK);
    // The lock ends with its holder, however that ends.
    server.kill().await;
    assert_eq!(start(&directory).await.terminate().await.0, Some(0));
}
