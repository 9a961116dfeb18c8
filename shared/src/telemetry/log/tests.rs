//! What is written at which level, and what a line holds.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::subscriber::with_default;

use super::*;
use crate::address::Address;
use crate::clock::Clock;
use crate::telemetry::context::traced;
use crate::verification::scenario::Scenario;

/// What is written while `work` runs.
fn written(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
    writings(level, work).concat()
}

/// The lines of each writing.
fn writings(level: LevelFilter, work: impl FnOnce()) -> Vec<Vec<Value>> {
    let writings = Writings::default();
    let to = writings.clone();
    with_default(lines_to(&[], level, move || to.clone()), work);
    let texts = writings.0.lock().unwrap();
    let lines = |text: &String| {
        assert!(text.ends_with('\n'), "{text}");
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    };
    texts.iter().map(lines).collect()
}

#[derive(Clone, Default)]
struct Writings(Arc<Mutex<Vec<String>>>);

impl Write for Writings {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8(bytes.to_owned()).unwrap();
        self.0.lock().unwrap().push(text);
        Ok(bytes.len())
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
fn a_right_code_is_told_with_its_commit_and_also_without_one() {
    let number = Address::from_stored("+60123456789");
    let right = || audit::validated("u", Scenario::Primary, &number);
    let told = |work: &dyn Fn()| -> Vec<Vec<Value>> {
        let writings = writings(LevelFilter::ERROR, work);
        let kinds = |lines: &Vec<Value>| lines.iter().map(|line| line["event"].clone()).collect();
        writings.iter().map(kinds).collect()
    };
    assert_eq!(
        told(&|| right().committed()),
        [["validated", "committed"]],
        "one writing"
    );
    let refused = || {
        right().not_committed();
        audit::deleted("u");
    };
    assert_eq!(told(&refused), [["validated"], ["deleted"]]);
    assert_eq!(
        told(&|| drop(right())),
        [["validated"]],
        "as where a request is given up"
    );
}

/// Not when the line is written.
#[tokio::test]
async fn a_right_code_has_the_time_at_which_it_was_right() {
    let clock = Clock::system();
    let number = Address::from_stored("+60123456789");
    let lines = traced("t-1", &clock, async {
        written(LevelFilter::INFO, || {
            let right = audit::validated("u", Scenario::Primary, &number);
            clock.advance(Duration::from_secs(2));
            right.committed();
        })
    });
    let lines = lines.await;
    let times = lines.iter().filter_map(|line| line["timestamp"].as_str());
    let [right, committed] = times.collect::<Vec<_>>()[..] else {
        unreachable!("{lines:?}")
    };
    assert!(right < committed, "{right}, {committed}");
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
