//! What stands in for a provider: wiremock where HTTP is spoken as it should be, a bare socket where not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use url::form_urlencoded;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// Answers every request alike.
pub async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// With a body of JSON.
pub async fn saying(status: u16, body: &Value) -> MockServer {
    answering(ResponseTemplate::new(status).set_body_json(body)).await
}

/// Answers the first request so, and all that follow otherwise.
pub async fn first_then(first: ResponseTemplate, then: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let once = Mock::given(any()).respond_with(first);
    once.up_to_n_times(1).mount(&server).await;
    Mock::given(any()).respond_with(then).mount(&server).await;
    server
}

pub async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

pub async fn calls(server: &MockServer) -> usize {
    requests(server).await.len()
}

pub async fn only_request(server: &MockServer) -> Request {
    let mut requests = requests(server).await;
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let value = request.headers.get(name)?;
    Some(std::str::from_utf8(value.as_bytes()).unwrap())
}

pub fn form(request: &Request) -> Vec<(String, String)> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}

pub fn query(request: &Request) -> Vec<(String, String)> {
    request.url.query_pairs().into_owned().collect()
}

pub fn json(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned()));
    owned.collect()
}

/// How a connection goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum Line {
    /// Torn down in the middle of the request.
    Reset,
    /// Closed without a word, the request read.
    Closed,
    /// Nothing is ever said.
    Silent,
    /// A success begins, and stops in its body.
    Stuck,
    /// A success whose body never ends.
    Endless,
    /// Closed in the body of a refusal, or of a success.
    RefusalCut,
    SuccessCut,
}

/// A server that behaves so at every connection.
pub struct Broken {
    pub url: String,
    calls: Arc<AtomicUsize>,
    heard: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Drop for Broken {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Broken {
    pub async fn start(line: Line) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (calls, heard) = (Arc::<AtomicUsize>::default(), Arc::<Notify>::default());
        let (counter, told) = (Arc::clone(&calls), Arc::clone(&heard));
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let told = Arc::clone(&told);
                open.push(tokio::spawn(behave(stream, line, told)));
            }
        });
        Self {
            url,
            calls,
            heard,
            task,
        }
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Ready when a request has come in.
    pub async fn heard(&self) {
        self.heard.notified().await;
    }
}

async fn behave(mut stream: TcpStream, line: Line, heard: Arc<Notify>) {
    let mut bytes = [0; 16 * 1024];
    // What was not read when the socket is closed makes it a reset.
    stream.peek(&mut bytes).await.unwrap();
    heard.notify_one();
    if matches!(line, Line::Reset) {
        return;
    }
    let _ = stream.read(&mut bytes).await;
    let first: &[u8] = match line {
        Line::Reset | Line::Closed => return,
        Line::Silent => b"",
        Line::Stuck | Line::SuccessCut => b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        Line::Endless => b"HTTP/1.1 200 OK\r\n\r\n",
        Line::RefusalCut => b"HTTP/1.1 403 Forbidden\r\ncontent-length: 100\r\n\r\n{",
    };
    let _ = stream.write_all(first).await;
    if matches!(line, Line::RefusalCut | Line::SuccessCut) {
        return;
    }
    if matches!(line, Line::Endless) {
        while stream.write_all(&[b' '; 8 * 1024]).await.is_ok() {}
        return;
    }
    std::future::pending::<()>().await;
}

/// A server that says the same to every request, and counts connections.
pub struct Keeping {
    pub url: String,
    opened: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Keeping {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Keeping {
    pub async fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let opened = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&opened);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(stream, answer));
            }
        });
        Self { url, opened, task }
    }

    pub fn connections(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

async fn converse(mut stream: TcpStream, answer: &str) {
    let mut heard = Vec::new();
    while stream.read_buf(&mut heard).await.unwrap_or(0) > 0 {
        if whole(&heard) {
            heard.clear();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

/// Whether a request is there with all of its body.
fn whole(heard: &[u8]) -> bool {
    let text = String::from_utf8_lossy(heard).to_lowercase();
    let Some((headers, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let mut lines = headers.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}
