//! What the documents say of settings, routes and each other, held against what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use shared::api::catalogue::CATALOGUE;

use super::{root, template};

/// A document that is too wide is not read in a terminal, nor in a review side by side.
const WIDEST: usize = 120;

/// What is made, and what belongs to tools.
const PASSED_OVER: [&str; 6] = [
    ".aws-sam",
    ".git",
    "artifacts",
    "corpus",
    "coverage",
    "target",
];

/// Every document by its path from the root.
fn documents() -> BTreeMap<PathBuf, String> {
    let mut documents = BTreeMap::new();
    let mut folders = vec![root().canonicalize().unwrap()];
    let above = folders[0].clone();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap();
            if path.is_dir() && !PASSED_OVER.contains(&name) {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                documents.insert(path.strip_prefix(&above).unwrap().to_owned(), text);
            }
        }
    }
    assert!(documents.len() > 10, "{:?}", documents.keys());
    documents
}

fn document(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The cells of every table with these columns, without its head.
fn rows(text: &str, columns: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        inside = line == columns || inside && line.starts_with('|');
        if inside && line != columns && !line.starts_with("|--") {
            let cells = line.trim_matches('|').split(" | ");
            rows.push(cells.map(|cell| cell.trim().to_owned()).collect());
        }
    }
    assert!(!rows.is_empty(), "no table {columns}");
    rows
}

fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What stands in backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn settings_are_the_templates_parameters() {
    let text = document("functions/OPERATIONS.md");
    let rows = rows(&text, "| parameter | default | meaning |");
    let told = rows.iter().map(|row| {
        let name = row[0].trim_matches('`').to_owned();
        let default = match row[1].as_str() {
            "required" => None,
            "empty" => Some(String::new()),
            // Too long for a cell: it stands where the link leads.
            link if link.starts_with('[') => {
                let default = default(&name).unwrap();
                // A long one is broken over lines.
                let told = without_blanks(&text).contains(&without_blanks(&default));
                assert!(told, "{name} is not told: {default}");
                Some(default)
            }
            value => Some(value.trim_matches('`').to_owned()),
        };
        (name, default)
    });
    let told: Vec<(String, Option<String>)> = told.collect();
    let parameters = template()["Parameters"].clone();
    let there = parameters.as_object().unwrap().keys();
    let there: Vec<(String, Option<String>)> =
        there.map(|name| (name.clone(), default(name))).collect();
    assert_eq!(told, there);
}

fn default(parameter: &str) -> Option<String> {
    let template = template();
    match &template["Parameters"][parameter]["Default"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[test]
fn calls_are_the_templates_routes() {
    let text = document("functions/README.md");
    let mut told = BTreeSet::new();
    for row in rows(&text, "| call | request | success |") {
        let mut methods: Vec<&str> = Vec::new();
        let mut complete = false;
        for call in quoted(&row[0]) {
            let (method, path) = match call.split_once(' ') {
                Some((method, path)) => (Some(method), Some(path)),
                None if call.starts_with('/') => (None, Some(call)),
                None => (Some(call), None),
            };
            if std::mem::take(&mut complete) && method.is_some() {
                methods.clear();
            }
            methods.extend(method);
            for (method, path) in methods.iter().zip(std::iter::repeat(path)) {
                let Some(path) = path else { continue };
                complete = true;
                let call = format!("{method} {}", nameless(path));
                assert!(told.insert(call.clone()), "twice: {call}");
            }
        }
    }
    let mut there = BTreeSet::new();
    for function in super::functions() {
        let events = function.resource["Properties"]["Events"].clone();
        for event in events
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, event)| event)
        {
            let properties = &event["Properties"];
            let path = properties["Path"].as_str().unwrap_or_default();
            // What no call means is answered there.
            if event["Type"] == "HttpApi" && !path.ends_with("{proxy+}") {
                let method = properties["Method"].as_str().unwrap().to_uppercase();
                there.insert(format!("{method} {}", nameless(path)));
            }
        }
    }
    assert_eq!(told, there);
}

#[test]
fn errors_are_the_catalogues() {
    let text = document("functions/README.md");
    let told = rows(&text, "| code | status | cause | cure |");
    let told: Vec<[String; 4]> = told.iter().map(|row| errors_cells(row)).collect();
    let there = CATALOGUE.iter().map(|row| {
        let code = format!("`{}`", row.code);
        [
            code,
            row.status.to_string(),
            row.cause.into(),
            row.cure.into(),
        ]
    });
    let there: Vec<[String; 4]> = there.collect();
    assert_eq!(told, there);
}

/// A row of the table of errors, links as their text.
fn errors_cells(row: &[String]) -> [String; 4] {
    let cells: Vec<String> = row.iter().map(|cell| linkless(cell)).collect();
    cells.try_into().unwrap()
}

fn linkless(cell: &str) -> String {
    let mut plain = String::new();
    let mut rest = cell;
    while let Some((before, link)) = rest.split_once('[') {
        let (text, target) = link.split_once("](").unwrap();
        let (_, after) = target.split_once(')').unwrap();
        plain = format!("{plain}{before}{text}");
        rest = after;
    }
    plain + rest
}

#[test]
fn answers_have_a_row_each() {
    let codes: BTreeSet<&str> = CATALOGUE.iter().map(|row| row.code).collect();
    assert_eq!(codes.len(), CATALOGUE.len(), "a code is there twice");
    for row in CATALOGUE {
        if let Some(number) = row.code.strip_prefix("VRF-") {
            let status = number.strip_suffix(|_: char| true).unwrap_or_default();
            assert!(status.starts_with(&row.status.to_string()), "{row:?}");
        }
    }
    let text = std::fs::read_to_string(root().join("shared/src/api/catalogue.rs")).unwrap();
    let made = text.matches(": Row = Row {").count();
    assert_eq!(made, CATALOGUE.len(), "a row is not in the list");
}

/// A path without the names of its parameters: a reader's are clearer than API Gateway lets them be.
fn nameless(path: &str) -> String {
    let segments = path.split('/');
    let segments = segments.map(|one| if one.starts_with('{') { "{}" } else { one });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn links_lead_somewhere() {
    let documents = documents();
    let mut broken = Vec::new();
    let mut seen = 0;
    for (path, text) in &documents {
        for link in links(text) {
            seen += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let there = match file {
                "" => path.clone(),
                file => plain(&path.parent().unwrap().join(file)),
            };
            let leads = match documents.get(&there) {
                Some(text) => heading.is_empty() || headings(text).contains(heading),
                None => heading.is_empty() && root().join(&there).exists(),
            };
            if !leads {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(seen > 50, "only {seen} links were read");
    assert_eq!(broken, Vec::<String>::new());
}

/// Where links lead that do not lead out of here.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let ends = prose(text).flat_map(|line| line.split("](").skip(1));
    let targets = ends.filter_map(|end| Some(end.split_once(')')?.0));
    targets.filter(|target| !target.contains("://"))
}

/// Lines that are no code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// The names by which a link finds a heading, as GitHub makes them.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = prose(text).filter(|line| line.starts_with('#'));
    let names = titles.map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let letters = title.chars();
        let letters = letters.filter(|one| one.is_alphanumeric() || matches!(one, ' ' | '-' | '_'));
        letters
            .map(|letter| if letter == ' ' { '-' } else { letter })
            .collect()
    });
    names.collect()
}

/// Without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part.as_os_str().to_str() {
            Some("..") => drop(plain.pop()),
            Some(".") => {}
            _ => plain.push(part),
        }
    }
    plain
}

#[test]
fn lines_have_a_width() {
    let mut wide = Vec::new();
    for (path, text) in documents() {
        for (number, line) in (1..).zip(text.lines()) {
            let width = line.chars().count();
            if width > WIDEST {
                wide.push(format!("{}:{number} has {width}", path.display()));
            }
        }
    }
    assert_eq!(wide, Vec::<String>::new());
}

#[test]
fn every_function_has_its_page() {
    for function in super::functions() {
        let name = function.package;
        let page = document(&format!("functions/{name}/README.md"));
        assert!(page.starts_with(&format!("# {name}\n")), "{name}");
    }
}
