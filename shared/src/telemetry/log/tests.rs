//! What is written at which level, and what a line holds.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::subscriber::with_default;

use super::*;
use crate::address::Address;
use crate::clock::Clock;
use crate::telemetry::context::traced;

/// What is written while `work` runs.
fn written(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
    let buffer = Buffer::default();
    let to = buffer.clone();
    with_default(lines_to(&[], level, move || to.clone()), work);
    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn something() {
    tracing::error!(attempts = 3, last = true, "failed");
    tracing::info!("refused");
    tracing::info!(target: "elsewhere", "chatter");
    audit::sent("u", &Address::from_stored("+60123456789"), "MY", "sns");
}

#[test]
fn a_level_does_not_silence_the_audit_log() {
    for (level, expected) in [
        (LevelFilter::ERROR, &["failed", "sent"][..]),
        (LevelFilter::WARN, &["failed", "sent"]),
        (LevelFilter::INFO, &["failed", "refused", "sent"]),
    ] {
        let lines = written(level, something);
        let kinds: Vec<&str> = lines
            .iter()
            .filter_map(|line| line["message"].as_str().or(line["event"].as_str()))
            .collect();
        assert_eq!(kinds, expected, "{level}");
    }
}

#[test]
fn a_line_is_flat_and_what_it_holds_keeps_its_type() {
    let mut lines = written(LevelFilter::ERROR, || {
        tracing::error!(attempts = 3, last = true, cause = "a \"b\"\nc", number = ?Some(1), "failed");
    });
    let time = lines[0]["timestamp"].take();
    assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
    insta::assert_snapshot!(lines[0], @r#"{"timestamp":null,"level":"ERROR","message":"failed","attempts":3,"last":true,"cause":"a \"b\"\nc","number":"Some(1)","target":"shared::telemetry::log::tests"}"#);
}

#[tokio::test]
async fn every_line_of_a_request_carries_its_trace_id() {
    let clock = Clock::system();
    let one = traced("t-1", &clock, async {
        written(LevelFilter::INFO, something)
    });
    let other = traced("t-2", &clock, async {
        written(LevelFilter::INFO, something)
    });
    let (one, other) = tokio::join!(one, other);
    assert_eq!((one.len(), other.len()), (3, 3));
    assert!(one.iter().all(|line| line["trace_id"] == "t-1"), "{one:?}");
    assert!(other.iter().all(|line| line["trace_id"] == "t-2"));
    for line in written(LevelFilter::INFO, something) {
        assert_eq!(line.get("trace_id"), None);
    }
}

#[test]
fn settings_that_cannot_be_used_are_refused() {
    let set = |name: &'static str, value: &'static str| {
        move |variable: &str| (variable == name).then(|| value.to_owned())
    };
    let refused = |name, value| start(&set(name, value), &[]).unwrap_err().variable;
    assert_eq!(refused("LOG_LEVEL", "LOUD"), "LOG_LEVEL");
    for namespace in ["AWS/Lambda", "a b", "a\n"] {
        assert_eq!(refused("METRICS_NAMESPACE", namespace), "METRICS_NAMESPACE");
    }
    for namespace in ["", "mobile-verification", "team/app_1.x:y#z"] {
        let env = set("METRICS_NAMESPACE", namespace);
        assert_eq!(namespace_from(&env).as_deref(), Ok(namespace));
    }
}
