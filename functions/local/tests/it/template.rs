//! What is read from a template, and what is refused.

use std::time::Duration;

use local::template::{Method, Stack, Surroundings, Template, TemplateError, parse_overrides};
use serde_json::json;

const FIXTURE: &str = r#"
Parameters:
  Size: { Type: Number, Default: 6, MinValue: 4, MaxValue: 10 }
  Mode: { Type: String, Default: plain, AllowedValues: [plain, "007"] }
  Name: { Type: String, Default: "", AllowedPattern: "^[a-z]*$", ConstraintDescription: must be lower case }
  Short: { Type: String, Default: "ab", MinLength: 1, MaxLength: 3 }
  Secret: { Type: String, Default: "", AllowedPattern: "^x*$", NoEcho: true }
  Many: { Type: CommaDelimitedList, Default: "a, b" }
  AllowedOrigins: { Type: String, Default: "" }
  ScopePrefix: { Type: String, Default: "" }
Conditions:
  Named: !Not [!Equals [!Ref Name, ""]]
  Both: !And [!Condition Named, !Equals [!Ref Mode, plain]]
  Either: !Or [!Condition Named, !Equals [!Ref Mode, "007"]]
Rules:
  BigNames:
    RuleCondition: !Equals [!Ref Mode, "007"]
    Assertions:
      - Assert: { "Fn::Contains": [["9", "10"], !Ref Size] }
        AssertDescription: Size must be 9 or 10 where Mode is 007
Globals:
  Function:
    Timeout: 7
    Environment: { Variables: { SHARED: everywhere } }
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Jwt
        Authorizers: { Jwt: { JwtConfiguration: { issuer: !Sub "https://${AWS::Region}", audience: !Ref Many } } }
      CorsConfiguration: !If [Named, { AllowOrigins: !Split [",", !Ref AllowedOrigins], MaxAge: 60 }, !Ref AWS::NoValue]
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }
      StreamSpecification: { StreamViewType: NEW_IMAGE }
  Key: { Type: AWS::SecretsManager::Secret }
  Absent: { Type: AWS::SecretsManager::Secret, Condition: Named }
  Main:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/main
      Environment:
        Variables:
          TABLE: !Ref Things
          TABLE_ARN: !GetAtt Things.Arn
          KEY_ARN: !Ref Key
          LIST: !Join ["|", !Ref Many]
          SECOND: !Select [1, !Ref Many]
          TEXT: !Sub ["${Size} ${!Literal} ${Own}", { Own: !Ref Mode }]
          BOTH: !If [Both, "yes", "no"]
          EITHER: !If [Either, "yes", "no"]
          NOTHING: !If [Named, !Ref Name, !Ref AWS::NoValue]
          STACK: !Ref AWS::StackName
          API: !GetAtt Api.ApiEndpoint
      Events:
        One: { Type: HttpApi, Properties: { Method: patch, Path: "/a/{id}", Auth: { AuthorizationScopes: [!Sub "${ScopePrefix}write"] } } }
        Two: { Type: HttpApi, Properties: { Path: "/a/{proxy+}", Auth: { Authorizer: NONE } } }
        Three: { Type: DynamoDB, Properties: { Stream: !GetAtt Things.StreamArn } }
        Four:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Things.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: !Ref Size
            MaximumRetryAttempts: 0
            MaximumRecordAgeInSeconds: 60
            FunctionResponseTypes: [ReportBatchItemFailures]
            FilterCriteria: { Filters: [{ Pattern: '{"eventName":["MODIFY"]}' }, { Pattern: '{"dynamodb":{"NewImage":{"a":{"N":["1"]}}}}' }] }
        Off: { Type: DynamoDB, Properties: { Stream: !GetAtt Things.StreamArn, Enabled: false } }
"#;

fn evaluate(template: &str, overrides: &[&str]) -> Result<Stack, TemplateError> {
    let overrides: Vec<String> = overrides.iter().map(|&one| one.to_owned()).collect();
    let surroundings = Surroundings {
        url: "http://127.0.0.1:3000".to_owned(),
    };
    Template::parse(template)?.evaluate(&parse_overrides(&overrides)?, &surroundings)
}

fn refusal(overrides: &[&str]) -> String {
    evaluate(FIXTURE, overrides).unwrap_err().to_string()
}

#[test]
fn settings_reach_a_function() {
    let stack = evaluate(FIXTURE, &["ScopePrefix=users/"]).unwrap();
    let main = stack.function("main").unwrap();
    assert_eq!(main.timeout.as_secs(), 7);
    insta::assert_json_snapshot!(main.environment, @r#"
    {
      "API": "http://127.0.0.1:3000",
      "BOTH": "no",
      "EITHER": "no",
      "KEY_ARN": "arn:aws:secretsmanager:us-east-1:000000000000:secret:Key-local",
      "LIST": "a|b",
      "SECOND": "b",
      "SHARED": "everywhere",
      "STACK": "local",
      "TABLE": "Things",
      "TABLE_ARN": "arn:aws:dynamodb:us-east-1:000000000000:table/Things",
      "TEXT": "6 ${Literal} plain"
    }
    "#);
    let [one, two] = stack.routes.as_slice() else {
        panic!("{:?}", stack.routes)
    };
    assert_eq!(one.method, Method::One("PATCH".to_owned()));
    assert_eq!(
        (one.authorized, one.scopes.as_slice()),
        (true, &["users/write".to_owned()][..])
    );
    assert_eq!((two.authorized, &two.method), (false, &Method::Any));
    let authorizer = stack.authorizer.unwrap();
    assert_eq!(authorizer.issuer, "https://us-east-1");
    assert_eq!(authorizer.audience, ["a", "b"]);
}

#[test]
fn functions_run_behind_streams() {
    let stack = evaluate(FIXTURE, &[]).unwrap();
    let [plain, full] = stack.function("main").unwrap().streams.as_slice() else {
        unreachable!("{:?}", stack.functions)
    };
    for source in [plain, full] {
        assert_eq!(source.table, "Things");
        assert!(source.stream_arn.contains(":table/Things/stream/"));
    }
    // What Lambda takes where the template is silent.
    assert_eq!((plain.name.as_str(), plain.batch_size), ("Three", 100));
    assert_eq!((plain.most_retries, plain.oldest_record), (None, None));
    assert!(!plain.from_the_start && !plain.reports_failures);
    assert!(plain.takes(&json!({})));
    assert_eq!((full.name.as_str(), full.batch_size), ("Four", 6));
    assert_eq!(full.most_retries, Some(0));
    assert_eq!(full.oldest_record, Some(Duration::from_mins(1)));
    assert!(full.from_the_start && full.reports_failures);
    assert!(full.takes(&json!({"eventName": "MODIFY"})));
    assert!(full.takes(&json!({"dynamodb": {"NewImage": {"a": {"N": "1"}}}})));
    assert!(!full.takes(&json!({"eventName": "INSERT"})));
}

#[test]
fn what_follows_a_change_can_be_switched_off() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let on = evaluate(&text, &[]).unwrap();
    let [source] = on.function("notify-old-number").unwrap().streams.as_slice() else {
        unreachable!("{:?}", on.functions)
    };
    assert_eq!(source.table, "UsersTable");
    // As often as it takes: it ends by age.
    assert!(source.reports_failures && source.most_retries.is_none());
    // What was told is kept for a day: nothing may come again later.
    assert!(source.oldest_record.unwrap() < Duration::from_hours(24));
    // It stays behind the stream, so that switching it on again tells nobody of what was before.
    let off = evaluate(&text, &["NotifyOldNumber=false"]).unwrap();
    let off = off.function("notify-old-number").unwrap();
    assert_eq!(off.environment["NOTIFY_OLD_NUMBER"], "false");
    assert_eq!(off.streams.len(), 1);
}

#[test]
fn conditions_choose() {
    let stack = evaluate(FIXTURE, &["Name=x"]).unwrap();
    let main = stack.function("main").unwrap();
    assert_eq!(main.environment["BOTH"], "yes");
    assert_eq!(main.environment["NOTHING"], "x");
    assert_eq!(stack.secrets.len(), 2);
    // Local's own default for AllowedOrigins.
    assert_eq!(stack.cors.unwrap().origins, ["*"]);
    let stack = evaluate(FIXTURE, &[]).unwrap();
    assert_eq!(stack.secrets.len(), 1);
    assert_eq!(stack.cors, None);
    let [table] = stack.tables.as_slice() else {
        panic!("{:?}", stack.tables)
    };
    assert_eq!(table.ttl_attribute.as_deref(), Some("ttl"));
    assert_eq!(table.key, ["pk"]);
    assert_eq!(
        table.definition["StreamSpecification"]["StreamEnabled"],
        true
    );
}

#[test]
fn bad_values_are_refused_by_name() {
    for (given, said) in [
        ("Size=3", r#"parameter Size: must be at least 4 (got "3")"#),
        (
            "Size=11",
            r#"parameter Size: must be at most 10 (got "11")"#,
        ),
        (
            "Size=six",
            r#"parameter Size: must be a number (got "six")"#,
        ),
        ("Size=", r#"parameter Size: must be a number (got "")"#),
        (
            "Mode=7",
            r#"parameter Mode: must be one of plain, 007 (got "7")"#,
        ),
        (
            "Name=Bob",
            r#"parameter Name: must be lower case (got "Bob")"#,
        ),
        (
            "Short=abcd",
            r#"parameter Short: is too short or too long (got "abcd")"#,
        ),
        ("Secret=hush", "parameter Secret: must match ^x*$"),
        (
            "Sise=6",
            "parameter Sise: the template has no such parameter",
        ),
        (
            "Mode=007",
            "parameter rule BigNames: Size must be 9 or 10 where Mode is 007",
        ),
    ] {
        assert_eq!(refusal(&[given]), said);
    }
    assert!(evaluate(FIXTURE, &["Mode=007", "Size=10"]).is_ok());
    // CloudFormation matches a pattern against the whole value.
    assert!(refusal(&["Name=ab\nC"]).contains("lower case"));
}

#[test]
fn overrides_are_read_as_sam_reads_them() {
    for (given, pairs) in [
        (&["A=1", "B=2"][..], vec![("A", "1"), ("B", "2")]),
        (&["A=1 B=2"], vec![("A", "1"), ("B", "2")]),
        (&[r#"A="x y" B=2"#], vec![("A", "x y"), ("B", "2")]),
        (&[r#"A="x \" y=z""#], vec![("A", "x \" y=z")]),
        (&["A=Your code : {{c}}"], vec![("A", "Your code : {{c}}")]),
        (&["A=", "B="], vec![("A", ""), ("B", "")]),
        (&["A=a=b"], vec![("A", "a=b")]),
        (&["ParameterKey=A,ParameterValue=1"], vec![("A", "1")]),
        (
            &["ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue=x y"],
            vec![("A", "1"), ("B", "x y")],
        ),
    ] {
        let given: Vec<String> = given.iter().map(|&one| one.to_owned()).collect();
        let read = parse_overrides(&given).unwrap();
        let read: Vec<(&str, &str)> = read
            .iter()
            .map(|one| (one.name.as_str(), one.value.as_str()))
            .collect();
        assert_eq!(read, pairs);
    }
    for given in ["A", "=1", "ParameterKey=A"] {
        assert!(parse_overrides(&[given.to_owned()]).is_err(), "{given}");
    }
}

#[test]
fn templates_that_cannot_be_used_say_why() {
    for (template, said) in [
        ("", "template: is empty"),
        ("a: [", "template: "),
        ("a: 1", "template: has no Resources"),
        (
            "Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: x, Environment: { Variables: { A: !Ref Gone } } } } }",
            "template: nothing is called Gone",
        ),
        (
            "Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: x, Environment: { Variables: { A: !ImportValue x } } } } }",
            "template: Fn::ImportValue is not supported locally",
        ),
        (
            "Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: x, Events: { E: { Type: DynamoDB, Properties: { Stream: \"arn:x\" } } } } } }",
            "template: the event E has a Stream of no table",
        ),
        (
            "Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: x, Events: { E: { Type: DynamoDB, Properties: { Stream: \"arn:x:table/T/stream/l\", FilterCriteria: { Filters: [{ Pattern: \"[\" }] } } } } } } }",
            "template: the event E has a filter that is not JSON",
        ),
        (
            "Conditions: { A: !Condition B, B: !Condition A }\nResources: { F: { Type: AWS::SecretsManager::Secret, Condition: A } }",
            "template: conditions refer to each other",
        ),
    ] {
        let error = evaluate(template, &[]).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

/// The project's own template: every setting of a function is one of its parameters' names.
#[test]
fn the_project_template_is_understood() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"))
        .unwrap();
    let stack = evaluate(&text, &[]).unwrap();
    let parameter = |name: &str| stack.parameter(name).to_owned();
    assert_eq!(parameter("DefaultRegion"), "MY");
    assert_eq!(parameter("AppName"), "local");
    assert_eq!(parameter("JwtIssuer"), "http://localhost");
    assert_eq!(stack.cors.as_ref().unwrap().origins, ["*"]);
    for function in &stack.functions {
        for variable in function.environment.keys() {
            let resource = matches!(
                variable.as_str(),
                "USERS_TABLE"
                    | "VERIFICATIONS_TABLE"
                    | "KEY_SECRET_ARN"
                    | "COUNTER_KEY_SECRET_ARN"
                    | "METRICS_NAMESPACE"
            );
            assert!(
                resource || stack.parameter_of(variable).is_some(),
                "{}: {variable}",
                function.package
            );
        }
    }
    let closed = evaluate(&text, &["AllowedOrigins="]).unwrap();
    assert_eq!(closed.cors, None);
}
