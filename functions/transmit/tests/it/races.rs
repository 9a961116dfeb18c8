//! Requests at the same moment: one message, one success, five comparisons.

use shared::runtime::Start;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use local::testing::{Answer, BOB, Event, TestApp, interleave};
use serde_json::json;
use transmit::App;

use crate::support::{NEW, OTHER, OWN, patch, send, sent, validate};

const ROUNDS: u32 = 5;

/// All at once; how often there was each answer.
async fn tally(test: &Arc<TestApp>, events: Vec<Event>) -> BTreeMap<String, usize> {
    let running: Vec<_> = events
        .into_iter()
        .map(|event| {
            let test = Arc::clone(test);
            tokio::spawn(async move { test.transmit(&event).await })
        })
        .collect();
    let mut tally = BTreeMap::new();
    for request in running {
        *tally.entry(request.await.unwrap().gist()).or_default() += 1;
    }
    tally
}

fn counted<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected
        .map(|(gist, times)| (gist.to_owned(), times))
        .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_sends_at_once_one_is_sent() {
    for _ in 0..ROUNDS {
        let test = Arc::new(TestApp::start().await);
        let tally = tally(&test, vec![send(NEW); 10]).await;
        assert_eq!(tally, counted([("200", 1), ("429 VRF-42900", 9)]));
        assert_eq!(test.sent_to(), [NEW]);
        let right = validate(NEW, &test.code());
        assert_eq!(test.transmit(&right).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_passcode_proves_once() {
    for _ in 0..ROUNDS {
        let test = Arc::new(TestApp::start().await);
        let code = sent(&test, NEW).await;
        let mut tally = tally(&test, vec![validate(NEW, &code); 20]).await;
        assert_eq!(tally.remove("200"), Some(1), "{tally:?}");
        assert!(
            tally
                .keys()
                .all(|gist| ["400 18001", "429 17003"].contains(&gist.as_str())),
            "{tally:?}"
        );
        let user = test.user(BOB).await;
        assert_eq!(user["verifiedMobileNumbers"], json!([OWN, NEW]));
        assert_eq!(user["version"], 2);
    }
}

/// A right passcode that has expired says of each try whether it was compared.
#[tokio::test(flavor = "multi_thread")]
async fn five_of_fifty_guesses_are_compared() {
    for _ in 0..ROUNDS {
        let test = Arc::new(TestApp::start().await);
        let code = sent(&test, NEW).await;
        test.stack.clock().advance(Duration::from_mins(5));
        let tally = tally(&test, vec![validate(NEW, &code); 50]).await;
        // A count whose reply is late is counted twice: then fewer are compared, never more.
        let times = |gist: &str| tally.get(gist).copied().unwrap_or_default();
        let (compared, refused) = (times("400 18002"), times("429 17003"));
        assert!((1..=5).contains(&compared), "{tally:?}");
        assert!(refused >= 40, "{tally:?}");
        assert_eq!(compared + refused + times("400 18001"), 50, "{tally:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_passcode_at_two_doors_proves_once() {
    for _ in 0..ROUNDS {
        let test = Arc::new(TestApp::start().await);
        let code = sent(&test, NEW).await;
        let here = validate(NEW, &code);
        let there = Event::shipped("validate-code/me").body(&json!({ "code": code }));
        let (here, there) = tokio::join!(test.transmit(&here), test.validate(&there));
        assert!(
            matches!((here.status, there.status), (200, 400) | (400, 202)),
            "{here} {there}"
        );
        assert_eq!(test.user(BOB).await["version"], 2);
    }
}

/// A request before whose first call of an operation something else happens.
async fn interrupted<F>(
    test: &Arc<TestApp>,
    event: Event,
    operation: &'static str,
    action: impl Fn(Arc<TestApp>) -> F + Send + Sync + 'static,
) -> Answer
where
    F: Future<Output = ()> + Send + 'static,
{
    let other = Arc::clone(test);
    let platform = interleave(test.stack.platform(), operation, 1, move || {
        action(Arc::clone(&other))
    });
    let env = test.stack.env("transmit");
    let app = Box::pin(App::from_env(&env, &platform)).await.unwrap();
    let answer = transmit::handle(&app, event.request());
    Box::pin(answer).await.into()
}

#[tokio::test]
async fn a_send_that_loses_to_another_number_goes_on() {
    let test = Arc::new(TestApp::uncapped().await);
    let answer = interrupted(&test, send(NEW), "UpdateItem", |test| async move {
        sent(&test, OTHER).await;
    });
    assert_eq!(answer.await.status, 200);
    assert_eq!(test.sent_to(), [OTHER, NEW]);
    let right = validate(NEW, &test.code());
    assert_eq!(test.transmit(&right).await.status, 200);
}

#[tokio::test]
async fn a_number_proved_meanwhile_needs_no_passcode() {
    let test = Arc::new(TestApp::uncapped().await);
    let answer = interrupted(&test, send(NEW), "UpdateItem", |test| async move {
        let code = sent(&test, NEW).await;
        assert_eq!(test.transmit(&validate(NEW, &code)).await.status, 200);
    });
    assert_eq!(answer.await.gist(), "409 VRF-40902");
    assert_eq!(test.sent_to(), [NEW]);
}

#[tokio::test]
async fn a_user_changed_meanwhile_keeps_the_change_and_gets_the_number() {
    let test = Arc::new(TestApp::uncapped().await);
    let code = sent(&test, NEW).await;
    let right = validate(NEW, &code);
    let answer = interrupted(&test, right, "TransactWriteItems", |test| async move {
        patch(&test, &json!({ "title": "Dr" })).await;
    });
    assert_eq!(answer.await.status, 200);
    let user = test.user(BOB).await;
    assert_eq!(user["verifiedMobileNumbers"], json!([OWN, NEW]));
    assert!(user["profile"].as_str().unwrap().contains("Dr"));
}
