//! Pages by cursor: each costs the same, and no cursor leads where its query does not.

use std::collections::BTreeSet;
use std::time::Duration;

use local::testing::{Answer, Event, TestApp};
use serde_json::{Value, json};

use crate::support::{listed, names, next, told};

/// Follows the cursors to the end; answers all pages.
async fn pages(test: &TestApp, query: &[(&str, &str)]) -> Vec<Answer> {
    let mut pages: Vec<Answer> = Vec::new();
    loop {
        let cursor = pages.last().map_or(Some(""), next);
        let Some(cursor) = cursor else {
            return pages;
        };
        let page = listed(test, &[query, &[("cursor", cursor)]].concat()).await;
        assert_eq!(page.status, 200, "{page}");
        assert_eq!(page.body.get("startIndex"), None);
        assert!(pages.len() < 1_000, "no end");
        pages.push(page);
    }
}

fn everybody(pages: &[Answer]) -> BTreeSet<&str> {
    let all: Vec<&str> = pages.iter().flat_map(names).collect();
    let distinct: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(all.len(), distinct.len(), "nobody twice");
    distinct
}

#[tokio::test]
async fn the_shipped_event() {
    let test = TestApp::start().await;
    let answer = test.users(&Event::shipped("scim-users/list-cursor")).await;
    assert_eq!(names(&answer), ["bob123", "alice"]);
    assert_eq!(next(&answer), None);
    assert_eq!(answer.body["totalResults"], 2, "known, since it is all");
}

#[tokio::test]
async fn every_page_of_ten_thousand_costs_the_same() {
    let test = TestApp::start().await;
    test.many_users(9_998, |_| Value::Null).await;
    let (mut cursor, mut seen) = (String::new(), BTreeSet::new());
    for page in 1..=100 {
        test.stack.faults().take_calls();
        let answer = listed(&test, &[("cursor", &cursor), ("count", "100")]).await;
        assert_eq!(
            test.stack.faults().take_calls(),
            ["Scan", "BatchGetItem", "BatchGetItem"],
            "page {page}"
        );
        assert_eq!(names(&answer).len(), 100);
        seen.extend(names(&answer).into_iter().map(str::to_owned));
        assert_eq!(next(&answer).is_some(), page < 100);
        cursor = next(&answer).unwrap_or_default().to_owned();
    }
    assert_eq!(seen.len(), 10_000);

    // By index the number of users is counted each time; one more than can be is refused with a way out.
    let answer = listed(&test, &[("startIndex", "9991"), ("count", "100")]).await;
    assert_eq!(
        (names(&answer).len(), &answer.body["totalResults"]),
        (10, &json!(10_000))
    );
    let create = Event::shipped("scim-users/create").body(&json!({ "userName": "one-more" }));
    assert_eq!(test.users(&create).await.status, 201);
    for parameters in [
        &[("startIndex", "1")][..],
        &[("startIndex", "1"), ("filter", "title pr")],
        &[("count", "0")],
        &[("cursor", ""), ("count", "0")],
    ] {
        assert_eq!(
            told(&listed(&test, parameters).await),
            "400 tooMany There are more than 10000 users: page by cursor, or filter by userName, externalId or id."
        );
    }
    // Who asked for no page by index gets one by cursor.
    let answer = listed(&test, &[]).await;
    assert_eq!(names(&answer).len(), 100);
    assert_eq!(
        (
            answer.body.get("totalResults"),
            answer.body.get("startIndex")
        ),
        (None, None)
    );
    assert_eq!(
        names(&listed(&test, &[("cursor", next(&answer).unwrap())]).await).len(),
        100
    );
    let by_name = [("startIndex", "1"), ("filter", r#"userName eq "one-more""#)];
    assert_eq!(names(&listed(&test, &by_name).await), ["one-more"]);
}

#[tokio::test]
async fn a_filtered_page_looks_through_a_bounded_part() {
    let test = TestApp::start().await;
    test.many_users(
        2_500,
        |n| json!({ "title": if n % 500 == 0 { "rare" } else { "common" } }),
    )
    .await;
    let rare = [("filter", r#"title eq "rare""#), ("count", "2")];
    let pages = pages(&test, &rare).await;
    assert_eq!(everybody(&pages).len(), 5);
    assert!(pages.iter().all(|page| names(page).len() <= 2));
    let none = [("filter", r#"title eq "none""#), ("cursor", "")];
    test.stack.faults().take_calls();
    let answer = listed(&test, &none).await;
    let calls = test.stack.faults().take_calls();
    assert_eq!(
        (calls.len(), calls[0].as_str()),
        (21, "Scan"),
        "1000 users, 50 at once"
    );
    assert_eq!(names(&answer), [""; 0]);
    assert!(next(&answer).is_some(), "there are more to look through");
    assert_eq!(answer.body.get("totalResults"), None);
    let common = [
        ("filter", r#"title eq "common""#),
        ("cursor", ""),
        ("count", "10"),
    ];
    test.stack.faults().take_calls();
    listed(&test, &common).await;
    assert_eq!(
        test.stack.faults().take_calls(),
        ["Scan", "BatchGetItem"],
        "no more than needed"
    );
}

#[tokio::test]
async fn users_that_come_and_go_between_pages() {
    let test = TestApp::start().await;
    test.many_users(20, |_| Value::Null).await;
    let first = listed(&test, &[("cursor", ""), ("count", "5")]).await;
    // The one that the cursor names, and one that is yet to come.
    let second = listed(&test, &[("cursor", next(&first).unwrap())]).await;
    let last_shown = &first.body["Resources"][4]["id"];
    let to_come = &second.body["Resources"][2]["id"];
    for id in [last_shown, to_come] {
        let delete = Event::shipped("scim-users/delete").parameter("id", id.as_str().unwrap());
        assert_eq!(test.users(&delete).await.status, 204);
    }
    let again = listed(&test, &[("cursor", next(&first).unwrap())]).await;
    let mut expected = names(&second);
    expected.remove(2);
    let shown = names(&again);
    assert_eq!(&shown[..4], &expected[..4]);
    assert!(!shown.contains(&to_come.as_str().unwrap()));
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query() {
    let test = TestApp::start().await;
    test.many_users(10, |_| Value::Null).await;
    let filter = ("filter", "userName pr");
    let first = listed(&test, &[filter, ("cursor", ""), ("count", "3")]).await;
    let cursor = ("cursor", next(&first).unwrap());
    assert_eq!(
        names(&listed(&test, &[filter, cursor, ("count", "3")]).await).len(),
        3
    );
    assert_eq!(
        names(&listed(&test, &[filter, cursor]).await).len(),
        3,
        "its own count"
    );
    for (parameters, told_so) in [
        (
            &[cursor][..],
            "400 invalidCursor cursor: is none that was given out for this query; begin with an empty one",
        ),
        (
            &[("filter", "id pr"), cursor],
            "400 invalidCursor cursor: is none that was given out for this query; begin with an empty one",
        ),
        (
            &[filter, cursor, ("count", "4")],
            "400 invalidCount count: differs from the first page's",
        ),
        (
            &[filter, cursor, ("count", "0")],
            "400 invalidCount count: differs from the first page's",
        ),
        (
            &[filter, cursor, ("count", "x")],
            "400 invalidCount count: must be a whole number",
        ),
        (
            &[filter, cursor, ("startIndex", "1")],
            "400 invalidValue startIndex: cannot be given together with cursor",
        ),
        (
            &[filter, cursor, ("cursor", "")],
            "400 invalidValue cursor: is given twice with different values",
        ),
    ] {
        assert_eq!(told(&listed(&test, parameters).await), told_so);
    }
    test.stack.clock().advance(Duration::from_mins(55));
    assert_eq!(listed(&test, &[filter, cursor]).await.status, 200);
    // What is said twice is said once.
    assert_eq!(listed(&test, &[filter, cursor, cursor]).await.status, 200);
    test.stack.clock().advance(Duration::from_mins(6));
    assert_eq!(
        told(&listed(&test, &[filter, cursor]).await),
        "400 expiredCursor cursor: is too old; begin with an empty one"
    );
}

#[tokio::test]
async fn forged_cursors_lead_nowhere() {
    let test = TestApp::start().await;
    test.many_users(10, |_| Value::Null).await;
    let first = listed(&test, &[("cursor", ""), ("count", "3")]).await;
    let cursor = next(&first).unwrap();
    let long = "A".repeat(8_000);
    let mut forged = vec![
        "x".to_owned(),
        "USERNAME#bob123".to_owned(),
        "VVNFUk5BTUUjYm9iMTIz".to_owned(),
        "../../etc/passwd".to_owned(),
        "\0".to_owned(),
        "ü".to_owned(),
        " ".to_owned(),
        long,
        format!("{cursor}="),
        format!(" {cursor}"),
        format!("{cursor}{cursor}"),
        cursor[1..].to_owned(),
        cursor[..cursor.len() - 1].to_owned(),
    ];
    for at in (0..cursor.len()).step_by(7) {
        let other = if &cursor[at..=at] == "A" { "B" } else { "A" };
        let mut changed = cursor.to_owned();
        changed.replace_range(at..=at, other);
        forged.push(changed);
    }
    test.stack.faults().take_calls();
    for forged in forged {
        let answer = listed(&test, &[("cursor", &forged)]).await;
        assert_eq!(answer.gist(), "400 invalidCursor", "{forged}");
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}

/// An answer of Lambda has at most 6 MB: large users come in shorter pages, and none is left out.
#[tokio::test]
async fn pages_of_large_users() {
    const ALL: usize = 32;
    let test = TestApp::start().await;
    let photos = (0..99).map(|n| json!({ "value": format!("{n}{}", "x".repeat(2_000)) }));
    let photos: Vec<Value> = photos.collect();
    test.many_users(ALL - 2, |_| json!({ "photos": photos }))
        .await;
    let named: Vec<String> = (0..ALL)
        .map(|n| format!(r#"userName eq "user-{n:05}""#))
        .collect();
    let named = named.join(" or ");
    for (query, all) in [
        (&[][..], ALL),
        (&[("filter", "photos pr")], ALL - 2),
        (&[("filter", named.as_str())], ALL - 2),
    ] {
        let by_cursor = pages(&test, query).await;
        assert_eq!(by_cursor.len(), 2);
        assert!(
            by_cursor
                .iter()
                .all(|page| as_sent(&page.body.to_string()) <= 5_500_000)
        );
        assert_eq!(everybody(&by_cursor).len(), all);

        let first = listed(&test, &[query, &[("startIndex", "1")]].concat()).await;
        let next = (names(&first).len() + 1).to_string();
        let second = listed(&test, &[query, &[("startIndex", &next)]].concat()).await;
        assert_eq!(first.body["totalResults"], all);
        assert_eq!(second.body["totalResults"], all);
        assert_eq!(everybody(&[first, second]).len(), all);
    }
}

/// A text within the JSON that Lambda sends: every quotation mark and backslash of it has one more byte.
fn as_sent(text: &str) -> usize {
    serde_json::to_string(text).unwrap().len()
}

/// Quotation marks are four bytes each as Lambda sends them: a page ends by these, not by what the users hold.
#[tokio::test]
async fn pages_of_users_full_of_quotation_marks() {
    const ALL: usize = 32;
    let test = TestApp::start().await;
    let photos = (0..99).map(|n| json!({ "value": format!("{n:02}{}", "\"".repeat(760)) }));
    let photos: Vec<Value> = photos.collect();
    test.many_users(ALL - 2, |_| json!({ "photos": photos }))
        .await;
    let by_cursor = pages(&test, &[]).await;
    let sizes = by_cursor.iter().map(|page| as_sent(&page.body.to_string()));
    let sizes: Vec<usize> = sizes.collect();
    assert!(sizes.iter().sum::<usize>() > 9_000_000, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size <= 5_500_000), "{sizes:?}");
    assert_eq!(sizes.len(), 2, "{sizes:?}");
    assert_eq!(everybody(&by_cursor).len(), ALL);
    let mut by_index: Vec<Answer> = Vec::new();
    let mut start = 1;
    while start <= ALL {
        let page = listed(&test, &[("startIndex", &start.to_string())]).await;
        assert!(as_sent(&page.body.to_string()) <= 5_500_000);
        assert_eq!(page.body["totalResults"], ALL);
        assert_eq!(page.body["itemsPerPage"], names(&page).len());
        start += names(&page).len();
        by_index.push(page);
    }
    assert_eq!(by_index.len(), 2);
    assert_eq!(everybody(&by_index).len(), ALL);
    // What is not shown takes no room.
    let short = pages(&test, &[("attributes", "userName")]).await;
    assert_eq!((short.len(), everybody(&short).len()), (1, ALL));
}
