//! A function is a block of the template, a package, a binary and a folder of events, all of one name;
//! it is given the settings that it reads and no others, and handles the routes that lead to it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use lambda_http::Context;
use local::functions::{NAMES, start};
use local::template::{Function, Method, Route, Stack};
use local::testing::{Event, TestStack, event};
use serde_json::Value;

use super::{cargo, folders, functions, names, root};

#[test]
fn a_function_has_one_name_everywhere() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let mut named = BTreeSet::new();
    for function in functions() {
        let name = &function.package;
        let build = &function.resource["Metadata"];
        assert_eq!(
            function.resource["Properties"]["CodeUri"],
            format!("functions/{name}")
        );
        assert_eq!(build["BuildMethod"], "rust-cargolambda", "{name}");
        assert_eq!(build["BuildProperties"]["Binary"], name.as_str());
        let package = packages
            .iter()
            .find(|package| package["name"] == name.as_str());
        let package = package.unwrap();
        let manifest = root().join("functions").join(name).join("Cargo.toml");
        let manifest = manifest.canonicalize().unwrap();
        assert_eq!(package["manifest_path"].as_str(), manifest.to_str());
        let targets = package["targets"].as_array().unwrap().iter();
        let binaries = targets.filter(|target| target["kind"][0] == "bin");
        let binaries: Vec<&Value> = binaries.map(|target| &target["name"]).collect();
        assert_eq!(binaries, [name.as_str()]);
        named.insert(name.clone());
    }
    let mut events = folders(&root().join("events"));
    // No events, but what the functions that send are given.
    assert!(events.remove("sms-secrets"));
    assert!(events.remove("email-secrets"));
    // Nor are the claims of tokens as identity providers make them.
    assert!(events.remove("tokens"));
    assert_eq!(events, named);
    named.insert("local".to_owned());
    assert_eq!(folders(&root().join("functions")), named);
}

/// What is not in the list is not started, and its log lines are not written.
#[test]
fn the_local_server_lists_every_function() {
    let listed: BTreeSet<&str> = NAMES.iter().copied().collect();
    let functions = functions();
    let packages = functions.iter().map(|one| one.package.as_str());
    assert_eq!(listed, packages.collect());
    assert_eq!(listed.len(), NAMES.len(), "listed twice");
}

#[tokio::test]
async fn a_function_is_given_the_settings_that_it_reads() {
    let test_stack = TestStack::start().await;
    for function in &test_stack.template().functions {
        let given: BTreeSet<String> = function.environment.keys().cloned().collect();
        let read = settings_read(&test_stack, &function.package).await;
        assert_eq!(given, read, "{}", function.package);
    }
}

/// Every variable that the function looks up at its start. (Lambda's own variables are the platform's.)
async fn settings_read(test_stack: &TestStack, package: &str) -> BTreeSet<String> {
    let read = Mutex::new(BTreeSet::new());
    let given = test_stack.env(package);
    let env = |variable: &str| {
        read.lock().unwrap().insert(variable.to_owned());
        given(variable)
    };
    let platform = test_stack.platform();
    let started = start(package, &env, platform).await;
    assert!(started.is_ok(), "{package} does not start");
    let mut read = read.into_inner().unwrap();
    // Read where the log and AWS's clients start, which is once per process.
    read.extend(["LOG_LEVEL", "METRICS_NAMESPACE", "AWS_ENDPOINT_URL"].map(str::to_owned));
    read
}

/// The shipped events of a function, as `<function>/<case>`.
fn events(package: &str) -> Vec<String> {
    let cases = names(&root().join("events").join(package));
    let cases = cases.iter().map(|case| case.strip_suffix(".json").unwrap());
    cases.map(|case| format!("{package}/{case}")).collect()
}

/// Called by a user pool: no event of the template leads to it.
const BEHIND_A_POOL: &str = "cognito-triggers";

/// The functions that the gateway calls.
fn behind_routes(stack: &Stack) -> impl Iterator<Item = &Function> {
    let functions = stack.functions.iter();
    functions.filter(|function| {
        function.streams.is_empty() && function.package.as_str() != BEHIND_A_POOL
    })
}

#[tokio::test]
async fn no_route_leads_to_the_triggers_of_a_user_pool() {
    let test_stack = TestStack::start().await;
    let stack = test_stack.template();
    let triggers = stack.function(BEHIND_A_POOL).unwrap();
    let leads = |route: &&Route| route.function == triggers.logical_id;
    assert!(!stack.routes.iter().any(|route| leads(&route)));
    for name in events(BEHIND_A_POOL) {
        let fresh = TestStack::start().await;
        let started = start(BEHIND_A_POOL, &fresh.env(BEHIND_A_POOL), fresh.platform()).await;
        let event = event(&name).to_string();
        let answer = started.unwrap().answer(&event, Context::default()).await;
        assert!(answer.unwrap()["response"].is_object(), "{name}");
    }
}

/// What Lambda would keep from a function, it must not need; what it hands over, the function must stand.
#[tokio::test]
async fn events_of_streams_pass_the_filters() {
    let test_stack = TestStack::start().await;
    let functions = test_stack.template().functions.iter();
    let mut seen = 0;
    for function in functions.filter(|function| !function.streams.is_empty()) {
        let [source] = function.streams.as_slice() else {
            unreachable!("{}: say which event is of which stream", function.package)
        };
        for name in events(&function.package) {
            for record in event(&name)["Records"].as_array().unwrap() {
                assert!(source.takes(record), "{name}");
                let arn = record["eventSourceARN"].as_str().unwrap();
                assert!(arn.contains(&source.table), "{name}: {arn}");
                seen += 1;
            }
        }
    }
    assert!(seen > 0);
}

fn key(route: &Route) -> String {
    match &route.method {
        Method::One(method) => format!("{method} {}", route.path),
        Method::Any => unreachable!("ANY swallows preflights"),
    }
}

fn is_proxy(route: &Route) -> bool {
    route.path.ends_with("{proxy+}")
}

#[tokio::test]
async fn routes_have_events_and_events_have_routes() {
    let test_stack = TestStack::start().await;
    let stack = test_stack.template();
    for function in behind_routes(stack) {
        let routes = stack.routes.iter();
        let mut routes: Vec<&Route> = routes
            .filter(|one| one.function == function.logical_id)
            .collect();
        assert!(!routes.is_empty());
        let all = routes.clone();
        for name in events(&function.package) {
            let event = event(&name);
            let route = all.iter().find(|route| event["routeKey"] == key(route));
            let Some(route) = route else {
                unreachable!("{name}: no route {}", event["routeKey"])
            };
            let jwt = &event["requestContext"]["authorizer"]["jwt"];
            assert_eq!(jwt.is_object(), route.authorized, "{name}");
            let scopes = jwt["scopes"].as_array().cloned().unwrap_or_default();
            assert_eq!(scopes, route.scopes, "{name}");
            routes.retain(|other| key(other) != key(route));
        }
        let without: Vec<String> = routes
            .iter()
            .filter(|one| !is_proxy(one))
            .map(|one| key(one))
            .collect();
        assert!(without.is_empty(), "no event: {without:?}");
    }
}

#[tokio::test]
async fn every_route_is_handled() {
    let test_stack = TestStack::start().await;
    let stack = test_stack.template();
    for function in behind_routes(stack) {
        for name in events(&function.package) {
            // A test of its own: some events delete what others look for.
            let fresh = TestStack::start().await;
            let (status, body) = handled(&fresh, &function.package, &Event::shipped(&name)).await;
            let proxy = event(&name)["routeKey"]
                .as_str()
                .unwrap()
                .ends_with("{proxy+}");
            // A shipped flow is none: that is the handler's answer, or its page.
            let description = body["description"].as_str().unwrap_or_default();
            let of_flow = body.is_string() || description.contains("such flow");
            let unhandled = [404, 405].contains(&status) && !of_flow;
            assert_eq!(proxy, unhandled, "{name}: {body}");
            assert!(status < 500, "{name}: {status} {body}");
        }
    }
    let proxies: Vec<&Route> = stack
        .routes
        .iter()
        .filter(|route| is_proxy(route))
        .collect();
    assert!(!proxies.is_empty());
    for route in proxies {
        let Method::One(method) = &route.method else {
            unreachable!("{}", key(route))
        };
        let function = stack
            .functions
            .iter()
            .find(|one| one.logical_id == route.function);
        let event = Event::shipped("scim-users/unknown-route").route(method, &route.path);
        let (status, body) = handled(&test_stack, &function.unwrap().package, &event).await;
        assert_eq!(status, 404, "{method}");
        assert_eq!(
            body["schemas"][0],
            "urn:ietf:params:scim:api:messages:2.0:Error"
        );
    }
}

/// What a function answers, status and body, started as the local server starts it.
async fn handled(test_stack: &TestStack, package: &str, event: &Event) -> (u64, Value) {
    let started = start(package, &test_stack.env(package), test_stack.platform()).await;
    let context = Context::default();
    let result = started.unwrap().answer(&event.to_string(), context).await;
    let result = result.unwrap();
    let body = result["body"].as_str().unwrap_or_default();
    let status = result["statusCode"].as_u64().unwrap();
    (status, body.parse().unwrap_or_else(|_| body.into()))
}
