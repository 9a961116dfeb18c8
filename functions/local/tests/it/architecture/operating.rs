//! Alarms and dashboard know every function, every table and only metrics that there are;
//! what else costs by the month is off unless asked for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::permissions::statements;
use super::{Block, functions, root, template};

/// Resources of a type, with their names.
fn resources(kind: &str) -> Vec<(String, Value)> {
    let template = template();
    let resources = template["Resources"].as_object().unwrap().iter();
    let found: Vec<_> = resources
        .filter(|(_, one)| one["Type"] == kind)
        .map(|(id, one)| (id.clone(), one.clone()))
        .collect();
    assert!(!found.is_empty(), "{kind}");
    found
}

fn alarms() -> Vec<(String, Value)> {
    resources("AWS::CloudWatch::Alarm")
}

/// The metrics that an alarm looks at.
fn metrics(alarm: &Value) -> Vec<Value> {
    let properties = &alarm["Properties"];
    match properties["Metrics"].as_array() {
        Some(metrics) => metrics
            .iter()
            .filter_map(|metric| metric.get("MetricStat"))
            .map(|stat| stat["Metric"].clone())
            .collect(),
        None => vec![properties.clone()],
    }
}

fn dashboard() -> Value {
    let [(_, dashboard)] = &resources("AWS::CloudWatch::Dashboard")[..] else {
        unreachable!("one dashboard")
    };
    dashboard.clone()
}

/// Its body where everything is there, each name in it standing for itself.
fn body() -> String {
    resolved(&dashboard()["Properties"]["DashboardBody"])
}

fn resolved(value: &Value) -> String {
    if let Some(choice) = value.get("Fn::If") {
        return resolved(&choice[1]);
    }
    if let Some(name) = value.get("Ref") {
        return name.as_str().unwrap().to_owned();
    }
    let (text, own) = match value.get("Fn::Sub") {
        Some(Value::Array(parts)) => (parts[0].as_str(), parts[1].clone()),
        Some(text) => (text.as_str(), Value::Null),
        None => unreachable!("{value}"),
    };
    let resources = &template()["Resources"];
    let mut shown = String::new();
    let mut rest = text.unwrap();
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap();
        shown.push_str(before);
        if let Some(value) = own.get(name) {
            shown.push_str(&resolved(value));
        } else {
            // What may not be there cannot be named in all stacks: they would not deploy.
            let there = resources
                .get(name)
                .map(|one| one.get("Condition").is_none());
            let chosen = value["Fn::Sub"].is_string();
            assert!(
                chosen || there == Some(true) || name.starts_with("AWS::"),
                "{name}"
            );
            shown.push_str(name);
        }
        rest = after;
    }
    shown + rest
}

#[test]
fn an_alarm_is_quiet_without_data_and_tells_whoever_is_to_be_told() {
    for (id, alarm) in alarms() {
        assert_eq!(alarm["Condition"], "HasAlarms", "{id}");
        let properties = &alarm["Properties"];
        assert_eq!(properties["TreatMissingData"], "notBreaching", "{id}");
        let actions = json!({"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]});
        assert_eq!(properties["AlarmActions"], actions, "{id}");
        // Whoever is called must hear when it is over.
        assert_eq!(properties["OKActions"], actions, "{id}");
        assert!(properties["AlarmDescription"].is_string(), "{id}");
    }
}

#[test]
fn every_function_and_table_has_its_alarm() {
    let mut watched = BTreeSet::new();
    for metric in alarms().iter().flat_map(|(_, alarm)| metrics(alarm)) {
        for dimension in metric["Dimensions"].as_array().into_iter().flatten() {
            let value = &dimension["Value"];
            // A table is the stack's own, or one that was there.
            let value = value.get("Fn::If").map_or(value, |choice| &choice[1]);
            if let Some(name) = value["Ref"].as_str() {
                let of = metric["Dimensions"][1]["Value"]
                    .as_str()
                    .unwrap_or_default();
                let metric = metric["MetricName"].as_str().unwrap();
                watched.insert(format!("{name} {metric} {of}").trim_end().to_owned());
            }
        }
    }
    let mut expected = BTreeSet::from([
        "HttpApi 5xx".to_owned(),
        "NotifyOldNumberFunction IteratorAge".to_owned(),
    ]);
    for function in functions() {
        expected.extend(["Errors", "Throttles"].map(|metric| format!("{} {metric}", function.id)));
    }
    for (table, _) in resources("AWS::DynamoDB::Table") {
        let throttles = ["ReadThrottleEvents", "WriteThrottleEvents"];
        expected.extend(throttles.map(|metric| format!("{table} {metric}")));
        let operations = operations(&table).into_iter();
        expected.extend(operations.map(|operation| format!("{table} SystemErrors {operation}")));
    }
    assert_eq!(watched, expected);
}

/// What functions do with a table, by what they may do; transactions have no permission of their own.
fn operations(table: &str) -> BTreeSet<String> {
    let mut operations = BTreeSet::from(["TransactWriteItems".to_owned()]);
    for function in functions() {
        for statement in statements(&function) {
            let action = statement["Action"].as_str().unwrap_or_default();
            let resource = statement["Resource"].to_string();
            // Its stream is looked at by how old its records become.
            if resource.contains("StreamArn") {
                continue;
            }
            if let (Some(operation), true) =
                (action.strip_prefix("dynamodb:"), resource.contains(table))
            {
                // Nothing but a transaction does it.
                if operation != "ConditionCheckItem" {
                    operations.insert(operation.to_owned());
                }
            }
        }
    }
    operations
}

#[test]
fn own_metrics_are_ones_that_are_counted() {
    let counted =
        std::fs::read_to_string(root().join("shared/src/telemetry/audit/mod.rs")).unwrap();
    let mut looked_at = BTreeSet::new();
    for (_, alarm) in alarms() {
        for metric in metrics(&alarm) {
            if metric["Namespace"] == json!({"Ref": "AWS::StackName"}) {
                looked_at.insert(metric["MetricName"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(looked_at.len(), 5, "{looked_at:?}");
    let body: Value = body().parse().unwrap();
    for widget in body["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"]
            .as_array()
            .into_iter()
            .flatten()
        {
            if metric[0] == "AWS::StackName" {
                looked_at.insert(metric[1].as_str().unwrap().to_owned());
            } else if let Some(search) = metric[0]["expression"].as_str() {
                let (_, name) = search.split_once("MetricName=\"").unwrap();
                looked_at.insert(name.split_once('"').unwrap().0.to_owned());
            }
        }
    }
    assert!(looked_at.len() > 3, "{looked_at:?}");
    for metric in looked_at {
        assert!(counted.contains(&format!("(\"{metric}\", ")), "{metric}");
    }
}

#[test]
fn the_dashboard_shows_every_function_table_and_channel() {
    let body = body();
    for text in ["Sends", "SendFailures", "BudgetLeft"] {
        for metric in [text, &format!("Email{text}")] {
            let shown = [format!("\"{metric}\"]"), format!("=\\\"{metric}\\\"")];
            assert!(shown.iter().any(|shown| body.contains(shown)), "{metric}");
        }
    }
    assert!(body.contains("SOURCE 'KeptLogs'"));
    for Block { id, .. } in functions() {
        let shown = ["Duration", "Errors", "Throttles"]
            .map(|metric| format!(r#""AWS/Lambda", "{metric}", "FunctionName", "{id}"]"#));
        for shown in shown {
            assert!(body.contains(&shown), "{shown}");
        }
    }
    for (table, _) in resources("AWS::DynamoDB::Table") {
        assert!(
            body.contains(&format!(r#""TableName", "{table}"]"#)),
            "{table}"
        );
    }
}

#[test]
fn what_costs_by_the_month_is_off_but_for_the_alarms() {
    let template = template();
    let default = |name: &str| template["Parameters"][name]["Default"].clone();
    assert_eq!(default("Alarms"), "true");
    let alarms = alarms();
    let metrics: usize = alarms.iter().map(|(_, alarm)| metrics(alarm).len()).sum();
    // $0.10 for each metric that an alarm looks at.
    let told = std::fs::read_to_string(root().join("functions/OPERATIONS.md")).unwrap();
    let told = told.replace('\n', " ");
    let cost = format!("${}.{}0 a month", metrics / 10, metrics % 10);
    assert!(told.contains(&format!("alarms {cost}")), "{cost}");
    assert!(told.contains(&format!("of the {metrics} metrics")));
    assert_eq!(default("Dashboard"), "false");
    assert_eq!(dashboard()["Condition"], "HasDashboard");
    // With a plain reference to "Disabled" SAM gives the functions no permissions for X-Ray; with an !If it would.
    assert_eq!(default("Tracing"), "Disabled");
    assert_eq!(
        template["Globals"]["Function"]["Tracing"],
        json!({"Ref": "Tracing"})
    );
}
