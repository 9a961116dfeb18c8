//! The binary: what it prints, how it refuses, how it ends.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::api::codes;
use crate::client::{call, get, post, token};

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(["--port", "0"]).kill_on_drop(true);
    command
}

struct Process {
    child: Child,
    url: String,
    /// Kept open: a process that writes to a closed pipe is another test.
    out: Lines<BufReader<ChildStdout>>,
}

async fn start(arguments: &[&str]) -> Process {
    let mut child = command()
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = out.next_line().await.unwrap().unwrap();
    let url = first.strip_prefix("Listening on ").unwrap().to_owned();
    Process { child, url, out }
}

async fn signal(process: &mut Process, signal: &str) -> Option<i32> {
    let id = process.child.id().unwrap().to_string();
    let sent = Command::new("kill")
        .args(["-s", signal, &id])
        .status()
        .await
        .unwrap();
    assert!(sent.success());
    let ended = tokio::time::timeout(Duration::from_secs(10), process.child.wait()).await;
    ended.unwrap().unwrap().code()
}

async fn refused(arguments: &[&str]) -> String {
    let output = command().args(arguments).output().await.unwrap();
    assert!(!output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said
}

#[tokio::test]
async fn signals_end_it_even_with_open_connections() {
    for name in ["TERM", "INT"] {
        let mut process = start(&[]).await;
        let address = process.url.strip_prefix("http://").unwrap().to_owned();
        let _silent = tokio::net::TcpStream::connect(&address).await.unwrap();
        let health = get(&format!("{}/_local/health", process.url)).send().await;
        assert_eq!(health.json(), json!({"status": "ok"}));
        assert_eq!(signal(&mut process, name).await, Some(0), "{name}");
    }
}

#[tokio::test]
async fn it_prints_a_journey() {
    let mut process = start(&["--dynamodb-port", "0"]).await;
    let mut printed = String::new();
    while !printed.contains("/scim2/Me\" -H \"Authorization: Bearer $TOKEN\"; echo") {
        printed.push_str(&process.out.next_line().await.unwrap().unwrap());
        printed.push('\n');
    }
    assert!(printed.starts_with("AWS on http://127.0.0.1:"), "{printed}");
    assert!(
        printed.contains(&format!("API={}", process.url)),
        "{printed}"
    );
    assert!(printed.contains("Nothing leaves this machine"), "{printed}");
    assert_eq!(signal(&mut process, "TERM").await, Some(0));
}

/// They are written as on Lambda, and can be read here besides.
#[tokio::test]
async fn the_last_audit_lines_can_be_read() {
    let mut process = start(&[]).await;
    let audit = format!("{}/_local/audit", process.url);
    assert_eq!(get(&audit).send().await.json()["lines"], json!([]));
    let token = token(&process.url, "alice", None).await;
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "add", "value": {"phoneNumbers": [{"type": "mobile", "value": "+60123456789"}]}}],
    });
    let me = format!("{}/scim2/Me", process.url);
    let answer = call(Method::PATCH, &me).token(&token).json(&patch);
    assert_eq!(answer.send().await.status, 200);
    let read = get(&audit).send().await.json();
    let lines = read["lines"].as_array().unwrap();
    assert!(read["now"].as_str().unwrap() >= lines[0]["timestamp"].as_str().unwrap());
    let started = lines.iter().find(|line| line["event"] == "claim_started");
    assert_eq!(started.unwrap()["number"], "+60*****789");
    loop {
        let printed = process.out.next_line().await.unwrap().unwrap();
        if printed.contains("\"claim_started\"") {
            let printed: serde_json::Value = printed.parse().unwrap();
            assert_eq!(Some(&printed), started);
            break;
        }
    }
    // Two that are written at once are two.
    let inbox = format!("{}/_local/messages", process.url);
    let code = &codes(&get(&inbox).send().await.json())[0];
    let validate = format!("{}/api/identity/user/v1.0/me/validate-code", process.url);
    let answer = post(&validate, &json!({ "code": code })).token(&token);
    assert_eq!(answer.send().await.status, 202);
    let read = get(&audit).send().await.json();
    let lines = read["lines"].as_array().unwrap();
    let events: Vec<_> = lines.iter().map(|line| &line["event"]).collect();
    assert_eq!(events[events.len() - 2..], ["validated", "committed"]);
    assert_eq!(signal(&mut process, "TERM").await, Some(0));
}

/// Where providers send, no inbox has the code, and the number of an example is somebody's.
#[tokio::test]
async fn what_it_prints_is_true_where_messages_go_to_phones() {
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    let provider = json!({
        "provider": "custom",
        "url": "http://127.0.0.1:9/?to={{mobile}}&text={{body}}",
    });
    secret.write_all(provider.to_string().as_bytes()).unwrap();
    let path = secret.path().to_str().unwrap();
    let mut process = start(&["--sms-secret", path]).await;
    let mut printed = String::new();
    while !printed.contains("/scim2/Me\" -H \"Authorization: Bearer $TOKEN\"; echo") {
        printed.push_str(&process.out.next_line().await.unwrap().unwrap());
        printed.push('\n');
    }
    assert!(printed.contains("Text messages go to phones"), "{printed}");
    assert!(printed.contains("\"value\":\"'\"$NUMBER\"'\""), "{printed}");
    for wrong in [
        "/_local/messages",
        "\"0123456789\"",
        "Nothing leaves",
        "{code}",
        "{number}",
    ] {
        assert!(!printed.contains(wrong), "{wrong}: {printed}");
    }
    let page = get(&format!("{}/", process.url)).send().await.body;
    let page = String::from_utf8_lossy(&page);
    assert!(page.contains("Text messages go to phones"), "{page}");
    assert!(!page.contains("Nothing leaves this machine"), "{page}");
    assert_eq!(signal(&mut process, "TERM").await, Some(0));
}

#[tokio::test]
async fn bad_settings_are_refused_by_name() {
    let overrides = "--parameter-overrides";
    for (arguments, named) in [
        (&[overrides, "OtpLength=3"][..], "OtpLength"),
        (&[overrides, "OtpLength=6", "OtpSize=6"], "OtpSize"),
        (&[overrides, "OtpLength=5"], "OtpLength"),
        (&[overrides, "IdentityAttribute=email"], "IdentityAttribute"),
        (
            &[overrides, "LogLevel=LOUD", overrides, "OtpLength=6"],
            "LogLevel",
        ),
        (
            &["--template", "/nowhere/template.yaml"],
            "/nowhere/template.yaml",
        ),
        (&["--host", "nowhere.invalid"], "nowhere.invalid"),
    ] {
        let said = refused(arguments).await;
        assert!(said.contains(named), "{said}");
    }
}

#[tokio::test]
async fn a_check_serves_nothing_and_takes_the_templates_defaults() {
    let required = [
        "--check",
        "--parameter-overrides",
        "JwtIssuer=https://issuer.example.com",
        "JwtAudience=api",
        "AllowedRegions=MY",
    ];
    let output = command().args(required).output().await.unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "Every function would start with these settings.\n");
    let said = refused(&required[..4]).await;
    assert!(said.contains("AllowedRegions"), "{said}");
    let said = refused(&[&required[..], &["DefaultRegion=UK"]].concat()).await;
    assert!(
        said.contains("DefaultRegion") && said.contains("UK"),
        "{said}"
    );
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_by_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let arguments = ["--data", data, "--aws-port", "0"];
    let mut process = start(&arguments).await;
    let clock = |url: &str, seconds: u64| {
        let body = json!({"advanceSeconds": seconds});
        let url = format!("{url}/_local/clock");
        async move { post(&url, &body).send().await.json() }
    };
    let before = clock(&process.url, 5000).await["now"].to_string();
    let dynamodb = dynamodb(&mut process).await;
    for at in 0..50 {
        let put = dynamodb.put_item().table_name("UsersTable");
        put.item("pk", key(at)).send().await.unwrap();
    }
    process.child.kill().await.unwrap();

    let mut process = start(&arguments).await;
    let after = clock(&process.url, 0).await["now"].to_string();
    assert!(before < after, "{before} {after}");
    let dynamodb = self::dynamodb(&mut process).await;
    for at in 0..50 {
        let get = dynamodb.get_item().table_name("UsersTable");
        let kept = get.key("pk", key(at)).send().await.unwrap();
        assert!(kept.item.is_some(), "{at}");
    }
    assert_eq!(signal(&mut process, "TERM").await, Some(0));
}

fn key(at: usize) -> AttributeValue {
    AttributeValue::S(format!("kept-{at}"))
}

/// A client for the port of `--aws-port`, from the second line that is printed.
async fn dynamodb(process: &mut Process) -> aws_sdk_dynamodb::Client {
    let line = process.out.next_line().await.unwrap().unwrap();
    let url = line.strip_prefix("AWS on ").unwrap();
    aws_sdk_dynamodb::Client::new(&shared::platform::aws::loopback(url))
}
