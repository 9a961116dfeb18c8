//! The audit log of journeys: each event once, with user, masked number, reason and the request's trace id.
//! In one process first; then as the binary prints it, with its metrics.

use std::time::Duration;

use insta::assert_snapshot;
use local::testing::{ALICE, Answer, BOB, Event, Fault, Log, TestApp};
use serde_json::{Value, json};
use shared::platform::outbox::Outcome;

use crate::api::{Api, mobile, outcome, wrong};
use crate::child;

const NEW: &str = "+60123456789";
const OTHER: &str = "+60129876543";

fn patched(number: &str) -> Event {
    Event::shipped("scim-patch/patch-me").replacing(&mobile(number))
}

fn typed(code: &str) -> Event {
    Event::shipped("validate-code/me").body(&json!({ "code": code, "properties": [] }))
}

/// The lines since the last look without their times, one below the other. All are of one request.
fn told(log: &Log, answer: &Answer) -> String {
    let lines = log.take().into_iter().map(|mut line| {
        let members = line.as_object_mut().unwrap();
        assert!(members.shift_remove("timestamp").is_some());
        let trace_id = members.shift_remove("trace_id").unwrap();
        assert_eq!(trace_id.as_str(), answer.header("x-trace-id"));
        if let Some(left) = members.get_mut("left") {
            // It depends on the shard that was met.
            assert!(left.take().as_u64().is_some_and(|left| left < 1000));
        }
        line.to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What kinds of lines there were but the budget, and why, where they say it.
fn kinds(log: &Log) -> Vec<String> {
    let lines = log.take();
    let kind = |line: &Value| match (line["event"].as_str(), line["reason"].as_str()) {
        (Some(event), Some(reason)) => format!("{event} {reason}"),
        (event, _) => event.unwrap_or("?").to_owned(),
    };
    let lines = lines.iter().filter(|line| line["event"] != "budget");
    lines.map(kind).collect()
}

#[tokio::test]
async fn a_number_is_claimed_and_committed() {
    // What is left of so little is told with every message.
    let test = TestApp::with(&["MaxSendsPerHourInAll=80"]).await;
    let log = Log::of_audit();
    let answer = test.patch(&patched(NEW)).await;
    assert_snapshot!(told(&log, &answer), @r#"
    {"event":"budget","left":null}
    {"event":"sent","user":"1e624046-520c-4628-a245-091e04b03f21","number":"+60*****789","country":"MY","provider":"outbox","outcome":"sent"}
    {"event":"claim_started","user":"1e624046-520c-4628-a245-091e04b03f21","scenario":"MOBILE_VERIFICATION_ON_UPDATE","number":"+60*****789","country":"MY"}
    "#);
    let answer = test.validate(&typed("no")).await;
    assert_snapshot!(told(&log, &answer), @r#"{"event":"not_validated","user":"1e624046-520c-4628-a245-091e04b03f21","reason":"wrong","failures":1}"#);
    let answer = test.validate(&typed(&test.code())).await;
    assert_snapshot!(told(&log, &answer), @r#"
    {"event":"validated","user":"1e624046-520c-4628-a245-091e04b03f21","scenario":"MOBILE_VERIFICATION_ON_UPDATE","number":"+60*****789"}
    {"event":"committed","user":"1e624046-520c-4628-a245-091e04b03f21","scenario":"MOBILE_VERIFICATION_ON_UPDATE","number":"+60*****789"}
    "#);
    test.patch(&patched(NEW)).await;
    assert_eq!(kinds(&log), [""; 0], "nothing happened");
}

#[tokio::test]
async fn a_code_proves_nothing_once_it_is_late_or_used() {
    let test = TestApp::start().await;
    test.patch(&patched(NEW)).await;
    test.stack.clock().advance(Duration::from_mins(5));
    let log = Log::of_audit();
    test.validate(&typed(&test.code())).await;
    assert_eq!(kinds(&log), ["not_validated expired"]);
    test.resend(&Event::shipped("resend-code/me")).await;
    assert_eq!(kinds(&log), ["sent"], "the claim is the same");
    test.validate(&typed(&test.code())).await;
    test.validate(&typed(&test.code())).await;
    assert_eq!(
        kinds(&log),
        ["validated", "committed"],
        "a code that is typed twice is no failure"
    );
}

#[tokio::test]
async fn a_right_code_whose_commit_fails_is_told() {
    let test = TestApp::start().await;
    test.patch(&patched(NEW)).await;
    let log = Log::of_audit();
    let faults = test.stack.faults();
    faults.fail("TransactWriteItems", Fault::Unreachable, 100);
    let answer = test.validate(&typed(&test.code())).await;
    assert_eq!(answer.gist(), "503 VRF-50300");
    assert_eq!(kinds(&log), ["validated"]);
    faults.clear_faults();
    let answer = test.validate(&typed(&test.code())).await;
    assert_eq!(answer.gist(), "202");
    assert_eq!(kinds(&log), ["validated", "committed"]);
}

#[tokio::test]
async fn a_code_of_nobody_in_particular_is_a_failure_of_its_caller() {
    let test = TestApp::with(&["PrivilegedLookupByCode=false"]).await;
    test.patch(&patched(NEW)).await;
    let log = Log::of_audit();
    let nobodys = json!({ "code": test.code() });
    let event = Event::shipped("validate-code/privileged").body(&nobodys);
    assert_eq!(test.validate(&event).await.gist(), "400 18001");
    assert_eq!(kinds(&log), ["not_validated nobody_named"]);
}

#[tokio::test]
async fn tries_of_nobody_and_for_anothers_number_are_told() {
    let test = TestApp::with(&["VerifiedNumberUniqueness=verified"]).await;
    let log = Log::of_audit();
    for _ in 0..10 {
        test.validate(&typed("123456").by("+60123456789", "")).await;
    }
    let lines = log.take();
    assert!(
        lines
            .iter()
            .all(|line| !line.to_string().contains("123456"))
    );
    let kinds_of: Vec<_> = lines.iter().map(|line| line["event"].clone()).collect();
    assert_eq!(kinds_of[..10], ["not_validated"; 10]);
    assert_eq!(kinds_of[10..], ["locked"]);
    assert_eq!(lines[9]["reason"], "no_user");

    let alices = patched(NEW).by(ALICE, "");
    assert_eq!(test.patch(&alices).await.status, 200);
    let alices = typed(&test.code()).by(ALICE, "");
    assert_eq!(test.patch(&patched(NEW)).await.status, 200);
    let bobs = typed(&test.code());
    assert_eq!(test.validate(&bobs).await.status, 202);
    log.take();
    assert_eq!(test.validate(&alices).await.gist(), "409 VRF-40901");
    assert_eq!(kinds(&log), ["validated", "not_validated number_taken"]);
}

#[tokio::test]
async fn a_right_code_that_another_request_used_first_is_gone() {
    let test = TestApp::start().await;
    test.patch(&patched(NEW)).await;
    let log = Log::of_audit();
    let typed = typed(&test.code());
    let (one, other) = tokio::join!(test.validate(&typed), test.validate(&typed));
    let mut answers = [one.status, other.status];
    answers.sort_unstable();
    assert_eq!(answers, [202, 400]);
    let mut kinds = kinds(&log);
    assert_eq!(kinds.iter().filter(|kind| *kind == "committed").count(), 1);
    kinds.retain(|kind| kind.starts_with("not_validated "));
    assert_eq!(kinds.len(), 1, "{kinds:?}");
}

#[tokio::test]
async fn the_failure_that_locks_is_told_once() {
    let test = TestApp::start().await;
    test.patch(&patched(NEW)).await;
    let log = Log::of_audit();
    for _ in 0..9 {
        test.validate(&typed("no")).await;
    }
    assert_eq!(kinds(&log), ["not_validated wrong"; 9]);
    let answer = test.validate(&typed("no")).await;
    let mut lines = log.take();
    let until = lines[1]["until"].take();
    assert!(until.as_str().unwrap().ends_with('Z'), "{until}");
    assert_eq!(lines[1]["trace_id"].as_str(), answer.header("x-trace-id"));
    let gist = |line: &Value| format!("{} {} {}", line["event"], line["user"], line["failures"]);
    assert_eq!(gist(&lines[0]), format!(r#""not_validated" "{BOB}" 10"#));
    assert_eq!(gist(&lines[1]), format!(r#""locked" "{BOB}" 10"#));
    assert_eq!(lines.len(), 2);

    for answer in [
        test.validate(&typed(&test.code())).await,
        test.resend(&Event::shipped("resend-code/me")).await,
        test.patch(&patched(OTHER)).await,
    ] {
        assert_eq!(answer.status, 429);
    }
    assert_eq!(kinds(&log), ["refused locked"; 3]);
    // Another lock is another event.
    test.stack.clock().advance(Duration::from_hours(1));
    for _ in 0..10 {
        test.validate(&typed("no")).await;
    }
    let kinds = kinds(&log);
    assert_eq!(kinds.iter().filter(|kind| *kind == "locked").count(), 1);
}

#[tokio::test]
async fn a_right_code_at_the_last_try_locks_nobody() {
    let test = TestApp::start().await;
    for _ in 0..9 {
        test.validate(&typed("no")).await;
    }
    test.patch(&patched(NEW)).await;
    let log = Log::of_audit();
    test.validate(&typed(&test.code())).await;
    assert_eq!(kinds(&log), ["validated", "committed"]);
}

#[tokio::test]
async fn a_message_too_soon_is_refused() {
    let test = TestApp::start().await;
    test.patch(&patched(NEW)).await;
    let log = Log::of_audit();
    let answer = test.resend(&Event::shipped("resend-code/me")).await;
    assert_eq!(answer.gist(), "429 VRF-42900");
    assert_snapshot!(told(&log, &answer), @r#"{"event":"refused","user":"1e624046-520c-4628-a245-091e04b03f21","number":"+60*****789","reason":"cooldown"}"#);
}

#[tokio::test]
async fn a_message_that_nobody_takes_is_failed() {
    let test = TestApp::start().await;
    let log = Log::of_audit();
    test.stack.outbox().set_outcome(Outcome::Unavailable);
    let answer = test.patch(&patched(NEW)).await;
    assert_snapshot!(told(&log, &answer), @r#"
    {"event":"attempt_failed","user":"1e624046-520c-4628-a245-091e04b03f21","number":"+60*****789","country":"MY","provider":"outbox","outcome":"unavailable","detail":"unavailable: as told"}
    {"event":"failed","user":"1e624046-520c-4628-a245-091e04b03f21","number":"+60*****789","country":"MY","reason":"unavailable"}
    "#);
    test.stack.outbox().set_outcome(Outcome::Refused);
    test.patch(&patched(NEW)).await;
    assert_eq!(kinds(&log), ["attempt_failed", "failed refused"]);
}

#[tokio::test]
async fn numbers_that_need_no_code_are_told() {
    let test = TestApp::with(&["EnableVerification=false"]).await;
    let log = Log::of_audit();
    let answer = test.patch(&patched(NEW)).await;
    assert_snapshot!(told(&log, &answer), @r#"{"event":"written","user":"1e624046-520c-4628-a245-091e04b03f21","added":["+60*****789"],"removed":[]}"#);
    let mut nick_name = mobile(NEW);
    nick_name["nickName"] = "Bobby".into();
    test.patch(&Event::shipped("scim-patch/patch-me").replacing(&nick_name))
        .await;
    assert_eq!(kinds(&log), [""; 0], "the numbers are the same");
    let deleted = test.users(&Event::shipped("scim-users/delete")).await;
    assert_snapshot!(told(&log, &deleted), @r#"{"event":"deleted","user":"1e624046-520c-4628-a245-091e04b03f21"}"#);
    let body = json!({"userName": "carol", "phoneNumbers": [{"type": "mobile", "value": NEW}]});
    let create = Event::shipped("scim-users/create").body(&body);
    assert_eq!(test.users(&create).await.status, 201);
    assert_eq!(kinds(&log), ["written"]);
}

#[tokio::test]
async fn a_full_cap_is_named_and_a_budget_that_is_used_up_told() {
    for (setting, cap, code, left) in [
        ("MaxSendsPerHourInAll=1", "deployment", "VRF-42904", Some(0)),
        ("MaxSendsPerIpPerHour=1", "address", "VRF-42903", None),
        ("MaxSendsPerHour=1", "user", "VRF-42901", None),
    ] {
        let test = TestApp::at_the_hour(&[setting, "MaxSendsPerDay=0"]).await;
        assert_eq!(test.patch(&patched(NEW)).await.status, 200);
        let log = Log::of_audit();
        assert_eq!(
            test.patch(&patched(OTHER)).await.gist(),
            format!("429 {code}")
        );
        let lines = log.take();
        let refused = lines.last().unwrap();
        assert_eq!(
            (&refused["reason"], &refused["cap"]),
            (&json!("capped"), &json!(cap))
        );
        if let Some(left) = left {
            assert_eq!(lines[0]["left"], left);
        }
    }
    // Another user's messages to the number.
    let test = TestApp::at_the_hour(&["MaxSendsPerHour=1"]).await;
    assert_eq!(test.patch(&patched(NEW)).await.status, 200);
    let log = Log::of_audit();
    test.patch(&patched(NEW).by(ALICE, "")).await;
    assert_eq!(log.take().last().unwrap()["cap"], "number");
}

#[tokio::test]
async fn claims_end_for_a_reason() {
    let test = TestApp::start().await;
    test.patch(&patched(NEW)).await;
    let log = Log::of_audit();
    test.patch(&patched(OTHER)).await;
    assert_eq!(kinds(&log), ["sent", "cancelled replaced", "claim_started"]);
    // Back to the verified number.
    let answer = test.patch(&patched("+60111111111")).await;
    assert_snapshot!(told(&log, &answer), @r#"{"event":"cancelled","user":"1e624046-520c-4628-a245-091e04b03f21","scenario":"MOBILE_VERIFICATION_ON_UPDATE","number":"+60*****543","reason":"withdrawn"}"#);
    test.stack.clock().advance(Duration::from_mins(1));
    test.stack.faults().fail("PutItem", Fault::Throttled, 100);
    let both = json!({ "nickName": "Bobby", "phoneNumbers": [{ "type": "mobile", "value": NEW }] });
    let event = Event::shipped("scim-patch/patch-me").replacing(&both);
    assert_eq!(test.patch(&event).await.status, 503);
    assert_eq!(
        kinds(&log),
        ["sent", "claim_started", "cancelled taken_back"]
    );
}

/// As CloudWatch gets it, with the least that can be logged.
#[tokio::test]
async fn the_binary_prints_audit_lines_that_are_metrics_whatever_the_level() {
    let settings = [
        "--parameter-overrides",
        "LogLevel=ERROR",
        // The old number would be told some time later.
        "NotifyOldNumber=false",
        // What is left of so little is told with every message.
        "MaxSendsPerHourInAll=80",
    ];
    let server = child::start(&settings).await;
    let api = Api::new(&server.url).await;
    let bob = api.token("bob123").await;
    let mut answers = vec![api.patch_me(&bob, &mobile(NEW)).await];
    let code = api.codes(NEW).await.remove(0);
    answers.push(api.validate(&bob, &wrong(&code)).await);
    answers.push(api.resend(&bob, "MOBILE_VERIFICATION_ON_UPDATE").await);
    answers.push(api.validate(&bob, &code).await);
    assert_eq!(outcome(&answers[3]).0, 202);
    let (_, printed) = server.terminate().await;

    let lines = printed.lines().filter(|line| line.starts_with('{'));
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines: Vec<Value> = lines.filter(|line| line["event"].is_string()).collect();
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            let trace_id = line["trace_id"].as_str();
            let at = answers
                .iter()
                .position(|answer| answer.header("x-trace-id") == trace_id);
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            let metric = directive["Metrics"][0]["Name"].as_str().unwrap();
            assert_eq!(directive["Namespace"], "local");
            assert!(line["_aws"]["Timestamp"].is_i64());
            let once = line[metric] == 1;
            assert_eq!(once, metric != "BudgetLeft", "{line}");
            format!(
                "{} {} {metric}",
                at.unwrap(),
                line["event"].as_str().unwrap()
            )
        })
        .collect();
    let expected = [
        "0 budget BudgetLeft",
        "0 sent Sends",
        "0 claim_started ClaimsStarted",
        "1 not_validated FailedValidations",
        "2 refused Refusals",
        "3 validated Validations",
        "3 committed Commits",
    ];
    assert_eq!(told, expected);
    assert!(!printed.contains(r#""level":"#), "no other line: {printed}");
}

#[tokio::test]
async fn without_metrics_the_lines_are_only_lines() {
    let server = child::start(&["--parameter-overrides", "Metrics=false", "Alarms=false"]).await;
    let api = Api::new(&server.url).await;
    let bob = api.token("bob123").await;
    assert_eq!(api.patch_me(&bob, &mobile(NEW)).await.status, 200);
    let (_, printed) = server.terminate().await;
    assert!(printed.contains(r#""event":"sent""#), "{printed}");
    assert!(!printed.contains("_aws"), "{printed}");
}
