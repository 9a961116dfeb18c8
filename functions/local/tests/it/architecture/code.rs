//! A crate as its files import each other, and what is wrong with that.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Named, Source};

/// What answers requests, and not what sends them: that is `hyper`.
const HTTP: [&str; 5] = [
    "http",
    "lambda_http",
    "lambda_runtime",
    "axum",
    "StatusCode",
];
/// Whose status of an answer is not one that we give.
const CLIENT: &str = "hyper";
const CLIENT_ROOMS: [&str; 2] = ["messaging", "platform"];
/// What AWS's clients call the client of HTTP that they are given.
const AWS_CLIENT: &str = "aws_smithy_runtime_api";
const AWS_CLIENT_ROOM: &str = "platform";
/// Where the world of HTTP ends.
const LOWEST_HTTP: &str = "api";

/// The system's generator, and where it is made.
const GENERATOR: (&str, &str) = ("SysRng", "platform/random.rs");

/// A crate's files by their path below `src`.
pub struct Tree {
    /// As code calls it.
    pub name: String,
    pub directory: String,
    pub files: BTreeMap<String, String>,
}

/// A module's names from the crate's root.
pub type Module = Vec<String>;

/// A crate as it is read.
pub struct Code<'a> {
    tree: &'a Tree,
    modules: BTreeMap<Module, (&'a str, Source)>,
}

/// That a file names what another file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    from: Module,
    to: Module,
    /// File, line and the path as written.
    shown: String,
}

impl<'a> Code<'a> {
    pub fn read(tree: &'a Tree) -> Self {
        let read = tree.files.iter().map(|(file, text)| {
            let names = file.trim_end_matches(".rs").split('/');
            let names = names.filter(|name| !["mod", "lib"].contains(name));
            let module: Module = names.map(str::to_owned).collect();
            (module, (file.as_str(), Source::read(text)))
        });
        let mut modules: BTreeMap<Module, (&str, Source)> = read.collect();
        let tests = modules.iter().flat_map(|(module, (_, source))| {
            let names = source.test_modules.iter();
            names.map(|name| [&module[..], std::slice::from_ref(name)].concat())
        });
        let tests: Vec<Module> = tests.collect();
        modules.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        Self { tree, modules }
    }

    /// What goes against the order of the rooms; without an order, against there being one.
    pub fn findings(&self, rooms: Option<&[String]>) -> Vec<String> {
        let edges = self.edges();
        let mut findings = self.double_layouts();
        findings.extend(self.generators());
        findings.extend(circles(&edges, usize::MAX));
        if let Some(rooms) = rooms {
            findings.extend(upward(&edges, rooms));
            findings.extend(self.low_http(rooms));
        } else {
            // Rooms that are in no circle have an order.
            findings.extend(circles(&edges, 1));
        }
        findings.sort();
        findings.dedup();
        findings
    }

    /// Every import of another file of this crate.
    pub fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (from, (file, source)) in &self.modules {
            for named in &source.named {
                let Some(path) = self.absolute(from, named, 0) else {
                    continue;
                };
                let whole = self.modules.contains_key(&path);
                // Whoever uses a whole module names what it takes of it in another place.
                if whole && named.called.as_deref().is_some_and(|called| called != "*") {
                    continue;
                }
                let edge = Edge {
                    from: from.clone(),
                    to: self.owner(&path, 0),
                    shown: self.shown(file, named),
                };
                if edge.to != edge.from && !edges.contains(&edge) {
                    edges.push(edge);
                }
            }
        }
        edges
    }

    /// A path from the crate's root; none where it leads out of the crate.
    fn absolute(&self, module: &Module, named: &Named, depth: usize) -> Option<Module> {
        let (first, rest) = named.names.split_first()?;
        // `pub(in super::super)` says who may see, and names nothing.
        if named
            .names
            .iter()
            .all(|name| ["self", "super", "crate"].contains(&name.as_str()))
        {
            return None;
        }
        if first == "crate" || *first == self.tree.name {
            return Some(rest.to_vec());
        }
        let mut at = module.clone();
        let mut within = named.within;
        let mut rest = named.names.as_slice();
        while let Some((first, below)) = rest.split_first() {
            match first.as_str() {
                "self" => {}
                "super" if within > 0 => within -= 1,
                "super" => drop(at.pop()),
                _ => break,
            }
            rest = below;
        }
        let path = [at, rest.to_vec()].concat();
        let child = path.get(..=module.len());
        let is_child = within == 0 && child.is_some_and(|child| self.modules.contains_key(child));
        if rest.len() < named.names.len() || is_child {
            return Some(path);
        }
        // A name that a `use` line has given it. A path in the code counts where that line took a whole module.
        let (_, source) = self.modules.get(module)?;
        let called = |one: &&Named| one.called.as_ref() == Some(first) && *one != named;
        let import = source.named.iter().find(called).filter(|_| depth < 8)?;
        let mut path = self.absolute(module, import, depth + 1)?;
        if named.called.is_none() && !self.modules.contains_key(&path) {
            return None;
        }
        path.extend(rest.iter().skip(1).cloned());
        Some(path)
    }

    /// The module whose file has what is at this path, also where another hands it on.
    fn owner(&self, path: &Module, depth: usize) -> Module {
        let mut length = path.len();
        while !self.modules.contains_key(&path[..length]) && length > 0 {
            length -= 1;
        }
        let module = path[..length].to_vec();
        let Some(item) = path.get(length) else {
            return module;
        };
        let handed_on = self.modules.get(&module).and_then(|(_, source)| {
            let called = |one: &&Named| one.called.as_ref() == Some(item);
            let import = source.named.iter().find(called).filter(|_| depth < 8)?;
            self.absolute(&module, import, depth + 1)
        });
        match handed_on {
            Some(path) => self.owner(&path, depth + 1),
            None => module,
        }
    }

    /// HTTP where it is not wanted: below `api`, apart from what providers are called with.
    fn low_http(&self, rooms: &[String]) -> Vec<String> {
        let lowest = rooms.iter().position(|room| room == LOWEST_HTTP);
        let low = self
            .modules
            .iter()
            .filter(|(module, _)| floor(rooms, module) > lowest);
        let mut findings = Vec::new();
        for (module, (file, source)) in low {
            let room = module.first().map(String::as_str);
            for named in &source.named {
                let first = source.imported(&named.names[0]).unwrap_or(&named.names[0]);
                let answers = named.names.iter().any(|name| HTTP.contains(&name.as_str()));
                let wrong = match first {
                    "crate" => false,
                    CLIENT => room.is_none_or(|room| !CLIENT_ROOMS.contains(&room)),
                    AWS_CLIENT => answers && room != Some(AWS_CLIENT_ROOM),
                    _ => answers,
                };
                if wrong {
                    findings.push(format!("HTTP: {}", self.shown(file, named)));
                }
            }
        }
        findings
    }

    /// The system's generator, which all but one file are handed. Clippy bans it as a type, but not as a value.
    fn generators(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for (file, source) in self.modules.values() {
            let generators = source.named.iter().filter(|named| {
                let mut names = named.names.iter();
                *file != GENERATOR.1 && names.any(|name| name == GENERATOR.0)
            });
            findings
                .extend(generators.map(|named| format!("generator: {}", self.shown(file, named))));
        }
        findings
    }

    /// `x.rs` beside `x/`.
    fn double_layouts(&self) -> Vec<String> {
        let files = || self.tree.files.keys();
        let double = files().filter(|file| {
            let folder = file.replace(".rs", "/");
            files().any(|other| other.starts_with(&folder))
        });
        let directory = &self.tree.directory;
        let shown = double.map(|file| format!("two layouts: {directory}/{file} beside its folder"));
        shown.collect()
    }

    fn shown(&self, file: &str, named: &Named) -> String {
        let (directory, line) = (&self.tree.directory, named.line);
        format!("{directory}/{file}:{line}: {}", named.names.join("::"))
    }
}

/// How far down a module is; none for the crate's root.
fn floor(rooms: &[String], module: &Module) -> Option<usize> {
    rooms.iter().position(|room| module.first() == Some(room))
}

fn upward(edges: &[Edge], rooms: &[String]) -> Vec<String> {
    let upward = edges.iter().filter(|edge| {
        let floors = floor(rooms, &edge.from).zip(floor(rooms, &edge.to));
        floors.is_some_and(|(from, to)| to < from)
    });
    upward
        .map(|edge| format!("upward: {}", edge.shown))
        .collect()
}

/// Groups of files, or of folders at a depth, in which each leads to each other.
fn circles(edges: &[Edge], depth: usize) -> Vec<String> {
    let cut = |module: &Module| module.iter().take(depth).cloned().collect::<Module>();
    let edges = edges
        .iter()
        .map(|edge| (cut(&edge.from), cut(&edge.to), edge));
    let edges: Vec<(Module, Module, &Edge)> = edges.filter(|(from, to, _)| from != to).collect();
    let mut reached: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for (from, ..) in &edges {
        let mut seen = BTreeSet::new();
        let mut next = vec![from];
        while let Some(module) = next.pop() {
            let out = edges.iter().filter(|(from, ..)| from == module);
            next.extend(out.map(|(_, to, _)| to).filter(|to| seen.insert(*to)));
        }
        reached.insert(from, seen);
    }
    let leads = |from, to| reached.get(from).is_some_and(|seen| seen.contains(to));
    let mut circles: BTreeMap<Vec<&Module>, Vec<&str>> = BTreeMap::new();
    for (from, _, edge) in edges.iter().filter(|(from, to, _)| leads(to, from)) {
        let members = reached.keys().copied();
        let members = members.filter(|one| leads(from, one) && leads(one, from));
        circles
            .entry(members.collect())
            .or_default()
            .push(&edge.shown);
    }
    let shown = circles.into_iter().map(|(members, edges)| {
        let members = members.iter().map(|module| match module.as_slice() {
            [] => "lib".to_owned(),
            names => names.join("::"),
        });
        let members: Vec<String> = members.collect();
        format!(
            "circle of {}:\n    {}",
            members.join(", "),
            edges.join("\n    ")
        )
    });
    shown.collect()
}
