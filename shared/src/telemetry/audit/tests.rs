//! The lines as CloudWatch gets them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

const NUMBER: &str = "+60123456789";

/// The same in a list.
fn text() -> String {
    Address::from_stored(NUMBER).masked()
}

fn masked() -> Masked {
    Masked::of(&Address::from_stored(NUMBER))
}

/// One of each kind.
fn all() -> Vec<Event<'static>> {
    let (user, country, scenario) = ("u", "MY", Scenario::Primary.name());
    vec![
        Event::ClaimStarted {
            user,
            scenario,
            to: masked(),
            country,
        },
        Event::Sent {
            user,
            to: masked(),
            country,
            provider: "sns",
            outcome: "sent",
        },
        Event::AttemptFailed {
            user,
            to: masked(),
            country,
            provider: "twilio",
            outcome: "unavailable",
            detail: "status 503".into(),
        },
        Event::Failed {
            user,
            to: masked(),
            country,
            reason: "unavailable",
        },
        Event::Refused {
            user,
            to: masked(),
            reason: "cooldown",
            cap: None,
        },
        Event::Validated {
            user,
            scenario,
            to: masked(),
        },
        Event::NotValidated {
            user,
            reason: FailureReason::Wrong,
            failures: 10,
        },
        Event::Locked {
            user,
            failures: 10,
            until: "2026-11-21T12:26:38.000Z".into(),
        },
        Event::Cancelled {
            user,
            scenario,
            to: masked(),
            reason: CancelReason::Withdrawn,
        },
        Event::Committed {
            user,
            scenario,
            to: masked(),
        },
        Event::Budget {
            channel: None,
            left: 999,
        },
        Event::Written {
            user,
            channel: None,
            added: vec![text()],
            removed: Vec::new(),
        },
        Event::Deleted { user },
        Event::Imported {
            user,
            channel: None,
            numbers: vec![text()],
            emails: Vec::new(),
        },
        Event::BackupCodesChanged { user, remaining: 9 },
        Event::SmsOtpDisabled { user },
        Event::SmsOtpEnabled { user },
        Event::TriggerRefused { code: "17003" },
    ]
}

fn parsed(event: &Event<'_>, namespace: Option<&str>) -> Value {
    let at = Timestamp::from_millis(1_795_262_798_000);
    let line = line(event, at, Some("t-1".into()), namespace);
    assert!(!line.contains('\n'));
    serde_json::from_str(&line).unwrap()
}

#[test]
fn a_line_says_who_what_and_why() {
    insta::assert_snapshot!(parsed(&all()[1], None), @r#"{"timestamp":"2026-11-21T12:06:38.000Z","event":"sent","user":"u","number":"+60*****789","country":"MY","provider":"sns","outcome":"sent","trace_id":"t-1"}"#);
    insta::assert_snapshot!(parsed(&all()[6], None), @r#"{"timestamp":"2026-11-21T12:06:38.000Z","event":"not_validated","user":"u","reason":"wrong","failures":10,"trace_id":"t-1"}"#);
    let kinds: Vec<Value> = all()
        .iter()
        .map(|event| parsed(event, None)["event"].clone())
        .collect();
    let expected = [
        "claim_started",
        "sent",
        "attempt_failed",
        "failed",
        "refused",
        "validated",
        "not_validated",
        "locked",
        "cancelled",
        "committed",
        "budget",
        "written",
        "deleted",
        "imported",
        "backup_codes_changed",
        "sms_otp_disabled",
        "sms_otp_enabled",
        "trigger_refused",
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn a_line_holds_no_number() {
    for event in all() {
        let line = parsed(&event, Some("stack")).to_string();
        assert!(!line.contains("123456"), "{line}");
        assert!(!format!("{event:?}").contains("123456"), "{event:?}");
    }
}

#[test]
fn a_line_is_a_metric_as_well() {
    insta::assert_snapshot!(parsed(&all()[1], Some("stack")), @r#"{"timestamp":"2026-11-21T12:06:38.000Z","event":"sent","user":"u","number":"+60*****789","country":"MY","provider":"sns","outcome":"sent","trace_id":"t-1","Sends":1,"_aws":{"Timestamp":1795262798000,"CloudWatchMetrics":[{"Namespace":"stack","Dimensions":[["provider","outcome"],["country","outcome"]],"Metrics":[{"Name":"Sends","Unit":"Count"}]}]}}"#);
    assert_eq!(parsed(&all()[10], Some("stack"))["BudgetLeft"], 999);
}

/// The events that are no metric.
const UNCOUNTED: [&str; 7] = [
    "cancelled",
    "written",
    "deleted",
    "imported",
    "backup_codes_changed",
    "sms_otp_disabled",
    "sms_otp_enabled",
];

/// As CloudWatch wants it: metrics are numbers and dimensions texts among the line's own members.
#[test]
fn metrics_and_dimensions_are_members() {
    let mut metrics = BTreeSet::new();
    for event in all() {
        let line = parsed(&event, Some("stack"));
        if UNCOUNTED.iter().any(|kind| line["event"] == *kind) {
            assert_eq!(line.get("_aws"), None);
            continue;
        }
        let aws = &line["_aws"];
        assert_eq!(aws["Timestamp"], 1_795_262_798_000_i64);
        let [directive] = aws["CloudWatchMetrics"].as_array().unwrap().as_slice() else {
            unreachable!("{aws}")
        };
        assert_eq!(directive["Namespace"], "stack");
        let sets = directive["Dimensions"].as_array().unwrap();
        assert!(!sets.is_empty(), "else there is no metric");
        for dimension in sets.iter().flat_map(|set| set.as_array().unwrap()) {
            let name = dimension.as_str().unwrap();
            assert!(line[name].is_string(), "{name}: {line}");
            // Every value is a metric that costs.
            assert!(!["user", "number", "trace_id", "detail"].contains(&name));
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_u64(), "{name}: {line}");
            assert_eq!(metric["Unit"], "Count");
            metrics.insert(name.to_owned());
        }
    }
    let metrics: Vec<_> = metrics.into_iter().collect();
    let expected = [
        "BudgetLeft",
        "ClaimsStarted",
        "Commits",
        "FailedValidations",
        "Locks",
        "Refusals",
        "RefusedTriggers",
        "SendFailures",
        "Sends",
        "Validations",
    ];
    assert_eq!(metrics, expected);
}

#[test]
fn a_number_of_no_country_has_a_dimension_all_the_same() {
    assert_eq!((named(""), named("MY")), ("none", "MY"));
}

#[test]
fn without_a_request_there_is_no_trace_id() {
    let line = line(
        &Event::Budget {
            channel: None,
            left: 1,
        },
        Timestamp::from_millis(0),
        None,
        None,
    );
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        line,
        json!({ "timestamp": "1970-01-01T00:00:00.000Z", "event": "budget", "left": 1 })
    );
}
