//! Gateways that take messages over and do not say so: whatever they answer, an attacker who asks sixty times causes
//! no more messages than the caps say. What counts is what went over the wire.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::{Options, Server};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::api::{Api, mobile};

/// What becomes of a connection once the message is there.
#[derive(Clone, Copy, Debug)]
enum Lie {
    Closes,
    Says(&'static str),
    Never,
}

const LIES: [Lie; 8] = [
    Lie::Closes,
    Lie::Says("HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\n\r\n"),
    Lie::Says("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"),
    Lie::Says("HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{\"sid\":\"SM1\""),
    Lie::Says("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"sid\":\"S"),
    Lie::Says("HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n<!doctype html>"),
    Lie::Says("HTTP/1.1 999 \r\n\r\n"),
    Lie::Says("nonsense\r\n\r\n"),
];

/// Counts the messages that it was given.
struct Liar {
    url: String,
    taken: Arc<AtomicUsize>,
}

impl Liar {
    async fn start(lie: Lie) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&taken);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(lied(stream, lie, Arc::clone(&count)));
            }
        });
        Self { url, taken }
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    fn twilio(&self) -> Value {
        json!({
            "provider": "twilio", "accountSid": "AC1", "authToken": "hush", "sender": "+15005550006",
            "baseUrl": self.url,
        })
    }
}

async fn lied(mut stream: TcpStream, lie: Lie, taken: Arc<AtomicUsize>) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        if stream.read_buf(&mut request).await.unwrap_or_default() == 0 {
            return;
        }
    }
    taken.fetch_add(1, Ordering::SeqCst);
    match lie {
        Lie::Closes => {}
        Lie::Says(answer) => {
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Lie::Never => std::future::pending().await,
    }
}

/// Whether head and body of a request are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.split_once("content-length: ");
    let length = length.and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// Sixty requests of one user within a clock hour, for numbers of which none is asked for twice in a row. Answers how
/// often there was each status: one after the other, or all at once.
async fn attack(liars: &[&Liar], overrides: &[&str], at_once: bool) -> Vec<u16> {
    let mut secret = NamedTempFile::new().unwrap();
    let providers: Vec<_> = liars.iter().map(|liar| liar.twilio()).collect();
    let written = secret.write_all(json!(providers).to_string().as_bytes());
    written.unwrap();
    let options = Options {
        sms_secret: Some(secret.path().to_owned()),
        overrides: overrides.iter().map(|&one| one.to_owned()).collect(),
        ..Options::default()
    };
    let server = Server::start(&options).await.unwrap();
    let api = Arc::new(Api::new(server.url()).await);
    let bob = api.token("bob123").await;
    let now = api.advance(0).await;
    let digits = |at: usize| now[at..at + 2].parse::<u64>().unwrap();
    api.advance(3_601 - 60 * digits(14) - digits(17)).await;
    let mut statuses = Vec::new();
    let mut asking = JoinSet::new();
    for n in 0..60 {
        let (api, token) = (Arc::clone(&api), bob.clone());
        let number = format!("+6012345{:04}", 1_000 + n);
        let request = async move {
            match n % 3 {
                0 => api.patch_me(&token, &mobile(&number)).await.status.as_u16(),
                1 => {
                    let list = json!({ "verifiedMobileNumbers": ["+60111111111", number] });
                    let change = json!({ "urn:scim:wso2:schema": list });
                    api.patch_me(&token, &change).await.status.as_u16()
                }
                _ => {
                    let body = json!({ "phone_number": number });
                    api.transmit("send", &token, body).await.status.as_u16()
                }
            }
        };
        asking.spawn(request);
        if !at_once {
            statuses.push(asking.join_next().await.unwrap().unwrap());
        }
    }
    statuses.extend(asking.join_all().await);
    server.stop().await;
    statuses
}

fn times(status: u16, statuses: &[u16]) -> usize {
    statuses.iter().filter(|one| **one == status).count()
}

/// Before, each of the sixty was a message.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_causes_five_messages_an_hour_whatever_is_answered() {
    for lie in LIES {
        let liar = Liar::start(lie).await;
        let statuses = attack(&[&liar], &[], false).await;
        assert_eq!(liar.taken(), 5, "{lie:?}");
        assert_eq!(
            (times(502, &statuses), times(429, &statuses)),
            (5, 55),
            "{lie:?}"
        );
    }
}

/// Each further provider that may have taken the message over, too, is one more of the budget.
#[tokio::test(flavor = "multi_thread")]
async fn all_providers_together_take_no_more_than_the_budget() {
    for lie in [LIES[0], LIES[1], LIES[7]] {
        let liars = [Liar::start(lie).await, Liar::start(lie).await];
        let all = ["MaxSendsPerHour=0", "MaxSendsPerHourInAll=13"];
        attack(&[&liars[0], &liars[1]], &all, false).await;
        let taken = liars[0].taken() + liars[1].taken();
        assert_eq!(taken, 13, "{lie:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_at_once_or_late_it_is_no_more() {
    for lie in [Lie::Closes, Lie::Never] {
        let liar = Liar::start(lie).await;
        let statuses = attack(&[&liar], &[], true).await;
        assert!((1..=5).contains(&liar.taken()), "{lie:?}: {}", liar.taken());
        assert_eq!(times(200, &statuses), 0, "{lie:?}");
    }
}

/// What is certainly not taken over costs nothing, and is tried ten times an hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_refuses_is_asked_ten_times() {
    let refuses = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n";
    let liar = Liar::start(Lie::Says(refuses)).await;
    let statuses = attack(&[&liar], &[], false).await;
    assert_eq!(liar.taken(), 10);
    assert_eq!((times(502, &statuses), times(429, &statuses)), (10, 50));
}
