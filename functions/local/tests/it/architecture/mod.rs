//! What no single test of behaviour would notice: who may do what on AWS, what a binary links,
//! and that template, packages, settings, routes and events are about the same functions.

mod code;
mod deployment;
mod documents;
mod functions;
mod imports;
mod links;
mod operating;
mod permissions;
mod source;
#[path = "../../../src/template/yaml.rs"]
mod yaml;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A function's block in the template, not evaluated.
struct Block {
    id: String,
    /// The last part of `CodeUri`.
    package: String,
    resource: Value,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn template() -> Value {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    yaml::parse(&text).unwrap()
}

fn functions() -> Vec<Block> {
    let template = template();
    let resources = template["Resources"].as_object().unwrap().iter();
    let functions = resources.filter(|(_, one)| one["Type"] == "AWS::Serverless::Function");
    let blocks = functions.map(|(id, resource)| {
        let code = resource["Properties"]["CodeUri"].as_str().unwrap();
        Block {
            id: id.clone(),
            package: code.rsplit('/').next().unwrap().to_owned(),
            resource: resource.clone(),
        }
    });
    let blocks: Vec<Block> = blocks.collect();
    assert!(!blocks.is_empty());
    blocks
}

/// The names in a directory, without those that begin with a dot.
fn names(directory: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// Those of them that are folders.
fn folders(directory: &Path) -> BTreeSet<String> {
    let mut names = names(directory);
    names.retain(|name| directory.join(name).is_dir());
    names
}

/// A cargo command on this workspace that needs no network and changes nothing.
fn cargo(arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO"));
    command.args(arguments).args(["--offline", "--locked"]);
    let output = command.current_dir(root()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_top_level_is_the_fixed_one() {
    let mut names = names(&root());
    names.remove("target");
    let fixed = [
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "deny.toml",
        "events",
        "functions",
        "samconfig.toml",
        "shared",
        "template.yaml",
    ];
    assert_eq!(names.iter().collect::<Vec<_>>(), fixed);
}
