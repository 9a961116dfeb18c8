//! Lists as tests ask for them, and what they look at in an answer.

use local::testing::{Answer, Event, TestApp};
use serde_json::Value;

/// A list with these parameters of the query.
pub fn listing(parameters: &[(&str, &str)]) -> Event {
    Event::shipped("scim-users/list").query(parameters)
}

pub async fn listed(test: &TestApp, parameters: &[(&str, &str)]) -> Answer {
    test.users(&listing(parameters)).await
}

/// The names of the users in a list, as they stand there.
pub fn names(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{answer}");
    let resources = answer.body["Resources"].as_array().unwrap();
    assert_eq!(answer.body["itemsPerPage"], resources.len());
    let names = resources.iter().map(|user| &user["userName"]);
    names.map(|name| name.as_str().unwrap()).collect()
}

/// The names of the users that a filter finds, in order.
pub async fn found(test: &TestApp, filter: &str) -> Vec<String> {
    let answer = listed(test, &[("filter", filter)]).await;
    let mut found: Vec<String> = names(&answer).into_iter().map(str::to_owned).collect();
    assert_eq!(answer.body["totalResults"], found.len(), "{filter}");
    found.sort_unstable();
    found
}

/// Status, `scimType` and `detail` of a refusal.
pub fn told(answer: &Answer) -> String {
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    format!("{} {detail}", answer.gist())
}

/// The cursor of the next page, where there is one.
pub fn next(answer: &Answer) -> Option<&str> {
    answer.body.get("nextCursor").and_then(Value::as_str)
}
