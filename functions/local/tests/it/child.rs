//! The server as a process of its own, to be told to end or killed; all that it prints is kept.
//! One that a test forgets dies with it.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

pub struct Server {
    process: Child,
    pub url: String,
    /// Where `--aws-port` serves, if that was asked for.
    pub dynamodb: Option<String>,
    printed: Vec<JoinHandle<String>>,
}

/// Starts the binary on any free port, and waits until it says where it listens.
pub async fn start(arguments: &[&str]) -> Server {
    start_in(&[], arguments).await
}

/// The same in an environment with these variables.
pub async fn start_in(variables: &[(&str, &str)], arguments: &[&str]) -> Server {
    let mut command = command(arguments);
    command.envs(variables.iter().copied());
    let mut process = command.spawn().unwrap();
    let mut out = BufReader::new(process.stdout.take().unwrap());
    let rest_of_errors = tokio::spawn(rest(process.stderr.take().unwrap()));
    let url = said(&mut out, "Listening on ").await;
    let dynamodb = if arguments.contains(&"--aws-port") {
        Some(said(&mut out, "AWS on ").await)
    } else {
        None
    };
    Server {
        process,
        url,
        dynamodb,
        printed: vec![tokio::spawn(rest(out)), rest_of_errors],
    }
}

/// What the binary says when it does not start.
pub async fn refused(arguments: &[&str]) -> String {
    let output = command(arguments).output().await.unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

impl Server {
    /// SIGKILL: no time to put anything in order.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// SIGTERM. Answers the exit status and what was printed, on both streams.
    pub async fn terminate(mut self) -> (Option<i32>, String) {
        let id = self.process.id().unwrap().to_string();
        let sent = Command::new("kill")
            .args(["-s", "TERM", &id])
            .status()
            .await
            .unwrap();
        assert!(sent.success());
        let ended = tokio::time::timeout(Duration::from_secs(20), self.process.wait()).await;
        let status = ended.unwrap().unwrap().code();
        let mut printed = String::new();
        for stream in self.printed {
            printed.push_str(&stream.await.unwrap());
        }
        (status, printed)
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command
        .args(["--port", "0"])
        .args(arguments)
        .kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn said(out: &mut (impl AsyncBufReadExt + Unpin), what: &str) -> String {
    let mut line = String::new();
    out.read_line(&mut line).await.unwrap();
    assert!(line.starts_with(what), "{line:?}");
    line[what.len()..].trim_end().to_owned()
}

async fn rest(mut stream: impl AsyncRead + Unpin) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}
