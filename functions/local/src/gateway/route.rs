//! Which route a request takes: the most specific path wins, then the method over ANY.
//! A path is matched after percent-decoding, as API Gateway's HTTP APIs do.

use std::collections::BTreeMap;

use crate::template::{Method, Route};

/// The HTTP API's routes.
#[derive(Debug, Default)]
pub struct Routes {
    routes: Vec<(Pattern, Route)>,
}

/// A route that fits, with the values of its path parameters.
#[derive(Debug)]
pub struct Match<'a> {
    pub route: &'a Route,
    /// `PATCH /scim2/Users/{id}`.
    pub key: String,
    pub parameters: BTreeMap<String, String>,
}

/// A part of a route's path, in order of how specific it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    Parameter(String),
    Greedy(String),
}

type Pattern = Vec<Segment>;

impl Routes {
    pub fn new(routes: &[Route]) -> Self {
        let mut routes: Vec<(Pattern, Route)> = routes
            .iter()
            .map(|route| (pattern(&route.path), route.clone()))
            .collect();
        routes.sort_by(|(left, one), (right, other)| {
            specificity(left)
                .cmp(&specificity(right))
                .then_with(|| (one.method == Method::Any).cmp(&(other.method == Method::Any)))
        });
        Self { routes }
    }

    /// The route for a method and a decoded path.
    pub fn find(&self, method: &str, path: &str) -> Option<Match<'_>> {
        self.routes
            .iter()
            .filter(|(_, route)| match &route.method {
                Method::Any => true,
                Method::One(one) => one == method,
            })
            .find_map(|(pattern, route)| {
                let parameters = matched(pattern, path)?;
                let method = match &route.method {
                    Method::Any => "ANY",
                    Method::One(one) => one,
                };
                Some(Match {
                    key: format!("{method} {}", route.path),
                    route,
                    parameters,
                })
            })
    }
}

/// Literal before parameter before greedy, from the left.
fn specificity(pattern: &Pattern) -> Vec<u8> {
    pattern
        .iter()
        .map(|segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Parameter(_) => 1,
            Segment::Greedy(_) => 2,
        })
        .collect()
}

fn pattern(path: &str) -> Pattern {
    path.trim_start_matches('/')
        .split('/')
        .map(|segment| {
            let name = segment
                .strip_prefix('{')
                .and_then(|segment| segment.strip_suffix('}'));
            match name.map(|name| (name, name.strip_suffix('+'))) {
                Some((_, Some(greedy))) => Segment::Greedy(greedy.to_owned()),
                Some((name, None)) => Segment::Parameter(name.to_owned()),
                None => Segment::Literal(segment.to_owned()),
            }
        })
        .collect()
}

fn matched(pattern: &Pattern, path: &str) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    let mut rest = Some(path.strip_prefix('/')?);
    for segment in pattern {
        let whole = rest?;
        let (here, after) = match whole.split_once('/') {
            Some((here, after)) => (here, Some(after)),
            None => (whole, None),
        };
        rest = after;
        match segment {
            Segment::Literal(literal) if literal == here => {}
            Segment::Parameter(name) if !here.is_empty() => {
                parameters.insert(name.clone(), here.to_owned());
            }
            Segment::Greedy(name) if !whole.is_empty() => {
                parameters.insert(name.clone(), whole.to_owned());
                return Some(parameters);
            }
            _ => return None,
        }
    }
    rest.is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_route_wins() {
        let route = |method: &str, path: &str| Route {
            method: if method == "ANY" {
                Method::Any
            } else {
                Method::One(method.to_owned())
            },
            path: path.to_owned(),
            function: "F".to_owned(),
            authorized: false,
            scopes: Vec::new(),
        };
        let routes = Routes::new(&[
            route("GET", "/scim2/{proxy+}"),
            route("GET", "/scim2/Users/{id}"),
            route("ANY", "/scim2/Me"),
            route("GET", "/scim2/Me"),
            route("POST", "/scim2/Users"),
            route("GET", "/scim2/{kind}/Special"),
            route("GET", "/"),
        ]);
        for (method, path, found) in [
            ("GET", "/scim2/Me", Some("GET /scim2/Me")),
            ("PUT", "/scim2/Me", Some("ANY /scim2/Me")),
            ("GET", "/scim2/Users/1", Some("GET /scim2/Users/{id}")),
            ("GET", "/scim2/Users/Special", Some("GET /scim2/Users/{id}")),
            (
                "GET",
                "/scim2/Groups/Special",
                Some("GET /scim2/{kind}/Special"),
            ),
            ("GET", "/scim2/Users", Some("GET /scim2/{proxy+}")),
            ("GET", "/scim2/Users/", Some("GET /scim2/{proxy+}")),
            ("GET", "/scim2/Users/../Me", Some("GET /scim2/{proxy+}")),
            ("GET", "/scim2/me", Some("GET /scim2/{proxy+}")),
            ("POST", "/scim2/Users", Some("POST /scim2/Users")),
            ("POST", "/scim2/Users/1", None),
            ("GET", "/scim2", None),
            ("GET", "/scim2/", None),
            ("GET", "//scim2/Me", None),
            ("GET", "/", Some("GET /")),
            ("get", "/", None),
        ] {
            let key = routes.find(method, path).map(|route| route.key);
            assert_eq!(key.as_deref(), found, "{method} {path}");
        }
        let parameters = |path: &str| routes.find("GET", path).unwrap().parameters;
        assert_eq!(parameters("/scim2/Users/a b")["id"], "a b");
        assert_eq!(parameters("/scim2/a/b/c")["proxy"], "a/b/c");
    }
}
