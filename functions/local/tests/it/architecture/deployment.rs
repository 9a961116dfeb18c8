//! What a deployment keeps, names and encrypts: nothing that is kept may stand in the way of the next stack.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::template;

/// The properties by which a resource is given a fixed name.
const NAMES: [&str; 7] = [
    "FunctionName",
    "LogGroupName",
    "TableName",
    "QueueName",
    "RoleName",
    "AlarmName",
    "TopicName",
];

#[test]
fn nothing_has_a_fixed_name() {
    let template = template();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        // Who may call a function says which, and gives it no name.
        if resource["Type"] == "AWS::Lambda::Permission" {
            continue;
        }
        for name in NAMES {
            assert_eq!(resource["Properties"].get(name), None, "{id}");
        }
    }
}

/// Users outlive the stack, the audit log where it is wanted; what ends by itself does not.
#[test]
fn what_is_kept_when_the_stack_is_deleted() {
    let template = template();
    let resources = template["Resources"].as_object().unwrap();
    let policies = resources.iter().filter_map(|(id, resource)| {
        let policy = resource.get("DeletionPolicy")?.as_str()?;
        assert_eq!(resource["UpdateReplacePolicy"], policy, "{id}");
        let condition = resource.get("Condition").and_then(Value::as_str);
        Some((id.as_str(), (policy, condition.unwrap_or("-"))))
    });
    let policies: BTreeMap<&str, (&str, &str)> = policies.collect();
    let expected = [
        ("UsersTable", ("Retain", "MakesUsersTable")),
        ("VerificationsTable", ("Delete", "-")),
        ("KeySecret", ("Delete", "-")),
        ("CounterKeySecret", ("Delete", "-")),
        ("KeptLogs", ("Retain", "KeepsLogs")),
        ("Logs", ("Delete", "LetsLogsGo")),
        ("AccessLogs", ("Delete", "-")),
        ("UntoldQueue", ("Delete", "-")),
    ];
    assert_eq!(policies, BTreeMap::from(expected));
    assert_eq!(template["Parameters"]["RetainAuditLog"]["Default"], "true");
}

#[test]
fn a_key_of_the_customer_is_used_for_all_that_is_stored() {
    let template = template();
    let key = json!({"Ref": "KmsKeyArn"});
    let of_logs = json!({"Fn::If": ["HasKmsKey", key, {"Ref": "AWS::NoValue"}]});
    let mut seen = 0;
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap() {
            "AWS::DynamoDB::Table" => {
                let choice = &properties["SSESpecification"]["Fn::If"];
                assert_eq!(choice[0], "HasKmsKey", "{id}");
                assert_eq!(choice[1]["KMSMasterKeyId"], key, "{id}");
            }
            "AWS::Logs::LogGroup" => assert_eq!(properties["KmsKeyId"], of_logs, "{id}"),
            "AWS::SQS::Queue" => assert_eq!(properties["KmsMasterKeyId"], of_logs, "{id}"),
            _ => continue,
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

/// A browser's page may read what tells it when to come back, and what to do about a 401.
#[test]
fn browsers_read_the_headers_that_answers_explain_themselves_with() {
    let template = template();
    let cors = &template["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"][1];
    let exposed = [
        "WWW-Authenticate",
        "Retry-After",
        "ETag",
        "Location",
        "X-Trace-Id",
    ];
    assert_eq!(cors["ExposeHeaders"], json!(exposed));
}
