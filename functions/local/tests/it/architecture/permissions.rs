//! What each function may do on AWS, in one place for review: a new permission changes this snapshot.
//! One statement per verb and table, nothing by wildcard.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Block, functions, template};

/// A line a statement.
fn permissions() -> String {
    let mut permissions = String::new();
    for function in functions() {
        for statement in statements(&function) {
            let line = format!("{} may {}\n", function.package, shown(&statement));
            assert!(!permissions.contains(&line), "twice: {line}");
            permissions.push_str(&line);
        }
    }
    permissions
}

#[test]
#[expect(clippy::too_many_lines, reason = "a line a permission")]
fn functions_may_do_this() {
    insta::assert_snapshot!(permissions(), @r"
    scim-patch may dynamodb:BatchGetItem on UsersTable.Arn (or adopted)
    scim-patch may dynamodb:GetItem on UsersTable.Arn (or adopted)
    scim-patch may dynamodb:PutItem on UsersTable.Arn (or adopted)
    scim-patch may dynamodb:DeleteItem on UsersTable.Arn (or adopted)
    scim-patch may dynamodb:BatchGetItem on VerificationsTable.Arn
    scim-patch may dynamodb:UpdateItem on VerificationsTable.Arn
    scim-patch may secretsmanager:GetSecretValue on KeySecret
    scim-patch may secretsmanager:GetSecretValue on CounterKeySecret
    scim-patch may secretsmanager:GetSecretValue on SmsSecretArn, only if HasSmsSecret
    scim-patch may secretsmanager:GetSecretValue on EmailSecretArn, only if HasEmailSecret
    scim-patch may ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${Domain}, only if SendsEmails
    scim-patch may ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${Address}, only if SendsEmails
    scim-patch may ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${EmailConfigurationSet}, only if HasEmailConfigurationSet
    scim-patch may sns:Publish on all but arn:${AWS::Partition}:sns:*:*:*
    scim-patch may kms:Decrypt on KmsKeyArn, only if HasKmsKey
    scim-users may dynamodb:BatchGetItem on UsersTable.Arn (or adopted)
    scim-users may dynamodb:GetItem on UsersTable.Arn (or adopted)
    scim-users may dynamodb:PutItem on UsersTable.Arn (or adopted)
    scim-users may dynamodb:DeleteItem on UsersTable.Arn (or adopted)
    scim-users may dynamodb:Scan on ${UsersTable.Arn}/index/Ids (or adopted)
    scim-users may dynamodb:BatchGetItem on VerificationsTable.Arn
    scim-users may dynamodb:DeleteItem on VerificationsTable.Arn
    scim-users may secretsmanager:GetSecretValue on KeySecret
    scim-users may kms:Decrypt on KmsKeyArn, only if HasKmsKey
    validate-code may dynamodb:BatchGetItem on UsersTable.Arn (or adopted)
    validate-code may dynamodb:GetItem on UsersTable.Arn (or adopted)
    validate-code may dynamodb:PutItem on UsersTable.Arn (or adopted)
    validate-code may dynamodb:DeleteItem on UsersTable.Arn (or adopted)
    validate-code may dynamodb:BatchGetItem on VerificationsTable.Arn
    validate-code may dynamodb:UpdateItem on VerificationsTable.Arn
    validate-code may secretsmanager:GetSecretValue on KeySecret
    validate-code may kms:Decrypt on KmsKeyArn, only if HasKmsKey
    resend-code may dynamodb:BatchGetItem on UsersTable.Arn (or adopted)
    resend-code may dynamodb:GetItem on UsersTable.Arn (or adopted)
    resend-code may dynamodb:PutItem on UsersTable.Arn (or adopted)
    resend-code may dynamodb:BatchGetItem on VerificationsTable.Arn
    resend-code may dynamodb:UpdateItem on VerificationsTable.Arn
    resend-code may secretsmanager:GetSecretValue on KeySecret
    resend-code may secretsmanager:GetSecretValue on CounterKeySecret
    resend-code may secretsmanager:GetSecretValue on SmsSecretArn, only if HasSmsSecret
    resend-code may secretsmanager:GetSecretValue on EmailSecretArn, only if HasEmailSecret
    resend-code may ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${Domain}, only if SendsEmails
    resend-code may ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${Address}, only if SendsEmails
    resend-code may ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${EmailConfigurationSet}, only if HasEmailConfigurationSet
    resend-code may sns:Publish on all but arn:${AWS::Partition}:sns:*:*:*
    resend-code may kms:Decrypt on KmsKeyArn, only if HasKmsKey
    transmit may dynamodb:BatchGetItem on UsersTable.Arn (or adopted)
    transmit may dynamodb:GetItem on UsersTable.Arn (or adopted)
    transmit may dynamodb:PutItem on UsersTable.Arn (or adopted)
    transmit may dynamodb:DeleteItem on UsersTable.Arn (or adopted)
    transmit may dynamodb:BatchGetItem on VerificationsTable.Arn
    transmit may dynamodb:UpdateItem on VerificationsTable.Arn
    transmit may secretsmanager:GetSecretValue on KeySecret
    transmit may secretsmanager:GetSecretValue on CounterKeySecret
    transmit may secretsmanager:GetSecretValue on SmsSecretArn, only if HasSmsSecret
    transmit may sns:Publish on all but arn:${AWS::Partition}:sns:*:*:*
    transmit may kms:Decrypt on KmsKeyArn, only if HasKmsKey
    second-factor may dynamodb:BatchGetItem on UsersTable.Arn (or adopted)
    second-factor may dynamodb:GetItem on UsersTable.Arn (or adopted)
    second-factor may dynamodb:PutItem on UsersTable.Arn (or adopted)
    second-factor may dynamodb:DeleteItem on UsersTable.Arn (or adopted)
    second-factor may dynamodb:ConditionCheckItem on UsersTable.Arn (or adopted)
    second-factor may dynamodb:BatchGetItem on VerificationsTable.Arn
    second-factor may dynamodb:GetItem on VerificationsTable.Arn
    second-factor may dynamodb:PutItem on VerificationsTable.Arn
    second-factor may dynamodb:UpdateItem on VerificationsTable.Arn
    second-factor may dynamodb:ConditionCheckItem on VerificationsTable.Arn
    second-factor may secretsmanager:GetSecretValue on KeySecret
    second-factor may secretsmanager:GetSecretValue on CounterKeySecret
    second-factor may secretsmanager:GetSecretValue on SmsSecretArn, only if HasSmsSecret
    second-factor may sns:Publish on all but arn:${AWS::Partition}:sns:*:*:*
    second-factor may kms:Decrypt on KmsKeyArn, only if HasKmsKey
    second-factor-pages may dynamodb:BatchGetItem on UsersTable.Arn (or adopted)
    second-factor-pages may dynamodb:GetItem on UsersTable.Arn (or adopted)
    second-factor-pages may dynamodb:PutItem on UsersTable.Arn (or adopted)
    second-factor-pages may dynamodb:DeleteItem on UsersTable.Arn (or adopted)
    second-factor-pages may dynamodb:ConditionCheckItem on UsersTable.Arn (or adopted)
    second-factor-pages may dynamodb:BatchGetItem on VerificationsTable.Arn
    second-factor-pages may dynamodb:GetItem on VerificationsTable.Arn
    second-factor-pages may dynamodb:PutItem on VerificationsTable.Arn
    second-factor-pages may dynamodb:UpdateItem on VerificationsTable.Arn
    second-factor-pages may dynamodb:ConditionCheckItem on VerificationsTable.Arn
    second-factor-pages may secretsmanager:GetSecretValue on KeySecret
    second-factor-pages may secretsmanager:GetSecretValue on CounterKeySecret
    second-factor-pages may secretsmanager:GetSecretValue on SmsSecretArn, only if HasSmsSecret
    second-factor-pages may sns:Publish on all but arn:${AWS::Partition}:sns:*:*:*
    second-factor-pages may kms:Decrypt on KmsKeyArn, only if HasKmsKey
    cognito-triggers may dynamodb:BatchGetItem on UsersTable.Arn (or adopted)
    cognito-triggers may dynamodb:GetItem on UsersTable.Arn (or adopted)
    cognito-triggers may dynamodb:PutItem on UsersTable.Arn (or adopted)
    cognito-triggers may dynamodb:DeleteItem on UsersTable.Arn (or adopted)
    cognito-triggers may dynamodb:ConditionCheckItem on UsersTable.Arn (or adopted)
    cognito-triggers may dynamodb:BatchGetItem on VerificationsTable.Arn
    cognito-triggers may dynamodb:GetItem on VerificationsTable.Arn
    cognito-triggers may dynamodb:PutItem on VerificationsTable.Arn
    cognito-triggers may dynamodb:UpdateItem on VerificationsTable.Arn
    cognito-triggers may dynamodb:ConditionCheckItem on VerificationsTable.Arn
    cognito-triggers may secretsmanager:GetSecretValue on KeySecret
    cognito-triggers may secretsmanager:GetSecretValue on CounterKeySecret
    cognito-triggers may secretsmanager:GetSecretValue on SmsSecretArn, only if HasSmsSecret
    cognito-triggers may sns:Publish on all but arn:${AWS::Partition}:sns:*:*:*
    cognito-triggers may kms:Decrypt on KmsKeyArn, only if HasKmsKey
    notify-old-number may logs:CreateLogStream on KeptLogs.Arn or Logs.Arn
    notify-old-number may logs:PutLogEvents on KeptLogs.Arn or Logs.Arn
    notify-old-number may dynamodb:DescribeStream on UsersTable.StreamArn (or adopted)
    notify-old-number may dynamodb:GetRecords on UsersTable.StreamArn (or adopted)
    notify-old-number may dynamodb:GetShardIterator on UsersTable.StreamArn (or adopted)
    notify-old-number may dynamodb:ListStreams on *
    notify-old-number may dynamodb:PutItem on VerificationsTable.Arn
    notify-old-number may dynamodb:UpdateItem on VerificationsTable.Arn
    notify-old-number may dynamodb:DeleteItem on VerificationsTable.Arn
    notify-old-number may sqs:SendMessage on UntoldQueue.Arn
    notify-old-number may secretsmanager:GetSecretValue on CounterKeySecret
    notify-old-number may secretsmanager:GetSecretValue on SmsSecretArn, only if HasSmsSecret
    notify-old-number may secretsmanager:GetSecretValue on EmailSecretArn, only if HasEmailSecret
    notify-old-number may ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${Domain}, only if SendsEmails
    notify-old-number may ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${Address}, only if SendsEmails
    notify-old-number may ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${EmailConfigurationSet}, only if HasEmailConfigurationSet
    notify-old-number may kms:Decrypt on KmsKeyArn, only if HasKmsKey
    notify-old-number may kms:GenerateDataKey on KmsKeyArn, only if HasKmsKey
    notify-old-number may sns:Publish on all but arn:${AWS::Partition}:sns:*:*:*
    ");
}

#[test]
fn nothing_is_allowed_by_wildcard() {
    let mut seen = 0;
    for function in functions() {
        for statement in statements(&function) {
            seen += 1;
            assert_eq!(statement["Effect"], "Allow");
            // One verb: a list would hide one more in a line that is there already.
            let action = statement["Action"].as_str().unwrap();
            assert!(!action.contains('*'), "{action}");
            let resource = statement.get("Resource");
            let except = statement.get("NotResource");
            match (resource, except) {
                // There is no list of one table's streams.
                (Some(resource), None) if action == "dynamodb:ListStreams" => {
                    assert_eq!(resource, "*");
                }
                (Some(resource), None) => {
                    assert!(!resource.to_string().contains('*'), "{resource}");
                }
                (None, Some(_)) => assert_eq!(action, "sns:Publish"),
                both => unreachable!("{both:?}"),
            }
        }
    }
    assert!(seen > 0);
}

/// Permissions come from the functions' own policies and from nowhere else.
#[test]
fn there_is_no_other_way_to_permissions() {
    let template = template();
    let resources = template["Resources"].as_object().unwrap().values();
    let kinds: BTreeSet<&str> = resources.map(|one| one["Type"].as_str().unwrap()).collect();
    insta::assert_debug_snapshot!(kinds, @r#"
    {
        "AWS::ApiGatewayV2::ApiMapping",
        "AWS::ApiGatewayV2::DomainName",
        "AWS::AppConfig::Application",
        "AWS::AppConfig::ConfigurationProfile",
        "AWS::AppConfig::HostedConfigurationVersion",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::DynamoDB::Table",
        "AWS::IAM::Role",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
        "AWS::Serverless::Function",
        "AWS::Serverless::HttpApi",
    }
    "#);
    for function in functions() {
        let properties = function.resource["Properties"].as_object().unwrap();
        for other in ["Connectors", "VpcConfig"] {
            assert!(!properties.contains_key(other), "{}: {other}", function.id);
        }
        // To a function behind a stream SAM would give every stream of the account.
        let behind_a_stream = function.package == "notify-old-number";
        assert_eq!(
            properties.contains_key("Role"),
            behind_a_stream,
            "{}",
            function.id
        );
        assert_eq!(function.resource.get("Connectors"), None);
    }
}

/// A user pool may call the function of its triggers, and nobody else: only with both conditions is it that pool.
#[test]
fn only_the_named_user_pool_may_call() {
    let template = template();
    let resources = template["Resources"].as_object().unwrap().values();
    let permissions: Vec<&Value> = resources
        .filter(|one| one["Type"] == "AWS::Lambda::Permission")
        .collect();
    let expected = json!({
        "Type": "AWS::Lambda::Permission",
        "Condition": "HasUserPool",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": { "Ref": "CognitoTriggers.Alias" },
            "Principal": "cognito-idp.amazonaws.com",
            "SourceAccount": { "Ref": "AWS::AccountId" },
            "SourceArn": { "Ref": "CognitoUserPoolArn" },
        },
    });
    assert_eq!(permissions, [&expected]);
    assert_eq!(template["Parameters"]["CognitoUserPoolArn"]["Default"], "");
}

/// What a function may do: its own policies, all written out, or those of the role that it names.
pub fn statements(function: &Block) -> Vec<Value> {
    let properties = &function.resource["Properties"];
    let Some(role) = properties.get("Role") else {
        // None at all: what only hands out files may nothing.
        return properties
            .get("Policies")
            .map(of_policies)
            .unwrap_or_default();
    };
    assert_eq!(properties.get("Policies"), None, "{}", function.id);
    let role = role["Fn::GetAtt"][0].as_str().unwrap();
    let role = template()["Resources"][role]["Properties"].clone();
    let traced = json!([{"Fn::If": [
        "IsTraced",
        {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSXrayWriteOnlyAccess"},
        {"Ref": "AWS::NoValue"},
    ]}]);
    assert_eq!(role["ManagedPolicyArns"], traced);
    let policies = role["Policies"].as_array().unwrap().iter();
    let documents = policies.map(|policy| policy["PolicyDocument"].clone());
    of_policies(&documents.collect())
}

fn of_policies(policies: &Value) -> Vec<Value> {
    let mut statements = Vec::new();
    for policy in policies.as_array().unwrap() {
        let members: Vec<&String> = policy.as_object().unwrap().keys().collect();
        assert_eq!(members, ["Version", "Statement"]);
        statements.extend(policy["Statement"].as_array().unwrap().iter().map(possible));
    }
    statements
}

/// A statement that depends on a condition, as it is where the condition holds; otherwise there is none.
fn possible(statement: &Value) -> Value {
    let Some(choice) = statement.get("Fn::If") else {
        return statement.clone();
    };
    assert_eq!(choice[2], json!({ "Ref": "AWS::NoValue" }));
    let mut possible = choice[1].clone();
    possible["only"] = choice[0].clone();
    possible
}

/// The ARN of the table that `UsersTableName` names.
const ADOPTED: &str = ":dynamodb:${AWS::Region}:${AWS::AccountId}:table/${UsersTableName}";

/// `dynamodb:GetItem on UsersTable.Arn`; members that this does not know are shown as they are.
fn shown(statement: &Value) -> String {
    let mut rest = statement.as_object().unwrap().clone();
    let mut taken = |name: &str| rest.shift_remove(name).map(|value| text(&value));
    taken("Effect");
    let mut shown = taken("Action").unwrap();
    for (member, word) in [("Resource", "on"), ("NotResource", "on all but")] {
        if let Some(resource) = taken(member) {
            shown = format!("{shown} {word} {resource}");
        }
    }
    if let Some(condition) = taken("only") {
        shown = format!("{shown}, only if {condition}");
    }
    if rest.is_empty() {
        shown
    } else {
        format!("{shown} {rest:?}")
    }
}

fn text(value: &Value) -> String {
    let Value::Object(intrinsic) = value else {
        return value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
    };
    match intrinsic.iter().next() {
        // One of two: the stack's own, or what was there before it.
        Some((name, Value::Array(parts))) if name == "Fn::If" => {
            let (condition, then) = (parts[0].as_str().unwrap(), text(&parts[1]));
            match condition {
                "MakesUsersTable" => {
                    let adopted = text(&parts[2]);
                    assert!(adopted == "UsersTableStreamArn" || adopted.contains(ADOPTED));
                    format!("{then} (or adopted)")
                }
                _ => format!("{then} or {}", text(&parts[2])),
            }
        }
        Some((name, Value::Array(parts))) if name == "Fn::GetAtt" => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            parts.join(".")
        }
        // With names of its own, which are told apart by what they are made of.
        Some((name, Value::Array(parts))) if name == "Fn::Sub" => text(&parts[0]),
        Some((name, Value::String(text))) if name == "Ref" || name == "Fn::Sub" => text.clone(),
        _ => value.to_string(),
    }
}
