//! What each function's binary links: it starts cold, so it carries nothing that it does not use,
//! and nothing of the local server.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{cargo, functions, root};

const SNS: &str = "aws-sdk-sns";
const SES: &str = "aws-sdk-sesv2";
/// The roots of the web: whoever calls providers.
const WEB: &str = "webpki-roots";
const NUMBERS: &str = "rlibphonenumber";
const SCIM: &str = "scim_v2";

/// It calls nobody: neither AWS nor anything else by TLS.
const PAGES: &str = "pages";

/// Never in a function: the embedded database and server, a second TLS stack, HTTP/2, a second client.
const NOWHERE: [&str; 12] = [
    "dynoxide-rs",
    "local",
    "axum",
    "aws-config",
    "aws-lc-rs",
    "aws-lc-sys",
    "aws-smithy-http-client",
    "h2",
    "reqwest",
    "native-tls",
    "openssl",
    "openssl-sys",
];

/// Packages with their versions, as cargo resolves them for this package alone.
fn linked(package: &str) -> BTreeMap<String, Vec<String>> {
    let edges = "normal,no-proc-macro";
    let tree = cargo(&["tree", "-p", package, "-e", edges, "--prefix", "none"]);
    let mut linked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split(' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap());
        let versions = linked.entry(name.to_owned()).or_default();
        if !versions.iter().any(|one| one == version) {
            versions.push(version.to_owned());
        }
    }
    // Else the rest would say nothing.
    for everywhere in ["shared", "lambda_http"] {
        assert!(linked.contains_key(everywhere), "{package}: {everywhere}");
    }
    linked
}

/// What others are called with, AWS first. (`aws-smithy-types` has no client: the clock has its form of times from it.)
fn calls_others(linked: &BTreeMap<String, Vec<String>>) -> Vec<&str> {
    let names = linked.keys().map(String::as_str);
    let calls = names.filter(|name| {
        let of_aws = name.starts_with("aws-") && *name != "aws-smithy-types";
        of_aws || ["rustls", WEB, NUMBERS, SCIM].contains(name)
    });
    calls.collect()
}

#[test]
fn binaries_link_what_they_use() {
    for function in functions() {
        let linked = linked(&function.package);
        for name in NOWHERE {
            assert!(!linked.contains_key(name), "{}: {name}", function.package);
        }
        if function.package == PAGES {
            assert_eq!(calls_others(&linked), [""; 0]);
            continue;
        }
        assert!(calls_others(&linked).contains(&"aws-sdk-dynamodb"));
        let [rustls] = linked["rustls"].as_slice() else {
            unreachable!("{}: {:?}", function.package, linked["rustls"])
        };
        assert!(
            rustls.starts_with("v0.23."),
            "{}: {rustls}",
            function.package
        );
        let optional =
            [SNS, SES, WEB, NUMBERS, SCIM].map(|name| linked.contains_key(name).then_some(name));
        let optional: Vec<&str> = optional.into_iter().flatten().collect();
        let expected: &[&str] = match function.package.as_str() {
            "scim-patch" => &[SNS, SES, WEB, NUMBERS, SCIM],
            "scim-users" => &[NUMBERS, SCIM],
            "validate-code" => &[],
            "resend-code" => &[SNS, SES, WEB],
            "notify-old-number" => &[SNS, SES, WEB, NUMBERS],
            "transmit" | "cognito-triggers" | "second-factor" | "second-factor-pages" => {
                &[SNS, WEB, NUMBERS]
            }
            other => unreachable!("say here what {other} links"),
        };
        assert_eq!(optional, expected, "{}", function.package);
    }
}

/// Another function's code would come with its dependencies, and with a second way to the same thing.
#[test]
fn functions_do_not_link_each_other() {
    let functions = functions();
    for function in &functions {
        let linked = linked(&function.package);
        for other in functions.iter().filter(|other| other.id != function.id) {
            assert!(
                !linked.contains_key(&other.package),
                "{}: {}",
                function.package,
                other.package
            );
        }
    }
}

/// It is a copy, since the library loads its own as a whole: `just plans` renews it with the library.
#[test]
fn numbering_plans_are_those_of_the_library() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1"])).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let library = packages
        .find(|package| package["name"] == NUMBERS)
        .and_then(|package| Path::new(package["manifest_path"].as_str()?).parent())
        .unwrap();
    let theirs = std::fs::read(library.join("src/generated/metadata/metadata.bin")).unwrap();
    let ours = std::fs::read(root().join("shared/src/address/plans.bin")).unwrap();
    assert!(ours == theirs, "run `just plans`");
}
