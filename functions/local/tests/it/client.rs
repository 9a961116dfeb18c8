//! A small HTTP client, and the servers that tests start.

use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use local::{Options, Running, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub const BOB: &str = "1e624046-520c-4628-a245-091e04b03f21";

/// A server in memory with the project's template.
pub async fn server(overrides: &[&str]) -> Running {
    let options = Options {
        overrides: overrides.iter().map(|&one| one.to_owned()).collect(),
        ..Options::default()
    };
    Server::start(&options).await.unwrap()
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and API Gateway's message.
    pub fn message(&self) -> (u16, String) {
        let message = self.json()["message"].as_str().unwrap().to_owned();
        (self.status.as_u16(), message)
    }
}

/// One call.
pub struct Call {
    request: http::request::Builder,
    body: Vec<u8>,
}

pub fn call(method: Method, url: &str) -> Call {
    Call {
        request: Request::builder().method(method).uri(url),
        body: Vec::new(),
    }
}

pub fn get(url: &str) -> Call {
    call(Method::GET, url)
}

pub fn post(url: &str, body: &Value) -> Call {
    call(Method::POST, url).json(body)
}

impl Call {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }

    /// None where the server is gone before it has answered.
    pub async fn try_send(self) -> Option<Answer> {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let request = self
            .request
            .body(Full::<axum::body::Bytes>::from(self.body))
            .unwrap();
        let (parts, body) = client.request(request).await.ok()?.into_parts();
        Some(Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.ok()?.to_bytes().to_vec(),
        })
    }
}

/// A token from the local issuer.
pub async fn token(url: &str, user: &str, scope: Option<&str>) -> String {
    let mut body = json!({ "user": user });
    if let Some(scope) = scope {
        body["scope"] = scope.into();
    }
    let answer = post(&format!("{url}/_local/token"), &body).send().await;
    assert_eq!(answer.status, 200);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// What a server says to these bytes; it must close the connection.
pub async fn raw(url: &str, request: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}
