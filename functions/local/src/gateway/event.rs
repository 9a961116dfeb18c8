//! The payload-v2 event that API Gateway makes of a request.
//! It is JSON here too, so that a function sees locally what it sees on Lambda.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, COOKIE, HeaderValue};
use serde_json::{Map, Value, json};
use shared::clock::Timestamp;

use crate::gateway::authorizer::Authorized;
use crate::gateway::route::Match;
use crate::web::request::{Incoming, parameters};

/// Lambda's limit for an event.
pub const MOST_EVENT: usize = 6 * 1024 * 1024;

/// What identifies one request.
#[derive(Debug)]
pub struct Identifiers {
    /// API Gateway's, also the header `apigw-requestid`.
    pub request: String,
    /// Lambda's.
    pub invocation: String,
    /// X-Ray's.
    pub trace: String,
}

/// The event for a request on a route.
pub fn event(
    incoming: &Incoming,
    route: &Match<'_>,
    authorized: Option<&Authorized>,
    identifiers: &Identifiers,
    now: Timestamp,
) -> Value {
    let (body, is_base64_encoded) = body(incoming);
    let mut event = json!({
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": incoming.path,
        "rawQueryString": incoming.query,
        "headers": headers(incoming, identifiers),
        "requestContext": context(incoming, route, authorized, identifiers, now),
        "isBase64Encoded": is_base64_encoded,
    });
    if let Some(event) = event.as_object_mut() {
        let mut optional = |name: &str, value: Option<Value>| {
            event.extend(value.map(|value| (name.to_owned(), value)));
        };
        optional("cookies", cookies(incoming));
        optional("queryStringParameters", query(&incoming.query));
        let path = &route.parameters;
        optional("pathParameters", (!path.is_empty()).then(|| json!(path)));
        optional("body", body.map(Value::from));
    }
    event
}

/// Who asks for what, and when.
fn context(
    incoming: &Incoming,
    route: &Match<'_>,
    authorized: Option<&Authorized>,
    identifiers: &Identifiers,
    now: Timestamp,
) -> Value {
    // On AWS there is never a port; here it belongs to the address that functions make links with.
    let domain = incoming.host.as_str();
    let mut context = json!({
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": domain,
        "domainPrefix": domain.split('.').next(),
        "http": {
            "method": incoming.method,
            "path": incoming.path,
            "protocol": incoming.version,
            "sourceIp": incoming.peer.ip().to_canonical().to_string(),
            "userAgent": incoming.header("user-agent").unwrap_or_default(),
        },
        "requestId": identifiers.request,
        "routeKey": route.key,
        "stage": "$default",
        "time": common_log_time(now),
        "timeEpoch": now.millis(),
    });
    if let (Some(authorized), Some(context)) = (authorized, context.as_object_mut()) {
        let claims: BTreeMap<&String, String> = authorized
            .claims
            .iter()
            .map(|(name, value)| (name, claim_text(value)))
            .collect();
        let jwt = json!({ "claims": claims, "scopes": authorized.scopes });
        context.insert("authorizer".to_owned(), json!({ "jwt": jwt }));
    }
    context
}

/// Headers in lower case, repeated ones joined; what belongs to the connection is not passed on.
fn headers(incoming: &Incoming, identifiers: &Identifiers) -> BTreeMap<String, String> {
    const OF_THE_CONNECTION: [&str; 8] = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
    ];
    let mut headers = BTreeMap::new();
    for name in incoming.headers.keys() {
        if name != COOKIE && !OF_THE_CONNECTION.contains(&name.as_str()) {
            let values: Vec<String> = incoming.headers.get_all(name).iter().map(text).collect();
            headers.insert(name.as_str().to_owned(), values.join(","));
        }
    }
    let peer = incoming.peer.ip().to_canonical().to_string();
    let forwarded = match headers.get("x-forwarded-for") {
        Some(before) => format!("{before}, {peer}"),
        None => peer,
    };
    headers.insert("x-forwarded-for".to_owned(), forwarded);
    headers.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    let port = incoming
        .host
        .rsplit_once(':')
        .map_or("80", |(_, port)| port);
    headers.insert("x-forwarded-port".to_owned(), port.to_owned());
    headers
        .entry("x-amzn-trace-id".to_owned())
        .or_insert_with(|| identifiers.trace.clone());
    headers
}

/// A header as text: UTF-8, or else Latin-1, which HTTP once was.
fn text(value: &HeaderValue) -> String {
    std::str::from_utf8(value.as_bytes()).map_or_else(
        |_| {
            value
                .as_bytes()
                .iter()
                .map(|byte| char::from(*byte))
                .collect()
        },
        str::to_owned,
    )
}

fn cookies(incoming: &Incoming) -> Option<Value> {
    let all: Vec<String> = incoming
        .headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|value| {
            let pairs = text(value);
            let pairs: Vec<String> = pairs
                .split(';')
                .map(|pair| pair.trim().to_owned())
                .collect();
            pairs
        })
        .filter(|pair| !pair.is_empty())
        .collect();
    (!all.is_empty()).then(|| all.into())
}

/// Decoded, repeated ones joined by a comma; absent without a query.
fn query(raw: &str) -> Option<Value> {
    let mut joined: Map<String, Value> = Map::new();
    for (name, value) in parameters(raw) {
        match joined.get_mut(&name) {
            Some(Value::String(before)) => {
                before.push(',');
                before.push_str(&value);
            }
            _ => {
                joined.insert(name, value.into());
            }
        }
    }
    (!joined.is_empty()).then_some(Value::Object(joined))
}

/// Text where the content type says text and it is, otherwise base64.
fn body(incoming: &Incoming) -> (Option<String>, bool) {
    if incoming.body.is_empty() {
        return (None, false);
    }
    let content_type = incoming.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    match std::str::from_utf8(&incoming.body) {
        Ok(body) if is_text(content_type) => (Some(body.to_owned()), false),
        _ => (Some(STANDARD.encode(&incoming.body)), true),
    }
}

fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence.as_str(),
            "application/json" | "application/javascript" | "application/xml"
        )
}

/// Every claim is a string: a list is `[a b]`, a number its digits.
fn claim_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(claim_text).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name}:{}", claim_text(value)))
                .collect();
            format!("map[{}]", members.join(" "))
        }
        Value::Null => "<nil>".to_owned(),
        scalar => scalar.to_string(),
    }
}

/// `21/Nov/2026:11:41:31 +0000`.
fn common_log_time(now: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = now.rfc3339();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let month = part(5, 7).parse::<usize>().ok();
    let month = month.and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    format!(
        "{}/{}/{}:{} +0000",
        part(8, 10),
        month.unwrap_or(&""),
        part(0, 4),
        part(11, 19)
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::gateway::route::Routes;
    use crate::template::{Method, Route};

    fn incoming(content_type: &str, body: &[u8]) -> Incoming {
        let headers = [
            ("host", "127.0.0.1:3000"),
            ("content-type", content_type),
            ("x-twice", "a"),
            ("x-twice", "b"),
            ("cookie", "one=1; two=2"),
            ("cookie", "three=3"),
            ("connection", "keep-alive"),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-proto", "not a scheme"),
            (
                "x-amzn-trace-id",
                "Root=1-00000000-000000000000000000000000",
            ),
        ];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        map.append("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        Incoming {
            method: "PATCH".to_owned(),
            path: "/scim2/Users/a b".to_owned(),
            query: "x=1&y=%20z&x=2".to_owned(),
            version: "HTTP/1.1".to_owned(),
            host: "127.0.0.1:3000".to_owned(),
            headers: map,
            body: body.to_vec(),
            peer: "[::ffff:127.0.0.1]:40000".parse().unwrap(),
        }
    }

    fn made(incoming: &Incoming, authorized: Option<&Authorized>) -> Value {
        let routes = Routes::new(&[Route {
            method: Method::One("PATCH".to_owned()),
            path: "/scim2/Users/{id}".to_owned(),
            function: "F".to_owned(),
            authorized: true,
            scopes: Vec::new(),
        }]);
        let identifiers = Identifiers {
            request: "request".to_owned(),
            invocation: "invocation".to_owned(),
            trace: "Root=1-2".to_owned(),
        };
        let route = routes.find("PATCH", &incoming.path).unwrap();
        let now = Timestamp::from_millis(1_795_262_290_123);
        event(incoming, &route, authorized, &identifiers, now)
    }

    #[test]
    fn an_event_is_what_api_gateway_sends() {
        let claims = json!({
            "sub": "bob",
            "exp": 1_795_262_290,
            "aud": ["a", "b"],
            "admin": true,
            "extra": { "a": 1 },
        });
        let authorized = Authorized {
            claims: claims.as_object().unwrap().clone(),
            scopes: None,
        };
        let event = made(
            &incoming("application/scim+json; charset=utf-8", b"{}"),
            Some(&authorized),
        );
        insta::assert_json_snapshot!(event, @r#"
        {
          "version": "2.0",
          "routeKey": "PATCH /scim2/Users/{id}",
          "rawPath": "/scim2/Users/a b",
          "rawQueryString": "x=1&y=%20z&x=2",
          "headers": {
            "content-type": "application/scim+json; charset=utf-8",
            "host": "127.0.0.1:3000",
            "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
            "x-forwarded-for": "203.0.113.9, 127.0.0.1",
            "x-forwarded-port": "3000",
            "x-forwarded-proto": "http",
            "x-latin": "café",
            "x-twice": "a,b"
          },
          "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1:3000",
            "domainPrefix": "127",
            "http": {
              "method": "PATCH",
              "path": "/scim2/Users/a b",
              "protocol": "HTTP/1.1",
              "sourceIp": "127.0.0.1",
              "userAgent": ""
            },
            "requestId": "request",
            "routeKey": "PATCH /scim2/Users/{id}",
            "stage": "$default",
            "time": "21/Nov/2026:11:58:10 +0000",
            "timeEpoch": 1795262290123,
            "authorizer": {
              "jwt": {
                "claims": {
                  "admin": "true",
                  "aud": "[a b]",
                  "exp": "1795262290",
                  "extra": "map[a:1]",
                  "sub": "bob"
                },
                "scopes": null
              }
            }
          },
          "isBase64Encoded": false,
          "cookies": [
            "one=1",
            "two=2",
            "three=3"
          ],
          "queryStringParameters": {
            "x": "1,2",
            "y": " z"
          },
          "pathParameters": {
            "id": "a b"
          },
          "body": "{}"
        }
        "#);
        // And lambda_http makes a request of it.
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        assert_eq!(
            request.uri(),
            "http://127.0.0.1:3000/scim2/Users/a%20b?x=1&y=%20z&x=2"
        );
    }

    #[test]
    fn bodies_are_text_or_base64() {
        for (content_type, body, made_body, encoded) in [
            ("application/json", &b"{}"[..], json!("{}"), false),
            ("text/plain", b"x", json!("x"), false),
            ("Application/Problem+JSON", b"x", json!("x"), false),
            (
                "application/x-www-form-urlencoded",
                b"a=b",
                json!("YT1i"),
                true,
            ),
            ("application/octet-stream", b"x", json!("eA=="), true),
            ("application/json", b"\xff", json!("/w=="), true),
            ("application/json", b"", Value::Null, false),
        ] {
            let event = made(&incoming(content_type, body), None);
            assert_eq!(event.get("body").cloned().unwrap_or_default(), made_body);
            assert_eq!(event["isBase64Encoded"], encoded, "{content_type}");
            assert_eq!(event["requestContext"].get("authorizer"), None);
        }
    }
}
