//! Alarms and dashboard know every function, every table and only metrics that there are;
//! what costs by the month is off unless asked for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

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

/// Its body, each name in it standing for itself.
fn body() -> String {
    let text = dashboard()["Properties"]["DashboardBody"]["Fn::Sub"]
        .as_str()
        .unwrap()
        .to_owned();
    let template = template();
    let mut body = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap();
        let known = name.starts_with("AWS::") || template["Resources"].get(name).is_some();
        assert!(known, "{name}");
        body.push_str(before);
        body.push_str(name);
        rest = after;
    }
    body + rest
}

#[test]
fn an_alarm_is_quiet_without_data_and_tells_whoever_is_to_be_told() {
    for (id, alarm) in alarms() {
        assert_eq!(alarm["Condition"], "HasAlarms", "{id}");
        let properties = &alarm["Properties"];
        assert_eq!(properties["TreatMissingData"], "notBreaching", "{id}");
        let actions = json!({"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]});
        assert_eq!(properties["AlarmActions"], actions, "{id}");
        assert!(properties["AlarmDescription"].is_string(), "{id}");
    }
}

#[test]
fn every_function_and_table_has_its_alarm() {
    let mut watched = BTreeSet::new();
    for metric in alarms().iter().flat_map(|(_, alarm)| metrics(alarm)) {
        for dimension in metric["Dimensions"].as_array().into_iter().flatten() {
            if let Some(name) = dimension["Value"]["Ref"].as_str() {
                let metric = metric["MetricName"].as_str().unwrap();
                watched.insert(format!("{name} {metric}"));
            }
        }
    }
    let mut expected = BTreeSet::from(["HttpApi 5xx".to_owned()]);
    for function in functions() {
        expected.extend(["Errors", "Throttles"].map(|metric| format!("{} {metric}", function.id)));
    }
    for (table, _) in resources("AWS::DynamoDB::Table") {
        let metrics = ["ReadThrottleEvents", "WriteThrottleEvents", "SystemErrors"];
        expected.extend(metrics.map(|metric| format!("{table} {metric}")));
    }
    assert_eq!(watched, expected);
}

#[test]
fn own_metrics_are_ones_that_are_counted() {
    let counted = std::fs::read_to_string(root().join("shared/src/audit.rs")).unwrap();
    let mut looked_at = BTreeSet::new();
    for (_, alarm) in alarms() {
        for metric in metrics(&alarm) {
            if metric["Namespace"] == json!({"Ref": "AWS::StackName"}) {
                looked_at.insert(metric["MetricName"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(looked_at.len(), 3, "{looked_at:?}");
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
fn the_dashboard_shows_every_function_and_table() {
    let body = body();
    for Block { id, .. } in functions() {
        let shown = ["Duration", "Errors", "Throttles"]
            .map(|metric| format!(r#""AWS/Lambda", "{metric}", "FunctionName", "{id}"]"#));
        for shown in shown.into_iter().chain([format!("SOURCE '{id}Logs'")]) {
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
fn what_costs_by_the_month_is_off() {
    let template = template();
    let default = |name: &str| template["Parameters"][name]["Default"].clone();
    assert_eq!(default("Alarms"), "false");
    assert_eq!(default("Dashboard"), "false");
    assert_eq!(dashboard()["Condition"], "HasDashboard");
    // With a plain reference to "Disabled" SAM gives the functions no permissions for X-Ray; with an !If it would.
    assert_eq!(default("Tracing"), "Disabled");
    assert_eq!(
        template["Globals"]["Function"]["Tracing"],
        json!({"Ref": "Tracing"})
    );
}
