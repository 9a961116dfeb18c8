//! The way of a request goes down through the rooms: no import of a room above, no circle between files, HTTP on top.
//! The order of the rooms is the table of the floor plan in `shared/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::code::{Code, Tree};
use super::{folders, root};

#[test]
fn imports_go_down_and_in_no_circle() {
    let mut findings = Vec::new();
    let mut seen = 0;
    for tree in trees() {
        let code = Code::read(&tree);
        let rooms = (tree.name == "shared").then(rooms);
        findings.extend(code.findings(rooms.as_deref()));
        seen += code.edges().len();
    }
    assert!(seen > 100, "only {seen} imports were read");
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn every_room_is_in_the_floor_plan() {
    let there: BTreeSet<String> = trees()
        .iter()
        .filter(|tree| tree.name == "shared")
        .flat_map(|tree| tree.files.keys())
        .map(|file| file.split(['/', '.']).next().unwrap().to_owned())
        .filter(|room| room != "lib")
        .collect();
    let planned = rooms();
    assert_eq!(there, planned.iter().cloned().collect());
    assert_eq!(there.len(), planned.len(), "a room stands there twice");
}

/// The rooms of `shared/src` from the top, as its README tells.
fn rooms() -> Vec<String> {
    let plan = std::fs::read_to_string(root().join("shared/README.md")).unwrap();
    let (_, table) = plan
        .split_once("\n| room of `src` | holds |\n|---|---|\n")
        .unwrap();
    let rows = table.lines().take_while(|line| line.starts_with("| "));
    let cells = rows.map(|row| row.split('|').nth(1).unwrap());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names
        .map(|name| name.trim_end_matches('/').to_owned())
        .collect()
}

fn trees() -> Vec<Tree> {
    let functions = folders(&root().join("functions"));
    let mut directories = vec!["shared".to_owned()];
    directories.extend(functions.iter().map(|name| format!("functions/{name}")));
    let trees = directories.iter().map(|directory| {
        let mut files = BTreeMap::new();
        let directory = format!("{directory}/src");
        collect(&root().join(&directory), "", &mut files);
        let name = directory.split('/').rev().nth(1).unwrap();
        Tree {
            name: name.replace('-', "_"),
            directory,
            files,
        }
    });
    trees.collect()
}

fn collect(directory: &Path, below: &str, files: &mut BTreeMap<String, String>) {
    for name in super::names(directory) {
        let path = directory.join(&name);
        if path.is_dir() {
            collect(&path, &format!("{below}{name}/"), files);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            files.insert(format!("{below}{name}"), text);
        }
    }
}

/// A crate that was never written, as its files.
fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let files = files
        .iter()
        .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    let tree = Tree {
        name: "shared".to_owned(),
        directory: "src".to_owned(),
        files: files.collect(),
    };
    let rooms = ["api", "messaging", "store", "user"].map(str::to_owned);
    Code::read(&tree).findings(Some(&rooms))
}

const CLEAN: [(&str, &str); 6] = [
    (
        "lib.rs",
        "pub mod api;\npub mod messaging;\npub mod store;\npub mod user;\n",
    ),
    (
        "api.rs",
        "use http::StatusCode;\nuse crate::{store::{self, User as Kept}, user};\nfn f() -> store::Key { user::g() }",
    ),
    (
        "messaging.rs",
        "use hyper::StatusCode;\nfn f(s: StatusCode) { StatusCode::from_u16(1); }",
    ),
    (
        "store/mod.rs",
        "//! Not crate::api.\nmod key;\n#[cfg(test)]\nmod more;\npub use key::{Key, User};\n",
    ),
    (
        "store/key.rs",
        "/* crate::api /* */ */\npub struct Key<'a>(&'a str);\nconst SLASH: [char; 2] = ['\"', '\\''];\n\
         const TEXT: &str = r#\"use crate::api::X;\"#;\nuse crate::user::User;\npub(in super::super) fn f() {}\n\
         #[cfg(test)]\nmod tests { use crate::api::X; }\n",
    ),
    (
        "user.rs",
        "use std::{fmt, collections as c};\npub struct User;\nmod inner { use super::User; }\n",
    ),
];

fn clean_but(file: &str, more: &str) -> Vec<String> {
    let mut files = CLEAN.to_vec();
    let text;
    if let Some(at) = files.iter().position(|(name, _)| *name == file) {
        text = format!("{}\n{more}", files[at].1);
        files[at].1 = &text;
    } else {
        files.push((file, more));
    }
    findings(&files)
}

#[test]
fn a_clean_crate_is_clean() {
    assert_eq!(findings(&CLEAN), Vec::<String>::new());
    // What only tests have may name anything.
    let found = clean_but("store/more.rs", "use crate::api::X;");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn what_goes_up_is_found() {
    for (more, written) in [
        ("use crate::api::Error;", "src/user.rs:5: crate::api::Error"),
        (
            "use crate::{\n    api::{self},\n    store as s,\n};\nfn f() -> s::Key {}",
            "src/user.rs:9: s::Key",
        ),
        (
            "fn f(x: &shared::messaging::Sms) {}",
            "src/user.rs:5: shared::messaging::Sms",
        ),
        (
            "fn f() { super::api::g(); }",
            "src/user.rs:5: super::api::g",
        ),
        ("use crate::store::*;", "src/user.rs:5: crate::store"),
    ] {
        let found = clean_but("user.rs", more);
        assert!(
            found.contains(&format!("upward: {written}")),
            "{more}: {found:#?}"
        );
    }
    // The user is below the store, so this is a circle, too.
    let found = clean_but("user.rs", "use crate::store::Key;");
    assert!(
        found[0].starts_with("circle of store::key, user:\n"),
        "{found:#?}"
    );
}

#[test]
fn circles_are_found() {
    // The store's own noun, which its child imports.
    let files = [
        (
            "store/mod.rs",
            "mod key;\nuse key::Key;\npub struct Item(Key);\n",
        ),
        (
            "store/key.rs",
            "use crate::store::Item;\npub struct Key(Item);\n",
        ),
    ];
    insta::assert_snapshot!(findings(&files).join("\n"), @"
    circle of store, store::key:
        src/store/mod.rs:2: key::Key
        src/store/key.rs:1: crate::store::Item
    ");
    // Over a third, in functions and without a `use` line.
    let files = [
        ("user/a.rs", "fn a() { super::b::b() }"),
        ("user/b.rs", "use crate::user::c;\nfn b() { c::c() }"),
        ("user/c.rs", "pub fn c() { crate::user::a::a() }"),
    ];
    insta::assert_snapshot!(findings(&files).join("\n"), @"
    circle of user::a, user::b, user::c:
        src/user/a.rs:1: super::b::b
        src/user/b.rs:2: c::c
        src/user/c.rs:1: crate::user::a::a
    ");
}

#[test]
fn http_below_api_is_found() {
    for (file, more) in [
        ("store/key.rs", "use http::StatusCode;"),
        ("user.rs", "use lambda_http::{Request, Response};"),
        ("user.rs", "fn f() -> lambda_http::http::StatusCode {}"),
        ("user.rs", "use hyper::Request;"),
        ("messaging.rs", "use http::Request;"),
        (
            "store/key.rs",
            "use aws_smithy_runtime_api::client::http::HttpClient;",
        ),
    ] {
        let found = clean_but(file, more);
        assert!(!found.is_empty(), "{more}");
        assert!(
            found.iter().all(|found| found.starts_with("HTTP: ")),
            "{found:#?}"
        );
    }
}

#[test]
fn a_generator_made_on_the_fly_is_found() {
    let found = clean_but("user.rs", "fn f() { rand::rngs::SysRng.try_next_u32(); }");
    assert_eq!(found, ["generator: src/user.rs:5: rand::rngs::SysRng"]);
}

#[test]
fn two_layouts_are_found() {
    let found = clean_but("store.rs", "");
    assert_eq!(found, ["two layouts: src/store.rs beside its folder"]);
}
